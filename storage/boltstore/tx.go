package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// A tx is the port's Tx: a bbolt transaction that reads the file, and the layers
// over it. A group of updates shares one, and writes into its first layer.
type tx struct {
	driver.Access
	btx     *bolt.Tx
	layers  []*layer // the newest first
	now     func() time.Time
	records map[string]*bucket // by the name that records know
	own     map[string]*bucket // by the name in the file
	undo    []undo             // of the running call
	size    int64              // of the file, once the transaction is over
}

func newTx(btx *bolt.Tx, layers []*layer, now func() time.Time) *tx {
	return &tx{btx: btx, layers: layers, now: now, records: map[string]*bucket{}, own: map[string]*bucket{}}
}

// takeBack undoes what the running call has written.
func (t *tx) takeBack() {
	for _, u := range slices.Backward(t.undo) {
		t.layers[0].restore(u)
	}
	t.undo = t.undo[:0]
}

var (
	_ storage.Tx     = (*tx)(nil)
	_ storage.Keeper = (*tx)(nil)
)

// call runs one update; a panic in it is its caller's error.
func (t *tx) call(cl *call) (err error) {
	if err := cl.ctx.Err(); err != nil {
		return err
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = driver.Panicked(v)
			return
		}
		t.Over = true
		cl.end(driver.ErrExited)
	}()
	err = cl.fn(t)
	returned = true
	return err
}

// Get implements storage.Tx.
func (t *tx) Get(bucket, key string) (value []byte, err error) {
	defer t.rescue(bucket, &err)
	if err := t.MayGet(bucket, key); err != nil {
		return nil, err
	}
	return bytes.Clone(t.bucket(bucket).get(key)), nil
}

// Put implements storage.Tx.
func (t *tx) Put(bucket, key string, value []byte) error {
	return t.PutOwn(bucket, key, bytes.Clone(value))
}

// PutOwn implements storage.Keeper.
func (t *tx) PutOwn(bucket, key string, value []byte) (err error) {
	defer t.rescue(bucket, &err)
	if err := t.MayPut(bucket, key, value); err != nil {
		return err
	}
	b := t.bucket(bucket)
	if value == nil && b.get(key) == nil {
		return nil
	}
	b.put(strings.Clone(key), value)
	return nil
}

// Scan implements storage.Tx.
func (t *tx) Scan(bucket, from, to string, limit int) (kvs []storage.KV, err error) {
	defer t.rescue(bucket, &err)
	if err := t.MayScan(bucket); err != nil {
		return nil, err
	}
	w := t.bucket(bucket).walk()
	for k, v, ok := w.seek(from); ok && k < to; k, v, ok = w.next() {
		kvs = append(kvs, storage.KV{Key: k, Value: bytes.Clone(v)})
		if limit > 0 && len(kvs) == limit {
			break
		}
	}
	return kvs, nil
}

// Known tells whether a job of that ID waits, or has been done within KeepDone.
func (t *tx) Known(queue, id string) (known bool, err error) {
	defer t.rescue("jobs", &err)
	if t.Over {
		return false, driver.ErrLate
	}
	return t.jobs().get(jobKey(queue, id)) != nil, nil
}

// bucket returns the bucket of records of that name.
func (t *tx) bucket(name string) *bucket {
	b := t.records[name]
	if b == nil {
		b = t.open(recordPrefix + name)
		t.records[strings.Clone(name)] = b
	}
	return b
}

// inner returns one of the store's own buckets.
func (t *tx) inner(name []byte) *bucket {
	b := t.own[string(name)]
	if b == nil {
		b = t.open(string(name))
		t.own[b.name] = b
	}
	return b
}

func (t *tx) open(name string) *bucket {
	return &bucket{tx: t, name: name, file: t.btx.Bucket([]byte(name))}
}

func (t *tx) jobs() *bucket  { return t.inner(jobsBucket) }
func (t *tx) order() *bucket { return t.inner(orderBucket) }
func (t *tx) dead() *bucket  { return t.inner(deadBucket) }

// rescue turns a panic of bbolt, or a fault in the mapped file, into
// ErrCorrupt. Only bbolt runs below the methods that defer it.
func (t *tx) rescue(where string, err *error) {
	if v := recover(); v != nil {
		*err = corrupt(fmt.Sprintf("bucket %q: %s", where, what(v)))
	}
}

func isCorrupt(err error) bool { return errors.Is(err, storage.ErrCorrupt) }
