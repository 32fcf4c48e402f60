package boltstore

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

func TestOpenMakesAPrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	mustOpen(t, path, Options{})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if info.Size() > 2<<20 {
		t.Errorf("an empty store takes %d bytes", info.Size())
	}
}

func TestOpenRefuses(t *testing.T) {
	cases := []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"text", write(func([]byte) []byte { return []byte(strings.Repeat("plate,city\n", 10_000)) }), storage.ErrCorrupt},
		{"a few bytes", write(func([]byte) []byte { return []byte("hello") }), storage.ErrCorrupt},
		{"zeros", write(func(b []byte) []byte { return make([]byte, len(b)) }), storage.ErrCorrupt},
		{"the first page alone", write(func(b []byte) []byte { return b[:4096] }), storage.ErrCorrupt},
		{"the first half", write(func(b []byte) []byte { return b[:len(b)/2] }), storage.ErrCorrupt},
		{"the last page missing", write(cutToUsed), storage.ErrCorrupt},
		{"noise behind the meta pages", write(func(b []byte) []byte {
			for i := 8192; i < len(b); i++ {
				b[i] = byte(i * 131)
			}
			return b
		}), storage.ErrCorrupt},
		{"a file of another program", otherProgram, storage.ErrCorrupt},
		{"a later version", laterVersion, storage.ErrNewer},
		{"a file in use", func(t *testing.T, path string) { mustOpen(t, path, Options{}) }, storage.ErrLocked},
		{"a directory", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, nil},
		{"a place that does not exist", func(*testing.T, string) {}, fs.ErrNotExist},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "db")
			if errors.Is(c.want, fs.ErrNotExist) {
				path = filepath.Join(path, "nowhere", "db")
			}
			c.make(t, path)
			for range 2 { // the second time tells whether the first let go of the file
				s, err := Open(path, Options{OpenTimeout: 10 * time.Millisecond})
				if err == nil {
					_ = s.Close()
					t.Fatal("opened")
				}
				if c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if !strings.Contains(err.Error(), path) {
					t.Errorf("%v does not name the path", err)
				}
			}
		})
	}
}

// write makes a store with some records, and then of its bytes what change does.
func write(change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		s := mustOpen(t, path, Options{})
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			for i := range 500 {
				key := string(binary.BigEndian.AppendUint32([]byte("~"), uint32(i)))
				if err := tx.Put("b", key, make([]byte, 500)); err != nil {
					return err
				}
			}
			return nil
		}))
		must(t, s.Close())
		b, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, change(b), 0o600))
	}
}

// cutToUsed takes off what the file has grown in advance, and one used page.
func cutToUsed(b []byte) []byte {
	var used uint64 // pages, by the newer of the two meta pages
	for _, page := range [][]byte{b[16:], b[4096+16:]} {
		used = max(used, binary.NativeEndian.Uint64(page[40:]))
	}
	return b[:(used-1)*4096]
}

func otherProgram(t *testing.T, path string) {
	db, err := bolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	}))
	must(t, db.Close())
}

func laterVersion(t *testing.T, path string) {
	later := append(append([]migration{}, migrations...), func(*bolt.Tx) error { return nil })
	s, err := openSteps(path, Options{}, later)
	must(t, err)
	must(t, s.Close())
}

// A file of the version before is brought up to date with all it holds; one
// whose migration fails stays as it is.
func TestMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := mustOpen(t, path, Options{})
	put(t, s, "session", "anna", "1")
	must(t, s.Close())

	rename := func(tx *bolt.Tx) error {
		old := tx.Bucket([]byte("r/session"))
		b, err := tx.CreateBucket([]byte("r/dialogue"))
		if err != nil {
			return err
		}
		if err := old.ForEach(b.Put); err != nil {
			return err
		}
		return tx.DeleteBucket([]byte("r/session"))
	}
	fail := errors.New("no")
	_, err := openSteps(path, Options{}, append(migrations[:len(migrations):len(migrations)], rename, func(*bolt.Tx) error { return fail }))
	if !errors.Is(err, fail) {
		t.Fatalf("failing migration: %v", err)
	}
	s = mustOpen(t, path, Options{}) // still of the old version
	wantValue(t, s, "session", "anna", "1")
	must(t, s.Close())

	for range 2 { // migrated once
		s, err = openSteps(path, Options{}, append(migrations[:len(migrations):len(migrations)], rename))
		must(t, err)
		wantValue(t, s, "dialogue", "anna", "1")
		wantValue(t, s, "session", "anna", "")
		must(t, s.Close())
	}
	if _, err := Open(path, Options{}); !errors.Is(err, storage.ErrNewer) {
		t.Errorf("the older program: %v, want ErrNewer", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func put(t testing.TB, s *Store, bucket, key, value string) {
	t.Helper()
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put(bucket, key, []byte(value)) }))
}

func wantValue(t testing.TB, s *Store, bucket, key, want string) {
	t.Helper()
	must(t, s.View(t.Context(), func(tx storage.Tx) error {
		got, err := tx.Get(bucket, key)
		if string(got) != want {
			t.Errorf("%s %s = %q, want %q", bucket, key, got, want)
		}
		return err
	}))
}
