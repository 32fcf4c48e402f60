package sealed

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Rotation turns the rows of a store that is sealed under one key into those
// of a store that is sealed under another: values, keys and jobs. It is what a
// driver's rewriting asks for each row. Whoever has the old key reads nothing of
// the result.
//
// The IDs of jobs that are over are known by their pseudonym only. They get a
// pseudonym of that under the new key, and the old key of pseudonyms is kept,
// sealed, for as long as those IDs are: what was done before is done after.
type Rotation struct {
	from, to *sealer
	now      time.Time
}

// NewRotation prepares the rotation of s to a new key. It needs s open, and
// changes nothing of it.
func (s *Store) NewRotation(key []byte) (*Rotation, error) {
	to, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	if hmac.Equal(to.secret, s.seal.secret) {
		return nil, errors.New("sealed: the new key is the one that the store has already")
	}
	to.people = s.seal.people
	return &Rotation{from: s.seal, to: to, now: s.opts.Now()}, nil
}

// Tag names the new key without giving anything of it away.
func (r *Rotation) Tag() string {
	tag := r.to.pseudonym(r.to.get(), kindCheck, ownBucket, "tag")
	return hex.EncodeToString(tag[:])
}

// Record replaces a record; what was forgotten is left out, as a nil value.
func (r *Rotation) Record(bucket, stored string, box []byte) (key string, value []byte, err error) {
	if bucket == ownBucket && stored == checkKey {
		text, ok := r.from.open(kindCheck, bucket, stored, box)
		if !ok {
			return "", nil, ErrWrongKey
		}
		if text, err = r.retire(text); err != nil {
			return "", nil, err
		}
		return stored, r.to.seal(kindCheck, bucket, stored, text), nil
	}
	parts, of, err := r.from.parts(kindRecord, bucket, stored, box)
	if errors.Is(err, errForgotten) {
		return "", nil, nil
	}
	ok := err == nil
	if ok {
		key, value, ok = cut(parts)
	}
	if !ok {
		return "", nil, unreadable("a record of bucket", bucket, err)
	}
	stored = r.to.key(kindRecord, bucket, key)
	box, err = r.to.sealFor(of, kindRecord, bucket, stored, value, key)
	return stored, box, err
}

// Job replaces a job. That of somebody forgotten stays as unreadable as it was.
func (r *Rotation) Job(j storage.Job) (storage.Job, error) {
	parts, of, err := r.from.parts(kindJob, j.Queue, j.ID, bytes.Clone(j.Body))
	if errors.Is(err, errForgotten) {
		return r.husk(j, *of)
	}
	ok := err == nil
	open := j
	if ok {
		open.ID, parts, ok = cut(parts)
	}
	if ok {
		open.Key, open.Body, ok = cut(parts)
	}
	if !ok {
		return j, unreadable("a job of queue", j.Queue, err)
	}
	return r.to.sealJob(open, of)
}

// husk is a job that nobody can read, and that ends when it is to be run.
func (r *Rotation) husk(j storage.Job, of ref) (storage.Job, error) {
	j.ID, j.Key = again(r.to.names, j.Queue, j.ID), again(r.to.names, j.Queue, j.Key)
	box := []byte{formatOwned, r.to.primary}
	sc := r.to.get()
	defer r.to.scratch.Put(sc)
	//nolint:gosec // G407: the AEAD draws a random nonce itself, and takes none from its caller
	box = r.to.keys[r.to.primary].Seal(box, nil, of[:], sc.additional(box[:2], kindJob|kindRef, j.Queue, j.ID))
	noise := make([]byte, overhead)
	_, _ = rand.Read(noise) // never fails
	j.Body = append(box, noise...)
	return j, nil
}

// Marker replaces the ID of a job that is over.
func (r *Rotation) Marker(queue, id string) (string, error) {
	return again(r.to.names, queue, id), nil
}

// retire adds the key of pseudonyms to those that the check value remembers.
func (r *Rotation) retire(text []byte) ([]byte, error) {
	all, err := retiredOf(text)
	if err != nil {
		return nil, err
	}
	kept := all[:0:0]
	for _, n := range all {
		if r.now.Sub(n.At) < storage.KeepDone {
			kept = append(kept, n)
		}
	}
	rest, err := json.Marshal(append(kept, retiredNames{Key: r.from.names, At: r.now}))
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	return append([]byte(checkText), rest...), nil
}

// retiredNames is a key of pseudonyms that a rotation replaced.
type retiredNames struct {
	Key []byte    `json:"key"`
	At  time.Time `json:"at"`
}

// retiredOf reads what follows the check text.
func retiredOf(text []byte) (all []retiredNames, err error) {
	rest, ok := bytes.CutPrefix(text, []byte(checkText))
	if !ok {
		return nil, ErrWrongKey
	}
	if len(rest) > 0 {
		err = json.Unmarshal(rest, &all)
	}
	return all, err
}

// done tells whether a job of that ID was known before the last rotation.
func (t *tx) done(j storage.Job) (bool, error) {
	known, ok := t.inner.(interface {
		Known(queue, id string) (bool, error)
	})
	retired := t.seal.retired
	if !ok || len(retired) == 0 {
		return false, nil
	}
	for i, n := range retired {
		if t.store.opts.Now().Sub(n.At) >= storage.KeepDone {
			continue
		}
		old := sealer{named: map[string]pseudonym{}}
		old.scratch.New = newScratch(n.Key)
		id := old.key(kindJob, j.Queue, j.ID)
		for _, later := range retired[i+1:] {
			id = again(later.Key, j.Queue, id)
		}
		if yes, err := known.Known(j.Queue, again(t.seal.names, j.Queue, id)); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}

func newScratch(names []byte) func() any {
	return func() any { return &scratch{mac: hmac.New(sha256.New, names)} }
}

// again is the pseudonym of a job's stored ID or lane whose text nobody knows
// any more.
func again(names []byte, queue, stored string) string {
	mac := hmac.New(sha256.New, names)
	segments := strings.Split(stored, "/")
	for i, s := range segments {
		if s != "" && s[0] != '~' {
			segments[i] = base64.RawURLEncoding.EncodeToString(anew(mac, queue, s))
		}
	}
	return strings.Join(segments, "/")
}

func anew(mac hash.Hash, queue, segment string) []byte {
	mac.Reset()
	_, _ = fmt.Fprintf(mac, "again %d %s %s", len(queue), queue, segment) // never fails
	return mac.Sum(nil)[:pseudonymSize]
}

// Fits tells whether a key is the one that inner is sealed under. A store that
// was never used fits none.
func Fits(ctx context.Context, inner storage.Store, key []byte) (fits bool, err error) {
	s := &Store{inner: inner}
	if s.seal, err = newSealer(key); err != nil {
		return false, err
	}
	err = inner.View(ctx, func(tx storage.Tx) error {
		box, err := tx.Get(ownBucket, checkKey)
		if box != nil {
			_, fits = s.seal.open(kindCheck, ownBucket, checkKey, box)
		}
		return err
	})
	return fits, err
}
