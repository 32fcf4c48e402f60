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

// A migration brings the tables one version further, to the version to, and
// notes that. Killed in the middle, it can be done again.
type migration func(ctx context.Context, pool *pgxpool.Pool, schema string, to int) error

// migrations[i] makes version i+1 of version i; version 0 is a database without
// our tables. Entries are only ever appended.
var migrations = []migration{
	sql("migrations/1.sql"),
	riverTables(8),
}

// sql is the migration in a file, in one transaction.
func sql(name string) migration {
	return func(ctx context.Context, pool *pgxpool.Pool, _ string, to int) error {
		text, err := steps.ReadFile(name)
		if err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, string(text)); err != nil {
				return err
			}
			return setVersion(ctx, tx, to)
		})
	}
}

// riverTables brings River's own tables to a version. Each of River's steps has a
// transaction of its own; one that was interrupted goes on with the next.
func riverTables(version int) migration {
	return func(ctx context.Context, pool *pgxpool.Pool, schema string, to int) error {
		m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{
			Schema: schema, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			return err
		}
		if _, err = m.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: version}); err != nil {
			return err
		}
		return setVersion(ctx, pool, to)
	}
}

// An executor is a pool, a connection or a transaction.
type executor interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

func setVersion(ctx context.Context, to executor, n int) error {
	_, err := to.Exec(ctx, `insert into meta (name, value) values ('schema', $1)
		on conflict (name) do update set value = excluded.value`, strconv.Itoa(n))
	return err
}

// migrate brings the tables to the last of steps, and refuses those of a later
// program. Of several processes that start at once one does it, and the others
// wait for it.
func migrate(ctx context.Context, pool *pgxpool.Pool, schema string, steps []migration) error {
	have, err := version(ctx, pool, schema)
	if err != nil {
		return err
	}
	switch {
	case have == len(steps):
		return nil
	case have > len(steps):
		return newer(have, len(steps))
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
	if have, err = version(ctx, pool, schema); err != nil {
		return err
	}
	for ; have < len(steps); have++ {
		if err := steps[have](ctx, pool, schema, have+1); err != nil {
			return fmt.Errorf("migrating to version %d: %w", have+1, err)
		}
	}
	if have > len(steps) {
		return newer(have, len(steps))
	}
	return nil
}

func newer(have, latest int) error {
	return fmt.Errorf("pgstore: %w: the tables have version %d, this program knows %d", storage.ErrNewer, have, latest)
}

// asked is a pool or a connection.
type asked interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// version is that of the tables; 0 when there are none.
func version(ctx context.Context, of asked, schema string) (n int, err error) {
	var text string
	err = of.QueryRow(ctx, "select value from "+pgx.Identifier{schema, "meta"}.Sanitize()+" where name = 'schema'").Scan(&text)
	switch {
	case errors.Is(err, pgx.ErrNoRows), code(err) == undefinedTable:
		return 0, nil
	case err != nil:
		return 0, err
	}
	if n, err = strconv.Atoi(text); err != nil || n < 0 {
		return 0, fmt.Errorf("pgstore: %w: no schema version", storage.ErrCorrupt)
	}
	return n, nil
}
