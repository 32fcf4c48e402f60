package pgstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

const (
	// recheck is how long a sleeping Work trusts that it is woken: what another
	// process enqueued, or left behind when it died, is late by this at most
	// beside its lease (the port allows 30 s).
	recheck = 5 * time.Second
	// claimTime bounds a claim, which is not cancelled: the database would not
	// say whether it took jobs.
	claimTime = 30 * time.Second
	// badPause is how long Work waits when the database cannot be asked.
	badPause = time.Second
)

// Work implements storage.Store. While the database cannot be reached it waits
// for it. A job that was running when its process died runs again when its
// lease has run out.
func (s *Store) Work(ctx context.Context, name string, n int, h storage.Handler) error {
	if name == "" || n < 1 || h == nil {
		return driver.Invalid("work without a queue, a worker or a handler")
	}
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return storage.ErrClosed
	}
	s.work.Add(1)
	s.helpers.start(s.listen, s.renew, s.maintain)
	s.mu.Unlock()
	defer s.work.Done()

	w := &worker{store: s, name: name, handler: h, slots: n}
	defer w.runs.Wait()
	return w.loop(ctx)
}

// A worker is one call of Work.
type worker struct {
	store   *Store
	name    string
	handler storage.Handler
	slots   int
	busy    atomic.Int64
	runs    sync.WaitGroup
	wake    chan struct{}
}

func (w *worker) loop(ctx context.Context) error {
	wake, leave := w.store.queue.join(w.name)
	defer leave()
	w.wake = wake
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if ended, err := w.ended(ctx); ended {
			return err
		}
		wait := recheck
		if room := w.slots - int(w.busy.Load()); room > 0 {
			wait = w.take(ctx, room)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-w.store.closing:
		case <-wake:
		case <-timer.C:
		}
	}
}

func (w *worker) ended(ctx context.Context) (bool, error) {
	select {
	case <-ctx.Done():
		return true, nil
	case <-w.store.closing:
		return true, storage.ErrClosed
	default:
		return false, nil
	}
}

// take claims jobs and starts them, and tells how long to wait for more.
func (w *worker) take(ctx context.Context, room int) (wait time.Duration) {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimTime)
	defer cancel()
	jobs, wait, err := w.store.claim(own, w.name, room)
	if err != nil {
		w.store.leaveStandby(err)
		w.store.opts.Log.WithError(err).WithField("queue", w.name).Error("jobs cannot be fetched")
		return badPause
	}
	if ended, _ := w.ended(ctx); ended {
		w.store.giveBack(own, jobs)
		return 0
	}
	for _, j := range jobs {
		w.start(ctx, j)
	}
	return wait
}

func (w *worker) start(ctx context.Context, c claimed) {
	r := &run{store: w.store, claimed: c}
	w.busy.Add(1)
	w.store.lease.add(r)
	w.runs.Go(func() {
		defer func() {
			w.store.lease.remove(r)
			w.busy.Add(-1)
			signal(w.wake)
		}()
		r.do(ctx, w.handler)
	})
}
