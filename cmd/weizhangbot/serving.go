package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// drainFor is how long a stopping server waits for the answers under way.
const drainFor = 10 * time.Second

// A server listens from the moment it is made, so that its address, also one
// with port 0, can be printed before it serves.
type server struct {
	listener net.Listener
	http     *http.Server
	ending   func(context.Context) error // before the drain: ends what would outlast it
}

// listen opens the address. Bodies and waiting are bounded by the handler;
// WriteTimeout leaves room for a fake that answers slowly on purpose.
func listen(ctx context.Context, address string, h http.Handler, log logrus.FieldLogger) (*server, error) {
	return listenOn(ctx, machine{}, address, h, log)
}

func listenOn(ctx context.Context, m machine, address string, h http.Handler, log logrus.FieldLogger) (*server, error) {
	l, err := m.open(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &server{listener: l, ending: func(context.Context) error { return nil }, http: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          standardLog(log),
	}}, nil
}

// A door is what strangers reach.
type door struct {
	address string
	inside  http.Handler
	gate    *atomic.Pointer[gate]
}

// listenPublic opens the address that strangers reach: with closer limits, and
// as many connections as maxConnections, of which an address has its share.
// WriteTimeout counts from the request's
// headers on and leaves room for the longest answer there is, to WeChat: held
// beyond the five seconds after which it hangs up.
func listenPublic(ctx context.Context, m machine, d door, log logrus.FieldLogger) (*server, error) {
	s, err := listenOn(ctx, m, d.address, newTurnstile(d.inside, d.gate, log), log)
	if err != nil {
		return nil, err
	}
	s.http.ReadTimeout = 10 * time.Second
	s.http.WriteTimeout = 20 * time.Second
	s.http.IdleTimeout = time.Minute
	s.http.MaxHeaderBytes = 8 << 10
	s.listener = limitTo(shareOf(s.listener, d.gate), maxConnections)
	return s, nil
}

// url is where the server can be reached from this machine.
func (s *server) url() string {
	address := s.listener.Addr().String()
	if tcp, ok := s.listener.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return "http://" + address
}

// beforeStop has f called when the server begins to stop, with the time it has.
func (s *server) beforeStop(f func(context.Context) error) { s.ending = f }

// serve answers until ctx ends, then takes nothing new and finishes what runs.
func (s *server) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	faults := []error{s.ending(grace)}
	if err := s.http.Shutdown(grace); err != nil {
		faults = append(faults, fmt.Errorf("stop: %w", err), s.http.Close())
	}
	return errors.Join(faults...)
}
