package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Facts is what a file holds.
type Facts struct {
	Size    int64          // in bytes, as far as it is used
	Records map[string]int // by bucket
	Jobs    int            // that wait
	Over    int            // IDs of jobs that are over
	Dead    int            // dead letters
}

// RecordCount is how many records there are in all.
func (f Facts) RecordCount() (n int) {
	for _, records := range f.Records {
		n += records
	}
	return n
}

// Verify reads the whole file and counts what is in it. It returns ErrCorrupt
// when a page is damaged, lost or in use twice, or when jobs and their order do
// not match. What records mean, and whether a bit of a value has flipped, only
// whoever can open them knows.
func (c *Copy) Verify(ctx context.Context) (f Facts, err error) {
	err = guard(func() error {
		return c.db.View(func(tx *bolt.Tx) error {
			v := &verifier{ctx: ctx, tx: tx, facts: Facts{Size: tx.Size(), Records: map[string]int{}}}
			defer func() { f = v.facts }()
			return v.run()
		})
	})
	if err != nil {
		return Facts{}, fmt.Errorf("boltstore: verify %s: %w", c.db.Path(), translate(err))
	}
	return f, nil
}

type verifier struct {
	ctx   context.Context
	tx    *bolt.Tx
	facts Facts
	seen  int
}

func (v *verifier) run() error {
	// This walk comes before bbolt's own check: a page that leads out of the
	// file faults here, where it is an error, and not in a goroutine of bbolt's,
	// where it would end the process.
	err := v.tx.ForEach(func(name []byte, b *bolt.Bucket) error {
		n, err := v.walk(string(name), b)
		switch record, ok := strings.CutPrefix(string(name), recordPrefix); {
		case ok:
			v.facts.Records[record] = n
		case bytes.Equal(name, deadBucket):
			v.facts.Dead = n
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := v.pages(); err != nil {
		return err
	}
	for _, name := range [][]byte{jobsBucket, orderBucket, deadBucket} {
		if v.tx.Bucket(name) == nil {
			return fmt.Errorf("%w: the bucket %q is missing", storage.ErrCorrupt, name)
		}
	}
	if err := v.jobs(); err != nil {
		return err
	}
	return v.order()
}

func (v *verifier) walk(name string, b *bolt.Bucket) (n int, err error) {
	var last []byte
	return n, b.ForEach(func(k, value []byte) error {
		if n++; value == nil || last != nil && bytes.Compare(last, k) >= 0 {
			return fmt.Errorf("%w: a row of bucket %q is out of its place", storage.ErrCorrupt, name)
		}
		last = k
		return v.pause()
	})
}

// pause ends the walk when ctx has.
func (v *verifier) pause() error {
	if v.seen++; v.seen%1024 == 0 {
		return v.ctx.Err()
	}
	return nil
}

// pages is bbolt's own check. It is read to its end: its goroutine waits for that.
func (v *verifier) pages() (err error) {
	for fault := range v.tx.Check(bolt.WithKVStringer(silent{})) {
		if err == nil {
			err = fmt.Errorf("%w: %w", storage.ErrCorrupt, fault)
		}
	}
	return err
}

// silent keeps keys and values out of bbolt's errors.
type silent struct{}

func (silent) KeyToString([]byte) string   { return "(a key)" }
func (silent) ValueToString([]byte) string { return "(a value)" }

// jobs looks whether every job stands in the order, and counts them.
func (v *verifier) jobs() error {
	order := v.tx.Bucket(orderBucket)
	return v.tx.Bucket(jobsBucket).ForEach(func(k, value []byte) error {
		if len(value) == 9 && value[0] == over {
			v.facts.Over++
			return v.pause()
		}
		v.facts.Jobs++
		queue, id, ok := bytes.Cut(k, []byte{0})
		row, err := decodeRow(value)
		if err != nil || !ok {
			return corrupt("a job")
		}
		place := dueKey(string(queue), row.due, row.seq)
		if row.lane != "" {
			place = laneKey(lanePrefix(string(queue), row.lane), row.seq)
		}
		if !bytes.Equal(order.Get([]byte(place)), id) {
			return corrupt("a job is not in the order of jobs")
		}
		return v.pause()
	})
}

// order looks whether everything in the order is a job that belongs there, and
// whether the first of each lane, which all others wait for, is due some day.
func (v *verifier) order() error {
	order := v.tx.Bucket(orderBucket)
	jobs := newTx(v.tx, nil, nil)
	lane := "" // the prefix of the last entry's
	return order.ForEach(func(k, id []byte) error {
		kind, rest := k[0], k[1:]
		queue, place, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			return corrupt("an entry in the order of jobs")
		}
		row, err := jobs.job(string(queue), string(id))
		if err != nil {
			return err
		}
		if row == nil {
			return corrupt("the order of jobs leads to one that is not there")
		}
		due := dueKey(string(queue), row.due, row.seq)
		switch {
		case kind == 'd' && string(k) == due:
			return v.pause()
		case kind != 'l' || row.lane == "" || len(place) < 8:
			return corrupt("an entry in the order of jobs")
		}
		prefix := lanePrefix(string(queue), row.lane)
		if string(k) != laneKey(prefix, row.seq) {
			return corrupt("an entry in the order of jobs")
		}
		if prefix != lane && !bytes.Equal(order.Get([]byte(due)), id) {
			return corrupt("a lane that nothing moves on")
		}
		lane = prefix
		return v.pause()
	})
}
