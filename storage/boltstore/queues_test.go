package boltstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// stateOf is the state of one queue.
func stateOf(t *testing.T, s *Store, name string) storage.QueueState {
	t.Helper()
	states, err := s.Queues(t.Context())
	must(t, err)
	for _, q := range states {
		if q.Name == name {
			return q
		}
	}
	return storage.QueueState{}
}

func TestQueues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{})
		now := time.Now()
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			var faults []error
			for i, j := range []storage.Job{
				{Key: "a"}, {Key: "a"}, {Key: "a"}, {Key: "b"}, {}, {}, {At: now.Add(time.Hour)}, {Key: "c", At: now.Add(time.Hour)}, {Key: "c"},
			} {
				j.ID, j.Queue = fmt.Sprint(i), "q"
				_, err := tx.Enqueue(j)
				faults = append(faults, err)
			}
			_, err := tx.Enqueue(storage.Job{ID: "other", Queue: "p", Key: "a"})
			return errors.Join(append(faults, err)...)
		}))
		time.Sleep(time.Minute)
		if got, want := stateOf(t, s, "q"), (storage.QueueState{Name: "q", Due: 4, Later: 2, Behind: 3, Oldest: now}); !same(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		if got := stateOf(t, s, "p"); got.Due != 1 || got.Behind != 0 {
			t.Errorf("the other queue: %+v", got)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- s.Work(ctx, "q", 2, func(context.Context, storage.Job, storage.Done) error {
				<-ctx.Done()
				return errors.New("not today")
			})
		}()
		synctest.Wait()
		if got, want := stateOf(t, s, "q"), (storage.QueueState{Name: "q", Running: 2, Due: 2, Later: 2, Behind: 3, Oldest: now}); !same(got, want) {
			t.Errorf("at work: %+v, want %+v", got, want)
		}
		stop()
		must(t, <-ended)
		must(t, s.Close())
	})
}

func same(a, b storage.QueueState) bool {
	oldest := a.Oldest.Equal(b.Oldest)
	a.Oldest, b.Oldest = time.Time{}, time.Time{}
	return a == b && oldest
}

// A dead letter that is revived runs once more, behind whoever came meanwhile,
// and is no dead letter any more; its ID is then known as before.
func TestRevive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{})
		enqueue := func(id string) (fresh bool) {
			must(t, s.Update(t.Context(), nil, func(tx storage.Tx) (err error) {
				fresh, err = tx.Enqueue(storage.Job{ID: id, Queue: "q", Key: "lane", Body: []byte(id)})
				return err
			}))
			return fresh
		}
		var ran []string
		work := func(outcome error, n int) {
			ctx, stop := context.WithCancel(t.Context())
			must(t, s.Work(ctx, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
				ran = append(ran, string(j.Body))
				if len(ran) == n {
					stop()
				}
				return outcome
			}))
		}
		enqueue("sick")
		work(errors.New("the disk of the other side"), storage.MaxAttempts)
		letters, err := s.DeadLetters(t.Context(), 0)
		must(t, err)
		if len(letters) != 1 || letters[0].Ref == "" || stateOf(t, s, "q").Dead != 1 {
			t.Fatalf("%+v", letters)
		}
		if enqueue("sick") {
			t.Error("the ID of a dead letter is fresh")
		}
		for _, ref := range []string{"", "zz", "00", "00000000000000000000000000000000"} {
			if err := s.Revive(t.Context(), ref); !errors.Is(err, storage.ErrNoLetter) {
				t.Errorf("%q: %v", ref, err)
			}
		}
		enqueue("well")
		must(t, s.Revive(t.Context(), letters[0].Ref))
		if err := s.Revive(t.Context(), letters[0].Ref); !errors.Is(err, storage.ErrNoLetter) {
			t.Errorf("twice: %v", err)
		}
		if enqueue("sick") {
			t.Error("the ID of a revived job is fresh")
		}
		if got := stateOf(t, s, "q"); got.Dead != 0 || got.Due != 1 || got.Behind != 1 {
			t.Errorf("%+v", got)
		}
		ran = nil
		work(nil, 2)
		if fmt.Sprint(ran) != "[well sick]" {
			t.Errorf("ran %v", ran)
		}
		must(t, s.Close())
		if _, err := s.Queues(t.Context()); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func BenchmarkQueues(b *testing.B) {
	s := mustOpen(b, filepath.Join(b.TempDir(), "db"), Options{})
	for range 10 {
		must(b, s.Update(b.Context(), nil, func(tx storage.Tx) (err error) {
			for i := 0; i < 1000 && err == nil; i++ {
				_, err = tx.Enqueue(storage.Job{ID: fmt.Sprint(time.Now().UnixNano(), i), Queue: "q", Key: fmt.Sprint(i % 50)})
			}
			return err
		}))
	}
	for b.Loop() {
		if _, err := s.Queues(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	must(b, s.Close())
}
