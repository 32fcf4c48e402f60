package main

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// maxConnections is what is open to the public at a time: beyond it, those who
// connect wait in the kernel's queue. Telegram opens 40 unless told otherwise
// (setWebhook, max_connections).
const maxConnections = 512

// A limitListener accepts n connections at a time. (As x/net/netutil has it,
// whose module brings newer versions of three others for these forty lines.)
type limitListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func limitTo(l net.Listener, n int) *limitListener {
	return &limitListener{Listener: l, places: make(chan struct{}, n), closed: make(chan struct{})}
}

// Accept waits for a place first, so that whoever cannot be served is not
// accepted either.
func (l *limitListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		l.leave()
		return nil, err
	}
	return &limitedConn{Conn: c, leave: sync.OnceFunc(l.leave)}, nil
}

// Close also ends an Accept that waits for a place.
func (l *limitListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

func (l *limitListener) leave() { <-l.places }

type limitedConn struct {
	net.Conn
	leave func()
}

// Close gives the place back, once.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// A shareListener lets one address hold a part of the connections at most, so
// that nobody fills all places alone. Beyond it a connection is closed at once.
// This machine and trusted proxies bring everybody's, and are not limited.
type shareListener struct {
	net.Listener
	gate    *atomic.Pointer[gate]
	mu      sync.Mutex
	holding map[netip.Addr]int
}

func shareOf(l net.Listener, g *atomic.Pointer[gate]) net.Listener {
	return &shareListener{Listener: l, gate: g, holding: map[netip.Addr]int{}}
}

// Accept returns the next connection of an address that has not too many.
func (l *shareListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		a := peerOf(c.RemoteAddr().String())
		g := l.gate.Load()
		if a.IsLoopback() || includes(g.trusted, a) {
			return c, nil
		}
		if l.enter(a, g.connections) {
			return &limitedConn{Conn: c, leave: sync.OnceFunc(func() { l.leave(a) })}, nil
		}
		_ = c.Close() // it was never anybody's
	}
}

// enter takes a place, also where there is no limit: another gate may have one.
func (l *shareListener) enter(a netip.Addr, most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if most > 0 && l.holding[a] >= most {
		return false
	}
	l.holding[a]++
	return true
}

func (l *shareListener) leave(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holding[a]--; l.holding[a] == 0 {
		delete(l.holding, a)
	}
}
