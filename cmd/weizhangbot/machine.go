package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A machine is what the program runs on: its network, its clock and its disk.
// The zero machine is the real one; whatever is set takes the place of that
// part.
type machine struct {
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	listen func(ctx context.Context, address string) (net.Listener, error)
	now    func() time.Time
	disk   func(storage.Store) storage.Store // stands before the store

	// hangups begins to bring requests to read the configuration again, and is
	// told when nobody listens any more; nil: none come.
	hangups func() (asked <-chan os.Signal, stop func())
	manager manager // nil: nobody who started the process wants to hear of it
}

// theMachine is the one that the program was started on.
func theMachine() machine {
	return machine{manager: systemd{}, hangups: func() (<-chan os.Signal, func()) {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGHUP) // on Windows it never comes
		return asked, func() { signal.Stop(asked) }
	}}
}

// listening is hangups, also where none come.
func (m machine) listening() (asked <-chan os.Signal, stop func()) {
	if m.hangups == nil {
		return nil, func() {}
	}
	return m.hangups()
}

// client is an HTTP client on the machine's network, nil on the real one: each
// package has the client that suits its platform, and bounds its calls itself.
func (m machine) client() *http.Client {
	if m.dial == nil {
		return nil
	}
	return &http.Client{Transport: &http.Transport{DialContext: m.dial, DisableKeepAlives: true}}
}

// open opens an address for a server.
func (m machine) open(ctx context.Context, address string) (net.Listener, error) {
	if m.listen != nil {
		return m.listen(ctx, address)
	}
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", address)
}

// keep is the store behind what stands before it.
func (m machine) keep(s storage.Store) storage.Store {
	if m.disk == nil {
		return s
	}
	return m.disk(s)
}
