package storagetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

var laneChecks = []check{
	{"a lane keeps its order whatever happens", laneOrder},
	{"a head that is not due holds its lane", headHolds},
	{"a snoozed head holds its lane", snoozedHolds},
	{"a lane runs one job at a time, lanes run beside each other", oneAtATime},
	{"a job enqueued while its lane runs comes next", enqueuedBehind},
	{"lanes with kindred names do not mix", kindredLanes},
	{"lanes survive a restart", lanesSurvive},
}

// Twenty lanes of eight jobs, each of which may fail, panic or snooze at first.
func laneOrder(w *world) {
	const lanes, length = 20, 8
	seed := rand.NewPCG(1, 2)
	var mu sync.Mutex
	random := rand.New(seed) //nolint:gosec // a test's dice
	roll := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
	busy, ran := make(map[string]bool), make(map[string][]string)
	finished := make(chan struct{}, lanes*length)
	w.work("q", 8, func(_ context.Context, j storage.Job, done storage.Done) error {
		mu.Lock()
		if busy[j.Key] {
			w.Errorf("two jobs of lane %s at a time", j.Key)
		}
		busy[j.Key] = true
		mu.Unlock()
		defer func() {
			mu.Lock()
			busy[j.Key] = false
			mu.Unlock()
		}()
		time.Sleep(time.Duration(roll(3)) * time.Millisecond)
		if j.Attempt < 3 {
			switch roll(8) {
			case 0:
				return errNo
			case 1:
				panic("no")
			case 2:
				return storage.Snooze(time.Duration(roll(5)) * time.Millisecond)
			}
		}
		mu.Lock()
		ran[j.Key] = append(ran[j.Key], string(j.Body))
		busy[j.Key] = false // the next one may begin as soon as done commits
		mu.Unlock()
		defer func() { finished <- struct{}{} }()
		return done(nil, func(storage.Tx) error { return nil })
	})
	for n := range length {
		w.update(func(tx storage.Tx) error {
			for l := range lanes {
				lane := fmt.Sprintf("lane/%d", l)
				_, err := tx.Enqueue(storage.Job{
					ID: fmt.Sprintf("%s/%d", lane, n), Queue: "q", Key: lane, Body: []byte(strconv.Itoa(n)),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range lanes * length {
		next(w, finished)
	}
	mu.Lock()
	defer mu.Unlock()
	for lane, order := range ran {
		if got := strings.Join(order, ""); got != "01234567" {
			w.Errorf("%s ran as %s", lane, got)
		}
	}
}

func headHolds(w *world) {
	runs := make(chan storage.Job, 10)
	soon := time.Now().Add(2*time.Second + w.driver.Lateness)
	w.enqueue(
		storage.Job{ID: "head", Queue: "q", Key: "lane", At: soon},
		storage.Job{ID: "held", Queue: "q", Key: "lane"},
		storage.Job{ID: "free", Queue: "q"},
		storage.Job{ID: "other", Queue: "q", Key: "other lane"},
	)
	w.work("q", 1, record(runs))
	for _, want := range []string{"free", "other", "head", "held"} {
		j := next(w, runs)
		if j.ID != want {
			w.Errorf("ran %q, want %q", j.ID, want)
		}
		if want == "head" && time.Now().Before(soon) {
			w.Error("the head ran early")
		}
	}
}

func snoozedHolds(w *world) {
	runs := make(chan string, 10)
	first := true
	w.work("q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		if j.ID == "head" && first {
			first = false
			runs <- "snooze"
			return storage.Snooze(time.Second)
		}
		runs <- j.ID
		return nil
	})
	w.enqueue(
		storage.Job{ID: "head", Queue: "q", Key: "lane"},
		storage.Job{ID: "held", Queue: "q", Key: "lane"},
		storage.Job{ID: "other", Queue: "q", Key: "other lane"},
	)
	for _, want := range []string{"snooze", "other", "head", "held"} {
		if got := next(w, runs); got != want {
			w.Errorf("%q, want %q", got, want)
		}
	}
}

func oneAtATime(w *world) {
	begun, goOn := make(chan string, 10), make(chan struct{})
	w.work("q", 8, func(_ context.Context, j storage.Job, _ storage.Done) error {
		begun <- j.ID
		<-goOn
		return nil
	})
	w.enqueue(
		storage.Job{ID: "a1", Queue: "q", Key: "a"}, storage.Job{ID: "a2", Queue: "q", Key: "a"},
		storage.Job{ID: "b1", Queue: "q", Key: "b"}, storage.Job{ID: "b2", Queue: "q", Key: "b"},
	)
	w.enqueue(storage.Job{ID: "a1", Queue: "q2", Key: "a"}) // a lane of another queue
	got := map[string]bool{next(w, begun): true, next(w, begun): true}
	if !got["a1"] || !got["b1"] {
		w.Errorf("began with %v, want a1 and b1", got)
	}
	nothing(w, begun, "began beside the head of its lane")
	close(goOn)
	next(w, begun)
	next(w, begun)
}

func enqueuedBehind(w *world) {
	runs := make(chan string, 10)
	w.work("q", 4, func(_ context.Context, j storage.Job, done storage.Done) error {
		runs <- j.ID
		if j.ID != "1" {
			return nil
		}
		if err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Job{ID: "2", Queue: "q", Key: "lane"})
			return err
		}); err != nil {
			return err
		}
		return done(nil, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Job{ID: "3", Queue: "q", Key: "lane"})
			return err
		})
	})
	w.enqueue(storage.Job{ID: "1", Queue: "q", Key: "lane"})
	for _, want := range []string{"1", "2", "3"} {
		if got := next(w, runs); got != want {
			w.Errorf("ran %q, want %q", got, want)
		}
	}
}

func kindredLanes(w *world) {
	runs := make(chan storage.Job, 20)
	later := time.Now().Add(24 * time.Hour)
	lanes := []string{"a", "a/b", "a/", "ab", "a\x00", "a\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x01a"}
	for i, lane := range lanes {
		w.enqueue(
			storage.Job{ID: fmt.Sprintf("%d head", i), Queue: "q", Key: lane},
			storage.Job{ID: fmt.Sprintf("%d behind", i), Queue: "q", Key: lane, At: later},
		)
	}
	w.enqueue(storage.Job{ID: "other queue", Queue: "qq", Key: "a"})
	stop := w.work("q", 1, record(runs))
	for i := range lanes {
		if j := next(w, runs); j.ID != fmt.Sprintf("%d head", i) {
			w.Errorf("ran %q, want the head of lane %d", j.ID, i)
		}
	}
	nothing(w, runs, "ran early")
	stop()
}

func lanesSurvive(w *world) {
	for n := range 6 {
		w.enqueue(storage.Job{ID: strconv.Itoa(n), Queue: "q", Key: "lane"})
	}
	runs := make(chan storage.Job, 10)
	for n := range 6 {
		stop := w.work("q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
			select {
			case runs <- j:
			default:
			}
			if j.ID == strconv.Itoa(n) {
				return nil
			}
			return storage.Snooze(time.Millisecond)
		})
		j := next(w, runs)
		stop()
		if j.ID != strconv.Itoa(n) {
			w.Errorf("ran %q, want %d", j.ID, n)
		}
		for len(runs) > 0 {
			<-runs
		}
		w.reopen()
	}
}
