package juhe_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

const noViolations = `{"error_code":0,"resultcode":"200","reason":"查询成功","result":{"province":"JS","city":"JS_SZ","hphm":"苏E12345","hpzl":"02","lists":[]}}`

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// What an answer is worth if it is not simply a good one: which error, and what
// is known of the money.
func TestAnswersThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.Handler
		is      error
		charge  juhe.Charge
	}{
		{"truncated", nonsense(juhetest.NonsenseTruncated), juhe.ErrMalformed, juhe.ChargeUnknown},
		{"html", nonsense(juhetest.NonsenseHTML), juhe.ErrMalformed, juhe.ChargeUnknown},
		{"empty", nonsense(juhetest.NonsenseEmpty), juhe.ErrMalformed, juhe.ChargeUnknown},
		{"result is a string", nonsense(juhetest.NonsenseObject), juhe.ErrMalformed, juhe.ChargeUnknown},
		{"oversize", nonsense(juhetest.NonsenseOversize), juhe.ErrMalformed, juhe.ChargeUnknown},
		{"status 500", nonsense(juhetest.NonsenseStatus500), juhe.ErrMalformed, juhe.ChargeUnknown},
		{"cut", nonsense(juhetest.NonsenseCut), juhe.ErrInterrupted, juhe.ChargeUnknown},
		{"cut inside the body", cutInside(), juhe.ErrInterrupted, juhe.ChargeUnknown},
		{"hang", nonsense(juhetest.NonsenseHang), context.DeadlineExceeded, juhe.ChargeUnknown},
		{"hang is interrupted", nonsense(juhetest.NonsenseHang), juhe.ErrInterrupted, juhe.ChargeUnknown},
		{"status 502 with an error code", answering(502, `{"error_code":225603}`), juhe.ErrNetwork, juhe.Free},
		{"status 404 with a good answer", answering(404, noViolations), nil, juhe.Charged},
		{"gzip bomb", bomb(), juhe.ErrMalformed, juhe.ChargeUnknown},
		{"gzip that is none", header("Content-Encoding", "gzip", noViolations), juhe.ErrInterrupted, juhe.ChargeUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			timeout := 10 * time.Second
			if strings.HasPrefix(tt.name, "hang") {
				timeout = 100 * time.Millisecond
			}
			c := start(t, tt.handler, juhe.WithTimeout(timeout, timeout))
			_, err := c.Query(t.Context(), suzhou())
			if !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v", err, tt.is)
			}
			if got := juhe.ChargeOf(err); got != tt.charge {
				t.Errorf("charge %v, want %v (%v)", got, tt.charge, err)
			}
		})
	}
}

func nonsense(n juhetest.Nonsense) http.Handler {
	fake := juhetest.New()
	fake.Set(juhetest.Faults{Nonsense: n})
	return fake
}

func cutInside() http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, noViolations[:20])
		panic(http.ErrAbortHandler)
	}
}

func header(name, value, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(name, value)
		_, _ = io.WriteString(w, body)
	}
}

func bomb() http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, strings.Repeat(" ", 3<<20)+noViolations)
		_ = z.Close()
	}
}

func TestGzip(t *testing.T) {
	zipped := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip") // asked for or not
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, noViolations)
		_ = z.Close()
	})
	for name, transport := range map[string]*http.Transport{
		"inflated by the transport": {}, "inflated here": {DisableCompression: true},
	} {
		c := start(t, zipped, juhe.WithHTTPClient(&http.Client{Transport: transport}))
		if raw, err := c.QueryRaw(t.Context(), suzhou()); err != nil || string(raw) != noViolations {
			t.Errorf("%s: %v, %.40q", name, err, raw)
		}
	}
}

func TestNotSent(t *testing.T) {
	// A port that was free a moment ago: nobody listens.
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	plain := httptest.NewServer(juhetest.New())
	defer plain.Close()
	stuck := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	gone, cancel := context.WithCancel(t.Context())
	cancel()

	for _, tt := range []struct {
		name string
		ctx  context.Context
		base string
		opts []juhe.Option
		is   error
	}{
		{"refused", t.Context(), closed, nil, juhe.ErrNotSent},
		{"no TLS", t.Context(), strings.Replace(plain.URL, "http:", "https:", 1), nil, juhe.ErrNotSent},
		{"dial hangs", t.Context(), closed, []juhe.Option{juhe.WithHTTPClient(&http.Client{Transport: stuck}), juhe.WithTimeout(50*time.Millisecond, time.Second)}, context.DeadlineExceeded},
		{"caller gone", gone, plain.URL, nil, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := juhe.New("demo-key", append(tt.opts, juhe.WithBaseURL(tt.base))...)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Query(tt.ctx, suzhou())
			if !errors.Is(err, tt.is) || !errors.Is(err, juhe.ErrNotSent) || errors.Is(err, juhe.ErrInterrupted) {
				t.Errorf("got %v", err)
			}
			var te *juhe.TransportError
			if !errors.As(err, &te) || te.Sent || te.Endpoint != "query" || juhe.ChargeOf(err) != juhe.Free {
				t.Errorf("got %+v, charge %v", te, juhe.ChargeOf(err))
			}
		})
	}
}

// A transport that reports no connections is not believed to have sent nothing.
func TestForeignTransport(t *testing.T) {
	broken := roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") })
	c, err := juhe.New("demo-key", juhe.WithHTTPClient(&http.Client{Transport: broken}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Query(t.Context(), suzhou()); !errors.Is(err, juhe.ErrInterrupted) || juhe.ChargeOf(err) != juhe.ChargeUnknown {
		t.Errorf("got %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A server that reads the request and hangs up is where net/http repeats
// requests by itself. Each call must arrive once, over HTTP/1.1 and HTTP/2, also
// after calls that went well and would have left a connection to reuse.
func TestEveryCallIsSentOnce(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			var calls atomic.Int32
			var cut atomic.Bool
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				if r.Proto != proto {
					t.Errorf("%s, want %s", r.Proto, proto)
				}
				if cut.Load() {
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(w, noViolations)
			}))
			srv.EnableHTTP2 = proto == "HTTP/2.0"
			srv.StartTLS()
			defer srv.Close()
			c, err := juhe.New("demo-key", juhe.WithBaseURL(srv.URL), juhe.WithHTTPClient(srv.Client()))
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := c.Query(t.Context(), suzhou()); err != nil {
					t.Fatal(err)
				}
			}
			cut.Store(true)
			_, err = c.Query(t.Context(), suzhou())
			_, err2 := c.Prefix(t.Context(), "沪C", false)
			if !errors.Is(err, juhe.ErrInterrupted) || !errors.Is(err2, juhe.ErrInterrupted) {
				t.Errorf("got %v, %v", err, err2)
			}
			if juhe.ChargeOf(err) != juhe.ChargeUnknown || juhe.ChargeOf(err2) != juhe.Free {
				t.Errorf("charges %v, %v", juhe.ChargeOf(err), juhe.ChargeOf(err2))
			}
			if n := calls.Load(); n != 5 {
				t.Errorf("%d requests for 5 calls", n)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := start(t, http.RedirectHandler(thief.URL, status))
		if _, err := c.Query(t.Context(), suzhou()); !errors.Is(err, juhe.ErrMalformed) || !strings.Contains(err.Error(), fmt.Sprint(status)) {
			t.Errorf("%d: got %v", status, err)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("key and VIN went to another address")
	}
}

func TestQueryRawReturnsErrorsOfTheServiceUnread(t *testing.T) {
	const body = `{"resultcode":"206","reason":"车辆信息错误","result":null,"error_code":225606}`
	raw, err := start(t, answering(200, body)).QueryRaw(t.Context(), suzhou())
	if err != nil || string(raw) != body {
		t.Errorf("got %v, %s", err, raw)
	}
}
