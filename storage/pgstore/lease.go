package pgstore

import (
	"context"
	"sync"
	"time"
)

// leases are the runs of this process, which renews its hold on their jobs for
// as long as they go on, however long that is. A process that stands still
// loses them: when it goes on, the fence refuses what they do.
type leases struct {
	mu   sync.Mutex
	runs map[*run]bool
}

func (l *leases) add(r *run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[r] = true
}

func (l *leases) remove(r *run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.runs, r)
}

func (l *leases) held() (seqs, runs []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range l.runs {
		if !r.over.Load() {
			seqs, runs = append(seqs, r.claimed.seq), append(runs, r.claimed.run)
		}
	}
	return seqs, runs
}

// renew renews the leases until ctx ends: three times while one lasts.
func (s *Store) renew(ctx context.Context) {
	tick := time.NewTicker(s.opts.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		seqs, runs := s.lease.held()
		if len(seqs) == 0 {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, s.opts.Lease/3)
		_, err := s.pool.Exec(limited, `update job set lease = clock_ns() + $3 from unnest($1::bigint[], $2::bigint[]) held (seq, run)
			where job.seq = held.seq and job.run = held.run and state = 0 and lease > 0`, seqs, runs, int64(s.opts.Lease))
		cancel()
		if err != nil && ctx.Err() == nil {
			s.opts.Log.WithError(translate(err)).Warn("the hold on running jobs cannot be renewed")
		}
	}
}
