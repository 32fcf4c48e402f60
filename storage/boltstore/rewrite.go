package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Rewriter says what stands in the new file in place of what stands in the old
// one. It must answer the same way each time, up to what it draws by lot.
type Rewriter interface {
	// Record replaces a record; a nil value leaves it out.
	Record(bucket, key string, value []byte) (newKey string, newValue []byte, err error)
	// Job replaces ID, Key and Body of a job that waits, or of a dead letter.
	Job(storage.Job) (storage.Job, error)
	// Marker replaces the ID of a job that is over.
	Marker(queue, id string) (string, error)
}

// rewriteRows is how many rows are copied in one transaction.
const rewriteRows = 1000

// rewriteKey holds a rewriting's cursor in the new file's meta bucket.
var rewriteKey = []byte("rewrite")

// A cursor is how far a rewriting is. It is good for one state of the old file.
type cursor struct {
	Source int    `json:"source"` // the old file's last transaction
	Tag    string `json:"tag"`    // of what is done to the rows
	Bucket []byte `json:"bucket"` // the next rows are of this bucket
	Key    []byte `json:"key"`    // and begin behind this key
	Done   int    `json:"done"`
	Over   bool   `json:"over"`
}

// Rewrite makes a new file at path that holds what the store holds now, every
// row replaced by rw, and nothing of free pages. Killed at any time, it goes on
// where it was when it is called again, unless the store was written to
// meanwhile or tag, which stands for what rw does, is another: then it begins
// anew. progress, if not nil, is called after each
// transaction. When it returns nil the new file is complete and on disk; the
// store stays as it is.
func (s *Store) Rewrite(ctx context.Context, path, tag string, rw Rewriter, progress func(done, total int)) error {
	err := s.readFile(ctx, func(t *tx) error {
		c, db, err := openTarget(path, cursor{Source: t.btx.ID(), Tag: tag})
		if err != nil {
			return err
		}
		r := &rewriting{from: t.btx, db: db, rw: rw, cursor: c, progress: progress}
		return errors.Join(r.run(ctx), db.Close())
	})
	if err != nil {
		return fmt.Errorf("boltstore: rewrite: %w", err)
	}
	return nil
}

// openTarget opens the new file where an earlier call left it, or makes it.
func openTarget(path string, fresh cursor) (c cursor, db *bolt.DB, err error) {
	open := func() (*bolt.DB, error) {
		return bolt.Open(path, fileMode, &bolt.Options{Timeout: Options{}.withDefaults().OpenTimeout, FreelistType: bolt.FreelistMapType})
	}
	if db, err = open(); err == nil {
		if c, err = readCursor(db); err == nil && c.Source == fresh.Source && c.Tag == fresh.Tag {
			return c, db, nil
		}
		_ = db.Close()
	}
	// Of another state of the store, or damaged: it holds nothing of its own.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return c, nil, err
	}
	if db, err = open(); err != nil {
		return c, nil, err
	}
	c = fresh
	err = db.Update(func(tx *bolt.Tx) error {
		for _, step := range migrations {
			if err := step(tx); err != nil {
				return err
			}
		}
		version := binary.BigEndian.AppendUint32(nil, uint32(len(migrations))) //nolint:gosec // a handful
		return errors.Join(tx.Bucket(metaBucket).Put(schemaKey, version), c.save(tx))
	})
	if err != nil {
		return c, nil, errors.Join(err, db.Close())
	}
	return c, db, nil
}

func readCursor(db *bolt.DB) (c cursor, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			return errors.New("no cursor")
		}
		return json.Unmarshal(meta.Get(rewriteKey), &c)
	})
	return c, err
}

func (c *cursor) save(tx *bolt.Tx) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(rewriteKey, text)
}

// A rewriting is one call of Rewrite.
type rewriting struct {
	from     *bolt.Tx
	db       *bolt.DB
	rw       Rewriter
	cursor   cursor
	progress func(done, total int)
}

func (r *rewriting) run(ctx context.Context) error {
	total := 0
	var names [][]byte
	err := r.from.ForEach(func(name []byte, b *bolt.Bucket) error {
		if r.rewrites(name) {
			names, total = append(names, bytes.Clone(name)), total+b.Stats().KeyN
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		for more := bytes.Compare(name, r.cursor.Bucket) >= 0 && !r.cursor.Over; more; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.db.Update(func(to *bolt.Tx) (err error) {
				more, err = r.page(name, to)
				return err
			}); err != nil {
				return err
			}
			if r.progress != nil {
				r.progress(r.cursor.Done, total)
			}
		}
	}
	return r.db.Update(func(to *bolt.Tx) error {
		r.cursor.Over = true
		return errors.Join(reorder(to, r.from.Bucket(orderBucket).Sequence()), r.cursor.save(to))
	})
}

// rewrites tells whether the rows of a bucket are replaced one by one; the order
// of jobs follows from the jobs.
func (r *rewriting) rewrites(name []byte) bool {
	return !bytes.Equal(name, metaBucket) && !bytes.Equal(name, orderBucket)
}

// page replaces the next rows of a bucket; more tells whether any are left.
func (r *rewriting) page(name []byte, to *bolt.Tx) (more bool, err error) {
	b, err := to.CreateBucketIfNotExists(name)
	if err != nil {
		return false, err
	}
	next := r.cursor
	c := r.from.Bucket(name).Cursor()
	k, v := c.First()
	if bytes.Equal(next.Bucket, name) && next.Key != nil {
		if k, v = c.Seek(next.Key); bytes.Equal(k, next.Key) {
			k, v = c.Next()
		}
	}
	for n := 0; k != nil && n < rewriteRows; n++ {
		newKey, newValue, err := r.row(name, k, v)
		if err != nil {
			return false, err
		}
		if newValue != nil {
			if err := b.Put(newKey, newValue); err != nil {
				return false, err
			}
		}
		next.Bucket, next.Key, next.Done = name, bytes.Clone(k), next.Done+1
		k, v = c.Next()
	}
	if err := next.save(to); err != nil {
		return false, err
	}
	r.cursor = next
	return k != nil, nil
}

func (r *rewriting) row(bucket, k, v []byte) (newKey, newValue []byte, err error) {
	switch {
	case bytes.Equal(bucket, jobsBucket):
		return r.job(k, v)
	case bytes.Equal(bucket, deadBucket):
		return r.letter(k, v)
	}
	key, value, err := r.rw.Record(string(bytes.TrimPrefix(bucket, []byte(recordPrefix))), string(k), bytes.Clone(v))
	return []byte(key), value, err
}

func (r *rewriting) job(k, v []byte) (newKey, newValue []byte, err error) {
	queue, id, ok := bytes.Cut(k, []byte{0})
	if !ok || len(v) == 0 {
		return nil, nil, corrupt("a job")
	}
	if v[0] == over {
		newID, err := r.rw.Marker(string(queue), string(id))
		return []byte(jobKey(string(queue), newID)), bytes.Clone(v), err
	}
	row, err := decodeRow(v)
	if err != nil {
		return nil, nil, err
	}
	j, err := r.rw.Job(storage.Job{ID: string(id), Queue: string(queue), Key: row.lane, Body: row.body})
	if err != nil {
		return nil, nil, err
	}
	row.lane, row.body = j.Key, j.Body
	return []byte(jobKey(string(queue), j.ID)), row.encode(), nil
}

func (r *rewriting) letter(k, v []byte) (newKey, newValue []byte, err error) {
	l, err := decodeLetter(string(k), v)
	if err != nil {
		return nil, nil, err
	}
	_, rest, _ := cutText(v)
	_, rest, _ = cutText(rest)
	_, rest, _ = cutText(rest)
	row, err := decodeRow(rest)
	if err != nil {
		return nil, nil, err
	}
	j, err := r.rw.Job(l.Job)
	if err != nil {
		return nil, nil, err
	}
	row.lane, row.body = j.Key, j.Body
	value := appendText(appendText(appendText(nil, j.Queue), j.ID), l.Fingerprint)
	return bytes.Clone(k), append(value, row.encode()...), nil
}

// reorder makes the order of jobs anew, out of the jobs: each lane by seq, with
// its first in the list of what is due.
func reorder(tx *bolt.Tx, sequence uint64) error {
	if err := tx.DeleteBucket(orderBucket); err != nil {
		return err
	}
	order, err := tx.CreateBucket(orderBucket)
	if err != nil {
		return err
	}
	if err := order.SetSequence(sequence); err != nil {
		return err
	}
	type entry struct {
		queue, id, lane string
		seq             uint64
		due             int64
	}
	var all []entry
	err = tx.Bucket(jobsBucket).ForEach(func(k, v []byte) error {
		if v[0] == over {
			return nil
		}
		queue, id, _ := bytes.Cut(k, []byte{0})
		row, err := decodeRow(v)
		if err != nil {
			return err
		}
		all = append(all, entry{string(queue), string(id), row.lane, row.seq, row.due})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b entry) int {
		if a.seq < b.seq {
			return -1
		}
		return 1
	})
	begun := map[string]bool{}
	for _, e := range all {
		var errs []error
		lane := lanePrefix(e.queue, e.lane)
		if e.lane != "" {
			errs = append(errs, order.Put([]byte(laneKey(lane, e.seq)), []byte(e.id)))
		}
		if e.lane == "" || !begun[lane] {
			errs = append(errs, order.Put([]byte(dueKey(e.queue, e.due, e.seq)), []byte(e.id)))
		}
		begun[lane] = true
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// ReplaceBy closes the store, puts the file at path, which Rewrite made, in the
// place of its own, and overwrites what its own file held. The file belongs to
// whom that one did. Killed at any time, one of the two is at the store's path,
// and whole.
func (s *Store) ReplaceBy(path string) error {
	own := s.db.Path()
	old, err := os.OpenFile(own, os.O_WRONLY, 0) //nolint:gosec // the store's own path, while it still has that name
	if err != nil {
		return fmt.Errorf("boltstore: replace: %w", errors.Join(err, s.Close()))
	}
	if err = OwnedLike(path, own); err == nil {
		err = os.Rename(path, own) // while the lock keeps every other process out
	}
	if err == nil {
		err = syncDir(filepath.Dir(own))
	}
	s.committer.wipe = true
	if closed := s.Close(); err == nil {
		err = errors.Join(closed, wipe(old))
	}
	if err = errors.Join(err, old.Close()); err != nil {
		return fmt.Errorf("boltstore: replace: %w", err)
	}
	return nil
}

// wipe overwrites a file. File systems that copy on write keep the old blocks
// for a while all the same.
func wipe(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for at := int64(0); at < info.Size(); at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), info.Size()-at)], at); err != nil {
			return err
		}
	}
	return f.Sync()
}
