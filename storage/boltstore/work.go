package boltstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// recheck is how long a sleeping Work trusts its timer: a wall clock that was
// set forward makes jobs late by this at most (the port allows 30 s).
const recheck = 15 * time.Second

// A queue is what of a queue lives in memory: who works on it.
type queue struct {
	mu      sync.Mutex
	running map[uint64]bool // by seq
	wake    map[chan struct{}]bool
}

func (q *queue) signal() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for ch := range q.wake {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// join adds a Work call, and returns what wakes it.
func (q *queue) join() (wake chan struct{}, leave func()) {
	wake = make(chan struct{}, 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake[wake] = true
	return wake, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.wake, wake)
	}
}

func (q *queue) release(seq uint64) {
	q.mu.Lock()
	delete(q.running, seq)
	q.mu.Unlock()
	q.signal()
}

// queue returns the state of the queue of that name.
func (s *Store) queue(name string) *queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[name]
	if q == nil {
		q = &queue{running: make(map[uint64]bool), wake: make(map[chan struct{}]bool)}
		s.queues[name] = q
	}
	return q
}

// wake has the workers of queues look again.
func (s *Store) wake(queues []string) {
	for _, name := range queues {
		s.queue(name).signal()
	}
}

// noteSurvivors remembers which jobs come from an earlier process. All of them
// are due as they were: whatever ran then runs no more.
func (s *Store) noteSurvivors() error {
	return s.read(func(t *tx) (err error) {
		defer t.rescue("order", &err)
		s.survivors = t.order().sequence()
		return nil
	})
}

// Work implements storage.Store. A job that was running when its process died
// is due at once when the file is opened again.
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
	s.mu.Unlock()
	defer s.work.Done()

	w := &worker{store: s, name: name, queue: s.queue(name), handler: h, slots: n}
	defer w.runs.Wait()
	return w.loop(ctx)
}

// A worker is one call of Work.
type worker struct {
	store   *Store
	name    string
	queue   *queue
	handler storage.Handler
	slots   int
	busy    atomic.Int64
	runs    sync.WaitGroup
}

func (w *worker) loop(ctx context.Context) error {
	wake, leave := w.queue.join()
	defer leave()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.store.closing:
			return storage.ErrClosed
		default:
		}
		wait := recheck
		if room := w.slots - int(w.busy.Load()); room > 0 {
			jobs, next, err := w.claim(room)
			if err != nil {
				return err
			}
			for _, j := range jobs {
				w.start(ctx, j)
			}
			wait = next
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

// claim takes up to room due jobs, and tells how long nothing else will be due.
//
// The queue is locked before the snapshot is taken, and a run leaves the queue
// only after its outcome was committed; so what is not running is in the
// snapshot as its last run left it.
func (w *worker) claim(room int) (jobs []found, wait time.Duration, err error) {
	q := w.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	err = w.store.read(func(t *tx) (err error) {
		now := driver.Nanos(w.store.opts.Clock())
		var next int64
		jobs, next, err = t.due(w.name, now, room, func(seq uint64) bool { return q.running[seq] })
		wait = time.Duration(min(max(next-now, 0), int64(recheck)))
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for _, j := range jobs {
		q.running[j.row.seq] = true
	}
	w.busy.Add(int64(len(jobs)))
	return jobs, wait, nil
}

func (w *worker) start(ctx context.Context, j found) {
	r := &run{
		store: w.store, queue: w.name, id: j.id, seq: j.row.seq,
		job: storage.Job{
			ID: j.id, Queue: w.name, Key: j.row.lane, At: time.Unix(0, j.row.due),
			Body: j.row.body, Attempt: j.row.attempt + 1,
		},
	}
	w.runs.Go(func() {
		defer func() {
			w.busy.Add(-1)
			w.queue.release(r.seq)
		}()
		r.do(ctx, w.handler)
	})
}
