package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// get fetches an address and returns status and text.
func get(t *testing.T, address string) (status int, text string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(body))
}

// The routes of the contract, and nothing beside them.
func TestFrontRoutes(t *testing.T) {
	h := newHealth(silent())
	f := newFront(h, "/wechat")
	h.serving(&stubStore{})
	f.open(map[string]http.Handler{"/wechat": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method)
	})})
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/wechat", 200}, {"POST", "/wechat", 200},
		{"GET", "/healthz", 200}, {"HEAD", "/healthz", 200}, {"POST", "/healthz", 405}, {"DELETE", "/healthz", 405},
		{"GET", "/readyz", 200}, {"HEAD", "/readyz", 200}, {"PUT", "/readyz", 405},
		{"GET", "/", 404}, {"POST", "/", 404}, {"GET", "/telegram", 404}, {"POST", "/telegram", 404},
		{"GET", "/wechat/", 404}, {"GET", "//wechat", 404}, {"GET", "/wechat/../healthz", 404}, {"GET", "/Healthz", 404},
		{"GET", "/metrics", 404}, {"GET", "/debug/pprof/", 404}, {"GET", "/backup", 404}, {"GET", "/favicon.ico", 404}, {"OPTIONS", "*", 404},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(tt.method, "/", nil)
		r.URL.Path = tt.path
		f.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, w.Code, tt.status)
		}
		if w.Code == http.StatusNotFound && w.Body.String() != "not found\n" {
			t.Errorf("%s: the answer tells more than that: %q", tt.path, w.Body)
		}
		for name := range w.Header() {
			if name == "Server" || name == "X-Powered-By" || name == "Location" {
				t.Errorf("%s: header %s", tt.path, name)
			}
		}
	}
}

// Starting: alive, not ready, the doors not open yet; serving; stopping.
func TestFrontStates(t *testing.T) {
	h := newHealth(silent())
	f := newFront(h, "/wechat")
	store := &stubStore{}
	now := time.Now()
	h.now = func() time.Time { return now }
	want := func(state string, ready, door int) {
		t.Helper()
		for path, status := range map[string]int{healthPath: 200, readyPath: ready, "/wechat": door} {
			w := httptest.NewRecorder()
			f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != status {
				t.Errorf("%s: %s is %d, want %d", state, path, w.Code, status)
			}
			if path == "/wechat" && w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", state)
			}
			if strings.Contains(w.Body.String(), "disk") {
				t.Errorf("%s: strangers read %q", state, w.Body)
			}
		}
	}
	want("starting", 503, 503)
	h.serving(store)
	f.open(map[string]http.Handler{"/wechat": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	want("serving", 200, 200)
	store.fail(errors.New("disk is full"))
	want("within the second", 200, 200)
	now = now.Add(probeEvery)
	want("the store cannot write", 503, 200)
	store.fail(nil)
	now = now.Add(probeEvery)
	want("it can again", 200, 200)
	h.serving(nil)
	f.close()
	want("stopping", 503, 503)
}

// However many ask, the store is written to once a second.
func TestReadyIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(silent())
		store := &stubStore{}
		h.serving(store)
		for range 10 {
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					if serving, err := h.probe(t.Context()); !serving || err != nil {
						t.Errorf("serving %v, %v", serving, err)
					}
				})
			}
			all.Wait()
			<-time.After(probeEvery)
		}
		if n := store.writes.Load(); n != 10 {
			t.Errorf("%d writes for 1000 questions in 10 s, want 10", n)
		}
	})
}

// A store that hangs is a store that cannot write; an asker that left is no
// reason not to ask.
func TestReadyOfAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(silent())
		h.serving(&stubStore{hangs: true})
		ctx, leave := context.WithCancel(t.Context())
		leave()
		began := time.Now()
		if _, err := h.probe(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != probeTime {
			t.Errorf("after %v, want %v", took, probeTime)
		}
	})
}

// A stubStore is the part of a store that a probe needs.
type stubStore struct {
	storage.Store
	hangs  bool
	writes atomic.Int64
	mu     sync.Mutex
	err    error
}

func (s *stubStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *stubStore) Update(ctx context.Context, _ []string, fn func(storage.Tx) error) error {
	if s.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	s.writes.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	return fn(stubTx{})
}

type stubTx struct{ storage.Tx }

func (stubTx) Put(string, string, []byte) error { return nil }

func TestLimitListener(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limitTo(inner, 2)
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for range 4 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	first, second := <-accepted, <-accepted
	select {
	case <-accepted:
		t.Fatal("a third is let in beside two")
	case <-time.After(50 * time.Millisecond):
	}
	_ = first.Close()
	_ = first.Close() // twice gives one place
	third := <-accepted
	select {
	case <-accepted:
		t.Fatal("closing twice gave two places")
	case <-time.After(50 * time.Millisecond):
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	_, _ = second.Close(), third.Close()
}

// Who sends headers slowly, or too many of them, is not waited for.
func TestPublicListenerIsImpatient(t *testing.T) {
	t.Parallel()
	s, err := listenPublic(t.Context(), machine{}, door{"127.0.0.1:0", http.NotFoundHandler(), gateOf(0, 0)}, silent())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx) }()
	defer func() { stop(); <-ended }()

	slow, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	if _, err := io.WriteString(slow, "GET / HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := slow.SetReadDeadline(began.Add(9 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(slow); err != nil {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	t.Logf("slow headers: closed after %v", time.Since(began).Round(100*time.Millisecond))

	req, err := http.NewRequest(http.MethodGet, s.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		req.Header.Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("20 KB of headers: %s", resp.Status)
	}
}
