package main

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	// refusalSpan is what refusals of one address are counted over.
	refusalSpan = time.Minute
	// mostAddresses bounds what a turnstile remembers, however many addresses a
	// flood comes from: those that are too many count as one.
	mostAddresses = 10_000
)

// A turnstile stands before the public doors and counts who is refused there.
// Beyond the limit, whoever is refused reads no more than the status, and their
// connection is closed with the rest of the body unread. It lets everybody knock all the same: a
// platform may share its address with a flood, behind a proxy for one, and what
// proves that it is the platform, a signature over some bytes of the request's
// first lines, costs less to check than a connection does.
type turnstile struct {
	next http.Handler
	gate *atomic.Pointer[gate]
	log  logrus.FieldLogger
	now  func() time.Time

	mu       sync.Mutex
	since    time.Time
	refusals map[netip.Prefix]int
}

// A gate is what the public listener goes by. Another one may take its place at
// any time.
type gate struct {
	refusals    int // of one address a minute; 0: no limit
	connections int // of one address at a time; 0: no limit
	trusted     []netip.Prefix
}

func (c *Config) gate() *gate {
	return &gate{
		refusals: c.Limits.RefusalsPerAddressPerMinute, connections: c.Limits.ConnectionsPerAddress, trusted: c.Server.trusted(),
	}
}

func newTurnstile(next http.Handler, g *atomic.Pointer[gate], log logrus.FieldLogger) *turnstile {
	return &turnstile{next: next, gate: g, log: log, now: time.Now, refusals: map[netip.Prefix]int{}}
}

// ServeHTTP implements http.Handler.
func (t *turnstile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := t.gate.Load()
	if g.refusals <= 0 || r.URL.Path == healthPath || r.URL.Path == readyPath {
		t.next.ServeHTTP(w, r)
		return
	}
	from := g.sender(r)
	t.next.ServeHTTP(&watched{ResponseWriter: w, refused: func() bool { return t.refuse(from, g.refusals) }}, r)
}

// refuse counts a refusal, and tells whether it is one more than most. The first
// such of an address and minute is logged.
func (t *turnstile) refuse(from netip.Prefix, most int) (over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.now(); now.Sub(t.since).Abs() >= refusalSpan {
		t.since = now
		clear(t.refusals)
	}
	if _, known := t.refusals[from]; !known && len(t.refusals) >= mostAddresses {
		from = netip.Prefix{}
	}
	t.refusals[from]++
	n := t.refusals[from]
	if n == most+1 {
		t.log.WithFields(logrus.Fields{"event": "flood", "address": from.String(), "refused": n}).Warn("an address that is no platform's knocks too often")
	}
	return n > most
}

// sender is whose request it is: the peer, or whom a trusted proxy names. An
// IPv6 network of 64 bits is one sender: that is what a customer is given.
func (g *gate) sender(r *http.Request) netip.Prefix {
	address := peerOf(r.RemoteAddr)
	named := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, name := range slices.Backward(named) { // each proxy writes whom it saw at the end
		if !includes(g.trusted, address) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(name))
		if err != nil {
			break
		}
		address = next.Unmap()
	}
	bits := 32
	if address.Is6() {
		bits = 64
	}
	p, _ := address.WithZone("").Prefix(bits) // the zero Prefix for what is no address
	return p
}

// peerOf is the address of a connection; the zero one when it has none.
func peerOf(hostport string) netip.Addr {
	p, _ := netip.ParseAddrPort(hostport)
	return p.Addr().Unmap()
}

func includes(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// watched is a ResponseWriter that learns whether its request is refused.
type watched struct {
	http.ResponseWriter
	refused func() (over bool)
	told    bool
	muted   bool // what the door says does not go out
}

// Unwrap is for http.ResponseController.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader passes the status on. A body that was too long
// is not read to its end: http.MaxBytesReader would see to that, and does not know
// w.
func (w *watched) WriteHeader(status int) {
	if status == http.StatusRequestEntityTooLarge {
		w.Header().Set("Connection", "close")
	}
	if w.told = true; status < 400 || status >= 500 || !w.refused() {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.muted = true
	h := w.Header()
	h.Set("Connection", "close")
	h.Del("Content-Length")
	w.ResponseWriter.WriteHeader(status)
}

// Write passes on what the door says, unless that was to be a refusal.
func (w *watched) Write(p []byte) (int, error) {
	if !w.told {
		w.WriteHeader(http.StatusOK)
	}
	if w.muted {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// networkOf reads an address, or a network of them.
func networkOf(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Unmap().Prefix(a.Unmap().BitLen())
	}
	return netip.ParsePrefix(text)
}

// trusted are the proxies that the configuration trusts.
func (s Server) trusted() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range s.TrustedProxies {
		if p, err := networkOf(text); err == nil { // check has refused others
			all = append(all, p)
		}
	}
	return all
}
