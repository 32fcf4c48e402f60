// Package sealed is a storage.Store around another: whoever reads the inner
// store's file learns neither keys nor values, only how many there are, how
// large, in which bucket, and the clear segments (times, sequence numbers).
//
// A value, and a job's body, is AES-256-GCM under a key derived from the
// configured one, bound to its bucket and key, so that a row put in another's
// place is refused. Identity segments of keys become HMAC-SHA256 pseudonyms: the
// same identity has the same pseudonym within a bucket, and another in every
// other bucket. crypto.go has the format.
package sealed

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/weizhangbot/weizhangbot/storage"
)

// ErrWrongKey: the store was sealed with another key.
var ErrWrongKey = errors.New("sealed: the key is not the one this store was sealed with")

const (
	// ownBucket holds what belongs to the sealing itself.
	ownBucket = "_sealed"
	checkKey  = "~check"
	checkText = "weizhangbot"
)

// A Store seals what goes into another Store.
type Store struct {
	inner storage.Store
	seal  *sealer
}

var _ storage.Store = (*Store)(nil)

// New returns a Store that keeps everything in inner sealed under key, KeySize
// bytes. Its first use of inner leaves a check value there; after that every
// other key is refused with ErrWrongKey. It does not take over inner when it
// fails.
func New(ctx context.Context, inner storage.Store, key []byte) (*Store, error) {
	seal, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	s := &Store{inner: inner, seal: seal}
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// check compares the key with the one of the store's first use.
func (s *Store) check(ctx context.Context) error {
	var have []byte
	read := func(tx storage.Tx) (err error) {
		have, err = tx.Get(ownBucket, checkKey)
		return err
	}
	if err := s.inner.View(ctx, read); err != nil {
		return err
	}
	if have == nil {
		err := s.inner.Update(ctx, []string{ownBucket}, func(tx storage.Tx) error {
			if err := read(tx); err != nil || have != nil {
				return err
			}
			have = s.seal.seal(kindCheck, ownBucket, checkKey, []byte(checkText))
			return tx.Put(ownBucket, checkKey, have)
		})
		if err != nil {
			return err
		}
	}
	text, ok := s.seal.open(kindCheck, ownBucket, checkKey, have)
	if !ok || string(text) != checkText {
		return ErrWrongKey
	}
	return nil
}

// Update implements storage.Store. keys are handed on as they are: a Store
// locks them, it does not keep them.
func (s *Store) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	return s.inner.Update(ctx, keys, s.wrap(fn))
}

// View implements storage.Store.
func (s *Store) View(ctx context.Context, fn func(storage.Tx) error) error {
	return s.inner.View(ctx, s.wrap(fn))
}

// Work implements storage.Store. A job that cannot be opened fails, and ends as
// a dead letter.
func (s *Store) Work(ctx context.Context, queue string, n int, h storage.Handler) error {
	if h == nil {
		return s.inner.Work(ctx, queue, n, nil) // which refuses it
	}
	return s.inner.Work(ctx, queue, n, func(ctx context.Context, j storage.Job, done storage.Done) error {
		job, err := s.seal.openJob(j)
		if err != nil {
			return err
		}
		return h(ctx, job, func(keys []string, fn func(storage.Tx) error) error {
			return done(keys, s.wrap(fn))
		})
	})
}

// Backup implements storage.Store; the copy is sealed as well.
func (s *Store) Backup(ctx context.Context, w io.Writer) error { return s.inner.Backup(ctx, w) }

// Unwrap is the inner store, for what a driver tells of itself beside the port.
// What is read there is sealed.
func (s *Store) Unwrap() storage.Store { return s.inner }

// Close closes the inner store.
func (s *Store) Close() error { return s.inner.Close() }

func (s *Store) wrap(fn func(storage.Tx) error) func(storage.Tx) error {
	return func(inner storage.Tx) error { return fn(&tx{inner: inner, seal: s.seal}) }
}

type tx struct {
	inner storage.Tx
	seal  *sealer
}

// Get implements storage.Tx.
func (t *tx) Get(bucket, key string) ([]byte, error) {
	if err := valid(bucket, key); err != nil {
		return nil, err
	}
	stored := t.seal.key(kindRecord, bucket, key)
	box, err := t.inner.Get(bucket, stored)
	if box == nil || err != nil {
		return nil, err
	}
	_, value, err := t.seal.openRecord(bucket, stored, box)
	return value, err
}

// Put implements storage.Tx.
func (t *tx) Put(bucket, key string, value []byte) error {
	if err := valid(bucket, key); err != nil {
		return err
	}
	stored := t.seal.key(kindRecord, bucket, key)
	if value == nil {
		return t.inner.Put(bucket, stored, nil)
	}
	if len(value) > storage.MaxValue {
		return fmt.Errorf("sealed: a value of %d bytes for bucket %q: %w", len(value), bucket, storage.ErrInvalid)
	}
	return t.inner.Put(bucket, stored, t.seal.seal(kindRecord, bucket, stored, value, key))
}

// Scan implements storage.Tx.
func (t *tx) Scan(bucket, from, to string, limit int) ([]storage.KV, error) {
	if bucket == ownBucket {
		return nil, errReserved
	}
	kvs, err := t.inner.Scan(bucket, t.seal.bound(bucket, from), t.seal.bound(bucket, to), limit)
	if err != nil {
		return nil, err
	}
	for i, kv := range kvs {
		key, value, err := t.seal.openRecord(bucket, kv.Key, kv.Value)
		if err != nil {
			return nil, err
		}
		kvs[i] = storage.KV{Key: key, Value: value}
	}
	return kvs, nil
}

// Enqueue implements storage.Tx.
func (t *tx) Enqueue(j storage.Job) (fresh bool, err error) {
	if len(j.Body) > storage.MaxValue || len(j.ID) > storage.MaxKey || len(j.Key) > storage.MaxKey {
		return false, fmt.Errorf("sealed: a job of queue %q is too large: %w", j.Queue, storage.ErrInvalid)
	}
	return t.inner.Enqueue(t.seal.sealJob(j))
}

var errReserved = fmt.Errorf("sealed: bucket %q is reserved: %w", ownBucket, storage.ErrInvalid)

func valid(bucket, key string) error {
	switch {
	case bucket == ownBucket:
		return errReserved
	case len(key) > storage.MaxKey:
		return fmt.Errorf("sealed: a key of %d bytes for bucket %q: %w", len(key), bucket, storage.ErrInvalid)
	}
	return nil
}
