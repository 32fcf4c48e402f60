package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// failureCounts is how long a write that failed keeps the service from being
// ready. A probe is small: on a disk that is nearly full it still finds room in
// what the file has, when a message does not any more.
const failureCounts = 5 * time.Second

// A storingStore remembers the last write that failed for the store's own
// reasons.
type storingStore struct {
	storage.Store
	now func() time.Time

	mu  sync.Mutex
	at  time.Time
	why error
}

// Unwrap is the store that is watched.
func (s *storingStore) Unwrap() storage.Store { return s.Store }

// lately is why a write failed not long ago; nil: none did.
func (s *storingStore) lately() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == nil || s.now().Sub(s.at).Abs() >= failureCounts {
		return nil
	}
	return s.why
}

// Update implements storage.Store.
func (s *storingStore) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	return s.note(func(fn func(storage.Tx) error) error { return s.Store.Update(ctx, keys, fn) }, fn)
}

// Work implements storage.Store.
func (s *storingStore) Work(ctx context.Context, queue string, n int, h storage.Handler) error {
	return s.Store.Work(ctx, queue, n, func(ctx context.Context, j storage.Job, done storage.Done) error {
		return h(ctx, j, func(keys []string, fn func(storage.Tx) error) error {
			return s.note(func(fn func(storage.Tx) error) error { return done(keys, fn) }, fn)
		})
	})
}

// note does a transaction and looks at its end. What fn itself returns is its
// own affair.
func (s *storingStore) note(do func(func(storage.Tx) error) error, fn func(storage.Tx) error) error {
	var own error
	err := do(func(tx storage.Tx) error {
		own = fn(tx)
		return own
	})
	if err == nil || own != nil || nobodysFault(err) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.why = s.now(), err
	return err
}

// nobodysFault tells an end that was asked for from a failure.
func nobodysFault(err error) bool {
	for _, asked := range []error{context.Canceled, context.DeadlineExceeded, storage.ErrClosed, storage.ErrLost, storage.ErrInvalid} {
		if errors.Is(err, asked) {
			return true
		}
	}
	return false
}
