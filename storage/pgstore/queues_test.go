package pgstore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

func stateOfQueue(t *testing.T, s *Store, name string) storage.QueueState {
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
	t.Parallel()
	s := process(t, Options{Schema: schema(t)})
	now := time.Now().Truncate(0)
	var jobs []storage.Job
	for i, j := range []storage.Job{
		{Key: "a"}, {Key: "a"}, {Key: "a"}, {Key: "b"}, {}, {}, {At: now.Add(time.Hour)}, {Key: "c", At: now.Add(time.Hour)}, {Key: "c"},
	} {
		if j.ID, j.Queue = fmt.Sprint(i), "q"; j.At.IsZero() {
			j.At = now
		}
		jobs = append(jobs, j)
	}
	enqueue(t, s, append(jobs, storage.Job{ID: "other", Queue: "p", Key: "a"})...)
	if got, want := stateOfQueue(t, s, "q"), (storage.QueueState{Name: "q", Due: 4, Later: 2, Behind: 3, Oldest: now}); !same(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := stateOfQueue(t, s, "p"); got.Due != 1 || got.Behind != 0 {
		t.Errorf("the other queue: %+v", got)
	}
	begun, goOn := make(chan string, 9), make(chan struct{})
	stop := work(t, s, "q", 2, func(_ context.Context, j storage.Job, _ storage.Done) error {
		begun <- j.ID
		<-goOn
		return errors.New("not today")
	})
	next(t, begun)
	next(t, begun)
	if got, want := stateOfQueue(t, s, "q"), (storage.QueueState{Name: "q", Running: 2, Due: 2, Later: 2, Behind: 3, Oldest: now}); !same(got, want) {
		t.Errorf("at work: %+v, want %+v", got, want)
	}
	close(goOn)
	stop()
}

func same(a, b storage.QueueState) bool {
	oldest := a.Oldest.Equal(b.Oldest)
	a.Oldest, b.Oldest = time.Time{}, time.Time{}
	return a == b && oldest
}

// A dead letter that is revived runs once more, behind whoever came meanwhile,
// and is no dead letter any more; its ID is then known as before.
func TestRevive(t *testing.T) {
	t.Parallel()
	s := process(t, Options{Schema: schema(t), Backoff: func(int) time.Duration { return 0 }})
	fresh := func(id string) (fresh bool) {
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) (err error) {
			fresh, err = tx.Enqueue(storage.Job{ID: id, Queue: "q", Key: "lane", Body: []byte(id)})
			return err
		}))
		return fresh
	}
	ran := make(chan string, 2*storage.MaxAttempts)
	runs := func(outcome error) (stop func()) {
		return work(t, s, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
			ran <- string(j.Body)
			return outcome
		})
	}
	fresh("sick")
	stop := runs(errors.New("the disk of the other side"))
	until(t, "it dies", func() bool { return stateOfQueue(t, s, "q").Dead == 1 })
	stop()
	for len(ran) > 0 {
		<-ran
	}
	letters, err := s.DeadLetters(t.Context(), 1)
	must(t, err)
	if len(letters) != 1 || letters[0].Job.ID != "sick" || letters[0].Job.Key != "lane" || letters[0].Job.Attempt != storage.MaxAttempts || letters[0].Fingerprint == "" {
		t.Fatalf("%+v", letters)
	}
	if fresh("sick") {
		t.Error("the ID of a dead letter is fresh")
	}
	for _, ref := range []string{"", "zz", "-1", "999999999999999999999"} {
		if err := s.Revive(t.Context(), ref); !errors.Is(err, storage.ErrNoLetter) {
			t.Errorf("%q: %v", ref, err)
		}
	}
	fresh("well")
	must(t, s.Revive(t.Context(), letters[0].Ref))
	if err := s.Revive(t.Context(), letters[0].Ref); !errors.Is(err, storage.ErrNoLetter) {
		t.Errorf("twice: %v", err)
	}
	if got := stateOfQueue(t, s, "q"); got.Dead != 0 || got.Due != 1 || got.Behind != 1 {
		t.Errorf("%+v", got)
	}
	runs(nil)
	if a, b := next(t, ran), next(t, ran); a != "well" || b != "sick" {
		t.Errorf("ran %s, %s", a, b)
	}
}
