package playground

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	p := open(t, newDesk())
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
	for _, path := range []string{"/", "/app.js", "/style.css", "/icon.svg", "/panel", "/nothing"} {
		w := get(t, p, path)
		for name, value := range want {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s: %q, want %q", path, name, got, value)
			}
		}
		if len(w.Header().Values("Set-Cookie")) != 0 {
			t.Errorf("%s sets a cookie", path)
		}
	}
}

func TestFiles(t *testing.T) {
	p := open(t, newDesk())
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/app.js": "text/javascript; charset=utf-8",
		"/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml",
	} {
		w := get(t, p, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind || w.Body.Len() == 0 {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		again := get(t, p, path, "If-None-Match", w.Header().Get("ETag"))
		if again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.Code)
		}
	}
	for _, path := range []string{"/web/app.js", "/page.go", "/index.html", "/../go.mod"} {
		if w := get(t, p, path); w.Code == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

// The policy forbids inline script and style; the page must not need them, nor
// anything of another server, nor a way to turn text into markup.
func TestPageKeepsItsOwnPolicy(t *testing.T) {
	p := open(t, newDesk())
	forbidden := map[string]*regexp.Regexp{
		"/":          regexp.MustCompile(`(?i)\son\w+=|\sstyle=|<style|<script[^>]*>[^<]|javascript:|(src|href)="(https?:)?//`),
		"/app.js":    regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://`),
		"/style.css": regexp.MustCompile(`@import|url\(`),
	}
	for path, bad := range forbidden {
		if hit := bad.FindString(get(t, p, path).Body.String()); hit != "" {
			t.Errorf("%s contains %q", path, hit)
		}
	}
}

func TestPageIsMadeOfItsConfiguration(t *testing.T) {
	page := get(t, open(t, newDesk(), func(c *Config) {
		c.Users = append(c.Users, User{ID: "x", Name: `<b onclick="x">小<`, Hint: `"&`})
		c.Suggestions = []string{"查违章 沪C12345", "</button><script>"}
	}), "/").Body.String()
	for _, want := range []string{`data-user="li" data-name="小李"`, "刚买车", "查违章 沪C12345", `id="meter"`, "&lt;/button&gt;&lt;script&gt;", "&lt;b onclick="} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	bare := get(t, open(t, newDesk(), func(c *Config) { c.Panel = nil }), "/").Body.String()
	if strings.Contains(bare, `id="meter"`) || strings.Contains(bare, `id="switches"`) {
		t.Error("without a panel there is no meter to show")
	}
	for _, want := range []string{"粤BD12345", "苏州能查吗"} {
		if !strings.Contains(bare, want) {
			t.Errorf("the usual suggestions lack %s", want)
		}
	}
}

func TestOtherSitesAreKeptOut(t *testing.T) {
	d := newDesk()
	s := serve(t, open(t, d))
	message := `{"user":"li","key":"k","text":"帮助"}`
	tests := []struct {
		name, method, path string
		header             []string
		want               int
	}{
		{"own page", "POST", "/say", []string{"Sec-Fetch-Site", "same-origin", "Origin", s.url}, 202},
		{"no browser", "POST", "/say", nil, 202},
		{"another site", "POST", "/say", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"a sibling site", "POST", "/say", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another site's form", "POST", "/say", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
		{"another origin, old browser", "POST", "/say", []string{"Origin", "https://evil.example"}, 403},
		{"another port, old browser", "POST", "/say", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"a sandboxed frame", "POST", "/say", []string{"Origin", "null"}, 403},
		{"switches too", "POST", "/panel", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"buttons too", "POST", "/act", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"reading the conversation", "GET", "/events?user=li", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"reading the meter", "GET", "/panel", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, 403},
		{"following a link", "GET", "/", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200},
		{"typing the address", "GET", "/", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, why := s.do(tt.method, tt.path, message, append(tt.header, "Content-Type", "application/json")...)
			if code != tt.want {
				t.Errorf("got %d %s, want %d", code, why, tt.want)
			}
		})
	}
	if got := len(d.delivered()); got > 1 {
		t.Errorf("the bot heard %d messages", got)
	}
}

func TestBadRequests(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	plain := []string{"Content-Type", "text/plain"}
	long := `{"user":"li","key":"k","text":"` + strings.Repeat("长", maxBody) + `"}`
	tests := []struct {
		name, method, path, body string
		header                   []string
		want                     int
		sentence                 string
	}{
		{"unknown user", "POST", "/say", `{"user":"nobody","key":"k","text":"x"}`, nil, 404, "没有这位用户"},
		{"no key", "POST", "/say", `{"user":"li","text":"x"}`, nil, 400, "消息缺少编号"},
		{"enormous key", "POST", "/say", `{"user":"li","key":"` + strings.Repeat("k", 101) + `"}`, nil, 400, "消息缺少编号"},
		{"no JSON", "POST", "/say", `user=li`, nil, 400, "读不懂这个请求"},
		{"unknown field", "POST", "/say", `{"user":"li","key":"k","admin":true}`, nil, 400, "读不懂这个请求"},
		{"two values", "POST", "/say", `{"user":"li","key":"k"} {}`, nil, 400, "读不懂这个请求"},
		{"empty", "POST", "/say", ``, nil, 400, "读不懂这个请求"},
		{"not declared as JSON", "POST", "/say", `{"user":"li","key":"k"}`, plain, 415, "需要 application/json"},
		{"too long", "POST", "/say", long, nil, 413, "消息太长"},
		{"only spaces, too many", "POST", "/say", `{"user":"li","key":"k"}` + strings.Repeat(" ", maxBody), nil, 413, "消息太长"},
		{"read instead of write", "GET", "/say", ``, nil, 404, "404 page not found"},
		{"wrong method", "DELETE", "/events", ``, nil, 405, "Method Not Allowed"},
		{"events of nobody", "GET", "/events?user=nobody", ``, nil, 404, "没有这位用户"},
		{"unknown switch", "POST", "/panel", `{"id":"turbo","on":true}`, nil, 404, "没有这个开关"},
		{"stuck switch", "POST", "/panel", `{"id":"stuck","on":true}`, nil, 500, "开关没有动"},
		{"panel: no JSON", "POST", "/panel", `on`, nil, 400, "读不懂这个请求"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := tt.header
			if header == nil {
				header = []string{"Content-Type", "application/json"}
			}
			code, sentence := s.do(tt.method, tt.path, tt.body, header...)
			if code != tt.want || sentence != tt.sentence {
				t.Errorf("got %d %q, want %d %q", code, sentence, tt.want, tt.sentence)
			}
		})
	}
}

func TestPanel(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	tab := s.open("li", "")
	first := tab.until("panel")
	_, now := s.do(http.MethodGet, "/panel", "")
	if shown := first[len(first)-1].data; shown != now {
		t.Errorf("event %s\npanel %s", shown, now)
	}
	if code, _ := s.post("/panel", map[string]any{"id": "wrong", "on": true}); code != http.StatusNoContent {
		t.Fatal(code)
	}
	if got := tab.until("panel"); !strings.Contains(got[len(got)-1].data, `"id":"wrong","label":"号码总是不对","hint":"错两次就停 24 小时，谁也猜不到号码","on":true`) {
		t.Errorf("after the switch: %v", got)
	}
	// What another user spends moves this one's meter.
	s.post("/say", saying{User: "wang", Key: "k1", Text: "沪C12345"})
	s.post("/say", saying{User: "wang", Key: "k2", Text: "123456 654321"})
	if got := tab.until("panel"); !strings.Contains(got[len(got)-1].data, `"calls":1,"charged":1,"yuan":"0.20","cacheHits":0`) {
		t.Errorf("after a query: %v", got)
	}
}

func TestPanelMissingOrBroken(t *testing.T) {
	none := serve(t, open(t, newDesk(), func(c *Config) { c.Panel = nil }))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if code, why := none.do(method, "/panel", "{}"); code != http.StatusNotFound || why != "没有侧栏" {
			t.Errorf("%s: %d %s", method, code, why)
		}
	}
	if got := names(none.open("li", "").until("ready")); strings.Contains(got, "panel") {
		t.Errorf("events: %s", got)
	}

	broken := serve(t, open(t, newDesk(), func(c *Config) { c.Panel = brokenPanel{} }))
	if code, why := broken.do(http.MethodGet, "/panel", ""); code != http.StatusInternalServerError || why != "暂时读不到费用" {
		t.Errorf("%d %s", code, why)
	}
	if got, _ := broken.open("li", "").entries(1); got[0] != "1 bot: "+hello {
		t.Errorf("the conversation must go on without a meter: %q", got)
	}
}

type brokenPanel struct{}

func (brokenPanel) Meter(context.Context) (Meter, error) { return Meter{}, errors.New("ledger locked") }
func (brokenPanel) Switches() []Switch                   { return nil }
func (brokenPanel) Set(string, bool) error               { return ErrNoSwitch }
func (brokenPanel) Actions() []Action                    { return nil }
func (brokenPanel) Do(context.Context, string) (string, error) {
	return "", ErrNoAction
}
