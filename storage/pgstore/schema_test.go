package pgstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
)

// change is a migration of a later program, in one statement.
func change(statement string, fits int) migration {
	return migration{func(ctx context.Context, pool *pgxpool.Pool, _ string, to tables) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
			return to.note(ctx, tx)
		})
	}, fits}
}

const expansion = "alter table record add column later text not null default ''"

// Later programs expand the tables under one that runs: it goes on, and may be
// started again, until one contracts them.
func TestAnOlderProgramOnNewerTables(t *testing.T) {
	t.Parallel()
	name := schema(t)
	o := Options{Schema: name}.withDefaults()
	last := migrations[len(migrations)-1].fits
	wider := append(slices.Clip(migrations), change(expansion, last))
	narrower := append(slices.Clip(wider), change("alter table record drop column later", len(wider)))
	put := func(s *Store, key string) {
		t.Helper()
		must(t, s.Update(t.Context(), []string{key}, func(tx storage.Tx) error { return tx.Put("b", key, []byte("by "+key)) }))
	}

	running := process(t, o)
	put(running, "old")
	var starting sync.WaitGroup
	for range 3 { // they start at once, and one changes the tables
		starting.Go(func() {
			s, err := open(t.Context(), pgtest.DSN(t), o, wider)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			err = s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", "new", []byte("by new")) })
			if err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	put(running, "still")
	again := process(t, o)
	put(again, "again")
	for _, key := range []string{"old", "new", "still", "again"} {
		if got := get(t, running, key); got != "by "+key {
			t.Errorf("%s: %q", key, got)
		}
	}
	if f, err := Probe(t.Context(), pgtest.DSN(t), Options{Schema: name}); err != nil || f.Schema != len(wider) || f.Fits != last {
		t.Errorf("%+v, %v", f, err)
	}

	s, err := open(t.Context(), pgtest.DSN(t), o, narrower)
	must(t, err)
	must(t, s.Close())
	_, err = Open(t.Context(), pgtest.DSN(t), o)
	if !errors.Is(err, storage.ErrNewer) || !strings.Contains(err.Error(), "version 4 and need a program that knows 3, this one knows 2") {
		t.Errorf("%v, want ErrNewer", err)
	}
	s, err = open(t.Context(), pgtest.DSN(t), o, wider) // the release between knows enough
	must(t, err)
	must(t, s.Close())
}

// Tables of before anybody said what fits them belong to programs of their own
// version, and later ones.
func TestTablesThatDoNotSayWhatFits(t *testing.T) {
	t.Parallel()
	name := schema(t)
	o := Options{Schema: name}.withDefaults()
	s := process(t, o)
	_, err := s.pool.Exec(t.Context(), "delete from meta where name = 'compatible'")
	must(t, err)
	must(t, s.Close())
	must(t, process(t, o).Close())
	if _, err := open(t.Context(), pgtest.DSN(t), o, migrations[:1]); !errors.Is(err, storage.ErrNewer) {
		t.Errorf("%v, want ErrNewer", err)
	}
}
