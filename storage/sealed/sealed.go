// Package sealed is a storage.Store around another: whoever reads the inner
// store's file learns neither keys nor values, only how many there are, how
// large, in which bucket, and the clear segments (times, sequence numbers).
//
// A value, and a job's body, is AES-256-GCM under a key derived from the
// configured one, bound to its bucket and key, so that a row put in another's
// place is refused. Identity segments of keys become HMAC-SHA256 pseudonyms: the
// same identity has the same pseudonym within a bucket, and another in every
// other bucket. crypto.go has the format.
//
// What belongs to somebody (Options.Owner) is sealed under a key of their own,
// which needs a share from a second file, people.go. storage.Forget destroys it:
// whatever was sealed for them until then is as if it were deleted, wherever a
// copy of it remains.
package sealed

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

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

// Options say what belongs to whom. Without them nothing has an owner.
type Options struct {
	// People is the path of the file of owners' shares, which is made when there
	// is none. Slots is where they are instead, when several processes share
	// them. "" and nil: nothing has an owner.
	People string
	Slots  Slots
	// Owner is whose a record is, "" for nobody's. It must depend on its
	// arguments alone, and an owner holds no "/".
	Owner func(bucket, key string, value []byte) string
	// JobOwner is whose a job is, likewise.
	JobOwner func(storage.Job) string
	// Now tells when something was forgotten; nil: time.Now.
	Now func() time.Time
}

// A Store seals what goes into another Store.
type Store struct {
	inner storage.Store
	seal  *sealer
	opts  Options

	closing sync.Once
}

var _ storage.Store = (*Store)(nil)

// New returns a Store that keeps everything in inner sealed under key, KeySize
// bytes. Its first use of inner leaves a check value there; after that every
// other key is refused with ErrWrongKey. It does not take over inner when it
// fails.
func New(ctx context.Context, inner storage.Store, key []byte) (*Store, error) {
	return Open(ctx, inner, [][]byte{key}, Options{})
}

// Open is New with owners, and with a ring of keys of which the first that fits
// is taken: while a rotation is under way, nobody knows from outside which.
func Open(ctx context.Context, inner storage.Store, ring [][]byte, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{inner: inner, opts: o}
	wrong := ErrWrongKey
	for _, key := range ring {
		seal, err := newSealer(key)
		if err != nil {
			return nil, err
		}
		s.seal = seal
		if wrong = s.check(ctx); wrong == nil || !errors.Is(wrong, ErrWrongKey) {
			break
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	if o.People == "" && o.Slots == nil {
		return s, nil
	}
	if err := s.openPeople(ctx); err != nil {
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
	if !ok {
		return ErrWrongKey
	}
	var err error
	if s.seal.retired, err = retiredOf(text); err != nil {
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
		if errors.Is(err, errForgotten) {
			return nil // nobody's, and nobody waits for it
		}
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
func (s *Store) Close() error {
	err := s.inner.Close()
	s.closing.Do(func() {
		if s.seal.people != nil {
			err = errors.Join(err, s.seal.people.close())
		}
	})
	return err
}
