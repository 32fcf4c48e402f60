package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

var outcomeChecks = []check{
	{"what fails runs again, later each time", failsAndRunsAgain},
	{"a snooze uses no attempt", snoozes},
	{"a job that never succeeds is given up", givenUp},
	{"done is atomic with the job's completion", doneIsAtomic},
	{"a fenced run can do nothing more", fenced},
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
