package pgstore

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Of a lane only the first pending job is a head, and only heads are claimed;
// it is followed by the next when it is over. That alone makes lanes strictly
// first in, first out. Whoever enqueues and whoever ends a head both write the
// row of the lane, and one of two at the same moment is done again: so no job is
// left behind a head that has gone. That they are serializable would not do:
// between them stands the claim, which is not.

// States of a job.
const (
	pending = 0
	over    = 1
	dead    = 2
)

// A claimed job is this process's to run.
type claimed struct {
	seq, run int64
	job      storage.Job
}

// claim takes up to room due jobs of queue, earliest first, and tells how long
// nothing else will be due, at most recheck. Being claimed counts as an attempt,
// so that a job that takes its process down is given up some day.
func (s *Store) claim(ctx context.Context, queue string, room int) (jobs []claimed, wait time.Duration, err error) {
	rows, err := s.pool.Query(ctx, `with due as (
			select seq from job where queue = $1 and head and due <= clock_ns() and lease <= clock_ns()
			order by due, seq limit $2 for update skip locked)
		update job set run = run + 1, attempt = attempt + 1, lease = clock_ns() + $3
		from due where job.seq = due.seq
		returning job.seq, run, id, lane, due, attempt, body`, []byte(queue), room, int64(s.opts.Lease))
	if err != nil {
		return nil, 0, translate(err)
	}
	jobs, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c claimed, err error) {
		var id, lane []byte
		var due int64
		err = row.Scan(&c.seq, &c.run, &id, &lane, &due, &c.job.Attempt, &c.job.Body)
		c.job.ID, c.job.Queue, c.job.Key, c.job.At = string(id), queue, string(lane), time.Unix(0, due)
		return c, err
	})
	if err != nil {
		return nil, 0, translate(err)
	}
	slices.SortFunc(jobs, func(a, b claimed) int { // RETURNING has no order
		if d := a.job.At.Compare(b.job.At); d != 0 {
			return d
		}
		return int(min(max(a.seq-b.seq, -1), 1))
	})
	if len(jobs) == room {
		return jobs, recheck, nil
	}
	return jobs, s.untilNext(ctx, queue), nil
}

// untilNext is how long nothing of queue will be due, at most recheck.
func (s *Store) untilNext(ctx context.Context, queue string) time.Duration {
	var next *int64
	err := s.pool.QueryRow(ctx, `select (select due from job where queue = $1 and head and due > clock_ns() order by due limit 1) - clock_ns()`,
		[]byte(queue)).Scan(&next)
	if err != nil || next == nil { // the next claim will say what is wrong
		return recheck
	}
	// The clock counts microseconds: a little more is never too early.
	return min(time.Duration(max(*next, 0))+time.Millisecond, recheck)
}

// giveBack lets go of jobs that were claimed and not begun.
func (s *Store) giveBack(ctx context.Context, jobs []claimed) {
	for _, c := range jobs {
		_, err := s.pool.Exec(ctx, `update job set lease = 0, attempt = attempt - 1 where seq = $1 and run = $2 and state = 0`, c.seq, c.run)
		if err != nil { // then the lease runs out
			s.opts.Log.WithError(translate(err)).Warn("a job that was not begun waits for its lease")
		}
	}
}

// live returns ErrLost when a run has no say any more.
func (t *tx) live(seq, run int64) error {
	var is bool
	err := t.conn.QueryRow(t.ctx, "select exists (select from job where seq = $1 and run = $2 and state = 0)", seq, run).Scan(&is)
	switch {
	case err != nil:
		return t.fail(err)
	case !is:
		return storage.ErrLost
	}
	return nil
}

// complete makes a marker of a running job, and hands its lane on.
func (t *tx) complete(c claimed) error {
	return t.end(c, `update job set state = 1, head = false, ended = clock_ns(), lane = '', body = ''
		where seq = $1 and run = $2 and state = 0`)
}

// end takes a job out of its lane by a statement on its row.
func (t *tx) end(c claimed, sql string, args ...any) error {
	if err := t.one(sql, append([]any{c.seq, c.run}, args...)...); err != nil || c.job.Key == "" {
		return err
	}
	queue, lane := []byte(c.job.Queue), []byte(c.job.Key)
	tag, err := t.conn.Exec(t.ctx, "delete from lane where queue = $1 and lane = $2 and jobs = 1", queue, lane)
	switch {
	case err != nil:
		return t.fail(err)
	case tag.RowsAffected() == 1: // it was the only one
		return nil
	}
	t.Touch(c.job.Queue)
	return errors.Join(
		t.exec("update lane set jobs = jobs - 1 where queue = $1 and lane = $2", queue, lane),
		t.exec(`update job set head = true where seq = (
			select seq from job where queue = $1 and lane = $2 and lane <> '' and state = 0 order by seq limit 1)`, queue, lane),
	)
}

// reschedule has a running job run again after a pause, with attempt runs
// counted.
func (t *tx) reschedule(c claimed, after time.Duration, attempt int) error {
	t.Touch(c.job.Queue)
	return t.one(`update job set due = least(clock_ns()::numeric + $3, $4)::bigint, attempt = $5, lease = 0
		where seq = $1 and run = $2 and state = 0`, c.seq, c.run, int64(max(after, 0)), int64(math.MaxInt64), attempt)
}

// one runs a statement that changes the row of a run; without one it is lost.
func (t *tx) one(sql string, args ...any) error {
	tag, err := t.conn.Exec(t.ctx, sql, args...)
	switch {
	case err != nil:
		return t.fail(err)
	case tag.RowsAffected() == 0:
		return storage.ErrLost
	}
	return nil
}
