package admin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
)

// Whatever asks the operators' listener: without the token, or without header and
// address of this machine, nobody in the office hears of it; with it, the office
// hears of whole persons and of days that there are.
func FuzzRequests(f *testing.F) {
	for _, target := range []string{"/import?dry_run=1", "/export?what=violations", "/calendar", "/costs?days=30", "/costs?days=-1", "//import", "/%2e/costs", "/metrics", "*", "?"} {
		f.Add("POST", target, "telegram:123456", "127.0.0.1:9090", "Bearer t", "plate\n沪C12345")
		f.Add("GET", target, "telegram:", "[::1]", "1", "")
		f.Add("OPTIONS", target, ":x", "evil.example", "Bearer  t", "\xff")
		f.Add("GET", target, "a:b", "localhost:1:2", "bearer t", "")
	}
	log, hook := test.NewNullLogger()
	f.Fuzz(func(t *testing.T, method, target, user, host, credential, body string) {
		path, query, _ := strings.Cut(target, "?")
		for _, token := range []string{"", "t"} {
			o := &office{}
			r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
			r.Method, r.Host, r.URL = method, host, &url.URL{Path: path, RawQuery: query}
			r.Header.Set(admin.UserHeader, user)
			r.Header.Set("Authorization", credential)
			if token == "" && credential != "" {
				r.Header.Set(admin.Header, credential)
			}
			w := httptest.NewRecorder()
			admin.New(admin.Config{Office: always(o), Token: token, Log: log}).ServeHTTP(w, r)
			asked := o.user != "" || o.days != 0
			if token != "" && credential != "Bearer t" && (asked || w.Code != http.StatusUnauthorized) {
				t.Fatalf("without the token: %d, asked %+v", w.Code, o)
			}
			if token == "" && asked && !here(host) {
				t.Fatalf("from %q: %d, asked %+v", host, w.Code, o)
			}
			checkAsked(t, w, o)
		}
		for _, e := range hook.AllEntries() {
			if line, _ := e.String(); len(user) > 8 && strings.Contains(line, user) {
				t.Fatalf("the log names the person: %s", line)
			}
		}
		hook.Reset()
	})
}

// here tells whether a Host can be this machine, by other means than the
// listener's.
func here(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil {
		return strings.HasPrefix(host, "127.") || strings.Contains(host, "::") || strings.HasPrefix(host, "localhost")
	}
	name := u.Hostname()
	return name == "localhost" || strings.HasPrefix(name, "127.") || strings.Contains(name, ":")
}

func checkAsked(t *testing.T, w *httptest.ResponseRecorder, o *office) {
	t.Helper()
	channel, id, _ := strings.Cut(string(o.user), ":")
	if o.user != "" && (channel == "" || id == "") || o.days < 0 || o.days > admin.MaxDays || len(o.order.Table) > bot.MaxRoster {
		t.Fatalf("the office was asked %+v", o)
	}
	if w.Code >= http.StatusInternalServerError || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d, headers %v", w.Code, w.Header())
	}
}
