package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Copy is the file of a store opened to be read: a backup, or a store that
// nobody serves. Several may have the same file open; a Store they keep out.
// It is a storage.Store whose writing methods refuse.
type Copy struct {
	db   *bolt.DB
	once sync.Once
	err  error // of Close
}

var _ storage.Store = (*Copy)(nil)

// errReadOnly is what the writing methods of a Copy say.
var errReadOnly = fmt.Errorf("boltstore: opened to be read: %w", storage.ErrInvalid)

// OpenCopy opens the file at path, and changes nothing about it: one of an
// earlier version stays that. Only what a process that was killed has left in
// journals is put into the file first, for which nobody else may have it open. It
// fails as Open does, and with fs.ErrNotExist when there is none.
func OpenCopy(path string) (*Copy, error) {
	db, err := openCopy(path)
	if err == nil && behind(db) {
		err = db.Close()
		if err == nil {
			err = guard(func() error { return catchUp(path) })
		}
		if err == nil {
			db, err = openCopy(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, translate(err))
	}
	return &Copy{db: db}, nil
}

func openCopy(path string) (*bolt.DB, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("%w: the file is empty", storage.ErrCorrupt)
	}
	db, err := openFile(path, Options{}.withDefaults(), true)
	if err != nil {
		return nil, err
	}
	if err := guard(func() error { return readable(db) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// behind tells whether there is something in journals that is not in the file, or
// nobody can tell.
func behind(db *bolt.DB) bool {
	return guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			layers, _, err := leftOver(tx)
			if len(layers) > 0 {
				return errBehind
			}
			return err
		})
	}) != nil
}

var errBehind = errors.New("boltstore: not all is in the file")

// catchUp puts into the file at path what is in its journals.
func catchUp(path string) error {
	db, err := openFile(path, Options{}.withDefaults(), false)
	if err != nil {
		return err
	}
	if err := takeOver(db); err != nil {
		return errors.Join(err, db.Close())
	}
	_ = removeJournals(path, false) // the file holds all of it
	return db.Close()
}

// readable refuses what Open would refuse, or make a store of.
func readable(db *bolt.DB) error {
	if err := db.View(whole); err != nil {
		return err
	}
	return db.View(func(tx *bolt.Tx) error {
		switch have, err := version(tx); {
		case err != nil:
			return err
		case have == 0:
			return fmt.Errorf("%w: nothing is in the file", storage.ErrCorrupt)
		case int(have) > len(migrations):
			return newer(have, len(migrations))
		}
		return nil
	})
}

// View implements storage.Store.
func (c *Copy) View(ctx context.Context, fn func(storage.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return view(c.db, time.Now, func(t *tx) error { return fn(t) })
}

// Backup implements storage.Store.
func (c *Copy) Backup(ctx context.Context, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return view(c.db, time.Now, func(t *tx) error { return t.copyTo(ctx, w) })
}

// Update refuses.
func (c *Copy) Update(context.Context, []string, func(storage.Tx) error) error { return errReadOnly }

// Work refuses.
func (c *Copy) Work(context.Context, string, int, storage.Handler) error { return errReadOnly }

// Close implements storage.Store.
func (c *Copy) Close() error {
	c.once.Do(func() { c.err = c.db.Close() })
	return c.err
}
