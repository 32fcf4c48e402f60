package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// A movingFile is bbolt's side of a move: a file that is only read, which keeps
// serve out, or a draft of one.
type movingFile struct {
	*boltstore.Copy
	place Storage
	draft *boltstore.Draft // nil: read from
}

var _ target = (*movingFile)(nil)

func openMovingFile(c Storage) (*movingFile, error) {
	file, err := boltstore.OpenCopy(resolved(c.Path))
	switch {
	case errors.Is(err, storage.ErrLocked):
		return nil, fmt.Errorf("%s is in use by another process: stop serve first", c.Path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no store yet", c.Path)
	case err != nil:
		return nil, err
	}
	return &movingFile{Copy: file, place: c}, nil
}

func newMovingFile(c Storage) (*movingFile, error) {
	if _, err := os.Stat(c.Path); err == nil {
		return nil, notEmpty(fs.ErrExist, c.Path, "move it away, with what lies beside it")
	}
	draft, err := boltstore.NewDraft(resolved(c.Path))
	if err != nil {
		return nil, err
	}
	return &movingFile{place: c, draft: draft}, nil
}

// fill implements target.
func (f *movingFile) fill(ctx context.Context, from source, _ tally, note func(int64)) error {
	if err := f.draft.Finish(); err != nil {
		return err
	}
	err := boltstore.Load(ctx, f.draft, func(each func(storage.Row) error) error { return from.Rows(ctx, noting(each, note)) })
	if err != nil {
		return err
	}
	err = sealed.WritePeople(peopleFile(f.place), func(each func(int64, []byte) error) error { return from.shares(ctx, each) })
	if err != nil {
		return err
	}
	f.Copy, err = boltstore.OpenCopy(f.draft.Name())
	if err == nil {
		_, err = f.Verify(ctx)
	}
	return err
}

// shares implements source.
func (f *movingFile) shares(_ context.Context, each func(int64, []byte) error) error {
	return sealed.ReadPeople(peopleFile(f.place), each)
}

// publish implements target.
func (f *movingFile) publish(context.Context) error {
	if err := f.Copy.Close(); err != nil { // not every system moves a file that is open
		return err
	}
	return notEmpty(f.draft.Publish(false), f.place.Path, "move it away, with what lies beside it")
}

// Close ends both.
func (f *movingFile) Close() error {
	var err error
	if f.Copy != nil {
		err = f.Copy.Close()
	}
	if f.draft != nil {
		err = errors.Join(err, f.draft.Discard())
	}
	return err
}

// A movingDatabase is PostgreSQL's side of a move.
type movingDatabase struct {
	*pgstore.Store
	release func()
}

var _ target = (*movingDatabase)(nil)

// openMovingDatabase opens a database that nobody serves; into one that was not
// filled to the end an earlier move goes on.
func openMovingDatabase(ctx context.Context, c Storage, filling bool) (*movingDatabase, error) {
	store, err := pgstore.Open(ctx, string(c.DSN), pgstore.Options{Loading: filling})
	if err != nil {
		return nil, err
	}
	release, err := store.Claim(ctx)
	if err != nil {
		if errors.Is(err, storage.ErrLocked) {
			err = errors.New("the database is in use by a running serve: stop it first, on all machines")
		}
		return nil, errors.Join(err, store.Close())
	}
	return &movingDatabase{Store: store, release: release}, nil
}

// fill implements target: it goes on where an earlier run of the same rows was.
func (d *movingDatabase) fill(ctx context.Context, from source, have tally, note func(int64)) error {
	rows := func(skip int, each func(storage.Row) error) error {
		each = noting(each, note)
		return from.Rows(ctx, func(r storage.Row) error {
			if skip > 0 {
				skip--
				return nil
			}
			return each(r)
		})
	}
	err := d.Load(ctx, hex.EncodeToString(have.digest[:]), rows, nil)
	if err != nil {
		return notEmpty(err, "the database", "drop its schema weizhangbot, or name another one with search_path in storage.dsn")
	}
	return d.Shares().Fill(ctx, func(each func(int64, []byte) error) error { return from.shares(ctx, each) })
}

// shares implements source.
func (d *movingDatabase) shares(ctx context.Context, each func(int64, []byte) error) error {
	return d.Shares().All(ctx, each)
}

// publish implements target.
func (d *movingDatabase) publish(ctx context.Context) error { return d.Loaded(ctx) }

// Close lets go of the store.
func (d *movingDatabase) Close() error {
	d.release()
	return d.Store.Close()
}

// noting has note hear how many bytes went to each.
func noting(each func(storage.Row) error, note func(int64)) func(storage.Row) error {
	var bytes int64
	return func(r storage.Row) error {
		bytes += int64(len(r.Key) + len(r.Value))
		note(bytes)
		return each(r)
	}
}
