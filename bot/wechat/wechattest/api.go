package wechattest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// An API is the part of api.weixin.qq.com that a bot calls. It answers raw JSON
// as the documents show it, keeps to the quotas, and fails as it is told.
type API struct {
	appID, secret string
	now           func() time.Time

	mu      sync.Mutex
	token   int // the number of the current one
	issued  int // calls of stable_token
	valid   time.Time
	faults  []fault
	delays  map[string]time.Duration
	calls   map[string]int
	sent    []Sent
	menu    json.RawMessage
	account Account
	forms   []form
	photos  map[string]string
	people  map[string]*person
	arrived chan struct{} // closed and renewed at every message
}

// Sent is something that reached a person.
type Sent struct {
	At       time.Time
	To       string
	Kind     string // text, typing, template
	Text     string
	Template string
	URL      string
	Data     map[string]string
	ClientID string
}

type fault struct {
	path  string
	code  int
	times int
	well  int // calls before
}

// person is what the platform keeps of one for its quotas.
type person struct {
	message, event         time.Time
	messageLeft, eventLeft int
	gone, typing           bool
	notices                map[string]time.Time
}

// NewAPI makes one for an app. now may be nil.
func NewAPI(appID, secret string, now func() time.Time) *API {
	if now == nil {
		now = time.Now
	}
	return &API{
		appID: appID, secret: secret, now: now, delays: map[string]time.Duration{}, calls: map[string]int{},
		photos: map[string]string{}, people: map[string]*person{}, arrived: make(chan struct{}),
	}
}

// Fail lets the next calls of a path (custom/send) answer an errcode. Statuses
// of HTTP are given as they are, 100 to 599.
func (a *API) Fail(path string, code, times int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, fault{path: path, code: code, times: times})
}

// FailAfter does so once so many calls went well.
func (a *API) FailAfter(path string, code, well, times int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, fault{path: path, code: code, times: times, well: well})
}

// Heal takes all faults and delays away.
func (a *API) Heal() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
	clear(a.delays)
}

// Delay lets a path answer late.
func (a *API) Delay(path string, d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delays[path] = d
}

// Tokens is how many access tokens there have been: a further one when the last
// ran out, or when somebody forced it and so took it from all others.
func (a *API) Tokens() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.token
}

// Expire makes the current token invalid, as happens when somebody else forces
// a new one.
func (a *API) Expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token++
}

// Photo makes the OCR read these JSON members off a picture.
func (a *API) Photo(picURL, members string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.photos[picURL] = members
}

// Sent is what reached people, in order; of one kind, or of all for "".
func (a *API) Sent(kind string) []Sent {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.sent), func(s Sent) bool { return kind != "" && s.Kind != kind })
}

// Arrived is closed when the next message reaches somebody.
func (a *API) Arrived() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.arrived
}

// Calls is how often a path was called.
func (a *API) Calls(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[path]
}

// Menu is the menu as it was last set, as JSON.
func (a *API) Menu() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return string(a.menu)
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/cgi-bin/"), "/")
	path = strings.TrimPrefix(path, "message/")
	if !a.wait(r, path) {
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[path]++
	if code := a.fault(path); code == notListed {
		fail(w, code, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 6400-test")
		return
	} else if code >= 100 && code < 600 {
		w.WriteHeader(code)
		return
	} else if code != 0 {
		fail(w, code, "invalid value of "+r.URL.Query().Get("access_token")+" rid: 6400-test")
		return
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	if path == "stable_token" {
		a.stableToken(w, r, body)
		return
	}
	if r.URL.Query().Get("access_token") != a.currentToken() || a.issued == 0 {
		fail(w, 40001, "invalid credential, access_token is invalid or not latest rid: 6400-test")
		return
	}
	if !a.account.may(path) {
		fail(w, 48001, "api unauthorized rid: 6400-test")
		return
	}
	a.serve(w, r, path, body)
}

// notListed is for callers whose address the account does not list.
const notListed = 40164

func (a *API) serve(w http.ResponseWriter, r *http.Request, path string, body []byte) {
	switch path {
	case "custom/send":
		a.customSend(w, r, body)
	case "custom/typing":
		a.typing(w, body)
	case "template/send":
		a.templateSend(w, body)
	case "template/get_all_private_template":
		a.listForms(w)
	case "menu/create":
		a.menu = slices.Clone(body)
		fail(w, 0, "ok")
	case "menu/get":
		if a.menu == nil {
			fail(w, 46003, "menu no exist rid: 6400-test")
			return
		}
		fmt.Fprintf(w, `{"menu":%s}`, a.menu)
	case "cv/ocr/driving":
		a.driving(w, r)
	default:
		http.NotFound(w, r)
	}
}

// wait sleeps as told, and tells whether the caller is still there.
func (a *API) wait(r *http.Request, path string) bool {
	a.mu.Lock()
	d := a.delays[path]
	a.mu.Unlock()
	if d == 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}

func (a *API) fault(path string) int {
	for i := range a.faults {
		if f := &a.faults[i]; f.path == path && f.times > 0 {
			if f.well > 0 {
				f.well--
				continue
			}
			f.times--
			return f.code
		}
	}
	return 0
}

func (a *API) currentToken() string { return fmt.Sprintf("TOKEN-%04d-canary", a.token) }

func (a *API) stableToken(w http.ResponseWriter, r *http.Request, body []byte) {
	var ask struct {
		GrantType string `json:"grant_type"`
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
		Force     bool   `json:"force_refresh"`
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch err := json.Unmarshal(body, &ask); {
	case err != nil || kind != "application/json":
		fail(w, 47001, "data format error")
	case ask.GrantType != "client_credential":
		fail(w, 40002, "invalid grant_type")
	case ask.AppID != a.appID:
		fail(w, 40013, "invalid appid")
	case ask.Secret != a.secret:
		fail(w, 40125, "invalid appsecret "+ask.Secret)
	default:
		if ask.Force || !a.now().Before(a.valid) {
			a.token++
			a.valid = a.now().Add(2*time.Hour - 5*time.Minute)
		}
		a.issued++
		fmt.Fprintf(w, `{"access_token":%q,"expires_in":%d}`, a.currentToken(), int(a.valid.Add(5*time.Minute).Sub(a.now()).Seconds()))
	}
}

func fail(w io.Writer, code int, msg string) {
	fmt.Fprintf(w, `{"errcode":%d,"errmsg":%q}`, code, msg)
}
