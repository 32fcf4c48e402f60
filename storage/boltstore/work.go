package boltstore

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	// recheck is how long a sleeping Work trusts its timer: a wall clock that
	// was set forward makes jobs late by this at most (the port allows 30 s).
	recheck = 15 * time.Second
	// countAfter is when a run that still goes on is counted on disk, so that
	// a job that takes its process down is given up some day. Sooner would
	// cost every short job a second write.
	countAfter = 20 * time.Millisecond
	// retryWrite is the pause before the outcome of a run that could not be
	// written (a full disk) is written again.
	retryWrite = time.Second
)

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
	return s.read(func(t *tx) error {
		s.survivors = t.btx.Bucket(orderBucket).Sequence()
		return nil
	})
}

// Work implements storage.Store. A job that was running when its process died
// is due at once when the file is opened again.
func (s *Store) Work(ctx context.Context, name string, n int, h storage.Handler) error {
	if name == "" || n < 1 || h == nil {
		return invalid("work without a queue, a worker or a handler")
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
		now := nanos(w.store.opts.Clock())
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

// A run is one run of a job: what fences it off from every other.
type run struct {
	store *Store
	queue string
	id    string
	seq   uint64
	job   storage.Job
	over  atomic.Bool // set by the committer: this run has had its say

	fingerprint string // of the error that made a dead letter
}

// do runs the handler and writes down the outcome. ctx is Work's.
func (r *run) do(ctx context.Context, h storage.Handler) {
	own := context.WithoutCancel(ctx)
	if r.job.Attempt > storage.MaxAttempts { // all of them took the process down
		r.settle(ctx, errCrashed)
		return
	}
	count := func() { _, _ = r.store.committer.push(own, r.count, nil) }
	if r.seq <= r.store.survivors {
		// It may have been what ended the last process: count the run first.
		_ = r.store.committer.do(own, r.count, nil)
	} else {
		timer := time.AfterFunc(countAfter, count)
		defer timer.Stop()
	}
	err := errHandlerExited
	defer func() { // also when the handler calls runtime.Goexit
		if v := recover(); v != nil {
			err = &panicError{v}
		}
		r.settle(ctx, err)
	}()
	err = h(own, r.job, func(_ []string, fn func(storage.Tx) error) error { return r.done(own, fn) })
}

// live returns the job's row, or ErrLost when this run has no say any more.
func (r *run) live(t *tx) (*row, error) {
	if r.over.Load() {
		return nil, storage.ErrLost
	}
	row, err := t.job(r.queue, r.id)
	if err == nil && (row == nil || row.seq != r.seq) {
		err = storage.ErrLost
	}
	return row, err
}

// count notes on disk that this run has begun.
func (r *run) count(t *tx) error {
	row, err := r.live(t)
	if err != nil {
		return err
	}
	return t.reschedule(r.queue, r.id, row, row.due, r.job.Attempt)
}

// done is storage.Done.
func (r *run) done(ctx context.Context, fn func(storage.Tx) error) error {
	return r.store.committer.do(ctx, func(t *tx) error {
		if _, err := r.live(t); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		row, err := r.live(t) // as fn left it: it may have enqueued behind it
		if err != nil {
			return err
		}
		return t.complete(r.queue, r.id, row)
	}, r.end)
}

func (r *run) end() { r.over.Store(true) }

// settle writes the outcome of a run that did not call done. If it cannot be
// written it tries again until Work ends; then the job stays as it is, and runs
// again later.
func (r *run) settle(ctx context.Context, outcome error) {
	defer r.end()
	for !r.over.Load() {
		err := r.store.committer.do(context.WithoutCancel(ctx), func(t *tx) error { return r.apply(t, outcome) }, r.end)
		if err == nil && r.fingerprint != "" {
			r.store.opts.Log.WithField("queue", r.queue).WithField("attempt", r.job.Attempt).
				WithField("fingerprint", r.fingerprint).Error("job given up")
		}
		if err == nil || errors.Is(err, storage.ErrLost) {
			return
		}
		r.store.opts.Log.WithError(err).WithField("queue", r.queue).Error("the outcome of a job cannot be stored")
		select {
		case <-ctx.Done():
			return
		case <-r.store.closing:
			return
		case <-time.After(retryWrite):
		}
	}
}

func (r *run) apply(t *tx, outcome error) error {
	row, err := r.live(t)
	if err != nil {
		return err
	}
	if outcome == nil {
		return t.complete(r.queue, r.id, row)
	}
	now := nanos(r.store.opts.Clock())
	if d, ok := storage.Snoozed(outcome); ok {
		return t.reschedule(r.queue, r.id, row, later(now, d), r.job.Attempt-1)
	}
	if r.job.Attempt >= storage.MaxAttempts {
		return r.bury(t, row, outcome)
	}
	return t.reschedule(r.queue, r.id, row, later(now, backoff(r.job.Attempt)), r.job.Attempt)
}

func later(now int64, d time.Duration) int64 {
	if d <= 0 {
		return now
	}
	if int64(d) > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + int64(d)
}

// backoff is the pause after the attempt-th failed run: 1 s, doubled each time
// up to 10 min, ± a quarter so that what failed together does not come back
// together.
func backoff(attempt int) time.Duration {
	d := 10 * time.Minute
	if attempt <= 10 {
		d = min(d, time.Second<<(attempt-1))
	}
	return d - d/4 + rand.N(d/2) //nolint:gosec // jitter needs no secret
}
