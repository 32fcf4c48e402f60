package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

var jobChecks = []check{
	{"a job arrives as it was enqueued", jobArrives},
	{"a job runs only if its transaction committed", jobNeedsCommit},
	{"an ID is enqueued once", enqueuedOnce},
	{"a job is never early and not too late", neverEarly},
	{"an earlier job overtakes a waiting one", overtakes},
	{"no more than n run at a time", atMostN},
	{"several workers share a queue", severalWorkers},
	{"work drains when its context ends", drains},
	{"no wake-up is lost", noLostWakeup},
}

// record returns a handler that reports each run and completes the job.
func record(runs chan<- storage.Job) storage.Handler {
	return func(_ context.Context, j storage.Job, _ storage.Done) error {
		runs <- j
		return nil
	}
}

func jobArrives(w *world) {
	runs := make(chan storage.Job, 10)
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	sent := []storage.Job{
		{ID: "notify/~1/沪C12345", Queue: "q", Key: "wx/anna", At: at, Body: []byte("body"), Attempt: 7},
		{ID: "\x00\xfe", Queue: "q", Key: "\x00\xfe", At: at.Add(time.Second)},
		{ID: "3", Queue: "q", At: at.Add(2 * time.Second), Body: make([]byte, storage.MaxValue)},
	}
	w.enqueue(sent...)
	w.enqueue(storage.Job{ID: "1", Queue: "other"})
	w.work("q", 1, record(runs))
	for _, want := range sent {
		got := next(w, runs)
		if got.ID != want.ID || got.Queue != want.Queue || got.Key != want.Key || string(got.Body) != string(want.Body) {
			w.Errorf("job %.20q %.20q arrived as %.20q %.20q", want.ID, want.Key, got.ID, got.Key)
		}
		if !got.At.Equal(want.At) || got.Attempt != 1 {
			w.Errorf("job %.20q: at %v attempt %d, want %v, 1", want.ID, got.At, got.Attempt, want.At)
		}
	}
	nothing(w, runs, "another queue's job")
}

func jobNeedsCommit(w *world) {
	runs := make(chan storage.Job, 10)
	w.work("q", 4, record(runs))
	var enqueued atomic.Bool
	err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
		fresh, err := tx.Enqueue(storage.Job{ID: "1", Queue: "q"})
		enqueued.Store(fresh)
		return errors.Join(err, errNo)
	})
	if !errors.Is(err, errNo) || !enqueued.Load() {
		w.Errorf("Update: %v", err)
	}
	nothing(w, runs, "a rolled-back job ran")
	w.enqueue(storage.Job{ID: "1", Queue: "q"}) // its ID is not taken
	if j := next(w, runs); j.ID != "1" {
		w.Errorf("ran %q", j.ID)
	}
}

func enqueuedOnce(w *world) {
	enqueue := func(queue, id string) (fresh bool) {
		w.update(func(tx storage.Tx) (err error) {
			fresh, err = tx.Enqueue(storage.Job{ID: id, Queue: queue, Body: []byte(strconv.FormatBool(fresh))})
			return err
		})
		return fresh
	}
	runs := make(chan storage.Job, 10)
	if !enqueue("q", "1") || enqueue("q", "1") {
		w.Error("a pending job's ID was taken again")
	}
	if !enqueue("other", "1") {
		w.Error("queues share their IDs")
	}
	w.update(func(tx storage.Tx) error {
		first, _ := tx.Enqueue(storage.Job{ID: "2", Queue: "q"})
		again, err := tx.Enqueue(storage.Job{ID: "2", Queue: "q"})
		if !first || again {
			w.Errorf("twice in one transaction: %v, %v", first, again)
		}
		return err
	})
	stop := w.work("q", 1, record(runs))
	next(w, runs)
	next(w, runs)
	nothing(w, runs, "ran twice")
	stop()
	if enqueue("q", "1") {
		w.Error("a completed job's ID was taken again")
	}
	w.reopen()
	if enqueue("q", "1") {
		w.Error("a completed job's ID was taken again after a restart")
	}
	w.work("q", 1, record(runs))
	nothing(w, runs, "ran again")
}

func neverEarly(w *world) {
	type run struct {
		delay string
		at    time.Time
	}
	runs := make(chan run, 10)
	w.work("q", 4, func(_ context.Context, j storage.Job, _ storage.Done) error {
		runs <- run{j.ID, time.Now()}
		return nil
	})
	delays := []time.Duration{0, 50 * time.Millisecond, time.Second, -time.Hour}
	if !w.driver.WallClock {
		delays = append(delays, 48*time.Hour)
	}
	start := time.Now()
	for _, d := range delays {
		w.enqueue(storage.Job{ID: d.String(), Queue: "q", At: start.Add(d)})
	}
	for range delays {
		var r run
		select {
		case r = <-runs:
		case <-time.After(49*time.Hour + w.driver.Lateness):
			w.Fatal("a job did not run")
		}
		delay, err := time.ParseDuration(r.delay)
		w.must(err)
		switch late := r.at.Sub(start.Add(delay)); {
		case late < 0:
			w.Errorf("the job in %v ran %v early", delay, -late)
		case delay >= 0 && late > w.driver.Lateness+100*time.Millisecond:
			w.Errorf("the job in %v ran %v late", delay, late)
		}
	}
}

func overtakes(w *world) {
	runs := make(chan storage.Job, 10)
	w.work("q", 1, record(runs))
	w.enqueue(storage.Job{ID: "later", Queue: "q", At: time.Now().Add(2*time.Second + w.driver.Lateness)})
	w.enqueue(storage.Job{ID: "now", Queue: "q"})
	for _, want := range []string{"now", "later"} {
		if j := next(w, runs); j.ID != want {
			w.Errorf("ran %q, want %q", j.ID, want)
		}
	}
}

func atMostN(w *world) {
	const jobs, n = 12, 3
	var mu sync.Mutex
	running, most := 0, 0
	add := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		running += n
		most = max(most, running)
	}
	runs := make(chan string, jobs)
	for i := range jobs {
		w.enqueue(storage.Job{ID: strconv.Itoa(i), Queue: "q"})
	}
	w.work("q", n, func(_ context.Context, j storage.Job, _ storage.Done) error {
		add(1)
		defer add(-1)
		time.Sleep(10 * time.Millisecond)
		runs <- j.ID
		return nil
	})
	for range jobs {
		next(w, runs)
	}
	mu.Lock()
	defer mu.Unlock()
	if most != n {
		w.Errorf("%d ran at a time, want %d", most, n)
	}
}

func severalWorkers(w *world) {
	const jobs = 60
	runs := make(chan string, 2*jobs)
	handler := func(_ context.Context, j storage.Job, _ storage.Done) error {
		time.Sleep(time.Millisecond)
		runs <- j.ID
		return nil
	}
	w.work("q", 2, handler)
	stop := w.work("q", 3, handler)
	ids := make(map[string]bool)
	for i := range jobs {
		if i == jobs/2 {
			stop()
		}
		w.enqueue(storage.Job{ID: strconv.Itoa(i), Queue: "q", Key: "~" + strconv.Itoa(i%7)})
	}
	for range jobs {
		ids[next(w, runs)] = true
	}
	nothing(w, runs, "ran twice")
	if len(ids) != jobs {
		w.Errorf("%d jobs of %d ran", len(ids), jobs)
	}
}

func drains(w *world) {
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	begun, goOn, ended := make(chan string, 10), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- w.store.Work(ctx, "q", 1, func(ctx context.Context, j storage.Job, done storage.Done) error {
			begun <- j.ID
			<-goOn
			if ctx.Err() != nil {
				w.Error("the handler's context ended with Work's")
			}
			return done(nil, func(tx storage.Tx) error { return tx.Put("b", j.ID, []byte("done")) })
		})
	}()
	w.enqueue(storage.Job{ID: "1", Queue: "q"}, storage.Job{ID: "2", Queue: "q"})
	next(w, begun)
	cancel()
	nothing(w, ended, "Work did not wait for its handler")
	close(goOn)
	w.must(next(w, ended))
	w.wantValue("b", "1", "done")
	w.wantValue("b", "2", "-")
	nothing(w, begun, "a job was begun after the end")
}

// Each job enqueues its successor at the moment it completes, in the same lane
// or another, while others are enqueued from outside.
func noLostWakeup(w *world) {
	const chains, length = 20, 20
	runs := make(chan string, chains*length)
	w.work("q", 8, func(_ context.Context, j storage.Job, done storage.Done) error {
		n, err := strconv.Atoi(string(j.Body))
		if err != nil {
			return err
		}
		defer func() { runs <- j.ID }()
		return done(nil, func(tx storage.Tx) error {
			if n+1 == length {
				return nil
			}
			follow := j
			follow.ID = fmt.Sprintf("%s.%d", j.ID, n+1)
			follow.Body = strconv.AppendInt(nil, int64(n+1), 10)
			_, err := tx.Enqueue(follow)
			return err
		})
	})
	w.together(chains, func(i int) {
		j := storage.Job{ID: strconv.Itoa(i), Queue: "q", Body: []byte("0")}
		if i%2 == 0 {
			j.Key = strconv.Itoa(i % 6)
		}
		w.enqueue(j)
	})
	var ids []string
	for range chains * length {
		ids = append(ids, next(w, runs))
	}
	slices.Sort(ids)
	if got := len(slices.Compact(ids)); got != chains*length {
		w.Errorf("%d jobs ran, want %d", got, chains*length)
	}
}
