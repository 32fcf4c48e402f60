package admin

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Timed is s, with the time of its transactions measured: from asking for one
// until it is durable, so that waiting for others counts.
func (m *Metrics) Timed(s storage.Store) storage.Store {
	return timedStore{
		Store: s, update: m.tx.WithLabelValues("update"), view: m.tx.WithLabelValues("view"), done: m.tx.WithLabelValues("done"),
	}
}

type timedStore struct {
	storage.Store
	update, view, done prometheus.Observer
}

func since(o prometheus.Observer, began time.Time) { o.Observe(time.Since(began).Seconds()) }

// Unwrap is the store that is measured.
func (s timedStore) Unwrap() storage.Store { return s.Store }

// Update implements storage.Store.
func (s timedStore) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	defer since(s.update, time.Now())
	return s.Store.Update(ctx, keys, fn)
}

// View implements storage.Store.
func (s timedStore) View(ctx context.Context, fn func(storage.Tx) error) error {
	defer since(s.view, time.Now())
	return s.Store.View(ctx, fn)
}

// Work implements storage.Store.
func (s timedStore) Work(ctx context.Context, queue string, n int, h storage.Handler) error {
	if h == nil {
		return s.Store.Work(ctx, queue, n, nil) // which refuses it
	}
	return s.Store.Work(ctx, queue, n, func(ctx context.Context, j storage.Job, done storage.Done) error {
		return h(ctx, j, func(keys []string, fn func(storage.Tx) error) error {
			defer since(s.done, time.Now())
			return done(keys, fn)
		})
	})
}
