package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Shares keeps the places of people's shares, see sealed.Slots. They are asked
// for in the middle of transactions, and so have connections of their own: a
// transaction that waited for one of those that transactions hold could wait
// for ever.
//
// An overwritten share is gone from the table as it is read. PostgreSQL keeps
// what it replaced in the table's free space until it uses that again, which
// Overwrite has it do (VACUUM), and in its log (WAL) for as long as that is
// kept.
type Shares struct{ store *Store }

const (
	sideConns = 2
	// shareTime bounds what is asked for without a context.
	shareTime = 15 * time.Second
)

// Shares is where the shares of this store are.
func (s *Store) Shares() *Shares { return &Shares{s} }

// Head returns what is in place 0, and puts head there first when nothing is.
func (s *Shares) Head(head []byte) (have []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), shareTime)
	defer cancel()
	if _, err := s.store.side.Exec(ctx, "insert into share (slot, text) values (0, $1) on conflict (slot) do nothing", head); err != nil {
		return nil, translate(err)
	}
	return s.Read(0)
}

// Append puts texts into places never used before, one after the other, and
// returns the first. They are durable when it returns.
func (s *Shares) Append(texts [][]byte) (first int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), shareTime)
	defer cancel()
	// Another process may draw numbers at the same time: these are no row, and so
	// drawn under a lock.
	err = pgx.BeginFunc(ctx, s.store.side, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", lockOf(s.store.opts.Schema, "share")); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "select coalesce(max(slot), 0) + 1 from share").Scan(&first); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "insert into share (slot, text) select $1 + n - 1, text from unnest($2::bytea[]) with ordinality as fresh (text, n)", first, texts)
		return err
	})
	return first, translate(err)
}

// Read returns what is in a place; nil when nothing ever was.
func (s *Shares) Read(slot int64) (text []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), shareTime)
	defer cancel()
	err = s.store.side.QueryRow(ctx, "select text from share where slot = $1", slot).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return text, translate(err)
}

// Overwrite replaces what is in places, as far as something is.
func (s *Shares) Overwrite(slots []int64, texts [][]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), shareTime)
	defer cancel()
	if _, err := s.store.side.Exec(ctx, `update share set text = fresh.text from unnest($1::bigint[], $2::bytea[]) as fresh (slot, text)
		where share.slot = fresh.slot`, slots, texts); err != nil {
		return translate(err)
	}
	_, err := s.store.side.Exec(ctx, "vacuum share")
	return translate(err)
}

// All hands out every place that was written, in order, for a store that moves.
func (s *Shares) All(ctx context.Context, each func(slot int64, text []byte) error) error {
	rows, err := s.store.side.Query(ctx, "select slot, text from share order by slot")
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		var slot int64
		var text []byte
		if err := rows.Scan(&slot, &text); err != nil {
			return translate(err)
		}
		if err := each(slot, text); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

// Fill puts places where they were in another store. What is there already must
// be of the same store.
func (s *Shares) Fill(ctx context.Context, all func(each func(slot int64, text []byte) error) error) error {
	var own error // all's: not the database's
	err := pgx.BeginFunc(ctx, s.store.side, func(tx pgx.Tx) error {
		var slots []int64
		var texts [][]byte
		flush := func() error {
			_, err := tx.Exec(ctx, `insert into share (slot, text) select * from unnest($1::bigint[], $2::bytea[])
				on conflict (slot) do update set text = excluded.text where share.slot > 0 or share.text = excluded.text`, slots, texts)
			slots, texts = slots[:0], texts[:0]
			return err
		}
		own = all(func(slot int64, text []byte) error {
			slots, texts = append(slots, slot), append(texts, text)
			if len(slots) < loadRows {
				return nil
			}
			return translate(flush())
		})
		if own != nil {
			return own
		}
		return flush()
	})
	if own != nil {
		return own
	}
	return translate(err)
}

// Close leaves the connections to the store, which closes them.
func (s *Shares) Close() error { return nil }
