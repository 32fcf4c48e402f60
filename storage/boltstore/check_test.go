package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Each damage is done to a file that is sound but for it, in a transaction of
// bbolt's own, so that only Check can find it.
func TestCheckFinds(t *testing.T) {
	first := func(order *bolt.Bucket, kind byte) (k, v []byte) {
		k, v = order.Cursor().Seek([]byte{kind})
		return bytes.Clone(k), bytes.Clone(v)
	}
	for _, tt := range []struct {
		name  string
		spoil func(jobs, order *bolt.Bucket) error
		sound bool
	}{
		{"nothing", func(_, _ *bolt.Bucket) error { return nil }, true},
		{"a job that is never due", func(_, order *bolt.Bucket) error {
			k, _ := first(order, 'd')
			return order.Delete(k)
		}, false},
		{"a job due twice", func(_, order *bolt.Bucket) error {
			k, id := first(order, 'd')
			binary.BigEndian.PutUint64(k[len(k)-16:], 7)
			return order.Put(k, id)
		}, false},
		{"a job out of its lane", func(_, order *bolt.Bucket) error {
			k, _ := first(order, 'l')
			return order.Delete(k)
		}, false},
		{"a job due before its turn", func(jobs, order *bolt.Bucket) error {
			r, err := decodeRow(jobs.Get([]byte(jobKey("q", "second"))))
			return errors.Join(err, order.Put([]byte(dueKey("q", r.due, r.seq)), []byte("second")))
		}, false},
		{"an order that leads nowhere", func(jobs, _ *bolt.Bucket) error {
			return jobs.Delete([]byte(jobKey("q", "alone")))
		}, false},
		{"an order that leads to what is over", func(jobs, _ *bolt.Bucket) error {
			return jobs.Put([]byte(jobKey("q", "alone")), marker(time.Now()))
		}, false},
		{"half a job", func(jobs, _ *bolt.Bucket) error {
			return jobs.Put([]byte(jobKey("q", "alone")), jobs.Get([]byte(jobKey("q", "alone")))[:9])
		}, false},
		{"an entry of no kind", func(_, order *bolt.Bucket) error { return order.Put([]byte("x\x00y"), nil) }, false},
		{"an entry of no queue", func(_, order *bolt.Bucket) error { return order.Put([]byte("x"), nil) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := mustOpen(t, filepath.Join(t.TempDir(), "db"), Options{})
			later := time.Now().Add(time.Hour)
			must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
				for _, j := range []storage.Job{{ID: "first", Key: "lane"}, {ID: "second", Key: "lane"}, {ID: "alone"}} {
					j.Queue, j.At, j.Body = "q", later, []byte("body")
					if _, err := tx.Enqueue(j); err != nil {
						return err
					}
				}
				return tx.Put("b", "k", []byte("v"))
			}))
			must(t, s.db.Update(func(tx *bolt.Tx) error {
				return tt.spoil(tx.Bucket(jobsBucket), tx.Bucket(orderBucket))
			}))
			err := s.Check(t.Context())
			if tt.sound != (err == nil) || err != nil && !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A page that two buckets claim is found by bbolt's own check.
func TestCheckReadsThePages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	write(func(b []byte) []byte {
		// The meta page in use is left as it is; what it leads to loses its
		// order of keys.
		i := bytes.Index(b, []byte("~\x00\x00\x00\x07"))
		for i >= 0 {
			b[i+4] = 0xee
			next := bytes.Index(b[i+5:], []byte("~\x00\x00\x00\x07"))
			if next < 0 {
				break
			}
			i += 5 + next
		}
		return b
	})(t, path)
	s := mustOpen(t, path, Options{})
	if err := s.Check(t.Context()); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("%v", err)
	}
}

func TestCheckStops(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "db"), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	must(t, s.Close())
	if err := s.Check(t.Context()); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
