package main

import (
	"context"
	"net"
	"net/http"
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
