package pgstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/weizhangbot/weizhangbot/storage"
)

// rowQueries hand out a whole store, in the order that package storage
// prescribes. What a column of a row does not mean is empty.
var rowQueries = []struct {
	kind storage.RowKind
	sql  string
}{
	{storage.RowRecord, `select bucket, key, value, ''::bytea, 0::bigint, 0::bigint, 0, '' from record order by bucket, key`},
	{storage.RowPending, `select queue, id, body, lane, due, 0::bigint, attempt, '' from job where state = 0 order by seq`},
	{storage.RowOver, `select queue, id, ''::bytea, ''::bytea, 0::bigint, ended, 0, '' from job where state = 1 order by queue, id`},
	{storage.RowDead, `select queue, id, body, lane, due, ended, attempt, cause from job where state = 2 order by ended, queue, id`},
}

// Rows hands out everything the store holds, as it is at one moment.
func (s *Store) Rows(ctx context.Context, each func(storage.Row) error) error {
	return s.read(ctx, func(t *tx) error {
		for _, q := range rowQueries {
			if err := t.rows(q.kind, q.sql, each); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) rows(kind storage.RowKind, sql string, each func(storage.Row) error) error {
	rows, err := t.conn.Query(t.ctx, sql)
	if err != nil {
		return t.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		r := storage.Row{Kind: kind}
		var place, key, lane []byte
		if err := rows.Scan(&place, &key, &r.Value, &lane, &r.Due, &r.Ended, &r.Attempt, &r.Cause); err != nil {
			return t.fail(err)
		}
		r.Place, r.Key, r.Lane = string(place), string(key), string(lane)
		if err := each(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return t.fail(err)
	}
	return nil
}

// backupMagic begins what Backup writes.
const backupMagic = "weizhangbot rows 1\n"

// Backup implements storage.Store: all rows at one moment, for Load. It is no
// replacement for pg_dump, which operators use: that takes people's shares
// apart, and River's tables.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriterSize(whileLasting{ctx, w}, 1<<16)
	if _, err := out.WriteString(backupMagic); err != nil {
		return err
	}
	var text []byte
	err := s.Rows(ctx, func(r storage.Row) error {
		text = storage.AppendRow(text[:0], r)
		_, err := out.Write(text)
		return err
	})
	if err == nil {
		err = out.Flush()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// whileLasting stops writing when its context has ended.
type whileLasting struct {
	ctx context.Context
	w   io.Writer
}

func (w whileLasting) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// Restore puts what Backup wrote into an empty store.
func (s *Store) Restore(ctx context.Context, from io.Reader) error {
	in := bufio.NewReaderSize(from, 1<<16)
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != backupMagic {
		return fmt.Errorf("pgstore: %w: not a backup of this driver", storage.ErrCorrupt)
	}
	err := s.Load(ctx, "restore", func(_ int, yield func(storage.Row) error) error {
		for {
			r, err := storage.ReadRow(in)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("pgstore: %w: %w", storage.ErrCorrupt, err)
			}
			if err := yield(r); err != nil {
				return err
			}
		}
	}, nil)
	if err != nil {
		return err
	}
	return s.Loaded(ctx)
}

// loadRows is how many rows are loaded in one transaction.
const loadRows = 1000

// ErrNotEmpty: rows can only be loaded into an empty store.
var ErrNotEmpty = errors.New("pgstore: the database holds a store already")

// Load puts the rows that source hands out into an empty store. Killed at any
// time, a load of the same tag goes on where it was: source is then told how
// many rows to leave out. Until Loaded was called Open refuses the store. note,
// if not nil, hears after each transaction how many rows are there.
func (s *Store) Load(ctx context.Context, tag string, source func(skip int, yield func(storage.Row) error) error, note func(rows int)) error {
	done, err := s.loading(ctx, tag)
	if err != nil {
		return err
	}
	l := &loader{store: s, tag: tag, done: done, note: note}
	if err := source(done, func(r storage.Row) error { return l.add(ctx, r) }); err != nil {
		return err
	}
	if err := l.flush(ctx); err != nil {
		return err
	}
	return s.update(ctx, []string{"load"}, func(t *tx) error {
		return errors.Join(
			t.exec(`update job set head = true where seq in (
				select min(seq) from job where state = 0 group by queue, lane, case when lane = '' then seq end)`),
			t.exec("delete from lane"),
			t.exec("insert into lane (queue, lane, jobs) select queue, lane, count(*) from job where state = 0 and lane <> '' group by queue, lane"),
		)
	})
}

// Loaded ends a load: the store may be opened.
func (s *Store) Loaded(ctx context.Context) error {
	return s.update(ctx, []string{"load"}, func(t *tx) error { return t.exec("delete from meta where name in ('load', 'loaded')") })
}

// loading tells how many rows a load of that tag has left there; it begins one
// when the store is empty.
func (s *Store) loading(ctx context.Context, tag string) (done int, err error) {
	err = s.update(ctx, []string{"load"}, func(t *tx) error {
		var have *string
		var n *int
		var full bool
		err := t.conn.QueryRow(ctx, `select (select value from meta where name = 'load'), (select value::int from meta where name = 'loaded'),
			exists (select from record) or exists (select from job)`).Scan(&have, &n, &full)
		switch {
		case err != nil:
			return t.fail(err)
		case have != nil && *have == tag && n != nil:
			done = *n
			return nil
		case have != nil || full:
			return ErrNotEmpty
		}
		done = 0
		return t.exec("insert into meta (name, value) values ('load', $1), ('loaded', '0')", tag)
	})
	return done, err
}

type loader struct {
	store *Store
	tag   string
	done  int
	rows  []storage.Row
	size  int
	note  func(int)
}

func (l *loader) add(ctx context.Context, r storage.Row) error {
	l.rows, l.size = append(l.rows, r), l.size+len(r.Value)
	if len(l.rows) < loadRows && l.size < storage.MaxValue {
		return nil
	}
	return l.flush(ctx)
}

// flush writes the rows that wait, and how many there are now.
func (l *loader) flush(ctx context.Context) error {
	if len(l.rows) == 0 {
		return nil
	}
	err := l.store.update(ctx, []string{"load"}, func(t *tx) error {
		var batch pgx.Batch
		for _, r := range l.rows {
			queueRow(&batch, r)
		}
		batch.Queue("update meta set value = $1::text where name = 'loaded'", fmt.Sprint(l.done+len(l.rows)))
		if err := t.conn.SendBatch(ctx, &batch).Close(); err != nil {
			return t.fail(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.done += len(l.rows)
	l.rows, l.size = l.rows[:0], 0
	if l.note != nil {
		l.note(l.done)
	}
	return nil
}

func queueRow(batch *pgx.Batch, r storage.Row) {
	if r.Kind == storage.RowRecord {
		batch.Queue("insert into record (bucket, key, value) values ($1, $2, $3)", []byte(r.Place), []byte(r.Key), bytesOf(r.Value))
		return
	}
	state := map[storage.RowKind]int{storage.RowPending: pending, storage.RowOver: over, storage.RowDead: dead}[r.Kind]
	batch.Queue(`insert into job (queue, id, lane, state, head, due, attempt, ended, cause, body)
		values ($1, $2, $3, $4, false, $5, $6, $7, $8, $9)`,
		[]byte(r.Place), []byte(r.Key), []byte(r.Lane), state, r.Due, r.Attempt, r.Ended, r.Cause, bytesOf(r.Value))
}
