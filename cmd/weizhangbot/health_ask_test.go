package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func askHealth(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"health"}, args...), environ, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// Found by the configuration that serve has, or by its environment alone.
func TestHealthOfServe(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withTelegram)
	listen := strings.TrimPrefix(r.url, "http://")
	environ := []string{"WEIZHANG_SERVER_LISTEN=" + listen}
	for _, args := range [][]string{{"--config", o.config(withTelegram), "--timeout", "30s"}, {"--timeout", "30s"}} {
		if code, stdout, stderr := askHealth(t, environ, args...); code != exitFine || stdout != "ready\n" || stderr != "" {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	r.end()
	code, stdout, stderr := askHealth(t, environ)
	if code != exitFailed || stdout != "" || !strings.HasPrefix(stderr, "weizhangbot: health: "+r.url+"/readyz: dial tcp") {
		t.Errorf("stopped: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestHealthAnswers(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed a redirect") }))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/busy":
			respond(w, http.StatusServiceUnavailable, "starting or stopping")
		case "/moved":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/hangs":
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		case "/endless":
			_, _ = io.WriteString(w, "ready\x1b[2J\n"+strings.Repeat("x", 1<<20))
		}
	}))
	t.Cleanup(func() {
		close(hang)
		s.Close()
		elsewhere.Close()
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	_ = l.Close()
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string // of both outputs
	}{
		{"not ready", []string{"--url", s.URL + "/busy"}, exitFailed, "weizhangbot: health: " + s.URL + "/busy: 503 starting or stopping\n"},
		{"redirected", []string{"--url", s.URL + "/moved"}, exitFailed, ": 302 "},
		{"silent", []string{"--url", s.URL + "/hangs", "--timeout", "50ms"}, exitFailed, "/hangs: no answer in 50ms\n"},
		{"talkative", []string{"--url", s.URL + "/endless"}, exitFine, `ready\u001b[2J` + "\n"},
		{"nobody", []string{"--url", nobody}, exitFailed, "weizhangbot: health: " + nobody + ": dial tcp "},
		{"no address", []string{"--url", "127.0.0.1:8080"}, exitUsage, "weizhangbot: --url 127.0.0.1:8080: no address"},
		{"no configuration", []string{"--config", "/nowhere/config.yaml"}, exitFailed, "/nowhere/config.yaml: no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := askHealth(t, nil, append([]string{"--timeout", "30s"}, tt.args...)...)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("exit code %d, want %d: %q", code, tt.code, stdout+stderr)
			}
		})
	}
	if code, _, stderr := askHealth(t, []string{"WEIZHANG_SERVER_LISTEN=127.0.0.1:0"}); code != exitFailed || !strings.Contains(stderr, "give --url") {
		t.Errorf("any free port: exit code %d, %q", code, stderr)
	}
}
