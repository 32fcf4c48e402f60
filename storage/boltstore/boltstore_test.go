package boltstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/storagetest"
)

// driver keeps each store in a file "db" at its place.
func driver() storagetest.Driver {
	return storagetest.Driver{
		Open: func(t testing.TB, place string) storage.Store { return open(t, place) },
		Restore: func(t testing.TB, place string, backup []byte) {
			if err := os.WriteFile(filepath.Join(place, "db"), backup, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func open(t testing.TB, place string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(place, "db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) { storagetest.Run(t, driver()) }

func TestConformanceChecksCanFail(t *testing.T) { storagetest.RunControls(t, driver()) }
