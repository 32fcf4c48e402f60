package main

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/watch"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// peopleFile is where the shares of people's keys lie, beside the store.
func peopleFile(c Storage) string { return c.Path + ".people" }

// owners tells the sealing store whose a record and a job is. What names no
// person is nobody's: rules, answers of the police, which expire by themselves,
// and the ledger.
func owners(c Storage, now func() time.Time) sealed.Options {
	return sealed.Options{
		People: peopleFile(c),
		Now:    now,
		Owner: func(bucket, key string, value []byte) string {
			if owner := watch.Owner(bucket, key); owner != "" {
				return owner
			}
			return bot.Owner(bucket, key, value)
		},
		JobOwner: func(j storage.Job) string {
			if owner, handled := watch.JobOwner(j); handled {
				return owner
			}
			return bot.JobOwner(j)
		},
	}
}

const (
	// burnEvery is how often the keys of people who were forgotten are looked
	// for.
	burnEvery = time.Minute
	// burnAfter is how old a forgetting is whose key is destroyed. Until then
	// what was under way may end: the answer that says so, the word to those
	// with whom a car was shared. The records are gone at once.
	burnAfter = 10 * time.Minute
)

// burn destroys the keys of those who were forgotten, until ctx ends.
func (w *world) burn(ctx context.Context) error {
	s, ok := beneath[*sealed.Store](w.store)
	if !ok {
		return nil
	}
	now := w.now
	if now == nil {
		now = time.Now
	}
	tick := time.NewTicker(burnEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		n, err := s.Burn(ctx, now().Add(-burnAfter))
		switch log := w.log.WithField("event", "forgotten"); {
		case err != nil && ctx.Err() == nil:
			log.WithError(err).Error("the keys of people who were forgotten could not be destroyed yet")
		case n > 0:
			log.WithField("people", n).Info("keys destroyed")
		}
	}
}
