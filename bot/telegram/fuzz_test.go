package telegram

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A slot is an inbox that keeps what it is given last.
type slot struct {
	Inbox
	got []bot.Inbound
}

func (s *slot) Store(_ context.Context, updates []bot.Inbound) error {
	s.got = updates
	return nil
}

// Whatever is posted to the webhook: without the secret it is refused unread,
// with it what is acknowledged is kept whole, or is of no use.
func FuzzPost(f *testing.F) {
	for _, tt := range updates {
		f.Add("secret-1", http.MethodPost, []byte(tt.raw))
		f.Add("secret-2", http.MethodPost, []byte(tt.raw))
	}
	f.Add("", "GET", []byte{})
	f.Add("secret-1\x00", "PUT", []byte("\xff"))
	box := &slot{}
	a, err := newAdapter(Config{
		Token: testToken, APIBase: "http://127.0.0.1:1", Bot: &parrot{}, Inbox: box,
		Mode: Webhook, WebhookURL: "https://bot.example/telegram", WebhookSecret: "secret-1",
	}, hasty())
	if err != nil {
		f.Fatal(err)
	}
	a.open.Store(true)
	f.Fuzz(func(t *testing.T, secret, method string, raw []byte) {
		r := httptest.NewRequest(http.MethodPost, "/telegram", strings.NewReader(string(raw)))
		r.Method = method
		r.Header["X-Telegram-Bot-Api-Secret-Token"] = []string{secret}
		box.got = nil
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		_, useful, _ := a.admit(raw)
		switch {
		case method != http.MethodPost:
			if w.Code != http.StatusMethodNotAllowed || box.got != nil {
				t.Fatalf("%s: %d, kept %v", method, w.Code, box.got)
			}
		case secret != "secret-1":
			if w.Code != http.StatusUnauthorized || box.got != nil {
				t.Fatalf("secret %q: %d, kept %v", secret, w.Code, box.got)
			}
		case w.Code != http.StatusOK || (len(box.got) == 1) != useful:
			t.Fatalf("%d, kept %d, useful %v", w.Code, len(box.got), useful)
		}
	})
}

// Whatever Telegram, or a gateway in its place, answers: it is a refusal that
// shows nothing but its kind and puts off for a bounded time, or it is agreed.
func FuzzAnswer(f *testing.F) {
	for _, raw := range []string{
		`{"ok":true,"result":{}}`, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}`,
		`{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: 沪C12345","parameters":{"migrate_to_chat_id":-10042}}`,
		`{"ok":false,"parameters":{"retry_after":9223372036854775807}}`, `{"ok":false,"parameters":{"retry_after":-1}}`, `{"ok":null}`, `{"ok":"yes"}`, `[]`, `<html>`, "",
	} {
		f.Add(http.StatusOK, raw, "")
		f.Add(http.StatusBadGateway, raw, "99999999999999999999")
		f.Add(http.StatusTooManyRequests, raw, "36000000000")
	}
	for _, raw := range []string{`{"plate":"沪C12345","engine":"1","vin":"2"}`, `{"号牌号码":"沪C12345","engine":7}`, `{"plate":{}}`, `{"plate":""`} {
		f.Add(http.StatusOK, raw, "")
	}
	f.Fuzz(func(t *testing.T, status int, raw, after string) {
		err := response{status: status, header: http.Header{"Retry-After": {after}}, body: []byte(raw)}.refusal()
		if e, ok := errors.AsType[*apiError](err); ok && (e.RetryAfter < 0 || e.RetryAfter > longestPause || e.Code == 0 && status != 0) {
			t.Fatalf("%+v", e)
		} else if !ok && err != nil {
			t.Fatalf("an error of another kind: %v", err)
		}
		if licence, err := readLicence(strings.NewReader(raw)); err != nil && (licence != bot.Licence{} || strings.Contains(err.Error(), "沪")) {
			t.Fatalf("%+v, %v", licence, err)
		}
		if n := readNote([]byte(raw)); readNote(n.bytes()) != n {
			t.Fatalf("%+v became %+v", n, readNote(n.bytes()))
		}
	})
}

// A pause that is asked for is kept, up to where nobody waits any more.
func TestPauseIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name, body, header string
		want               time.Duration
	}{
		{"as asked", `{"ok":false,"error_code":429,"parameters":{"retry_after":7}}`, "", 7 * time.Second},
		{"by a gateway", `<html>`, "30", 30 * time.Second},
		{"for longer than anybody waits", `{"ok":false,"parameters":{"retry_after":86401}}`, "", longestPause},
		{"for ever", `{"ok":false,"parameters":{"retry_after":9223372036854775807}}`, "", longestPause},
		{"by a gateway, for ever", `<html>`, "9223372036854775807", longestPause},
		{"not at all", `{"ok":false}`, "", 0},
		{"backwards", `{"ok":false,"parameters":{"retry_after":-7}}`, "", 0},
	} {
		err := response{status: 429, header: http.Header{"Retry-After": {tt.header}}, body: []byte(tt.body)}.refusal()
		if e, ok := errors.AsType[*apiError](err); !ok || e.RetryAfter != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
