package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// A wire is a network in memory, so that a whole service and its outside can
// live in a bubble of package synctest, where an hour passes at once. A host is
// an address; every connection is a pipe.
type wire struct {
	mu    sync.Mutex
	doors map[string]*doorway
	conns map[net.Conn]string // to where
	dials map[string]int
	sick  map[string]weather // by address: what befalls whoever connects
	down  sync.WaitGroup
}

func newWire() *wire {
	return &wire{doors: map[string]*doorway{}, conns: map[net.Conn]string{}, dials: map[string]int{}, sick: map[string]weather{}}
}

// A doorway is a listener.
type doorway struct {
	address string
	come    chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

type address string

func (a address) Network() string { return "memory" }
func (a address) String() string  { return string(a) }

// Accept implements net.Listener.
func (d *doorway) Accept() (net.Conn, error) {
	select {
	case c := <-d.come:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (d *doorway) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

// Addr implements net.Listener.
func (d *doorway) Addr() net.Addr { return address(d.address) }

// listen opens an address; one that is open already is taken over, as after a
// restart.
func (w *wire) listen(_ context.Context, addr string) (net.Listener, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := &doorway{address: addr, come: make(chan net.Conn), closed: make(chan struct{})}
	w.doors[addr] = d
	return d, nil
}

// dialTime is after what time the stand-in for a kernel gives up connecting.
const dialTime = 10 * time.Second

// dial connects to an address, as far as the weather there lets it.
func (w *wire) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	w.mu.Lock()
	w.dials[addr]++
	d, sick := w.doors[addr], w.sick[addr]
	w.mu.Unlock()
	failed := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: address(addr), Err: err}
	}
	switch sick {
	case refused:
		return failed(syscall.ECONNREFUSED)
	case noName:
		return failed(&net.DNSError{Err: "no such host", Name: "host.invalid", IsNotFound: true})
	case badTLS: // of a handshake, so not marked as dialling
		return nil, fmt.Errorf("tls: failed to verify certificate: x509: certificate has expired or is not yet valid")
	case blackhole:
		select {
		case <-ctx.Done():
			return failed(ctx.Err())
		case <-time.After(dialTime):
			return failed(syscall.ETIMEDOUT)
		}
	}
	if d == nil {
		return failed(syscall.ECONNREFUSED)
	}
	near, far := net.Pipe()
	select {
	case d.come <- far:
	case <-d.closed:
		return failed(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return failed(ctx.Err())
	}
	w.mu.Lock()
	w.conns[near], w.conns[far] = addr, addr
	w.mu.Unlock()
	return near, nil
}

// serve puts a handler at an address, for as long as the wire is there.
func (w *wire) serve(addr string, h http.Handler) {
	l, _ := w.listen(context.Background(), addr)
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	w.down.Go(func() { _ = s.Serve(l) })
}

// weather sets what befalls whoever connects to an address, or is connected.
func (w *wire) weather(addr string, k weather) {
	w.mu.Lock()
	w.sick[addr] = k
	w.mu.Unlock()
	w.cut(addr)
}

func (w *wire) weatherAt(addr string) weather {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sick[addr]
}

// dialled is how often somebody tried to connect to an address.
func (w *wire) dialled(addr string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials[addr]
}

// cut breaks every connection to an address, or to all when it is "".
func (w *wire) cut(addr string) {
	w.mu.Lock()
	var gone []net.Conn
	for c, to := range w.conns {
		if addr == "" || to == addr {
			gone = append(gone, c)
			delete(w.conns, c)
		}
	}
	w.mu.Unlock()
	for _, c := range gone {
		_ = c.Close()
	}
}

// close ends all servers and connections.
func (w *wire) close() {
	w.mu.Lock()
	for _, d := range w.doors {
		_ = d.Close()
	}
	w.mu.Unlock()
	w.cut("")
	w.down.Wait()
}
