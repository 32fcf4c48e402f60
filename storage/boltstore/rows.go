package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Rows hands out everything the file holds, in the order that package storage
// prescribes.
func (c *Copy) Rows(ctx context.Context, each func(storage.Row) error) error {
	var own error // each's: not this package's to translate
	err := guard(func() error {
		return c.db.View(func(tx *bolt.Tx) error {
			return (&reader{tx: tx, each: func(r storage.Row) error {
				own = cmp.Or(ctx.Err(), each(r))
				return own
			}}).run()
		})
	})
	if err == nil || own != nil {
		return own
	}
	return fmt.Errorf("boltstore: rows of %s: %w", c.db.Path(), translate(err))
}

type reader struct {
	tx   *bolt.Tx
	each func(storage.Row) error
}

func (r *reader) run() error {
	err := r.tx.ForEach(func(name []byte, b *bolt.Bucket) error {
		bucket, ok := strings.CutPrefix(string(name), recordPrefix)
		if !ok {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			return r.each(storage.Row{Kind: storage.RowRecord, Place: bucket, Key: string(k), Value: bytes.Clone(v)})
		})
	})
	if err != nil {
		return err
	}
	letters, err := r.letters()
	if err != nil {
		return err
	}
	dead := map[string]bool{}
	for _, l := range letters {
		dead[jobKey(l.Place, l.Key)] = true
	}
	if err := r.jobs(dead); err != nil {
		return err
	}
	for _, l := range letters {
		if err := r.each(l); err != nil {
			return err
		}
	}
	return nil
}

// jobs hands out those that wait, then those that are over and no dead letters.
func (r *reader) jobs(dead map[string]bool) error {
	type place struct {
		seq uint64
		key []byte
	}
	var waiting []place
	jobs := r.tx.Bucket(jobsBucket)
	if err := jobs.ForEach(func(k, v []byte) error {
		if v[0] == over {
			return nil
		}
		row, err := decodeRow(v)
		waiting = append(waiting, place{row.seq, bytes.Clone(k)})
		return err
	}); err != nil {
		return err
	}
	slices.SortFunc(waiting, func(a, b place) int { return cmp.Compare(a.seq, b.seq) })
	for _, p := range waiting {
		row, err := decodeRow(jobs.Get(p.key))
		if err != nil {
			return err
		}
		queue, id, _ := bytes.Cut(p.key, []byte{0})
		if err := r.each(storage.Row{
			Kind: storage.RowPending, Place: string(queue), Key: string(id), Value: row.body, Lane: row.lane, Due: row.due, Attempt: row.attempt,
		}); err != nil {
			return err
		}
	}
	return jobs.ForEach(func(k, v []byte) error {
		if v[0] != over || dead[string(k)] {
			return nil
		}
		if len(v) != 9 {
			return corrupt("a marker of a job")
		}
		queue, id, _ := bytes.Cut(k, []byte{0})
		return r.each(storage.Row{Kind: storage.RowOver, Place: string(queue), Key: string(id), Ended: int64(binary.BigEndian.Uint64(v[1:]))})
	})
}

// letters are the dead letters, as each is known by its ID: not those whose ID
// was enqueued anew after their time, and of two of an ID the later one.
func (r *reader) letters() ([]storage.Row, error) {
	byID := map[string]storage.Row{}
	err := r.tx.Bucket(deadBucket).ForEach(func(k, v []byte) error {
		l, err := decodeLetter(string(k), v)
		if err != nil {
			return err
		}
		key := jobKey(l.Job.Queue, l.Job.ID)
		if have := r.tx.Bucket(jobsBucket).Get([]byte(key)); have != nil && have[0] != over {
			return nil
		}
		byID[key] = storage.Row{
			Kind: storage.RowDead, Place: l.Job.Queue, Key: l.Job.ID, Value: l.Job.Body, Lane: l.Job.Key,
			Due: l.Job.At.UnixNano(), Ended: l.Died.UnixNano(), Attempt: l.Job.Attempt, Cause: l.Fingerprint,
		}
		return nil
	})
	var letters []storage.Row
	for _, l := range byID {
		letters = append(letters, l)
	}
	slices.SortFunc(letters, func(a, b storage.Row) int {
		return cmp.Or(cmp.Compare(a.Ended, b.Ended), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Key, b.Key))
	})
	return letters, err
}

// Load makes a store out of the rows that source hands out, in the draft, which
// was finished empty. Publishing it is the caller's.
func Load(ctx context.Context, d *Draft, source func(each func(storage.Row) error) error) (err error) {
	db, err := bolt.Open(d.Name(), fileMode, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize(),
		NoSync: true, // all at once at the end: until then the file is nobody's
	})
	if err != nil {
		return fmt.Errorf("boltstore: load: %w", translate(err))
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.AllocSize = 1 << 16
	if err := migrate(db, migrations); err != nil {
		return fmt.Errorf("boltstore: load: %w", translate(err))
	}
	l := &loader{db: db}
	if err := source(func(r storage.Row) error { return cmp.Or(ctx.Err(), l.add(r)) }); err != nil {
		return err
	}
	err = l.flush()
	if err == nil {
		err = db.Update(func(tx *bolt.Tx) error { return reorder(tx, l.seq) })
	}
	if err := errors.Join(err, db.Sync()); err != nil {
		return fmt.Errorf("boltstore: load: %w", translate(err))
	}
	return nil
}

type loader struct {
	db   *bolt.DB
	rows []storage.Row
	size int
	seq  uint64
}

func (l *loader) add(r storage.Row) error {
	l.rows, l.size = append(l.rows, r), l.size+len(r.Key)+len(r.Value)
	if l.size < compactStep {
		return nil
	}
	if err := l.flush(); err != nil {
		return fmt.Errorf("boltstore: load: %w", translate(err))
	}
	return nil
}

func (l *loader) flush() error {
	err := l.db.Update(func(tx *bolt.Tx) error {
		for _, r := range l.rows {
			if err := l.put(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	l.rows, l.size = l.rows[:0], 0
	return err
}

func (l *loader) put(tx *bolt.Tx, r storage.Row) error {
	jobs, key := tx.Bucket(jobsBucket), []byte(jobKey(r.Place, r.Key))
	switch r.Kind {
	case storage.RowRecord:
		b, err := tx.CreateBucketIfNotExists([]byte(recordPrefix + r.Place))
		if err != nil {
			return err
		}
		return b.Put([]byte(r.Key), r.Value)
	case storage.RowOver:
		return jobs.Put(key, marker(time.Unix(0, r.Ended)))
	}
	l.seq++
	job := row{seq: l.seq, due: r.Due, attempt: r.Attempt, lane: r.Lane, body: r.Value}
	if r.Kind == storage.RowPending {
		return jobs.Put(key, job.encode())
	}
	letter := binary.BigEndian.AppendUint64(nil, uint64(r.Ended))
	letter = binary.BigEndian.AppendUint64(letter, job.seq)
	value := appendText(appendText(appendText(nil, r.Place), r.Key), r.Cause)
	return errors.Join(
		tx.Bucket(deadBucket).Put(letter, append(value, job.encode()...)),
		jobs.Put(key, marker(time.Unix(0, r.Ended))),
	)
}
