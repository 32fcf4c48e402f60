package sealed_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
	"github.com/weizhangbot/weizhangbot/storage/storagetest"
)

// testKey makes a key that is the same for the same n.
func testKey(n byte) []byte { return bytes.Repeat([]byte{n}, sealed.KeySize) }

func openBolt(t testing.TB, place string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(place, "db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, place string) *sealed.Store {
	t.Helper()
	s, err := sealed.New(t.Context(), openBolt(t, place), testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

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

func TestConformance(t *testing.T) { storagetest.Run(t, driver()) }
