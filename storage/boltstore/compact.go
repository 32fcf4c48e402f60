package boltstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// compactStep is how many bytes Compact writes in one transaction: it holds them
// in memory.
const compactStep = 4 << 20

// Compacted is what Compact has done.
type Compacted struct {
	Before, After int64 // bytes of the file
	Facts         Facts // what it holds, which is what it held
}

// Compact rewrites the file at path without what was deleted from it: bbolt
// leaves deleted records readable in the file until their pages are used again,
// which may be never. It needs room for the new file beside the old one, which
// it replaces in one step after verifying the new one; whatever happens before
// leaves the old one as it is. It fails with storage.ErrLocked while the file is
// open elsewhere. note hears how many bytes of records were copied; it may be
// nil.
func Compact(ctx context.Context, path string, note func(copied int64)) (c Compacted, err error) {
	if note == nil {
		note = func(int64) {}
	}
	if _, err = os.Stat(path); err == nil { // bbolt would make one
		err = guard(func() error { c, err = compact(ctx, path, note); return err })
	}
	if err != nil {
		return Compacted{}, fmt.Errorf("boltstore: compact %s: %w", path, translate(err))
	}
	return c, nil
}

// compact holds the old file open, and with it bbolt's lock, until the new one
// is in its place.
func compact(ctx context.Context, path string, note func(int64)) (c Compacted, err error) {
	src, err := openFile(path, Options{}.withDefaults(), false)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if err := readable(src); err != nil {
		return c, err
	}
	if err := takeOver(src); err != nil {
		return c, err
	}
	had, err := (&Copy{db: src}).Verify(ctx)
	if err != nil {
		return c, err
	}
	d, err := NewDraft(path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, d.Discard()) }()
	if err := errors.Join(d.OwnedLike(path), d.Finish()); err != nil {
		return c, err
	}
	if err := rewrite(ctx, src, d.Name(), note); err != nil {
		return c, err
	}
	if c.Facts, err = verifyFile(ctx, d.Name()); err != nil {
		return c, err
	}
	if !had.same(c.Facts) {
		return c, corrupt("the new file does not hold what the old one does")
	}
	if c.Before, c.After, err = sizes(path, d.Name()); err != nil {
		return c, err
	}
	return c, d.Publish(true)
}

// rewrite writes all that src holds into the empty file of that name.
func rewrite(ctx context.Context, src *bolt.DB, name string, note func(int64)) (err error) {
	dst, err := bolt.Open(name, fileMode, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize(),
		NoSync: true, // all at once at the end: until then the file is nobody's
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	dst.AllocSize = 1 << 16 // no room in advance: the store makes its own
	w := &rewriter{ctx: ctx, dst: dst, note: note}
	err = src.View(func(tx *bolt.Tx) error { return tx.ForEach(w.bucket) })
	if err != nil {
		return err
	}
	return dst.Sync()
}

type rewriter struct {
	ctx    context.Context
	dst    *bolt.DB
	note   func(int64)
	copied int64
}

// bucket copies a bucket, with its sequence, which counts the jobs.
func (w *rewriter) bucket(name []byte, from *bolt.Bucket) error {
	if err := w.dst.Update(func(tx *bolt.Tx) error {
		to, err := tx.CreateBucket(name)
		if err != nil {
			return err
		}
		return to.SetSequence(from.Sequence())
	}); err != nil {
		return err
	}
	rows := from.Cursor()
	k, v := rows.First()
	for k != nil {
		err := w.dst.Update(func(tx *bolt.Tx) error {
			to := tx.Bucket(name)
			to.FillPercent = 0.9 // rows come in order; room for a few later ones
			for size := 0; k != nil && size < compactStep; k, v = rows.Next() {
				if v == nil {
					return corrupt("a bucket in a bucket")
				}
				if err := to.Put(k, v); err != nil {
					return err
				}
				size += len(k) + len(v)
				w.copied += int64(len(k) + len(v))
			}
			return w.ctx.Err()
		})
		if err != nil {
			return err
		}
		w.note(w.copied)
	}
	return nil
}

func sizes(path, other string) (size, otherSize int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	otherInfo, err := os.Stat(other)
	if err != nil {
		return 0, 0, err
	}
	return info.Size(), otherInfo.Size(), nil
}

func verifyFile(ctx context.Context, path string) (f Facts, err error) {
	c, err := OpenCopy(path)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Verify(ctx)
}

func (f Facts) same(g Facts) bool {
	return f.Jobs == g.Jobs && f.Over == g.Over && f.Dead == g.Dead && maps.Equal(f.Records, g.Records)
}
