package sealed_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
	"github.com/weizhangbot/weizhangbot/storage/storagetest"
)

// first is the owner of a test's records and jobs: the first segment of the key.
func first(key string) string {
	name, _, _ := strings.Cut(key, "/")
	return name
}

func owners(place string) sealed.Options {
	return sealed.Options{
		People: filepath.Join(place, "people"),
		Owner: func(bucket, key string, _ []byte) string {
			if bucket == "nobody" || strings.HasPrefix(key, "~") || len(first(key)) > 200 {
				return ""
			}
			return first(key)
		},
		JobOwner: func(j storage.Job) string { return first(j.Key) },
	}
}

func openOwned(t testing.TB, place string) *sealed.Store {
	t.Helper()
	s, err := sealed.Open(t.Context(), openBolt(t, place), [][]byte{testKey(1)}, owners(place))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A store that knows owners keeps every promise of the port.
func TestConformanceWithOwners(t *testing.T) {
	var last string // where the store is whose backup is restored
	storagetest.Run(t, storagetest.Driver{
		Open: func(t testing.TB, place string) storage.Store {
			last = place
			return openOwned(t, place)
		},
		Restore: func(t testing.TB, place string, backup []byte) {
			must(t, os.WriteFile(filepath.Join(place, "db"), backup, 0o600))
			must(t, sealed.MergePeople(filepath.Join(place, "people"), filepath.Join(last, "people")))
		},
	})
}

func forget(t testing.TB, s *sealed.Store, name string) {
	t.Helper()
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error { return storage.Forget(tx, name) }))
}

func burn(t testing.TB, s *sealed.Store, want int) {
	t.Helper()
	n, err := s.Burn(t.Context(), time.Now().Add(time.Hour))
	if err != nil || n != want {
		t.Errorf("burned %d, %v, want %d", n, err, want)
	}
}

// Forgetting leaves nothing readable of what was there, everything of what comes
// after and of other people; also in a backup of before.
func TestForget(t *testing.T) {
	place := t.TempDir()
	s := openOwned(t, place)
	put(t, s, "b", "anna/1", "hers, and forgotten")
	put(t, s, "b", "bob", "his")
	put(t, s, "nobody", "anna", "about nobody")
	var backup bytes.Buffer
	must(t, s.Backup(t.Context(), &backup))
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
		return errors.Join(storage.Forget(tx, "anna"), tx.Put("b", "anna/2", []byte("hers, of later")))
	}))
	if got := get(t, s, "b", "anna/1"); got != "hers, and forgotten" {
		t.Errorf("before the share is burned: %q", got)
	}
	burn(t, s, 1)
	burn(t, s, 0)
	check := func(t *testing.T, s *sealed.Store, later string) {
		t.Helper()
		for key, want := range map[string]string{"anna/1": "", "anna/2": later, "bob": "his"} {
			if got := get(t, s, "b", key); got != want {
				t.Errorf("%s = %q, want %q", key, got, want)
			}
		}
		if got := get(t, s, "nobody", "anna"); got != "about nobody" {
			t.Errorf("nobody's = %q", got)
		}
	}
	check(t, s, "hers, of later")
	must(t, s.Close())
	t.Run("after a restart", func(t *testing.T) {
		s := openOwned(t, place)
		check(t, s, "hers, of later")
		must(t, s.Close())
	})
	t.Run("an earlier backup", func(t *testing.T) {
		must(t, os.WriteFile(filepath.Join(place, "db"), backup.Bytes(), 0o600))
		s := openOwned(t, place)
		check(t, s, "")
		must(t, s.Close())
	})
}

// A scan gives as many as were asked for, whoever was forgotten among them.
func TestScanPassesTheForgotten(t *testing.T) {
	s := openOwned(t, t.TempDir())
	defer func() { must(t, s.Close()) }()
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		put(t, s, "b", name, name)
	}
	for _, name := range []string{"a", "c", "d", "g", "h"} {
		forget(t, s, name)
	}
	burn(t, s, 5)
	for limit, want := range map[int]int{0: 3, 1: 1, 2: 2, 3: 3, 4: 3} {
		must(t, s.View(t.Context(), func(tx storage.Tx) error {
			kvs, err := tx.Scan("b", "", storage.End, limit)
			if len(kvs) != want {
				t.Errorf("limit %d: %d entries, want %d", limit, len(kvs), want)
			}
			return err
		}))
	}
}

// A job of somebody forgotten ends by itself and holds up nobody; one of theirs
// from later runs.
func TestJobsOfTheForgotten(t *testing.T) {
	s := openOwned(t, t.TempDir())
	_, err := enqueue(t, s, storage.Job{ID: "1", Queue: "q", Key: "anna", Body: []byte("x")})
	must(t, err)
	forget(t, s, "anna")
	burn(t, s, 1)
	for _, id := range []string{"2", "3"} {
		_, err = enqueue(t, s, storage.Job{ID: id, Queue: "q", Key: "anna", Body: []byte("x")})
		must(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var ran []string
	must(t, s.Work(ctx, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		if ran = append(ran, j.ID); len(ran) == 2 {
			cancel()
		}
		return nil
	}))
	if got := strings.Join(ran, " "); got != "2 3" {
		t.Errorf("ran %q", got)
	}
	must(t, s.Close())
}

// Burning keeps the young: a job that is under way may end.
func TestBurnWaits(t *testing.T) {
	s := openOwned(t, t.TempDir())
	defer func() { must(t, s.Close()) }()
	put(t, s, "b", "anna", "hers")
	forget(t, s, "anna")
	if n, err := s.Burn(t.Context(), time.Now().Add(-time.Minute)); n != 0 || err != nil {
		t.Errorf("burned %d, %v", n, err)
	}
	burn(t, s, 1)
}

// An update that fails, or runs twice, loses nobody anything.
func TestOwnersSurviveFailedUpdates(t *testing.T) {
	s := openOwned(t, t.TempDir())
	defer func() { must(t, s.Close()) }()
	no := errors.New("no")
	put(t, s, "b", "bob", "his")
	err := s.Update(t.Context(), nil, func(tx storage.Tx) error {
		return errors.Join(tx.Put("b", "anna", []byte("x")), storage.Forget(tx, "bob"), storage.Forget(tx, "anna"), no)
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	burn(t, s, 0)
	put(t, s, "b", "anna", "hers")
	if a, b := get(t, s, "b", "anna"), get(t, s, "b", "bob"); a != "hers" || b != "his" {
		t.Errorf("%q, %q", a, b)
	}
}

// A people file that is gone, or another store's, is no reason to begin anew.
func TestPeopleFileIsMissed(t *testing.T) {
	place, other := t.TempDir(), t.TempDir()
	s := openOwned(t, place)
	put(t, s, "b", "anna", "hers")
	must(t, s.Close())
	must(t, openOwned(t, other).Close())
	path := filepath.Join(place, "people")
	must(t, os.Rename(path, path+".old"))
	refused := func(why string) {
		t.Helper()
		inner := openBolt(t, place)
		defer func() { must(t, inner.Close()) }()
		if _, err := sealed.Open(t.Context(), inner, [][]byte{testKey(1)}, owners(place)); !errors.Is(err, sealed.ErrNoPeople) {
			t.Errorf("%s: %v, want ErrNoPeople", why, err)
		}
	}
	refused("missing")
	if _, err := os.Stat(path); err == nil {
		t.Error("a new one was left behind, which opens nothing")
	}
	must(t, os.Rename(filepath.Join(other, "people"), path))
	refused("another store's")
	must(t, os.Rename(path+".old", path))
	must(t, os.Chmod(path, 0o644))
	inner := openBolt(t, place)
	if _, err := sealed.Open(t.Context(), inner, [][]byte{testKey(1)}, owners(place)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("open to others: %v", err)
	}
	must(t, inner.Close())
}

// A copy brings back what was lost, and nobody who was forgotten since.
func TestMergePeople(t *testing.T) {
	place := t.TempDir()
	path := filepath.Join(place, "people")
	s := openOwned(t, place)
	put(t, s, "b", "anna", "hers")
	put(t, s, "b", "bob", "his")
	var backup bytes.Buffer
	must(t, s.Backup(t.Context(), &backup))
	before := content(t, path)
	forget(t, s, "anna")
	burn(t, s, 1)
	must(t, s.Close())
	after := content(t, path)

	for _, c := range []struct {
		name       string
		have, copy []byte
		anna       string
	}{
		{"an old copy into the newer", after, before, ""},
		{"the newer into an old copy", before, after, ""},
		{"a copy of a file that lost all but its head", before[:64], before, "hers"},
		{"the newer into nothing", nil, after, ""},
		{"the old into nothing: the deletion is lost with the file", nil, before, "hers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			place := t.TempDir()
			path, from := filepath.Join(place, "people"), filepath.Join(place, "from")
			if c.have != nil {
				must(t, os.WriteFile(path, c.have, 0o600))
			}
			must(t, os.WriteFile(from, c.copy, 0o600))
			must(t, sealed.MergePeople(path, from))
			must(t, os.WriteFile(filepath.Join(place, "db"), backup.Bytes(), 0o600))
			s := openOwned(t, place)
			defer func() { must(t, s.Close()) }()
			if a, b := get(t, s, "b", "anna"), get(t, s, "b", "bob"); a != c.anna || b != "his" {
				t.Errorf("%q, %q; want %q", a, b, c.anna)
			}
		})
	}
}

func TestMergePeopleRefuses(t *testing.T) {
	place, other := t.TempDir(), t.TempDir()
	must(t, openOwned(t, place).Close())
	must(t, openOwned(t, other).Close())
	letter := filepath.Join(place, "letter")
	must(t, os.WriteFile(letter, []byte("Dear Sir or Madam"), 0o600))
	path := filepath.Join(place, "people")
	before := content(t, path)
	for name, from := range map[string]string{"a letter": letter, "nothing": path + ".no", "another store's": filepath.Join(other, "people")} {
		if err := sealed.MergePeople(path, from); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if !bytes.Equal(before, content(t, path)) {
		t.Error("the file was changed")
	}
}

func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

// Whoever has every file, free pages and all, and the key, reads nothing of
// somebody who was forgotten; what remains of others shows that the search works.
func TestForgottenInTheRawFile(t *testing.T) {
	place := t.TempDir()
	s := openOwned(t, place)
	put(t, s, "b", "anna", "hers")
	put(t, s, "b", "bob", "his")
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
		return errors.Join(tx.Put("b", "anna", nil), storage.Forget(tx, "anna"))
	}))
	share := content(t, filepath.Join(place, "people"))[64:96]
	burn(t, s, 1)
	must(t, s.Close())
	people := content(t, filepath.Join(place, "people"))
	if bytes.Contains(people, share) {
		t.Error("the share is still in the file")
	}
	if next := people[128:160]; bytes.Equal(next, make([]byte, 32)) {
		t.Error("not even bob's share is found: the test looks in the wrong place")
	}
	if bytes.Contains(content(t, filepath.Join(place, "db")), share) {
		t.Error("the share is in the store")
	}
}

// A row that has an owner is bound to its place as any other: another's, a
// changed one, and one of another owner are refused.
func TestTamperingWithOwnedRows(t *testing.T) {
	for name, tamper := range map[string]func(a, b []byte) []byte{
		"another's":          func(_, b []byte) []byte { return b },
		"with another's ref": func(a, b []byte) []byte { return append(bytes.Clone(b[:46]), a[46:]...) },
		"a bit of the ref":   func(a, _ []byte) []byte { a[20] ^= 1; return a },
		"a bit of the text":  func(a, _ []byte) []byte { a[len(a)-1] ^= 1; return a },
		"cut short":          func(a, _ []byte) []byte { return a[:50] },
		"taken for nobody's": func(a, _ []byte) []byte { a[0] = 1; return a },
	} {
		t.Run(name, func(t *testing.T) {
			place := t.TempDir()
			inner := openBolt(t, place)
			s, err := sealed.Open(t.Context(), inner, [][]byte{testKey(1)}, owners(place))
			must(t, err)
			defer func() { must(t, s.Close()) }()
			put(t, s, "b", "anna", "hers")
			put(t, s, "b", "bob", "his")
			must(t, inner.Update(t.Context(), nil, func(tx storage.Tx) error {
				kvs, err := tx.Scan("b", "", storage.End, 0)
				return errors.Join(err, tx.Put("b", kvs[0].Key, tamper(bytes.Clone(kvs[0].Value), kvs[1].Value)))
			}))
			var refused int
			for _, key := range []string{"anna", "bob"} {
				err := s.View(t.Context(), func(tx storage.Tx) error { _, err := tx.Get("b", key); return err })
				if errors.Is(err, storage.ErrCorrupt) {
					refused++
				}
			}
			if refused != 1 {
				t.Errorf("%d of 2 refused, want 1", refused)
			}
		})
	}
}
