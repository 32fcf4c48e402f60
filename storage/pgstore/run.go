package pgstore

import (
	"context"
	"sync/atomic"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// A run is one run of a job: what fences it off from every other.
type run struct {
	store   *Store
	claimed claimed
	over    atomic.Bool // this run has had its say

	fingerprint string // of the error that made a dead letter
}

// do runs the handler and writes down the outcome. ctx is Work's.
func (r *run) do(ctx context.Context, h storage.Handler) {
	own := context.WithoutCancel(ctx)
	if r.claimed.job.Attempt > storage.MaxAttempts { // all of them took the process down
		r.settle(ctx, driver.ErrCrashed)
		return
	}
	err := driver.ErrHandlerExited
	defer func() { // also when the handler calls runtime.Goexit
		if v := recover(); v != nil {
			err = driver.Panicked(v)
		}
		r.settle(ctx, err)
	}()
	err = h(own, r.claimed.job, func(keys []string, fn func(storage.Tx) error) error { return r.done(own, keys, fn) })
}

// done is storage.Done.
func (r *run) done(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if r.over.Load() {
		return storage.ErrLost
	}
	err := r.store.update(ctx, keys, func(t *tx) error {
		if err := t.live(r.claimed.seq, r.claimed.run); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.complete(r.claimed)
	})
	if err == nil {
		r.over.Store(true)
	}
	return err
}

// settle writes the outcome of a run that did not call done. If it cannot be
// written it tries again until Work ends; then the job stays as it is, and runs
// again when its lease has run out.
func (r *run) settle(ctx context.Context, outcome error) {
	if r.over.Load() {
		return
	}
	defer r.over.Store(true)
	log := r.store.opts.Log.WithField("queue", r.claimed.job.Queue)
	driver.Settle(ctx, r.store.closing, log, r.over.Load, func() error {
		err := r.store.update(context.WithoutCancel(ctx), nil, func(t *tx) error { return r.apply(t, outcome) })
		if err == nil && r.fingerprint != "" {
			driver.GivenUp(log, r.claimed.job.Attempt, r.fingerprint)
		}
		return err
	})
}

func (r *run) apply(t *tx, outcome error) error {
	c := r.claimed
	if outcome == nil {
		return t.complete(c)
	}
	if d, ok := storage.Snoozed(outcome); ok {
		return t.reschedule(c, d, c.job.Attempt-1)
	}
	if c.job.Attempt >= storage.MaxAttempts {
		r.fingerprint = driver.Fingerprint(outcome)
		return t.bury(c, r.fingerprint)
	}
	return t.reschedule(c, r.store.opts.Backoff(c.job.Attempt), c.job.Attempt)
}
