// Package pgstore is storage on several machines: a PostgreSQL database that any
// number of processes share.
//
// # What is River's and what is not
//
// River runs what has to happen once for all processes together: the sweeping of
// old markers, by its elected leader, retried and visible in its UI (sweep.go).
//
// The jobs of the port are rows of our own, claimed with FOR UPDATE SKIP LOCKED
// and woken by NOTIFY, because River cannot keep these promises of
// storage.Store: the order of a lane (its sequences are not in the open
// version); a time that is met (jobs for later become available in steps of
// five seconds, and late by twelve when a leader dies); the attempts and pauses
// of the port, which a snooze does not use up and boltstore shares; any ID, Key
// and queue name; and a fence: JobCompleteTx completes a job also for a run
// that another has taken over, and both commit. A River job as the wake-up of a
// lane was measured: it needs order, lease and fence beside it all the same, is
// one more write for each job, and runs a quarter as many.
//
// # Reading the source
//
// open.go connects, schema.go and migrations make the tables. update.go is how a
// transaction is begun, tried again and committed, locks.go its locks, tx.go
// what fn sees. job.go keeps jobs and the order of lanes, work.go claims and
// run.go runs them, lease.go keeps them, wake.go tells other processes, dead.go
// sets aside those that never succeed, queues.go counts them. share.go keeps
// people's shares for package sealed. probe.go asks a database that is no store
// yet; rows.go reads and writes a whole store and claim.go holds it, for moving.
package pgstore

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Store is storage.Store on PostgreSQL.
//
// A transaction that was cut off while it committed returns an error, though it
// may have been applied: whoever does it again needs an ID that tells, as jobs
// and platforms' messages have.
type Store struct {
	pool  *pgxpool.Pool
	side  *pgxpool.Pool // of shares: asked for in the middle of a transaction
	opts  Options
	locks localLocks
	queue queues
	lease leases
	self  string // among the processes that notify each other

	closing chan struct{} // closed first: no more jobs are taken
	once    sync.Once

	mu      sync.Mutex
	stopped bool           // no new work
	closed  bool           // no new transactions
	work    sync.WaitGroup // Work calls
	users   sync.WaitGroup // transactions
	helpers helpers        // what runs beside Work
}

var (
	_ storage.Store = (*Store)(nil)
	_ storage.Jobs  = (*Store)(nil)
)

func newStore(pool, side *pgxpool.Pool, opts Options) *Store {
	return &Store{
		pool: pool, side: side, opts: opts, self: newSelf(), closing: make(chan struct{}),
		lease: leases{runs: make(map[*run]bool)},
		queue: queues{waiting: make(map[string]map[chan struct{}]bool), news: make(map[string]bool), told: make(chan struct{}, 1)},
	}
}

// begin lets a transaction in; whoever is in calls s.users.Done.
func (s *Store) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return storage.ErrClosed
	}
	s.users.Add(1)
	return nil
}

// Close implements storage.Store.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.stopped = true
		s.mu.Unlock()
		close(s.closing)
		s.work.Wait()
		s.mu.Lock()
		s.helpers.ended = true
		s.mu.Unlock()
		s.helpers.stop()
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.users.Wait()
		s.pool.Close()
		s.side.Close()
	})
	return nil
}
