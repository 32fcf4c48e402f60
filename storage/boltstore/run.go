package boltstore

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// countAfter is when a run that still goes on is counted on disk, so that a job
// that takes its process down is given up some day. Sooner would cost every short
// job a second write.
const countAfter = 20 * time.Millisecond

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
		r.settle(ctx, driver.ErrCrashed)
		return
	}
	count := func() { _ = r.store.committer.push(&call{ctx: own, fn: r.count}) }
	if r.seq <= r.store.survivors {
		// It may have been what ended the last process: count the run first.
		_ = r.store.committer.do(own, r.count, nil)
	} else {
		timer := time.AfterFunc(countAfter, count)
		defer timer.Stop()
	}
	err := driver.ErrHandlerExited
	defer func() { // also when the handler calls runtime.Goexit
		if v := recover(); v != nil {
			err = driver.Panicked(v)
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
	if r.over.Load() {
		return
	}
	defer r.end()
	log := r.store.opts.Log.WithField("queue", r.queue)
	driver.Settle(ctx, r.store.closing, log, r.over.Load, func() error {
		err := r.store.committer.do(context.WithoutCancel(ctx), func(t *tx) error { return r.apply(t, outcome) }, r.end)
		if err == nil && r.fingerprint != "" {
			driver.GivenUp(log, r.job.Attempt, r.fingerprint)
		}
		return err
	})
}

func (r *run) apply(t *tx, outcome error) error {
	row, err := r.live(t)
	if err != nil {
		return err
	}
	if outcome == nil {
		return t.complete(r.queue, r.id, row)
	}
	now := driver.Nanos(r.store.opts.Clock())
	if d, ok := storage.Snoozed(outcome); ok {
		return t.reschedule(r.queue, r.id, row, later(now, d), r.job.Attempt-1)
	}
	if r.job.Attempt >= storage.MaxAttempts {
		return r.bury(t, row, outcome)
	}
	return t.reschedule(r.queue, r.id, row, later(now, driver.Backoff(r.job.Attempt)), r.job.Attempt)
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
