// Package storagetest is what every storage.Store must pass. A driver's tests
// call Run, and RunControls, which proves that the checks can fail.
package storagetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Driver is a kind of store under test.
type Driver struct {
	// Open opens the store that is kept at place, an empty directory at first.
	// What was there when the store was closed must be there again.
	Open func(t testing.TB, place string) storage.Store
	// Restore makes what Backup wrote the store at place.
	Restore func(t testing.TB, place string, backup []byte)
	// WallClock runs the checks in real time, for stores whose connections
	// keep a synctest bubble from sleeping. Otherwise time is the bubble's.
	WallClock bool
	// Lateness is how much later than At a job of this store may run.
	Lateness time.Duration
}

// A check is one promise of the port.
type check struct {
	name string
	run  func(*world)
}

// Run checks that d keeps every promise of package storage.
func Run(t *testing.T, d Driver) {
	for _, group := range []struct {
		name   string
		checks []check
	}{
		{"records", recordChecks},
		{"updates", updateChecks},
		{"lifetime", lifetimeChecks},
		{"jobs", jobChecks},
		{"outcomes", outcomeChecks},
		{"lanes", laneChecks},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.checks {
				t.Run(c.name, func(t *testing.T) { runCheck(t, d, c.run) })
			}
		})
	}
}

func runCheck(t *testing.T, d Driver, run func(*world)) {
	place := t.TempDir()
	in := func(t *testing.T) {
		w := newWorld(t, d, place)
		defer w.close()
		run(w)
	}
	if d.WallClock {
		in(t)
		return
	}
	synctest.Test(t, in)
}

// A world is one check's store and the words to speak about it.
type world struct {
	testing.TB
	driver Driver
	place  string
	store  storage.Store
	ctx    context.Context
}

func newWorld(t testing.TB, d Driver, place string) *world {
	return &world{TB: t, driver: d, place: place, store: d.Open(t, place), ctx: t.Context()}
}

func (w *world) close() {
	w.Helper()
	if err := w.store.Close(); err != nil {
		w.Errorf("Close: %v", err)
	}
}

// reopen closes the store and opens it again, as a restart does.
func (w *world) reopen() {
	w.Helper()
	w.close()
	w.store = w.driver.Open(w, w.place)
}

// patience is how long something that must happen may take.
func (w *world) patience() time.Duration { return w.driver.Lateness + time.Hour }

// wait passes the time in which something that must not happen would.
func (w *world) wait() {
	if w.driver.WallClock {
		time.Sleep(w.driver.Lateness + time.Second)
		return
	}
	time.Sleep(time.Hour)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// update runs fn in an Update that must work.
func (w *world) update(fn func(storage.Tx) error) {
	w.Helper()
	w.must(w.store.Update(w.ctx, []string{"key"}, fn))
}

func (w *world) put(bucket, key, value string) {
	w.Helper()
	w.update(func(tx storage.Tx) error { return tx.Put(bucket, key, []byte(value)) })
}

func (w *world) enqueue(jobs ...storage.Job) {
	w.Helper()
	w.update(func(tx storage.Tx) error {
		for _, j := range jobs {
			if _, err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	})
}

// get returns the value of a key, "-" for none.
func (w *world) get(bucket, key string) (value string) {
	w.Helper()
	w.must(w.store.View(w.ctx, func(tx storage.Tx) error {
		v, err := tx.Get(bucket, key)
		value = string(v)
		if v == nil {
			value = "-"
		}
		return err
	}))
	return value
}

func (w *world) wantValue(bucket, key, want string) {
	w.Helper()
	if got := w.get(bucket, key); got != want {
		w.Errorf("%s %q = %.40q, want %.40q", bucket, key, got, want)
	}
}

// scan returns the entries as "key=value".
func (w *world) scan(bucket, from, to string, limit int) (entries []string) {
	w.Helper()
	w.must(w.store.View(w.ctx, func(tx storage.Tx) error {
		kvs, err := tx.Scan(bucket, from, to, limit)
		for _, kv := range kvs {
			entries = append(entries, kv.Key+"="+string(kv.Value))
		}
		return err
	}))
	return entries
}

// together runs fn n times at once and waits for all.
func (w *world) together(n int, fn func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { fn(i) })
	}
	all.Wait()
}

// work runs h on queue until the returned stop, which waits for the end.
func (w *world) work(queue string, n int, h storage.Handler) (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.store.Work(ctx, queue, n, h) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil && !errors.Is(err, storage.ErrClosed) {
				w.Errorf("Work: %v", err)
			}
		})
	}
	w.Cleanup(stop)
	return stop
}

// next returns what comes out of ch, which must come.
func next[T any](w *world, ch <-chan T) (v T) {
	w.Helper()
	select {
	case v = <-ch:
	case <-time.After(w.patience()):
		w.Fatal("waited in vain")
	}
	return v
}

// nothing fails if something comes out of ch.
func nothing[T any](w *world, ch <-chan T, why string) {
	w.Helper()
	w.wait()
	select {
	case v := <-ch:
		w.Errorf("%s: %v", why, v)
	default:
	}
}
