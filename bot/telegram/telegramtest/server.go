// Package telegramtest is a Telegram for tests: the Bot API as its documentation
// and the source of its server describe it, with people who write and tap, and
// with every kind of mishap on demand. It shares no code with the bot and its
// client.
//
//	s := telegramtest.New("123456:token")
//	defer s.Close()
//	web := httptest.NewServer(s)             // the API's address
//	s.Say(42, "查违章 沪C12345")              // a person writes
//	s.Fail(telegramtest.Fault{Method: "sendMessage", Code: 429, RetryAfter: 3, Times: 1})
//	s.Messages(42)                           // what the person sees
//
// It takes requests as multipart, urlencoded, JSON and query strings, keeps
// updates until they are confirmed by an offset or taken by the webhook, and
// refuses what Telegram refuses: long texts, broken HTML, long callback data,
// unknown chats, a second poller.
//
// Sources: https://core.telegram.org/bots/api and
// https://github.com/tdlib/telegram-bot-api.
package telegramtest

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Server is one bot's Telegram. It is an http.Handler.
type Server struct {
	token string
	speed time.Duration // divides every waiting time of the platform
	hook  *http.Client

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change
	closed   bool
	sending  sync.WaitGroup
	lastID   int64 // of an update
	pending  []*pending
	allowed  []string
	webhook  *webhook
	nosy     bool          // privacy mode is off
	poll     chan struct{} // closed when another poll takes over
	lastPoll struct {
		offset int64
		at     time.Time
	}
	chats    map[int64]*chat
	taps     map[string]*Answer
	commands map[string]string
	files    map[string][]byte
	calls    []Call
	faults   []*Fault
}

// A chat is what a person, or a group, sees.
type chat struct {
	blocked  bool
	lastID   int
	messages []*Message
}

// A pending update waits to be confirmed.
type pending struct {
	id    int64
	queue int64 // webhook: one at a time of each
	raw   json.RawMessage
	kind  string
}

// New starts the Telegram of the bot with this token. Its user name is
// weizhang_bot. Close ends it.
func New(token string) *Server {
	return &Server{
		token: token, speed: 1, changed: make(chan struct{}), chats: map[int64]*chat{}, taps: map[string]*Answer{},
		commands: map[string]string{}, files: map[string][]byte{}, lastID: 1000,
		hook: &http.Client{Timeout: time.Minute, Transport: &http.Transport{
			// The webhooks of tests sign their certificates themselves.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
		}},
	}
}

// SpeedUp divides the platform's own waiting times, of webhook retries for one,
// by n.
func (s *Server) SpeedUp(n int) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.speed = time.Duration(n)
	return s
}

// Close ends polls and webhook deliveries, and waits for the latter.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.change()
	s.mu.Unlock()
	s.sending.Wait()
	s.hook.CloseIdleConnections()
}

// PrivacyOff is what the owner told @BotFather: the bot gets everything that is
// said in groups.
func (s *Server) PrivacyOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nosy = true
}

// change wakes whoever waits for something to happen. The lock is held.
func (s *Server) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Wait returns true once ok does, which is asked after every change, or false
// after d. ok is called without the server's lock.
func (s *Server) Wait(d time.Duration, ok func() bool) bool {
	timeout := time.After(d)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return true
		}
		select {
		case <-changed:
		case <-timeout:
			return ok()
		}
	}
}

// A Call is one request of the bot.
type Call struct {
	Method string
	Params map[string]string // what is not a string stands there as JSON
	At     time.Time
	Status int // of the answer; 0: the connection was dropped
}

// Calls are the requests of a method so far, or of all when it is "".
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var calls []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			calls = append(calls, c)
		}
	}
	return calls
}

// A Fault is a mishap of the platform. It hits the calls of Method, or all when
// that is "", to Chat, or any when that is 0; Times of them, or all when that is
// 0 until Heal.
type Fault struct {
	Method string
	Chat   int64
	Times  int

	Delay       time.Duration // before anything else
	Code        int           // the answer's error_code; 0: no refusal
	Description string
	RetryAfter  int // seconds
	MigrateTo   int64
	HTML        bool // a gateway's page instead of an answer; nothing is done
	DropBefore  bool // the connection breaks, nothing is done
	DropAfter   bool // it is done, and the connection breaks before the answer
	Nonsense    bool // 200 with something that is no answer; nothing is done
}

// Fail adds a fault.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault is what befalls a call; nil: nothing.
func (s *Server) fault(method string, chat int64) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != "" && f.Method != method || f.Chat != 0 && f.Chat != chat {
			continue
		}
		if f.Times == 1 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		} else if f.Times > 1 {
			f.Times--
		}
		return f
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, isFile := strings.CutPrefix(r.URL.Path, "/file")
	token, method, ok := strings.Cut(strings.TrimPrefix(path, "/bot"), "/")
	switch {
	case !ok || !strings.HasPrefix(path, "/bot"):
		refuse(w, http.StatusNotFound, "Not Found", nil)
		return
	case token != s.token:
		refuse(w, http.StatusUnauthorized, "Unauthorized", nil)
		return
	case isFile:
		s.download(w, method)
		return
	}
	params, err := readParams(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Bad Request: "+err.Error(), nil)
		return
	}
	s.answer(w, r, strings.ToLower(method), params)
}

// answer does a call, or what befalls it.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, method string, p params) {
	name := properName(method)
	f := s.fault(name, p.chat())
	if f == nil {
		f = &Fault{}
	}
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
		}
	}
	c := Call{Method: name, Params: p, At: time.Now(), Status: http.StatusOK}
	result, parameters, err := json.RawMessage(nil), map[string]any{}, error(nil)
	switch {
	case f.DropBefore:
		c.Status = 0
	case f.HTML && f.Code == 0:
		c.Status = http.StatusBadGateway
	case f.Nonsense:
	case f.Code != 0:
		c.Status, err = f.Code, refused(f.Code, f.Description)
		if f.RetryAfter > 0 {
			parameters["retry_after"] = f.RetryAfter
		}
		if f.MigrateTo != 0 {
			parameters["migrate_to_chat_id"] = f.MigrateTo
		}
	default:
		result, err = s.do(r, name, p)
		if e, ok := errors.AsType[*refusal](err); ok {
			c.Status = e.code
		}
		if f.DropAfter {
			c.Status = 0
		}
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.change()
	s.mu.Unlock()
	s.write(w, c, f, result, parameters, err)
}

func (s *Server) write(w http.ResponseWriter, c Call, f *Fault, result json.RawMessage, parameters map[string]any, err error) {
	switch {
	case c.Status == 0:
		panic(http.ErrAbortHandler) // net/http breaks the connection
	case f.HTML:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(c.Status)
		_, _ = w.Write([]byte("<html><body>" + strings.Repeat("gateway ", 200) + "</body></html>"))
	case f.Nonsense:
		_, _ = w.Write([]byte(`{"tuesday":`))
	case err != nil:
		refuse(w, c.Status, err.Error(), parameters)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok":true,"result":` + string(result) + `}`)) //nolint:gosec // JSON, to a test
	}
}

// refuse answers like Telegram does.
func refuse(w http.ResponseWriter, code int, description string, parameters map[string]any) {
	body := map[string]any{"ok": false, "error_code": code, "description": description}
	if len(parameters) > 0 {
		body["parameters"] = parameters
	}
	b, _ := json.Marshal(body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(b)
}

// A refusal is an error the bot is told.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

func refused(code int, text string) error { return &refusal{code, text} }

func bad(text string) error { return refused(http.StatusBadRequest, "Bad Request: "+text) }
