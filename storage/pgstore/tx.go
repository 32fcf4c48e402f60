package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// A tx is one transaction as the port's Tx.
type tx struct {
	driver.Access
	ctx    context.Context // of the Update or View, which the port's methods do not take
	conn   *pgx.Conn
	failed error // of the first statement that failed: nothing works after it
}

var _ storage.Tx = (*tx)(nil)

// call runs fn; a panic in it is its caller's error.
func (t *tx) call(fn func(*tx) error) (err error) {
	err = driver.ErrExited
	defer func() {
		t.Over = true
		if v := recover(); v != nil {
			err = driver.Panicked(v)
		}
	}()
	return fn(t)
}

// fail notes why a statement failed.
func (t *tx) fail(err error) error {
	err = translate(err)
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// Get implements storage.Tx.
func (t *tx) Get(bucket, key string) (value []byte, err error) {
	if err := t.MayGet(bucket, key); err != nil {
		return nil, err
	}
	err = t.conn.QueryRow(t.ctx, "select value from record where bucket = $1 and key = $2", []byte(bucket), []byte(key)).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, t.fail(err)
	}
	return value, nil
}

// Put implements storage.Tx.
func (t *tx) Put(bucket, key string, value []byte) error {
	if err := t.MayPut(bucket, key, value); err != nil {
		return err
	}
	if value == nil {
		return t.exec("delete from record where bucket = $1 and key = $2", []byte(bucket), []byte(key))
	}
	return t.exec(`insert into record (bucket, key, value) values ($1, $2, $3)
		on conflict (bucket, key) do update set value = excluded.value`, []byte(bucket), []byte(key), value)
}

// Scan implements storage.Tx.
func (t *tx) Scan(bucket, from, to string, limit int) ([]storage.KV, error) {
	if err := t.MayScan(bucket); err != nil {
		return nil, err
	}
	var most any // null: no limit
	if limit > 0 {
		most = limit
	}
	rows, err := t.conn.Query(t.ctx, `select key, value from record
		where bucket = $1 and key >= $2 and key < $3 order by key limit $4`, []byte(bucket), []byte(from), []byte(to), most)
	if err != nil {
		return nil, t.fail(err)
	}
	kvs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kv storage.KV, err error) {
		var key []byte
		err = row.Scan(&key, &kv.Value)
		kv.Key = string(key)
		return kv, err
	})
	if err != nil {
		return nil, t.fail(err)
	}
	return kvs, nil
}

// Known tells whether a job of that ID waits, or has been done within KeepDone.
func (t *tx) Known(queue, id string) (known bool, err error) {
	if t.Over {
		return false, driver.ErrLate
	}
	err = t.conn.QueryRow(t.ctx, "select exists (select from job where queue = $1 and id = $2)", []byte(queue), []byte(id)).Scan(&known)
	if err != nil {
		return false, t.fail(err)
	}
	return known, nil
}

// Enqueue implements storage.Tx.
func (t *tx) Enqueue(j storage.Job) (fresh bool, err error) {
	if err := t.MayEnqueue(j); err != nil {
		return false, err
	}
	var due any // null: now
	if !j.At.IsZero() {
		due = driver.Nanos(j.At)
	}
	var seq, inLane *int64
	err = t.conn.QueryRow(t.ctx, `with fresh as (
			insert into job (queue, id, lane, head, due, body) values ($1, $2, $3::bytea, $3::bytea = '', coalesce($4, clock_ns()), $5)
			on conflict (queue, id) do nothing returning seq),
		joined as (
			insert into lane (queue, lane, jobs) select $1, $3::bytea, 1 from fresh where $3::bytea <> ''
			on conflict (queue, lane) do update set jobs = lane.jobs + 1 returning jobs)
		select (select seq from fresh), (select jobs from joined)`,
		[]byte(j.Queue), []byte(j.ID), []byte(j.Key), due, bytesOf(j.Body)).Scan(&seq, &inLane)
	if err != nil {
		return false, t.fail(err)
	}
	if seq == nil {
		return false, nil
	}
	t.Touch(j.Queue)
	if inLane != nil && *inLane == 1 {
		return true, t.exec("update job set head = true where seq = $1", *seq)
	}
	return true, nil
}

func (t *tx) exec(sql string, args ...any) error {
	if _, err := t.conn.Exec(t.ctx, sql, args...); err != nil {
		return t.fail(err)
	}
	return nil
}

// bytesOf is b as a column that is never null.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
