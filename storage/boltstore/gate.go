package boltstore

import (
	"fmt"
	"runtime/debug"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// A gate is the only way to a transaction once the file is open. bbolt begins
// one by reading the mapped file with its locks held, and keeps them when that
// faults (a file cut off, a disk that cannot read): who asked it for anything
// more would wait for ever. So nobody asks then.
type gate struct {
	db *bolt.DB

	mu     sync.Mutex
	ruined error
}

// begin begins a transaction; whoever gets one ends it.
func (g *gate) begin(writable bool) (btx *bolt.Tx, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ruined != nil {
		return nil, g.ruined
	}
	err = guard(func() (err error) {
		btx, err = g.db.Begin(writable)
		return err
	})
	if isCorrupt(err) {
		g.ruined = fmt.Errorf("boltstore: restart with a good file: %w", err)
		return nil, g.ruined
	}
	return btx, translate(err)
}

// view runs fn in a read transaction; a fault in the mapped file is fn's to
// rescue.
func (g *gate) view(fn func(*bolt.Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	btx, err := g.begin(false)
	if err != nil {
		return err
	}
	defer func() { _ = btx.Rollback() }() // of a transaction that only read
	return translate(fn(btx))
}

// close closes the file, unless that would wait for ever. Then it stays open
// until the process ends.
func (g *gate) close() error {
	if !g.usable() {
		return nil // told to everybody who asked for anything
	}
	return g.db.Close()
}

func (g *gate) usable() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ruined == nil
}

// what names a recovered panic for operators. A fault in the mapped file reads
// as one of a nil pointer otherwise.
func what(v any) string {
	if _, fault := v.(interface{ Addr() uintptr }); fault {
		return "a part of the file cannot be read: it is shorter than it was, or the disk fails"
	}
	return fmt.Sprint(v)
}
