package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
)

func TestFakejuheRoundTrip(t *testing.T) {
	s := start(t, "fakejuhe", "--listen", "127.0.0.1:0")
	base := s.line()
	key, ok := strings.CutPrefix(s.line(), "key: ")
	if !ok || !strings.HasSuffix(base, "/sweizhang") {
		t.Fatalf("base %q, key %q", base, key)
	}
	rule := fetch(t, base+"/carPre?"+url.Values{"key": {key}, "hphm": {"沪C"}, "isNer": {"0"}}.Encode())
	if !strings.Contains(rule, `"error_code":0`) || !strings.Contains(rule, "上海") {
		t.Errorf("carPre: %s", rule)
	}
	if refused := fetch(t, base+"/citys?key=stranger"); strings.Contains(refused, `"error_code":0`) {
		t.Errorf("a stranger's key works: %s", refused)
	}
	s.end()
}

// What has begun is answered; what comes later is not taken.
func TestServerDrains(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "answered")
	})
	s, err := listen(t.Context(), "127.0.0.1:0", slow, silent())
	if err != nil {
		t.Fatal(err)
	}
	ending := false
	s.beforeStop(func(context.Context) error {
		ending = true
		close(finish)
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	ended, answer := make(chan error, 1), make(chan string, 1)
	go func() { ended <- s.serve(ctx) }()
	go func() { answer <- fetch(t, s.url()) }()
	<-begun
	stop()
	if got := <-answer; got != "answered" {
		t.Errorf("the answer under way: %q", got)
	}
	if err := <-ended; err != nil || !ending {
		t.Errorf("serve: %v, told before the drain: %v", err, ending)
	}
	if resp, err := http.Get(s.url()); err == nil {
		_ = resp.Body.Close()
		t.Error("a stopped server answers")
	}
}

func TestServerReportsWhatFails(t *testing.T) {
	if _, err := listen(t.Context(), "256.0.0.1:1", nil, silent()); err == nil || !strings.HasPrefix(err.Error(), "listen: ") {
		t.Errorf("got %v", err)
	}
	s, err := listen(t.Context(), "127.0.0.1:0", http.NotFoundHandler(), silent())
	if err != nil {
		t.Fatal(err)
	}
	everywhere, err := listen(t.Context(), ":0", http.NotFoundHandler(), silent())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(everywhere.url(), "http://127.0.0.1:") {
		t.Errorf("an address that cannot be opened in a browser: %s", everywhere.url())
	}
	_ = everywhere.listener.Close()
	broken := errors.New("broken")
	s.beforeStop(func(context.Context) error { return broken })
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.serve(ctx); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	_ = s.listener.Close()
	if err := s.serve(t.Context()); err == nil {
		t.Error("serving on a closed listener must fail")
	}
}

func TestLogger(t *testing.T) {
	var out strings.Builder
	log := newLogger(&out, Log{Level: "warn", Format: "json"})
	log.Info("not this")
	log.WithField("event", "test").Warn("this")
	if got := out.String(); !strings.HasPrefix(got, "{") || strings.Contains(got, "not this") || !strings.Contains(got, `"event":"test"`) {
		t.Errorf("json: %q", got)
	}
	out.Reset()
	log = newLogger(&out, Log{Level: "debug", Format: "text"})
	standardLog(log).Print("client hung up")
	if got := out.String(); !strings.Contains(got, "client hung up") || !strings.Contains(got, "event=http") {
		t.Errorf("text: %q", got)
	}
}

func TestQuietLog(t *testing.T) {
	if got, want := quietLog(defaults().Log), (Log{Level: "warning", Format: "text"}); got != want {
		t.Errorf("unconfigured: %v, want %v", got, want)
	}
	if got, want := quietLog(Log{Level: "debug", Format: "text"}), (Log{Level: "debug", Format: "text"}); got != want {
		t.Errorf("configured: %v, want %v", got, want)
	}
}

func silent() logrus.FieldLogger { return newLogger(io.Discard, Log{Level: "panic", Format: "text"}) }

func fetch(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Errorf("%s: %v", address, err)
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s: %v", address, err)
	}
	return string(body)
}
