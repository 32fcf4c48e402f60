package pgstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// Transactions are serializable, as boltstore's are: whatever fn reads, with a
// key declared or not, is as if nobody else wrote meanwhile. PostgreSQL ends one
// of two that got in each other's way, which is then done again; keys that are
// declared keep it from coming to that.
const (
	// attempts bounds how often a transaction is tried.
	attempts = 30
	// patience is how many times it is tried beside all others. After that those
	// that failed stand in line, so that each of them gets its turn.
	patience = 3
	// pauseAtMost, between two tries.
	pauseAtMost = 100 * time.Millisecond
	// endTime is how long the end of a transaction may take that can no more be
	// cancelled.
	endTime = 30 * time.Second
)

// Update implements storage.Store.
func (s *Store) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	return s.update(ctx, keys, func(t *tx) error { return fn(t) })
}

// update runs fn until it commits or fails for a reason of its own.
func (s *Store) update(ctx context.Context, keys []string, fn func(*tx) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.users.Done()
	locks := locksOf(s.opts.Schema, keys)
	release, err := s.locks.take(ctx, locks)
	if err != nil {
		return err
	}
	defer release()
	for n := 1; ; n++ {
		err := s.try(ctx, locks, fn)
		s.leaveStandby(err)
		if err == nil || !conflicts(err) || n == attempts {
			return err
		}
		if n == patience {
			line := []int64{lockOf(s.opts.Schema, "line")} // after all keys, for everybody
			leave, err := s.locks.take(ctx, line)
			if err != nil {
				return err
			}
			defer leave()
			locks = append(locks, line...)
		}
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

// leaveStandby has all connections made anew after a failover has left them with
// a server that only reads.
func (s *Store) leaveStandby(err error) {
	if code(err) == readOnly {
		s.pool.Reset()
	}
}

// pause waits before another try, longer each time and by chance.
func pause(ctx context.Context, n int) error {
	limit := min(pauseAtMost, time.Millisecond<<min(n, 10))
	timer := time.NewTimer(rand.N(limit)) //nolint:gosec // chance needs no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// try runs fn in one transaction under locks, on a connection of its own.
func (s *Store) try(ctx context.Context, locks []int64, fn func(*tx) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.acquired(ctx, err)
	}
	// The locks are the session's and not the transaction's: a snapshot that was
	// taken while waiting for them would be of before.
	defer s.letGo(ctx, conn, len(locks) > 0)
	for _, n := range locks {
		if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", n); err != nil {
			return translate(err)
		}
	}
	if _, err := conn.Exec(ctx, "begin isolation level serializable"); err != nil {
		return translate(err)
	}
	t := &tx{Access: driver.Access{Writable: true}, ctx: ctx, conn: conn.Conn()}
	if err := t.call(fn); err != nil { // letGo rolls back
		if conflicts(t.failed) {
			return t.failed // whatever fn made of it
		}
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// From here on the outcome is the database's, whatever becomes of ctx.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	tag, err := conn.Exec(end, "commit")
	if err != nil {
		return translate(err)
	}
	if tag.String() == "ROLLBACK" { // fn swallowed the error of a statement
		return or(t.failed, errors.New("pgstore: the transaction had failed"))
	}
	s.wake(t.Touched)
	return nil
}

// letGo ends what is left of a transaction, gives the locks back and hands the
// connection on. A connection whose state is not known is closed, which ends all
// of it too.
func (s *Store) letGo(ctx context.Context, conn *pgxpool.Conn, locked bool) {
	defer conn.Release()
	if conn.Conn().IsClosed() {
		return
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	var err error
	if conn.Conn().PgConn().TxStatus() != 'I' {
		_, err = conn.Exec(end, "rollback")
	}
	if err == nil && locked {
		_, err = conn.Exec(end, "select pg_advisory_unlock_all()")
	}
	if err != nil {
		_ = conn.Conn().Close(end) // whatever it says: it is of no more use
	}
}

// acquired is why there is no connection.
func (s *Store) acquired(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return translate(err)
}

// View implements storage.Store.
func (s *Store) View(ctx context.Context, fn func(storage.Tx) error) error {
	return s.read(ctx, func(t *tx) error { return fn(t) })
}

// read runs fn on one snapshot, which is taken before fn begins.
func (s *Store) read(ctx context.Context, fn func(*tx) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.users.Done()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.acquired(ctx, err)
	}
	defer s.letGo(ctx, conn, false)
	_, err = conn.Exec(ctx, "begin isolation level repeatable read read only; select 1", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return translate(err)
	}
	return (&tx{ctx: ctx, conn: conn.Conn()}).call(fn)
}

// or is err, or instead when there is none.
func or(err, instead error) error {
	if err == nil {
		return instead
	}
	return err
}
