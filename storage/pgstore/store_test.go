package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
)

// patient is how long something that must happen may take, on a busy machine.
const patient = 2 * time.Minute

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// schema is one for this test alone.
func schema(t testing.TB) string { return pgtest.Schema(t.TempDir()) }

// process opens a store as a process of its own would: with connections, locks
// and a name of its own.
func process(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), pgtest.DSN(t), o)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func next[T any](t testing.TB, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patient):
		t.Fatal("waited in vain")
	}
	return v
}

// until waits for what must come true.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patient)
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func enqueue(t testing.TB, s *Store, jobs ...storage.Job) {
	t.Helper()
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
		for _, j := range jobs {
			if _, err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	}))
}

// work runs h until the test ends or stop is called.
func work(t testing.TB, s *Store, queue string, n int, h storage.Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Work(ctx, queue, n, h) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil && !errors.Is(err, storage.ErrClosed) {
				t.Errorf("Work: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func get(t testing.TB, s *Store, key string) (value string) {
	t.Helper()
	must(t, s.View(t.Context(), func(tx storage.Tx) error {
		v, err := tx.Get("b", key)
		value = string(v)
		return err
	}))
	return value
}

// Several processes that start on an empty database at once all get it.
func TestStartingTogether(t *testing.T) {
	t.Parallel()
	name := schema(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			s, err := Open(t.Context(), pgtest.DSN(t), Options{Schema: name})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestNewerTablesAreRefused(t *testing.T) {
	t.Parallel()
	name := schema(t)
	s := process(t, Options{Schema: name})
	_, err := s.pool.Exec(t.Context(), "update meta set value = '99' where name in ('schema', 'compatible')")
	must(t, err)
	_, err = Open(t.Context(), pgtest.DSN(t), Options{Schema: name})
	if !errors.Is(err, storage.ErrNewer) || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("%v, want ErrNewer", err)
	}
}

// A start that was killed between two steps goes on there.
func TestMigrationGoesOn(t *testing.T) {
	t.Parallel()
	name := schema(t)
	o := Options{Schema: name}.withDefaults()
	s, err := open(t.Context(), pgtest.DSN(t), o, migrations[:1])
	must(t, err)
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("v")) }))
	must(t, s.Close())
	if got := get(t, process(t, o), "k"); got != "v" {
		t.Errorf("after the other steps: %q", got)
	}
}

// Two transactions that each read what the other writes, and declare no key, are
// as if one had come after the other.
func TestNoWriteSkew(t *testing.T) {
	t.Parallel()
	name := schema(t)
	a, b := process(t, Options{Schema: name}), process(t, Options{Schema: name})
	read := make(chan struct{}, 2)
	goOn := make(chan struct{})
	take := func(s *Store, own, other string) error {
		first := true
		return s.Update(t.Context(), nil, func(tx storage.Tx) error {
			v, err := tx.Get("b", other)
			if err != nil {
				return err
			}
			if first {
				first = false
				read <- struct{}{}
				<-goOn
			}
			if v != nil {
				return nil // somebody is on duty
			}
			return tx.Put("b", own, []byte("off duty"))
		})
	}
	ended := make(chan error, 2)
	go func() { ended <- take(a, "anna", "bob") }()
	go func() { ended <- take(b, "bob", "anna") }()
	next(t, read)
	next(t, read)
	close(goOn)
	must(t, next(t, ended))
	must(t, next(t, ended))
	if get(t, a, "anna") != "" && get(t, a, "bob") != "" {
		t.Error("both went off duty")
	}
}

// Processes count up the same records, with keys declared and without.
func TestProcessesLoseNoUpdate(t *testing.T) {
	t.Parallel()
	name := schema(t)
	stores := []*Store{process(t, Options{Schema: name}), process(t, Options{Schema: name}), process(t, Options{Schema: name})}
	for _, keys := range [][]string{{"key"}, nil} {
		record := "with " + fmt.Sprint(keys)
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				for range 10 {
					err := stores[i%3].Update(t.Context(), keys, func(tx storage.Tx) error {
						v, err := tx.Get("b", record)
						if err != nil {
							return err
						}
						n, _ := strconv.Atoi(string(v))
						return tx.Put("b", record, strconv.AppendInt(nil, int64(n+1), 10))
					})
					if err != nil {
						t.Errorf("%v: %v", keys, err)
					}
				}
			})
		}
		all.Wait()
		if got := get(t, stores[0], record); got != "120" {
			t.Errorf("%v: %s of 120", keys, got)
		}
	}
}

// Lanes keep their order whichever process runs their jobs, and each runs once.
func TestProcessesShareLanes(t *testing.T) {
	t.Parallel()
	const lanes, length = 6, 10
	name := schema(t)
	var mu sync.Mutex
	ran := map[string]string{}
	busy := map[string]bool{}
	finished := make(chan struct{}, lanes*length)
	stores := []*Store{process(t, Options{Schema: name}), process(t, Options{Schema: name})}
	for _, s := range stores {
		work(t, s, "q", 3, func(_ context.Context, j storage.Job, _ storage.Done) error {
			mu.Lock()
			if busy[j.Key] {
				t.Errorf("two of lane %s at a time", j.Key)
			}
			busy[j.Key] = true
			mu.Unlock()
			mu.Lock()
			defer mu.Unlock()
			ran[j.Key] += string(j.Body)
			busy[j.Key] = false
			finished <- struct{}{}
			return nil
		})
	}
	for n := range length {
		for l := range lanes {
			enqueue(t, stores[(n+l)%2], storage.Job{ID: fmt.Sprint(l, n), Queue: "q", Key: fmt.Sprint(l), Body: []byte(strconv.Itoa(n))})
		}
	}
	for range lanes * length {
		next(t, finished)
	}
	mu.Lock()
	defer mu.Unlock()
	for lane, order := range ran {
		if order != "0123456789" {
			t.Errorf("lane %s ran as %s", lane, order)
		}
	}
}

// A transaction began while the head of a lane was waiting, and enqueues behind
// it when that has run and gone: what it enqueues is the head then.
func TestEnqueueBehindAHeadThatHasGone(t *testing.T) {
	t.Parallel()
	name := schema(t)
	a, b := process(t, Options{Schema: name}), process(t, Options{Schema: name})
	enqueue(t, a, storage.Job{ID: "1", Queue: "q", Key: "lane"})
	begun, goOn, ended := make(chan struct{}, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		first := true
		ended <- a.Update(t.Context(), nil, func(tx storage.Tx) error {
			if _, err := tx.Get("b", "k"); err != nil { // from here on it sees the store as it is now
				return err
			}
			if first {
				first = false
				begun <- struct{}{}
				<-goOn
			}
			_, err := tx.Enqueue(storage.Job{ID: "2", Queue: "q", Key: "lane"})
			return err
		})
	}()
	next(t, begun)
	ran := make(chan string, 2)
	work(t, b, "q", 1, func(_ context.Context, j storage.Job, done storage.Done) error {
		err := done(nil, func(storage.Tx) error { return nil })
		ran <- j.ID
		return err
	})
	if id := next(t, ran); id != "1" {
		t.Errorf("ran %s", id)
	}
	close(goOn)
	must(t, next(t, ended))
	if id := next(t, ran); id != "2" {
		t.Errorf("ran %s", id)
	}
}

// A process that stands still loses its jobs to another, and can do nothing more
// for them when it goes on; what the other did stays.
func TestZombieIsFenced(t *testing.T) {
	t.Parallel()
	name := schema(t)
	a := process(t, Options{Schema: name, Lease: time.Second})
	b := process(t, Options{Schema: name, Lease: time.Minute})
	begun, goOn, ended := make(chan int, 1), make(chan struct{}), make(chan error, 1)
	work(t, a, "q", 1, func(_ context.Context, j storage.Job, done storage.Done) error {
		standStill(a)
		begun <- j.Attempt
		<-goOn
		ended <- done(nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("zombie")) })
		return errors.New("which nobody minds")
	})
	enqueue(t, a, storage.Job{ID: "1", Queue: "q", Key: "lane"}, storage.Job{ID: "2", Queue: "q2", Key: "lane"})
	if n := next(t, begun); n != 1 {
		t.Errorf("attempt %d", n)
	}
	taken, finish := make(chan int, 1), make(chan struct{})
	live := make(chan error, 1)
	work(t, b, "q", 1, func(_ context.Context, j storage.Job, done storage.Done) error {
		taken <- j.Attempt
		<-finish
		live <- done(nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("live")) })
		return nil
	})
	if n := next(t, taken); n != 2 {
		t.Errorf("taken over as attempt %d, want 2: the run that stands still counts", n)
	}
	close(goOn)
	if err := next(t, ended); !errors.Is(err, storage.ErrLost) {
		t.Errorf("the zombie's done: %v, want ErrLost", err)
	}
	close(finish)
	must(t, next(t, live))
	if got := get(t, b, "k"); got != "live" {
		t.Errorf("%q", got)
	}
}

// standStill keeps a store from renewing what it holds.
func standStill(s *Store) {
	s.lease.mu.Lock()
	defer s.lease.mu.Unlock()
	clear(s.lease.runs)
}

// A handler that takes longer than the lease keeps its job.
func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	s := process(t, Options{Schema: schema(t), Lease: 3 * time.Second})
	begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	work(t, s, "q", 1, func(_ context.Context, _ storage.Job, done storage.Done) error {
		close(begun)
		<-goOn
		ended <- done(nil, func(storage.Tx) error { return nil })
		return nil
	})
	enqueue(t, s, storage.Job{ID: "1", Queue: "q"})
	next(t, begun)
	lease := func() (n int64) {
		must(t, s.pool.QueryRow(t.Context(), "select lease from job").Scan(&n))
		return n
	}
	first := lease()
	until(t, "the lease goes on", func() bool { return lease() > first+int64(3*time.Second) })
	close(goOn)
	must(t, next(t, ended))
}

// Old markers are forgotten, by whom River elects, and their IDs are free again;
// what waits stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	s := process(t, Options{Schema: schema(t), KeepDone: time.Millisecond})
	var runs atomic.Int32
	enqueue(t, s, storage.Job{ID: "old", Queue: "q"}, storage.Job{ID: "waits", Queue: "q", At: time.Now().Add(time.Hour)})
	work(t, s, "q", 1, func(context.Context, storage.Job, storage.Done) error {
		runs.Add(1)
		return nil
	})
	until(t, "the job runs", func() bool { return runs.Load() == 1 })
	count := func(where string) (n int) {
		must(t, s.pool.QueryRow(t.Context(), "select count(*) from job where "+where).Scan(&n))
		return n
	}
	until(t, "River is led", func() bool {
		var n int
		must(t, s.pool.QueryRow(t.Context(), "select count(*) from river_job where kind = 'weizhangbot_sweep'").Scan(&n))
		return n > 0
	})
	until(t, "the sweep ends", func() bool {
		var n int
		must(t, s.pool.QueryRow(t.Context(), "select count(*) from river_job where state = 'completed'").Scan(&n))
		return n > 0
	})
	must(t, s.sweep(t.Context())) // River's may have come before the marker
	if count("state = 1") != 0 || count("state = 0") != 1 {
		t.Errorf("%d markers, %d jobs", count("state = 1"), count("state = 0"))
	}
	enqueue(t, s, storage.Job{ID: "old", Queue: "q"})
	until(t, "the ID is free again", func() bool { return runs.Load() == 2 })
}

// The server is killed and comes back: nothing that was acknowledged is lost,
// work goes on, and nobody has to be started again.
func TestServerComesBack(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s, err := Open(t.Context(), server.DSN, Options{Lease: time.Second})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	ran := make(chan string, 10)
	work(t, s, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		ran <- j.ID
		return nil
	})
	enqueue(t, s, storage.Job{ID: "before", Queue: "q"})
	next(t, ran)
	enqueue(t, s, storage.Job{ID: "later", Queue: "q", At: time.Now().Add(time.Second)})
	must(t, server.Stop("immediate"))
	err = s.Update(t.Context(), []string{"k"}, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("v")) })
	if err == nil || strings.Contains(err.Error(), "socket") || strings.Contains(err.Error(), "postgres:") {
		t.Errorf("while it is away: %v", err)
	}
	must(t, server.Start())
	if id := next(t, ran); id != "later" {
		t.Errorf("ran %q", id)
	}
	until(t, "writing works again", func() bool {
		return s.Update(t.Context(), []string{"k"}, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("v")) }) == nil
	})
	enqueue(t, s, storage.Job{ID: "after", Queue: "q"})
	if id := next(t, ran); id != "after" {
		t.Errorf("ran %q", id)
	}
}
