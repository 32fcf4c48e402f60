package boltstore_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

func BenchmarkViewGet(b *testing.B) {
	s := open(b, b.TempDir())
	defer func() { _ = s.Close() }()
	if err := s.Update(b.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", "k", make([]byte, 200)) }); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.View(b.Context(), func(tx storage.Tx) error {
			_, err := tx.Get("b", "k")
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// A lone job: from the call of the Update that enqueues it until its handler
// runs, and until its done has returned. Two commits, and what is between them.
func BenchmarkJob(b *testing.B) {
	s := open(b, b.TempDir())
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithCancel(b.Context())
	began, ended := make(chan time.Time, 1), make(chan error, 1)
	go func() {
		ended <- s.Work(ctx, "q", 4, func(_ context.Context, _ storage.Job, done storage.Done) error {
			now := time.Now()
			defer func() { began <- now }()
			return done(nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("v")) })
		})
	}()
	var untilRun time.Duration
	for id := uint64(1); b.Loop(); id++ {
		start := time.Now()
		j := storage.Job{ID: string(binary.BigEndian.AppendUint64(nil, id)), Queue: "q", Body: make([]byte, 200)}
		if err := s.Update(ctx, nil, func(tx storage.Tx) error { _, err := tx.Enqueue(j); return err }); err != nil {
			b.Fatal(err)
		}
		untilRun += (<-began).Sub(start)
	}
	b.ReportMetric(float64(untilRun.Nanoseconds())/float64(b.N), "ns-to-run/op")
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCopy copies, verifies and compacts a file. WEIZHANG_BENCH_MB is its
// size, 64 otherwise; 1024 is what a store of ten million cars has.
func BenchmarkCopy(b *testing.B) {
	megabytes := 64
	if s := os.Getenv("WEIZHANG_BENCH_MB"); s != "" {
		var err error
		if megabytes, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(b.TempDir(), "db")
	size := fill(b, path, megabytes)
	step := func(name string, do func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	step("backup", func() error {
		s, err := boltstore.Open(path, boltstore.Options{})
		if err != nil {
			return err
		}
		d, err := boltstore.NewDraft(path + ".copy")
		if err != nil {
			return errors.Join(err, s.Close())
		}
		return errors.Join(s.Backup(b.Context(), d), d.Finish(), d.Publish(true), s.Close())
	})
	step("verify", func() error {
		c, err := boltstore.OpenCopy(path)
		if err != nil {
			return err
		}
		_, err = c.Verify(b.Context())
		return errors.Join(err, c.Close())
	})
	step("compact", func() error {
		_, err := boltstore.Compact(b.Context(), path, nil)
		return err
	})
}

// fill makes a store of about that size, with records of 200 bytes in no order.
func fill(b *testing.B, path string, megabytes int) (size int64) {
	b.Helper()
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for size < int64(megabytes)<<20 {
		if err := s.Update(b.Context(), nil, func(tx storage.Tx) error {
			for range 20_000 {
				if err := tx.Put("car", rand.Text(), make([]byte, 200)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		size = info.Size()
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return size
}
