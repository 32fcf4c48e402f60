package sealed

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A tx is one transaction of the inner store. made outlives a run that has to be
// repeated: a share that was taken once need not be taken again.
type tx struct {
	inner storage.Tx
	store *Store
	seal  *sealer
	known owners         // as this transaction has them
	made  map[string]ref // by owner, taken for this transaction
}

var (
	_ storage.Tx        = (*tx)(nil)
	_ storage.Forgetter = (*tx)(nil)
)

func (s *Store) wrap(fn func(storage.Tx) error) func(storage.Tx) error {
	made := map[string]ref{}
	return func(inner storage.Tx) error {
		return fn(&tx{inner: inner, store: s, seal: s.seal, made: made})
	}
}

// Get implements storage.Tx.
func (t *tx) Get(bucket, key string) ([]byte, error) {
	if err := valid(bucket, key); err != nil {
		return nil, err
	}
	value, err := t.get(bucket, key)
	if errors.Is(err, errForgotten) {
		return nil, nil
	}
	return value, err
}

func (t *tx) get(bucket, key string) ([]byte, error) {
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
	var owner string
	if t.store.opts.Owner != nil {
		owner = t.store.opts.Owner(bucket, key, value)
	}
	of, err := t.owner(owner)
	if err != nil {
		return err
	}
	box, err := t.seal.sealFor(of, kindRecord, bucket, stored, value, key)
	if err != nil {
		return err
	}
	return storage.PutOwn(t.inner, bucket, stored, box)
}

// Scan implements storage.Tx. What was forgotten is left out, and does not count
// for the limit.
func (t *tx) Scan(bucket, from, to string, limit int) ([]storage.KV, error) {
	if bucket == ownBucket {
		return nil, errReserved
	}
	var kvs []storage.KV
	begin, end := t.seal.bound(bucket, from), t.seal.bound(bucket, to)
	for {
		page, err := t.inner.Scan(bucket, begin, end, max(limit, 0))
		if err != nil {
			return nil, err
		}
		for _, kv := range page {
			key, value, err := t.seal.openRecord(bucket, kv.Key, kv.Value)
			if errors.Is(err, errForgotten) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if kvs = append(kvs, storage.KV{Key: key, Value: value}); limit > 0 && len(kvs) == limit {
				return kvs, nil
			}
		}
		if limit <= 0 || len(page) < limit {
			return kvs, nil
		}
		begin = page[len(page)-1].Key + "\x00"
	}
}

// Enqueue implements storage.Tx.
func (t *tx) Enqueue(j storage.Job) (fresh bool, err error) {
	if len(j.Body) > storage.MaxValue || len(j.ID) > storage.MaxKey || len(j.Key) > storage.MaxKey {
		return false, fmt.Errorf("sealed: a job of queue %q is too large: %w", j.Queue, storage.ErrInvalid)
	}
	var owner string
	if t.store.opts.JobOwner != nil {
		owner = t.store.opts.JobOwner(j)
	}
	of, err := t.owner(owner)
	if err != nil {
		return false, err
	}
	if known, err := t.done(j); known || err != nil {
		return false, err
	}
	if j, err = t.seal.sealJob(j, of); err != nil {
		return false, err
	}
	return t.inner.Enqueue(j)
}

// The rows of the own bucket that owners need: which share is whose, and which
// are to be destroyed.
const (
	ownerPrefix = "~people/"
	burnPrefix  = "~burn/~"
	fileKey     = "~file" // the id of the people file
)

// owner is the share of somebody, which is made when they have none; nil for
// nobody.
func (t *tx) owner(name string) (*ref, error) {
	if name == "" || t.seal.people == nil {
		return nil, nil
	}
	if of, ok := t.known.get(name); ok && of != nil {
		return of, nil
	} else if !ok {
		of, err := t.stored(name)
		if of != nil || err != nil {
			return of, err
		}
	}
	of, ok := t.made[name]
	if !ok {
		var err error
		if of, err = t.seal.people.take(); err != nil {
			return nil, err
		}
		t.made[name] = of
	}
	stored := t.seal.key(kindRecord, ownBucket, ownerPrefix+name)
	t.known.set(name, &of)
	return &of, t.inner.Put(ownBucket, stored, t.seal.seal(kindRecord, ownBucket, stored, of[:], ownerPrefix+name))
}

// stored is the share of somebody as the transaction found it; nil: none.
func (t *tx) stored(name string) (*ref, error) {
	text, err := t.get(ownBucket, ownerPrefix+name)
	if text == nil || err != nil {
		return nil, err
	}
	if len(text) != refSize {
		return nil, unreadable("a record of bucket", ownBucket, nil)
	}
	of := ref(text)
	t.known.set(name, &of)
	return &of, nil
}

// owners are the shares of the few that a transaction is about; a nil share is that
// of nobody any more.
type owners []owned

type owned struct {
	name string
	of   *ref
}

func (o owners) get(name string) (of *ref, ok bool) {
	for _, known := range o {
		if known.name == name {
			return known.of, true
		}
	}
	return nil, false
}

func (o *owners) set(name string, of *ref) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].of = of
			return
		}
	}
	*o = append(*o, owned{name, of})
}

// Forget implements storage.Forgetter. The share is destroyed by Burn; what is
// put for the owner from now on, in this transaction too, takes another one.
func (t *tx) Forget(name string) error {
	if name == "" || t.seal.people == nil {
		return nil
	}
	of, _ := t.known.get(name)
	if of == nil {
		var err error
		if of, err = t.stored(name); of == nil || err != nil {
			return err
		}
	}
	t.known.set(name, nil)
	delete(t.made, name)
	key := burnPrefix + hex.EncodeToString(of[:])
	at, err := t.store.opts.Now().UTC().MarshalText()
	if err != nil {
		return err
	}
	return errors.Join(
		t.inner.Put(ownBucket, t.seal.key(kindRecord, ownBucket, ownerPrefix+name), nil),
		t.inner.Put(ownBucket, key, t.seal.seal(kindRecord, ownBucket, key, at, key)),
	)
}

// Burn destroys the shares of those who were forgotten before a time, and tells
// how many. Until then a job of theirs that was under way may still end in
// order; after it nothing opens what was sealed for them.
func (s *Store) Burn(ctx context.Context, before time.Time) (n int, err error) {
	if s.seal.people == nil {
		return 0, nil
	}
	if s.opts.Slots != nil { // which another process may have burned
		s.seal.dropAll()
	}
	var refs []ref
	var rows []string
	err = s.inner.View(ctx, func(inner storage.Tx) error {
		refs, rows = nil, nil
		kvs, err := inner.Scan(ownBucket, burnPrefix, burnPrefix+storage.End, 0)
		for _, kv := range kvs {
			_, text, err := s.seal.openRecord(ownBucket, kv.Key, kv.Value)
			var at time.Time
			of, hexErr := hex.DecodeString(kv.Key[len(burnPrefix):])
			if err != nil || at.UnmarshalText(text) != nil || hexErr != nil || len(of) != refSize {
				return unreadable("a record of bucket", ownBucket, err)
			}
			if at.Before(before) {
				refs, rows = append(refs, ref(of)), append(rows, kv.Key)
			}
		}
		return err
	})
	if err != nil || len(refs) == 0 {
		return 0, err
	}
	if err := s.seal.people.burn(refs...); err != nil {
		return 0, err
	}
	s.seal.drop(refs...)
	return len(refs), s.inner.Update(ctx, nil, func(inner storage.Tx) error {
		var errs []error
		for _, row := range rows {
			errs = append(errs, inner.Put(ownBucket, row, nil))
		}
		return errors.Join(errs...)
	})
}

// openPeople opens the shares, and makes sure that they are this store's.
func (s *Store) openPeople(ctx context.Context) error {
	if s.opts.Slots != nil {
		return s.usePeople(ctx, s.opts.Slots)
	}
	file, made, err := openFile(s.opts.People)
	if err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	if err = s.usePeople(ctx, file); err == nil {
		return nil
	}
	if made { // so that the right one can be put there
		err = errors.Join(err, os.Remove(s.opts.People))
	}
	return errors.Join(err, file.Close())
}

func (s *Store) usePeople(ctx context.Context, slots Slots) error {
	p, err := newPeople(slots)
	if err != nil {
		return fmt.Errorf("sealed: people file %s: %w", s.opts.People, err)
	}
	if err := s.pair(ctx, p); err != nil {
		return err
	}
	s.seal.people = p
	return nil
}

// pair binds the store and its people file at their first use together, and
// refuses another file from then on. It writes at no other time, so that a store
// which is only read can be opened, too.
func (s *Store) pair(ctx context.Context, file *people) error {
	var id []byte
	read := func(inner storage.Tx) (err error) {
		id, err = (&tx{inner: inner, store: s, seal: s.seal}).get(ownBucket, fileKey)
		return err
	}
	if err := s.inner.View(ctx, read); err != nil {
		return err
	}
	if id == nil {
		err := s.inner.Update(ctx, []string{ownBucket}, func(inner storage.Tx) error {
			if err := read(inner); err != nil || id != nil {
				return err
			}
			return inner.Put(ownBucket, fileKey, s.seal.seal(kindRecord, ownBucket, fileKey, file.id[:], fileKey))
		})
		if err != nil || id == nil {
			return err
		}
	}
	if string(id) != string(file.id[:]) {
		return ErrNoPeople
	}
	return nil
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
