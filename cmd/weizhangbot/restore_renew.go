package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// A revival is a store that comes back from a backup, before it takes its place.
type revival struct {
	store storage.Store // the restored one; may be written to
	old   storage.Store // the one it replaces, to be read; nil: none, damaged, or under another key
	path  string        // of the store, for what lies beside it
	at    time.Time
}

// A replay brings into a revived store what must hold in spite of its age. When
// it fails nothing is restored. It may run twice for one backup.
type replay func(context.Context, revival) error

// replays is what a restore replays. Who was forgotten since needs none: their
// share is no more, and so nothing of them opens.
func replays() []replay { return []replay{waiting} }

// waiting keeps what people waited for from being paid again by itself.
func waiting(ctx context.Context, r revival) error { return lookup.Restored(ctx, r.store, r.at) }

// renew replays into the draft what the backup cannot know.
func (r *restoring) renew(ctx context.Context, name string, s Storage) (err error) {
	ring, err := presentKeys(s)
	if err != nil {
		return err
	}
	file, err := boltstore.Open(name, boltstore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	back := revival{path: r.path, at: r.at}
	opened, err := sealed.Open(ctx, file, ring, owners(s, nil))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	back.store = opened
	if r.old != nil {
		if old, err := sealed.Open(ctx, r.old, ring, owners(s, nil)); err == nil {
			back.old = old
		}
	}
	for _, replay := range r.replays {
		if err := replay(ctx, back); err != nil {
			return fmt.Errorf("what is newer than the backup: %w", err)
		}
	}
	return nil
}
