package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
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
	{"what fails runs again, later each time", failsAndRunsAgain},
	{"a snooze uses no attempt", snoozes},
	{"a job that never succeeds is given up", givenUp},
	{"done is atomic with the job's completion", doneIsAtomic},
	{"a fenced run can do nothing more", fenced},
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

func failsAndRunsAgain(w *world) {
	for name, fail := range map[string]func() error{
		"error":  func() error { return errNo },
		"panic":  func() error { panic("no") },
		"goexit": func() error { runtime.Goexit(); return nil },
	} {
		type run struct {
			attempt int
			at      time.Time
		}
		runs := make(chan run, 10)
		stop := w.work(name, 2, func(_ context.Context, j storage.Job, _ storage.Done) error {
			runs <- run{j.Attempt, time.Now()}
			if j.Attempt < 4 {
				return fail()
			}
			return nil
		})
		w.enqueue(storage.Job{ID: "1", Queue: name})
		var last time.Time
		var pause time.Duration
		for attempt := 1; attempt <= 4; attempt++ {
			r := next(w, runs)
			if r.attempt != attempt {
				w.Errorf("%s: attempt %d, want %d", name, r.attempt, attempt)
			}
			if attempt > 1 && w.driver.Lateness == 0 {
				if now := r.at.Sub(last); now <= pause || now < 700*time.Millisecond {
					w.Errorf("%s: pause of %v after one of %v", name, now, pause)
				}
				pause = r.at.Sub(last)
			}
			last = r.at
		}
		nothing(w, runs, "ran after success")
		stop()
	}
}

func snoozes(w *world) {
	attempts := make(chan int, 20)
	var runs atomic.Int32
	w.work("q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		attempts <- j.Attempt
		switch n := runs.Add(1); {
		case n <= storage.MaxAttempts+2:
			return fmt.Errorf("paused: %w", storage.Snooze(time.Duration(n-1)*time.Millisecond))
		case n == storage.MaxAttempts+3:
			return errNo
		}
		return nil
	})
	w.enqueue(storage.Job{ID: "1", Queue: "q"})
	for range storage.MaxAttempts + 3 {
		if a := next(w, attempts); a != 1 {
			w.Errorf("attempt %d after snoozes, want 1", a)
		}
	}
	if a := next(w, attempts); a != 2 {
		w.Errorf("attempt %d after an error, want 2", a)
	}
}

func givenUp(w *world) {
	runs := make(chan storage.Job, 100)
	stop := w.work("q", 2, func(_ context.Context, j storage.Job, _ storage.Done) error {
		runs <- j
		if j.ID == "bad" {
			return errNo
		}
		return nil
	})
	w.enqueue(storage.Job{ID: "bad", Queue: "q", Key: "lane"}, storage.Job{ID: "behind", Queue: "q", Key: "lane"})
	for attempt := 1; attempt <= storage.MaxAttempts; attempt++ {
		if j := next(w, runs); j.ID != "bad" || j.Attempt != attempt {
			w.Errorf("ran %q attempt %d, want bad %d", j.ID, j.Attempt, attempt)
		}
	}
	if j := next(w, runs); j.ID != "behind" {
		w.Errorf("ran %q; a dead letter must free its lane", j.ID)
	}
	stop()
	w.update(func(tx storage.Tx) error {
		fresh, err := tx.Enqueue(storage.Job{ID: "bad", Queue: "q"})
		if fresh {
			w.Error("a dead letter's ID was taken again")
		}
		return err
	})
	w.work("q", 2, record(runs))
	nothing(w, runs, "a dead letter ran")
}

func doneIsAtomic(w *world) {
	runs := make(chan int, 10)
	stop := w.work("q", 1, func(_ context.Context, j storage.Job, done storage.Done) error {
		defer func() { runs <- j.Attempt }()
		write := func(value string, err error) func(storage.Tx) error {
			return func(tx storage.Tx) error { return errors.Join(tx.Put("b", "k", []byte(value)), err) }
		}
		switch j.Attempt {
		case 1: // fn fails: nothing written, not completed
			if err := done(nil, write("failed", errNo)); !errors.Is(err, errNo) {
				w.Errorf("done returned %v, want fn's error", err)
			}
			return errNo
		case 2: // a failed done may be followed by another
			_ = done(nil, write("failed", errNo))
		}
		if v := w.get("b", "k"); v != "-" {
			w.Errorf("a failed done left %q", v)
		}
		if err := done([]string{"k"}, write("once", nil)); err != nil {
			w.Errorf("done: %v", err)
		}
		if err := done(nil, write("twice", nil)); !errors.Is(err, storage.ErrLost) {
			w.Errorf("second done: %v, want ErrLost", err)
		}
		return errNo // which no longer matters
	})
	w.enqueue(storage.Job{ID: "1", Queue: "q"})
	next(w, runs)
	next(w, runs)
	nothing(w, runs, "ran after done")
	w.wantValue("b", "k", "once")
	stop()
	w.reopen()
	w.wantValue("b", "k", "once")
	w.work("q", 1, func(context.Context, storage.Job, storage.Done) error { runs <- 0; return nil })
	nothing(w, runs, "ran after done and a restart")
}

// The done of a run that has ended is kept and called while the next run of the
// same job goes on, and again after it.
func fenced(w *world) {
	old, goOn, finished := make(chan storage.Done, 1), make(chan struct{}), make(chan error, 1)
	w.work("q", 2, func(_ context.Context, j storage.Job, done storage.Done) error {
		if j.Attempt == 1 {
			old <- done
			return errNo
		}
		<-goOn
		err := done(nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("live")) })
		finished <- err
		return err
	})
	w.enqueue(storage.Job{ID: "1", Queue: "q"})
	zombie := next(w, old)
	claim := func() error {
		return zombie(nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("zombie")) })
	}
	w.wait() // until the second run is in its handler
	if err := claim(); !errors.Is(err, storage.ErrLost) {
		w.Errorf("done of a past run: %v, want ErrLost", err)
	}
	w.wantValue("b", "k", "-")
	close(goOn)
	if err := next(w, finished); err != nil {
		w.Errorf("the live run lost its work: %v", err)
	}
	if err := claim(); !errors.Is(err, storage.ErrLost) {
		w.Errorf("done of a past run after completion: %v, want ErrLost", err)
	}
	w.wantValue("b", "k", "live")
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
