package pgstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weizhangbot/weizhangbot/storage"
)

// DeadLetters implements storage.Jobs.
func (s *Store) DeadLetters(ctx context.Context, limit int) (letters []storage.DeadLetter, err error) {
	var most any
	if limit > 0 {
		most = limit
	}
	err = s.read(ctx, func(t *tx) error {
		rows, err := t.conn.Query(ctx, `select seq, queue, id, lane, due, attempt, body, ended, cause from job
			where state = 2 order by ended, seq limit $1`, most)
		if err != nil {
			return translate(err)
		}
		letters, err = pgx.CollectRows(rows, letterOf)
		return translate(err)
	})
	return letters, err
}

func letterOf(row pgx.CollectableRow) (l storage.DeadLetter, err error) {
	var seq, due, ended int64
	var queue, id, lane []byte
	err = row.Scan(&seq, &queue, &id, &lane, &due, &l.Job.Attempt, &l.Job.Body, &ended, &l.Fingerprint)
	l.Ref, l.Died = strconv.FormatInt(seq, 10), time.Unix(0, ended)
	l.Job.Queue, l.Job.ID, l.Job.Key, l.Job.At = string(queue), string(id), string(lane), time.Unix(0, due)
	return l, err
}

// bury makes a dead letter of a job and frees its lane.
func (t *tx) bury(c claimed, cause string) error {
	return t.end(c, `update job set state = 2, head = false, ended = clock_ns(), attempt = $3, cause = $4
		where seq = $1 and run = $2 and state = 0`, min(c.job.Attempt, storage.MaxAttempts), cause)
}

// Revive implements storage.Jobs.
func (s *Store) Revive(ctx context.Context, ref string) error {
	seq, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return storage.ErrNoLetter
	}
	return s.update(ctx, nil, func(t *tx) error {
		var queue, id, lane, body []byte
		err := t.conn.QueryRow(ctx, "delete from job where seq = $1 and state = 2 returning queue, id, lane, body", seq).
			Scan(&queue, &id, &lane, &body)
		if errors.Is(err, pgx.ErrNoRows) {
			return storage.ErrNoLetter
		}
		if err != nil {
			return t.fail(err)
		}
		_, err = t.Enqueue(storage.Job{ID: string(id), Queue: string(queue), Key: string(lane), Body: body})
		return err
	})
}
