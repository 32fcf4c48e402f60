package pgstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
)

// BenchmarkTurn is what a message costs: a person's record read and written, the
// message remembered, and a job enqueued, for people at the same time.
func BenchmarkTurn(b *testing.B) {
	for _, people := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d people", people), func(b *testing.B) {
			s := process(b, Options{Schema: schema(b)})
			var n atomic.Int64
			turn := func(person int) error {
				id := n.Add(1)
				key := fmt.Sprintf("%x/%d", lockOf("", fmt.Sprint(person)), person)
				return s.Update(b.Context(), []string{key}, func(tx storage.Tx) error {
					if _, err := tx.Get("talks", key); err != nil {
						return err
					}
					if err := tx.Put("talks", key, make([]byte, 200)); err != nil {
						return err
					}
					if err := tx.Put("seen", fmt.Sprintf("%s/%d", key, id), []byte("reply")); err != nil {
						return err
					}
					_, err := tx.Enqueue(storage.Job{ID: fmt.Sprint(id), Queue: "q", Key: key, Body: make([]byte, 200)})
					return err
				})
			}
			b.ResetTimer()
			var all sync.WaitGroup
			for person := range people {
				all.Go(func() {
					for range max(b.N/people, 1) {
						if err := turn(person); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// BenchmarkJobs is how fast jobs run, each of them completed with a write.
func BenchmarkJobs(b *testing.B) {
	s := process(b, Options{Schema: schema(b)})
	for from := 0; from < b.N; from += 1000 {
		var jobs []storage.Job
		for i := from; i < min(from+1000, b.N); i++ {
			jobs = append(jobs, storage.Job{ID: fmt.Sprint(i), Queue: "q", Key: fmt.Sprint(i % 500)})
		}
		enqueue(b, s, jobs...)
	}
	b.ResetTimer()
	ran := make(chan struct{}, 64)
	work(b, s, "q", 32, func(_ context.Context, j storage.Job, done storage.Done) error {
		err := done([]string{j.Key}, func(tx storage.Tx) error { return tx.Put("b", j.Key+"/"+j.ID, []byte("v")) })
		ran <- struct{}{}
		return err
	})
	for range b.N {
		next(b, ran)
	}
}
