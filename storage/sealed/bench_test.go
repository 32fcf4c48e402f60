package sealed_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// kinds are the stores that are compared.
var kinds = []struct {
	name string
	open func(b *testing.B) storage.Store
}{
	{"bare", func(b *testing.B) storage.Store { return openBolt(b, b.TempDir()) }},
	{"sealed", func(b *testing.B) storage.Store { return open(b, b.TempDir()) }},
}

// One call each inside a transaction, on the bare store and on the sealed one.
func BenchmarkTx(b *testing.B) {
	value := make([]byte, 200)
	key := func(i int) string { return fmt.Sprintf("wx/user-%d/~%d", i%10, i%1000) }
	calls := []struct {
		name string
		call func(tx storage.Tx, i int) error
	}{
		{"put", func(tx storage.Tx, i int) error { return tx.Put("b", key(i), value) }},
		{"get", func(tx storage.Tx, i int) error {
			_, err := tx.Get("b", key(i))
			return err
		}},
		{"scan100", func(tx storage.Tx, _ int) error {
			kvs, err := tx.Scan("b", "wx/user-1/", "wx/user-1/"+storage.End, 100)
			if len(kvs) != 100 {
				return errors.Join(err, fmt.Errorf("%d entries", len(kvs)))
			}
			return err
		}},
	}
	for _, kind := range kinds {
		s := kind.open(b)
		must(b, s.Update(b.Context(), nil, func(tx storage.Tx) error {
			var errs []error
			for i := range 1000 {
				errs = append(errs, tx.Put("b", key(i), value))
			}
			return errors.Join(errs...)
		}))
		for _, c := range calls {
			b.Run(c.name+"/"+kind.name, func(b *testing.B) {
				b.ReportAllocs()
				must(b, s.Update(b.Context(), nil, func(tx storage.Tx) error {
					for i := 0; b.Loop(); i++ {
						if err := c.call(tx, i); err != nil {
							return err
						}
					}
					return nil
				}))
			})
		}
		must(b, s.Close())
	}
}

// Durable writes of 200 bytes under a random one of 100,000 keys, by one writer
// and by 64: on bbolt's own Update, on the bare store and on the sealed one.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d/bbolt", writers), func(b *testing.B) { benchPlain(b, writers) })
		for _, kind := range kinds {
			b.Run(fmt.Sprintf("writers=%d/%s", writers, kind.name), func(b *testing.B) {
				s := kind.open(b)
				writeAll(b, writers, func(key, value []byte) error {
					return s.Update(b.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", string(key), value) })
				})
				must(b, s.Close())
			})
		}
	}
}

func benchPlain(b *testing.B, writers int) {
	db, err := bolt.Open(filepath.Join(b.TempDir(), "db"), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType})
	must(b, err)
	writeAll(b, writers, func(key, value []byte) error {
		return db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("b"))
			if err != nil {
				return err
			}
			return bucket.Put(key, value)
		})
	})
	must(b, db.Close())
}

// writeAll has b.N writes done by that many writers.
func writeAll(b *testing.B, writers int, write func(key, value []byte) error) {
	value := make([]byte, 200)
	todo := make(chan struct{}, writers)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range todo {
				key := binary.BigEndian.AppendUint64(nil, rand.Uint64N(100_000)*0x9e3779b97f4a7c15)
				if err := write(key, value); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for b.Loop() {
		todo <- struct{}{}
	}
	close(todo)
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}
