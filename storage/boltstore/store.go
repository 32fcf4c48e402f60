// Package boltstore is storage on one machine: a bbolt file, one process.
//
// # Reading the source
//
// open.go opens the file and judges it, gate.go begins transactions, schema.go lays it out.
//
// What is committed goes to a journal first (journal.go), which makes it durable for
// the price of one write, and by and by into the file (fold.go), where its rows share
// pages with others'. Until then it is read from memory, in layers over the file
// (layer.go, overlay.go). commit.go is the committer, the only writer; tx.go is what an Update or
// View sees.
//
// job.go keeps jobs and their order on disk, work.go finds and run.go runs them, dead.go sets aside those that
// never succeed, sweep.go forgets the old. copy.go and verify.go read a file that
// is nobody's store just now, draft.go and lock_*.go put one in another's place,
// and compact.go rewrites one without what was deleted from it. check.go reads all of
// an open one and judges it.
package boltstore

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// A Store is storage.Store on a bbolt file.
//
// Update needs no key locks: the committer runs all updates one after the other.
// A failed disk may show a commit later that was told to have failed
// (ErrReopen); nothing is written between that and the next opening.
// Work's jobs start as soon as the commit that made them runnable is durable,
// never before their time, and at most recheck after it when the clock jumps.
type Store struct {
	db        *bolt.DB
	opts      Options
	committer *committer
	survivors uint64 // jobs up to this seq were enqueued before the file was opened

	closing chan struct{} // closed first: no more jobs are taken
	once    sync.Once
	err     error // of Close

	mu      sync.Mutex
	queues  map[string]*queue
	stopped bool           // no new work
	closed  bool           // no new readers
	work    sync.WaitGroup // Work calls and the sweeper
	readers sync.WaitGroup
}

var (
	_ storage.Store = (*Store)(nil)
	_ storage.Jobs  = (*Store)(nil)
)

func newStore(db *bolt.DB, opts Options) *Store {
	s := &Store{db: db, opts: opts, closing: make(chan struct{}), queues: make(map[string]*queue)}
	s.committer = newCommitter(&gate{db: db}, db.Path(), opts.Clock, s.wake)
	s.work.Go(s.sweep)
	return s
}

// Update implements storage.Store. A lone caller waits for one commit; callers
// at the same time share one.
func (s *Store) Update(ctx context.Context, _ []string, fn func(storage.Tx) error) error {
	return s.committer.do(ctx, func(t *tx) error { return fn(t) }, nil)
}

// View implements storage.Store. It never waits for a writer, unless the file
// has outgrown its mapping. While it runs, pages that later writes replace
// cannot be used again: long views make the file grow.
func (s *Store) View(ctx context.Context, fn func(storage.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.read(func(t *tx) error { return fn(t) })
}

// read runs fn in a read transaction that sees all that was committed.
func (s *Store) read(fn func(*tx) error) error { return s.reading(fn, true) }

// readFile runs fn in a read transaction of the file alone, once that holds all
// that was committed before.
func (s *Store) readFile(ctx context.Context, fn func(*tx) error) error {
	if err := s.committer.settle(ctx); err != nil {
		return err
	}
	return s.reading(fn, false)
}

func (s *Store) reading(fn func(*tx) error, layered bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return storage.ErrClosed
	}
	s.readers.Add(1)
	s.mu.Unlock()
	defer s.readers.Done()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	btx, layers, err := s.committer.overlay.view(s.committer.gate)
	if err != nil {
		return err
	}
	defer func() { _ = btx.Rollback() }() // of a transaction that only read
	if !layered {
		layers = nil
	}
	return translate(inside(btx, layers, s.opts.Clock, fn))
}

// view runs fn in a read transaction of a db that is no Store's.
func view(db *bolt.DB, now func() time.Time, fn func(*tx) error) error {
	return readTx(db, func(btx *bolt.Tx) error { return inside(btx, nil, now, fn) })
}

// inside runs fn in a read transaction; a panic in it is returned.
func inside(btx *bolt.Tx, layers []*layer, now func() time.Time, fn func(*tx) error) (err error) {
	t := newTx(btx, layers, now)
	defer func() {
		t.Over = true
		if v := recover(); v != nil {
			err = driver.Panicked(v)
		}
	}()
	return fn(t)
}

// Backup implements storage.Store: a file that Open opens. It holds bytes of
// records that were deleted, as the file itself does.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.readFile(ctx, func(t *tx) error { return t.copyTo(ctx, w) })
}

// copyTo writes the whole file as this transaction sees it.
func (t *tx) copyTo(ctx context.Context, w io.Writer) error {
	_, err := t.btx.WriteTo(ctxWriter{ctx, w})
	if ctx.Err() != nil {
		return ctx.Err() // bbolt's own error hides it
	}
	return err
}

// A ctxWriter stops writing when ctx has ended. It has no ReadFrom, so that
// io.Copy writes in pieces.
type ctxWriter struct {
	ctx context.Context
	w   io.Writer
}

func (w ctxWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// Close implements storage.Store.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.stopped = true
		s.mu.Unlock()
		close(s.closing)
		s.work.Wait()
		s.committer.close()
		if s.committer.left != nil {
			s.opts.Log.WithError(s.committer.left).Warn("the store's file is not up to date: its journals hold the rest, for the next start")
		}
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.readers.Wait()
		s.err = errors.Join(s.committer.err, s.committer.gate.close())
	})
	return s.err
}
