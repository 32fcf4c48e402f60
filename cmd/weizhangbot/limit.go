package main

import (
	"net"
	"sync"
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
