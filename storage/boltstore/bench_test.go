package boltstore_test

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
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
