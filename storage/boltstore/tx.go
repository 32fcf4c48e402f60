package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// A tx is one bbolt transaction as the port's Tx; a group of updates shares it.
type tx struct {
	driver.Access
	btx     *bolt.Tx
	now     func() time.Time
	buckets map[string]*bolt.Bucket // records, opened already
	writes  int                     // how many so far
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
	b := t.bucket(bucket)
	if b == nil {
		return nil, nil
	}
	return bytes.Clone(b.Get([]byte(key))), nil
}

// Put implements storage.Tx. bbolt holds on to a value until the commit.
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
	if value == nil {
		if b == nil || b.Get([]byte(key)) == nil {
			return nil
		}
		t.writes++
		return b.Delete([]byte(key))
	}
	t.writes++
	if b == nil {
		if b, err = t.btx.CreateBucketIfNotExists([]byte(recordPrefix + bucket)); err != nil {
			return err
		}
		t.keep(bucket, b)
	}
	return b.Put([]byte(key), value)
}

// Scan implements storage.Tx.
func (t *tx) Scan(bucket, from, to string, limit int) (kvs []storage.KV, err error) {
	defer t.rescue(bucket, &err)
	if err := t.MayScan(bucket); err != nil {
		return nil, err
	}
	b := t.bucket(bucket)
	if b == nil {
		return nil, nil
	}
	c, end := b.Cursor(), []byte(to)
	for k, v := c.Seek([]byte(from)); k != nil && bytes.Compare(k, end) < 0; k, v = c.Next() {
		kvs = append(kvs, storage.KV{Key: string(k), Value: bytes.Clone(v)})
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
	return t.btx.Bucket(jobsBucket).Get(jobKey(queue, id)) != nil, nil
}

// bucket returns the bucket of records of that name, or nil.
func (t *tx) bucket(name string) *bolt.Bucket {
	if b, ok := t.buckets[name]; ok {
		return b
	}
	b := t.btx.Bucket([]byte(recordPrefix + name))
	if b != nil {
		t.keep(name, b)
	}
	return b
}

func (t *tx) keep(name string, b *bolt.Bucket) {
	if t.buckets == nil {
		t.buckets = make(map[string]*bolt.Bucket)
	}
	t.buckets[name] = b
}

// rescue turns a panic of bbolt, or a fault in the mapped file, into
// ErrCorrupt. Only bbolt runs below the methods that defer it.
func (t *tx) rescue(where string, err *error) {
	if v := recover(); v != nil {
		*err = corrupt(fmt.Sprintf("bucket %q: %s", where, what(v)))
	}
}

func isCorrupt(err error) bool { return errors.Is(err, storage.ErrCorrupt) }
