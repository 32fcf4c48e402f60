package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// RunControls breaks d in several ways, and fails where the check that should
// notice does not.
func RunControls(t *testing.T, d Driver) {
	for _, c := range []struct {
		name  string
		check func(*world)
		fault fault
	}{
		{"keeps what a failed fn wrote", errorRollsBack, fault{update: noRollback}},
		{"gives what others write away", aliasing, fault{tx: aliasedValues()}},
		{"scans one entry too far", scanOrder, fault{tx: closedScan}},
		{"enqueues an ID twice", enqueuedOnce, fault{tx: freshIDs()}},
		{"forgets when a job is due", neverEarly, fault{tx: changeJob(func(j *storage.Job) { j.At = time.Time{} })}},
		{"forgets the lane", laneOrder, fault{tx: changeJob(func(j *storage.Job) { j.Key = "" })}},
		{"forgets the lane of a head not due", headHolds, fault{tx: changeJob(func(j *storage.Job) { j.Key = "" })}},
		{"applies done outside of the completion", fenced, fault{done: looseDone}},
		{"calls the second done a success", doneIsAtomic, fault{done: deafDone}},
		{"reads and writes in two transactions", increments, fault{update: torn}},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := d
			broken.Open = func(t testing.TB, place string) storage.Store {
				return &brokenStore{Store: d.Open(t, place), fault: c.fault}
			}
			if !fails(t, broken, c.check) {
				t.Error("the check does not notice")
			}
		})
	}
}

// fails tells whether a check fails on d.
func fails(t *testing.T, d Driver, run func(*world)) (failed bool) {
	place := t.TempDir()
	in := func(t *testing.T) {
		p := &probe{TB: t}
		ended := make(chan struct{})
		go func() { // which Fatal ends
			defer close(ended)
			w := newWorld(p, d, place)
			defer w.close()
			run(w)
		}()
		<-ended
		p.cleanup()
		failed = p.failed.Load()
	}
	if d.WallClock {
		in(t)
	} else {
		synctest.Test(t, in)
	}
	return failed
}

// A probe is a testing.TB whose failures are not the test's.
type probe struct {
	testing.TB
	failed atomic.Bool
	mu     sync.Mutex
	after  []func()
}

func (p *probe) Error(...any)          { p.failed.Store(true) }
func (p *probe) Errorf(string, ...any) { p.failed.Store(true) }
func (p *probe) Fatal(...any)          { p.FailNow() }
func (p *probe) Fatalf(string, ...any) { p.FailNow() }
func (p *probe) FailNow()              { p.failed.Store(true); runtime.Goexit() }

func (p *probe) Cleanup(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after = append(p.after, fn)
}

func (p *probe) cleanup() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fn := range p.after {
		fn()
	}
}

// A fault is one thing that a broken store does wrong.
type fault struct {
	update func(ctx context.Context, s storage.Store, keys []string, fn func(storage.Tx) error) error
	tx     func(storage.Tx) storage.Tx
	done   func(storage.Store, storage.Done) storage.Done
}

type brokenStore struct {
	storage.Store
	fault fault
}

func (s *brokenStore) wrap(fn func(storage.Tx) error) func(storage.Tx) error {
	if s.fault.tx == nil {
		return fn
	}
	return func(tx storage.Tx) error { return fn(s.fault.tx(tx)) }
}

func (s *brokenStore) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if s.fault.update != nil {
		return s.fault.update(ctx, s.Store, keys, fn)
	}
	return s.Store.Update(ctx, keys, s.wrap(fn))
}

func (s *brokenStore) View(ctx context.Context, fn func(storage.Tx) error) error {
	return s.Store.View(ctx, s.wrap(fn))
}

func (s *brokenStore) Work(ctx context.Context, queue string, n int, h storage.Handler) error {
	return s.Store.Work(ctx, queue, n, func(ctx context.Context, j storage.Job, done storage.Done) error {
		if s.fault.done != nil {
			done = s.fault.done(s.Store, done)
		}
		return h(ctx, j, done)
	})
}

func noRollback(ctx context.Context, s storage.Store, keys []string, fn func(storage.Tx) error) error {
	var failed error
	err := s.Update(ctx, keys, func(tx storage.Tx) error {
		failed = fn(tx)
		return nil
	})
	return errors.Join(failed, err)
}

// torn runs fn on a snapshot and applies what it put in a second transaction.
func torn(ctx context.Context, s storage.Store, keys []string, fn func(storage.Tx) error) error {
	late := &lateTx{}
	if err := s.View(ctx, func(tx storage.Tx) error {
		late.Tx = tx
		return fn(late)
	}); err != nil {
		return err
	}
	return s.Update(ctx, keys, func(tx storage.Tx) error {
		for _, put := range late.puts {
			if err := put(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

type lateTx struct {
	storage.Tx
	puts []func(storage.Tx) error
}

func (t *lateTx) Put(bucket, key string, value []byte) error {
	t.puts = append(t.puts, func(tx storage.Tx) error { return tx.Put(bucket, key, value) })
	return nil
}

// A changedTx does some of its methods differently.
type changedTx struct {
	storage.Tx
	get     func(bucket, key string) ([]byte, error)
	scan    func(bucket, from, to string, limit int) ([]storage.KV, error)
	enqueue func(storage.Job) (bool, error)
}

func (t *changedTx) Get(bucket, key string) ([]byte, error) {
	if t.get == nil {
		return t.Tx.Get(bucket, key)
	}
	return t.get(bucket, key)
}

func (t *changedTx) Scan(bucket, from, to string, limit int) ([]storage.KV, error) {
	if t.scan == nil {
		return t.Tx.Scan(bucket, from, to, limit)
	}
	return t.scan(bucket, from, to, limit)
}

func (t *changedTx) Enqueue(j storage.Job) (bool, error) {
	if t.enqueue == nil {
		return t.Tx.Enqueue(j)
	}
	return t.enqueue(j)
}

// aliasedValues hands the same memory to everybody who reads a key.
func aliasedValues() func(storage.Tx) storage.Tx {
	var mu sync.Mutex
	values := make(map[string][]byte)
	return func(tx storage.Tx) storage.Tx {
		return &changedTx{Tx: tx, get: func(bucket, key string) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			v, err := tx.Get(bucket, key)
			if have, ok := values[bucket+key]; ok && len(have) == len(v) {
				return have, err
			}
			values[bucket+key] = v
			return v, err
		}}
	}
}

func closedScan(tx storage.Tx) storage.Tx {
	return &changedTx{Tx: tx, scan: func(bucket, from, to string, limit int) ([]storage.KV, error) {
		if !strings.HasSuffix(to, storage.End) {
			to += "\x00"
		}
		return tx.Scan(bucket, from, to, limit)
	}}
}

// freshIDs makes every ID a new one.
func freshIDs() func(storage.Tx) storage.Tx {
	var n atomic.Int64
	return changeJob(func(j *storage.Job) { j.ID = fmt.Sprintf("%s#%d", j.ID, n.Add(1)) })
}

func changeJob(change func(*storage.Job)) func(storage.Tx) storage.Tx {
	return func(tx storage.Tx) storage.Tx {
		return &changedTx{Tx: tx, enqueue: func(j storage.Job) (bool, error) {
			change(&j)
			return tx.Enqueue(j)
		}}
	}
}

// looseDone writes whether the run still has its job or not.
func looseDone(s storage.Store, done storage.Done) storage.Done {
	return func(keys []string, fn func(storage.Tx) error) error {
		if err := s.Update(context.Background(), keys, fn); err != nil {
			return err
		}
		return done(keys, func(storage.Tx) error { return nil })
	}
}

func deafDone(_ storage.Store, done storage.Done) storage.Done {
	return func(keys []string, fn func(storage.Tx) error) error {
		if err := done(keys, fn); !errors.Is(err, storage.ErrLost) {
			return err
		}
		return nil
	}
}
