package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A guarded door refuses whoever does not know the word.
func guarded(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Word") == "" {
		http.Error(w, "you are not who you say", http.StatusForbidden)
		return
	}
	_, _ = io.WriteString(w, "welcome")
}

// gateOf is a gate that nobody replaces.
func gateOf(refusals, connections int, trusted ...netip.Prefix) *atomic.Pointer[gate] {
	var p atomic.Pointer[gate]
	p.Store(&gate{refusals, connections, trusted})
	return &p
}

// knock sends a request to a turnstile from an address.
func knock(t *turnstile, from string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/wechat", nil)
	r.RemoteAddr = from
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	return w
}

func TestTurnstile(t *testing.T) {
	log := &journal{}
	now := time.Now()
	s := newTurnstile(http.HandlerFunc(guarded), gateOf(3, 0), newLogger(log, Log{Level: "debug", Format: "json"}))
	s.now = func() time.Time { return now }
	const stranger, other = "203.0.113.7:1", "203.0.113.8:1"
	for i, heard := range []bool{true, true, true, false, false} {
		w := knock(s, stranger)
		if w.Code != 403 || (w.Body.Len() > 0) != heard || (w.Header().Get("Connection") == "close") == heard {
			t.Errorf("knock %d: %d %v %q", i+1, w.Code, w.Header(), w.Body)
		}
	}
	if w := knock(s, stranger, "Word", "open"); w.Code != 200 || w.Body.String() != "welcome" {
		t.Errorf("a platform behind the same address: %d %s", w.Code, w.Body)
	}
	if w := knock(s, other); w.Code != 403 {
		t.Errorf("somebody else: %d", w.Code)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), `"address":"203.0.113.7/32"`) {
		t.Errorf("%d lines in the log:\n%s", n, log)
	}
	now = now.Add(refusalSpan)
	if w := knock(s, stranger); w.Code != 403 {
		t.Errorf("a minute later: %d", w.Code)
	}
	free := newTurnstile(http.HandlerFunc(guarded), gateOf(0, 0), silent())
	for range 100 {
		if w := knock(free, stranger); w.Code != 403 {
			t.Fatalf("without a limit: %d", w.Code)
		}
	}
}

// Whose request it is, which anybody may lie about and only a trusted proxy knows.
func TestSender(t *testing.T) {
	var trusted []netip.Prefix
	for _, text := range []string{"127.0.0.1", "10.0.0.0/8", "2001:db8:1::1"} {
		p, err := networkOf(text)
		if err != nil {
			t.Fatal(err)
		}
		trusted = append(trusted, p)
	}
	s := gate{trusted: trusted}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"directly", "203.0.113.7:1", nil, "203.0.113.7/32"},
		{"a lie, directly", "203.0.113.7:1", []string{"198.51.100.1"}, "203.0.113.7/32"},
		{"through a proxy", "127.0.0.1:1", []string{"203.0.113.7"}, "203.0.113.7/32"},
		{"a lie, through a proxy", "127.0.0.1:1", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7/32"},
		{"in headers of their own", "127.0.0.1:1", []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7/32"},
		{"through two proxies", "127.0.0.1:1", []string{"203.0.113.7, 10.1.2.3"}, "203.0.113.7/32"},
		{"a lie that names a proxy", "127.0.0.1:1", []string{"10.9.9.9, 203.0.113.7"}, "203.0.113.7/32"},
		{"a proxy that says nothing", "127.0.0.1:1", nil, "127.0.0.1/32"},
		{"nonsense from a proxy", "127.0.0.1:1", []string{"unknown"}, "127.0.0.1/32"},
		{"mapped", "[::ffff:127.0.0.1]:1", []string{"::ffff:203.0.113.7"}, "203.0.113.7/32"},
		{"a customer's network", "[2001:db8:2:3:4:5:6:7]:1", nil, "2001:db8:2:3::/64"},
		{"a proxy by IPv6", "[2001:db8:1::1]:1", []string{"2001:db8:2:3::9"}, "2001:db8:2:3::/64"},
		{"with a zone", "[fe80::1%eth0]:1", nil, "fe80::/64"},
		{"no address", "@", nil, "invalid Prefix"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/wechat", nil)
			r.RemoteAddr = tt.peer
			for _, f := range tt.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := s.sender(r).String(); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// A flood from everywhere takes a bounded memory.
func TestTurnstileForgets(t *testing.T) {
	s := newTurnstile(http.HandlerFunc(guarded), gateOf(3, 0), silent())
	for i := range mostAddresses + 500 {
		knock(s, fmt.Sprintf("10.%d.%d.1:1", i>>8, i&255))
	}
	if n := len(s.refusals); n != mostAddresses+1 {
		t.Errorf("%d addresses remembered, want %d", n, mostAddresses+1)
	}
	if w := knock(s, "203.0.113.7:1"); w.Code != 403 || w.Body.Len() > 0 {
		t.Errorf("one of too many: %d %q", w.Code, w.Body)
	}
	if w := knock(s, "203.0.113.7:1", "Word", "open"); w.Code != 200 {
		t.Errorf("a platform among too many: %d", w.Code)
	}
}

// dialled is a listener of connections from anywhere.
type dialled struct {
	net.Listener
	conns chan net.Conn
}

func (d *dialled) Accept() (net.Conn, error) {
	c, ok := <-d.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

type fromAddress struct {
	net.Conn
	address string
	once    sync.Once
	closed  chan struct{}
}

func (c *fromAddress) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.address))
}

func (c *fromAddress) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func TestShareListener(t *testing.T) {
	inner := &dialled{conns: make(chan net.Conn, 100)}
	dial := func(address string) *fromAddress {
		c := &fromAddress{address: address, closed: make(chan struct{})}
		inner.conns <- c
		return c
	}
	limit := gateOf(0, 2, netip.MustParsePrefix("10.0.0.0/8"))
	l := shareOf(inner, limit)
	accept := func() string {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return c.RemoteAddr().String()
	}
	const greedy = "203.0.113.7:1"
	for range 2 {
		dial(greedy)
	}
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	accept()
	third := dial(greedy)
	for range 5 {
		dial("127.0.0.1:1")
		dial("10.1.2.3:1")
	}
	for range 10 {
		if got := accept(); got == greedy {
			t.Error("one address has three connections, and may have two")
		}
	}
	<-third.closed
	_, _ = first.Close(), first.Close() // twice gives one place
	dial(greedy)
	fifth := dial(greedy)
	if got := accept(); got != greedy {
		t.Errorf("with room again: %s", got)
	}
	dial("203.0.113.8:1")
	if got := accept(); got != "203.0.113.8:1" {
		t.Errorf("closing twice gave two places: %s", got)
	}
	<-fifth.closed
	limit.Store(&gate{})
	dial(greedy)
	if got := accept(); got != greedy {
		t.Errorf("without a limit any more: %s", got)
	}
	limit.Store(&gate{connections: 3})
	sixth := dial(greedy)
	close(inner.conns)
	if _, err := l.Accept(); err == nil {
		t.Error("the end of the listener is not told")
	}
	<-sixth.closed
}
