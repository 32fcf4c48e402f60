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

// returned tells what comes back with a backup and cannot be told from what
// should. It goes when replays has the deletions.
const returned = "! who sent 忘记我 or left after the backup was made is in it again: see Backup in the README\n"

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

// replays is what a restore replays, in this order: first what deletes.
func replays() []replay { return []replay{waiting} }

// waiting keeps what people waited for from being paid again by itself.
func waiting(ctx context.Context, r revival) error { return lookup.Restored(ctx, r.store, r.at) }

// renew replays into the draft what the backup cannot know.
func (r *restoring) renew(ctx context.Context, name string, key []byte) (err error) {
	file, err := boltstore.Open(name, boltstore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	back := revival{path: r.path, at: r.at}
	if back.store, err = sealed.New(ctx, file, key); err != nil {
		return err
	}
	if r.old != nil {
		if old, err := sealed.New(ctx, r.old, key); err == nil {
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
