package pgstore_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
	"github.com/weizhangbot/weizhangbot/storage/storagetest"
)

// driver keeps each store in a schema that is named after its place.
func driver(t *testing.T) storagetest.Driver {
	dsn := pgtest.DSN(t)
	return storagetest.Driver{
		Open: func(t testing.TB, place string) storage.Store { return open(t, dsn, place) },
		Restore: func(t testing.TB, place string, backup []byte) {
			s := open(t, dsn, place)
			if err := s.Restore(t.Context(), bytes.NewReader(backup)); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		},
		WallClock: true,
		Lateness:  2 * time.Second,
	}
}

// open opens a store whose failed runs do not wait as long as in life: the
// checks do all ten.
func open(t testing.TB, dsn, place string) *pgstore.Store {
	t.Helper()
	s, err := pgstore.Open(t.Context(), dsn, pgstore.Options{
		Schema:  pgtest.Schema(place),
		Backoff: func(attempt int) time.Duration { return time.Duration(attempt) * 5 * time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, driver(t))
}

func TestConformanceChecksCanFail(t *testing.T) {
	t.Parallel()
	storagetest.RunControls(t, driver(t))
}
