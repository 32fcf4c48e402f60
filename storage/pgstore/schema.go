package pgstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/weizhangbot/weizhangbot/storage"
)

//go:embed migrations/*.sql
var steps embed.FS

// A migration brings the tables one version further.
//
// Programs of two versions share the tables while one replaces the other, so a
// change comes in two: a release expands (a column with a default, a table, an
// index; nothing that holds a lock for long), and a later one, when no program
// is left that needs what was before, contracts.
type migration struct {
	// do makes the change and notes it as the state to. Killed in the middle,
	// it can be done again.
	do func(ctx context.Context, pool *pgxpool.Pool, schema string, to tables) error
	// fits is the oldest version whose programs may work on the tables from
	// now on: after an expansion that of the migration before, after a
	// contraction the first that does without what is gone.
	fits int
}

// migrations[i] makes version i+1 of version i; version 0 is a database without
// our tables. Entries are only ever appended.
var migrations = []migration{
	{sql("migrations/1.sql"), 1},
	{riverTables(8), 2},
}

// tables is the state of the tables: their version, and the oldest program that
// may work on them, by the version it knows.
type tables struct{ version, fits int }

// sql is the migration in a file, in one transaction.
func sql(name string) func(context.Context, *pgxpool.Pool, string, tables) error {
	return func(ctx context.Context, pool *pgxpool.Pool, _ string, to tables) error {
		text, err := steps.ReadFile(name)
		if err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, string(text)); err != nil {
				return err
			}
			return to.note(ctx, tx)
		})
	}
}

// riverTables brings River's own tables to a version. Each of River's steps has a
// transaction of its own; one that was interrupted goes on with the next.
func riverTables(version int) func(context.Context, *pgxpool.Pool, string, tables) error {
	return func(ctx context.Context, pool *pgxpool.Pool, schema string, to tables) error {
		m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{
			Schema: schema, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			return err
		}
		if _, err = m.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: version}); err != nil {
			return err
		}
		return to.note(ctx, pool)
	}
}

// An executor is a pool, a connection or a transaction.
type executor interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// note writes the state down.
func (t tables) note(ctx context.Context, to executor) error {
	_, err := to.Exec(ctx, `insert into meta (name, value) values ('schema', $1), ('compatible', $2)
		on conflict (name) do update set value = excluded.value`, strconv.Itoa(t.version), strconv.Itoa(t.fits))
	return err
}

// admit tells whether a program that knows n versions may work on the tables.
func (t tables) admit(n int) error {
	if n < t.fits {
		return fmt.Errorf("pgstore: %w: the tables have version %d and need a program that knows %d, this one knows %d",
			storage.ErrNewer, t.version, t.fits, n)
	}
	return nil
}

// migrate brings the tables to the last of steps. Those of a later program it
// leaves as they are: it works on them if they are only expanded, and refuses
// them else. Of several processes that start at once one does it, and the others
// wait for it; those that run go on.
func migrate(ctx context.Context, pool *pgxpool.Pool, schema string, steps []migration) error {
	have, err := tablesOf(ctx, pool, schema)
	if err != nil {
		return err
	}
	if have.version >= len(steps) {
		return have.admit(len(steps))
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	lock := lockOf(schema, "migrate")
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", lock); err != nil {
		return err
	}
	defer func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", lock) // else the connection's end does it
	}()
	name := pgx.Identifier{schema}.Sanitize()
	if _, err := conn.Exec(ctx, "create schema if not exists "+name+
		"; create table if not exists meta (name text primary key, value text not null)"); err != nil {
		return err
	}
	if have, err = tablesOf(ctx, pool, schema); err != nil {
		return err
	}
	for have.version < len(steps) {
		step := steps[have.version]
		next := tables{version: have.version + 1, fits: step.fits}
		if err := step.do(ctx, pool, schema, next); err != nil {
			return fmt.Errorf("migrating to version %d: %w", next.version, err)
		}
		have = next
	}
	return have.admit(len(steps))
}

// asked is a pool or a connection.
type asked interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// tablesOf is that of the tables; zero when there are none. Tables of before
// there was a word of it fit the programs of their own version.
func tablesOf(ctx context.Context, of asked, schema string) (t tables, err error) {
	var version, fits string
	meta := pgx.Identifier{schema, "meta"}.Sanitize()
	err = of.QueryRow(ctx, "select m.value, coalesce((select value from "+meta+" where name = 'compatible'), m.value) from "+
		meta+" m where m.name = 'schema'").Scan(&version, &fits)
	switch {
	case errors.Is(err, pgx.ErrNoRows), code(err) == undefinedTable:
		return tables{}, nil
	case err != nil:
		return tables{}, err
	}
	if t.version, err = strconv.Atoi(version); err == nil {
		t.fits, err = strconv.Atoi(fits)
	}
	if err != nil || t.version < 0 {
		return tables{}, fmt.Errorf("pgstore: %w: no schema version", storage.ErrCorrupt)
	}
	return t, nil
}
