package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// asKilled copies the store's files as they are: what a process that is killed
// now leaves.
func asKilled(t testing.TB, path, to string) {
	t.Helper()
	for _, name := range []string{"", ".journal-0", ".journal-1"} {
		b, err := os.ReadFile(path + name)
		if errors.Is(err, os.ErrNotExist) && name != "" {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(to+name, b, 0o600))
	}
}

func wantNoJournals(t testing.TB, path string) {
	t.Helper()
	if left, err := filepath.Glob(path + ".journal*"); len(left) > 0 || err != nil {
		t.Errorf("%v is left (%v)", left, err)
	}
}

// numbered puts the numbers from 1 to n, each in a group of its own, with a job
// each in one lane.
func numbered(t testing.TB, s *Store, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Job{ID: strconv.Itoa(i), Queue: "q", Key: "lane"})
			return errors.Join(err, tx.Put("b", "last", []byte(strconv.Itoa(i))), tx.Put("b", strconv.Itoa(i), make([]byte, 50)),
				tx.Put("b", strconv.Itoa(i-1), nil))
		}))
	}
}

// last is the number that was put last, if everything else goes with it.
func last(t testing.TB, s *Store) (n int) {
	t.Helper()
	must(t, s.read(func(tx *tx) error {
		v, err := tx.Get("b", "last")
		must(t, err)
		n, _ = strconv.Atoi(string(v))
		kvs, err := tx.Scan("b", "", storage.End, 0)
		must(t, err)
		if n > 0 && (len(kvs) != 2 || kvs[0].Key != strconv.Itoa(n)) {
			t.Errorf("with %d as the last, %d rows", n, len(kvs))
		}
		if seq := tx.order().sequence(); seq != uint64(n) {
			t.Errorf("with %d as the last, %d jobs were counted", n, seq)
		}
		for i := 1; i <= n; i++ {
			if j, err := tx.job("q", strconv.Itoa(i)); j == nil || err != nil {
				t.Errorf("job %d: %v", i, err)
			}
		}
		return nil
	}))
	return n
}

// What was committed is there after a death at any time, whatever has got into the
// file by then, and an orderly end leaves one file.
func TestJournalIsTakenOver(t *testing.T) {
	const n = 40
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	s := mustOpen(t, path, Options{})
	for round := range 4 {
		numbered(t, s, n)
		killed := filepath.Join(dir, fmt.Sprint("killed", round))
		asKilled(t, path, killed)
		if round%2 == 0 { // somebody looks at it first
			c, err := OpenCopy(killed)
			must(t, err)
			if f, err := c.Verify(t.Context()); err != nil || f.Jobs != n || f.RecordCount() != 2 {
				t.Errorf("round %d: %+v, %v", round, f, err)
			}
			must(t, c.Close())
			wantNoJournals(t, killed)
		}
		again := mustOpen(t, killed, Options{})
		if got := last(t, again); got != n {
			t.Errorf("round %d: %d of %d", round, got, n)
		}
		must(t, again.Check(t.Context()))
		must(t, again.Close())
		wantNoJournals(t, killed)
		if round == 1 {
			must(t, s.committer.settle(t.Context()))
		}
		if round == 2 {
			s.committer.overlay.foldSize = 1000
		}
	}
	if b, err := os.ReadFile(path + ".journal-1"); err != nil || len(b) == 0 {
		t.Errorf("nothing was in a journal: this test finds nothing (%v)", err)
	}
	must(t, s.Close())
	wantNoJournals(t, path)
}

// A journal that was cut off or spoiled holds what is before that, and says so
// when more was behind.
func TestTornJournal(t *testing.T) {
	const n = 12
	dir := t.TempDir()
	path, torn := filepath.Join(dir, "db"), filepath.Join(dir, "torn")
	synctest.Test(t, func(t *testing.T) { // in which no time passes
		s := mustOpen(t, path, Options{})
		numbered(t, s, n)
		asKilled(t, path, torn)
		must(t, s.Close())
	})
	name := torn + ".journal-0"
	whole, err := os.ReadFile(name)
	must(t, err)
	file, err := os.ReadFile(torn)
	must(t, err)
	var ends []int // of the records: of 2 to n, the first went into the file
	for at := 0; binary.BigEndian.Uint32(whole[at:]) > 0; {
		at += recordHead + int(binary.BigEndian.Uint32(whole[at:]))
		ends = append(ends, at)
	}
	if len(ends) != n-1 {
		t.Fatalf("%d records, want %d", len(ends), n-1)
	}
	open := func(b []byte) (int, error) {
		must(t, os.WriteFile(torn, file, 0o600))
		must(t, os.WriteFile(name, b, 0o600))
		s, err := Open(torn, Options{})
		if err != nil {
			return 0, err
		}
		defer func() { must(t, s.Close()) }()
		return last(t, s), nil
	}
	for at := 0; at <= ends[n-2]; at += 37 {
		before, _ := slices.BinarySearch(ends, at+1)
		for _, b := range [][]byte{whole[:at], append(slices.Clone(whole[:at]), make([]byte, len(whole)-at)...)} {
			if got, err := open(b); err != nil || got != before+1 {
				t.Errorf("cut off at %d: %d, %v, want %d", at, got, err, before+1)
			}
		}
	}
	for at := 0; at < ends[n-2]; at += 37 {
		b := slices.Clone(whole)
		b[at] ^= 0x10
		before, _ := slices.BinarySearch(ends, at+1)
		got, err := open(b)
		if before < n-2 && !errors.Is(err, storage.ErrCorrupt) || before == n-2 && (err != nil || got != n-1) {
			t.Errorf("spoiled at %d, in record %d: %d, %v", at, before, got, err)
		}
	}
}

// A journal goes with the file that it was written for, as it was then, and with no
// other: not with a backup from before, and not with another store.
func TestJournalOfAnotherFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	s := mustOpen(t, path, Options{})
	numbered(t, s, 3)
	var backup bytes.Buffer
	must(t, s.Backup(t.Context(), &backup))
	for range 4 {
		numbered(t, s, 30)
		must(t, s.committer.settle(t.Context()))
	}
	numbered(t, s, 30)
	older, other := filepath.Join(dir, "older"), filepath.Join(dir, "other")
	asKilled(t, path, older)
	must(t, os.WriteFile(older, backup.Bytes(), 0o600))
	restored := mustOpen(t, older, Options{})
	if got := last(t, restored); got != 3 {
		t.Errorf("the backup has %d, want 3", got)
	}
	numbered(t, restored, 5)
	killed := filepath.Join(dir, "killed")
	asKilled(t, older, killed)
	must(t, restored.Close())
	again := mustOpen(t, killed, Options{})
	if got := last(t, again); got != 5 {
		t.Errorf("after the backup was used, it has %d, want 5", got)
	}

	strange := mustOpen(t, other, Options{})
	numbered(t, strange, 2)
	must(t, strange.Close())
	for _, n := range []string{".journal-0", ".journal-1"} {
		b, err := os.ReadFile(path + n)
		must(t, err)
		must(t, os.WriteFile(other+n, b, 0o600))
	}
	strange = mustOpen(t, other, Options{})
	if got := last(t, strange); got != 2 {
		t.Errorf("another store has %d, want 2", got)
	}
	must(t, strange.Close())

	d, err := NewDraft(killed) // takes the place of a store that was killed
	must(t, err)
	must(t, errors.Join(again.Close(), os.WriteFile(killed+".journal-0", []byte("left over"), 0o600)))
	_, err = d.Write(backup.Bytes())
	must(t, errors.Join(err, d.Finish(), d.Publish(true)))
	wantNoJournals(t, killed)
}

// What is in the journal and cannot be put into the file for want of room stays
// readable, and stays when the store is opened again; nothing more is written
// meanwhile.
func TestNoRoomForTheJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{})
		numbered(t, s, 5)
		hold := make(chan struct{})
		must(t, s.committer.do(t.Context(), func(*tx) error { s.db.MaxSize = s.db.Info().PageSize; return nil }, nil))
		go func() { // keeps the pages there are from being used
			_ = s.View(t.Context(), func(storage.Tx) error { <-hold; return nil })
		}()
		synctest.Wait()
		var err error
		for i := range 100 {
			if err = s.Update(t.Context(), nil, func(tx storage.Tx) error {
				return tx.Put("fill", strconv.Itoa(i), make([]byte, 100<<10))
			}); err != nil {
				break
			}
		}
		if !errors.Is(err, storage.ErrFull) {
			t.Fatalf("%v, want ErrFull", err)
		}
		if got := last(t, s); got != 5 {
			t.Errorf("%d can be read, want 5", got)
		}
		killed := path + "-killed"
		asKilled(t, path, killed)
		again := mustOpen(t, killed, Options{})
		if got := last(t, again); got != 5 {
			t.Errorf("%d are there after a death, want 5", got)
		}
		must(t, again.Close())
		close(hold)
		must(t, s.committer.do(t.Context(), func(*tx) error { s.db.MaxSize = 0; return nil }, nil))
		numbered(t, s, 7)
		must(t, s.Close())
		s = mustOpen(t, path, Options{})
		if got := last(t, s); got != 7 {
			t.Errorf("%d in the end, want 7", got)
		}
		must(t, s.Close())
	})
}

// A journal that cannot be written holds nothing up: what it should have carried
// goes into the file, and what was run on that meanwhile runs again.
func TestJournalCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := mustOpen(t, path, Options{})
	syncs := 0
	s.committer.journal.sync = func(f *os.File) error {
		if syncs++; syncs%7 == 3 {
			return syscall.EIO
		}
		return datasync(f)
	}
	numbered(t, s, 3)
	const writers, each = 8, 50
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
					n, err := count(tx, "counts", "all")
					return errors.Join(err, tx.Put("counts", fmt.Sprint(w, i), strconv.AppendInt(nil, int64(n), 10)))
				}))
			}
		})
	}
	all.Wait()
	killed := path + "-killed"
	asKilled(t, path, killed)
	for _, s := range []*Store{s, mustOpen(t, killed, Options{})} {
		must(t, s.read(func(tx *tx) error {
			if n := number(t, tx, "counts", "all"); n != writers*each {
				t.Errorf("counted %d of %d", n, writers*each)
			}
			kvs, err := tx.Scan("counts", "", storage.End, 0)
			seen := map[string]bool{}
			for _, kv := range kvs {
				seen[string(kv.Value)] = true
			}
			if len(kvs) != writers*each+1 || len(seen) != len(kvs) {
				t.Errorf("%d rows, %d of them different; want %d", len(kvs), len(seen), writers*each+1)
			}
			return err
		}))
	}
}

// When neither journal nor file can be written, and nobody knows what the disk shows
// of it, nothing more is written until the store is opened again.
func TestJournalOfUnknownState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{})
		numbered(t, s, 3)
		hold := make(chan struct{})
		go func() { _ = s.View(t.Context(), func(storage.Tx) error { <-hold; return nil }) }()
		synctest.Wait()
		must(t, s.committer.settle(t.Context()))
		must(t, s.committer.do(t.Context(), func(*tx) error {
			s.committer.journal.sync = func(*os.File) error {
				s.db.MaxSize = 1
				return syscall.EIO
			}
			return nil
		}, nil))
		for range 2 {
			err := s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", "k", make([]byte, 3000)) })
			if !errors.Is(err, ErrReopen) {
				t.Errorf("%v, want ErrReopen", err)
			}
		}
		if got := last(t, s); got != 3 {
			t.Errorf("%d can be read, want 3", got)
		}
		close(hold)
		must(t, s.Close())
		s = mustOpen(t, path, Options{})
		must(t, s.read(func(tx *tx) error { // there or not, and whole
			kvs, err := tx.Scan("b", "", storage.End, 0)
			if len(kvs) < 2 || len(kvs) > 3 {
				t.Errorf("%d rows after it was opened again", len(kvs))
			}
			return err
		}))
		must(t, s.Close())
	})
}

// Rows are read as if there were no layers, whichever of them hold what.
func TestLayersReadAsOne(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "db"), Options{})
	s.committer.overlay.foldSize = 20_000
	model := map[string]map[string]string{"a": {}, "ab": {}, "b": {}}
	names := []string{"a", "ab", "b"}
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
	key := func() string { return fmt.Sprintf("~%03d", rng.IntN(200)) }
	compare := func(tx storage.Tx) {
		bucket, k := names[rng.IntN(3)], key()
		v, err := tx.Get(bucket, k)
		must(t, err)
		if want, ok := model[bucket][k]; ok != (v != nil) || string(v) != want {
			t.Fatalf("%s %s = %q, want %q (%v)", bucket, k, v, want, ok)
		}
		from, to, limit := key(), key(), rng.IntN(8)
		kvs, err := tx.Scan(bucket, from, to, limit)
		must(t, err)
		var want []storage.KV
		for k, v := range model[bucket] {
			if k >= from && k < to {
				want = append(want, storage.KV{Key: k, Value: []byte(v)})
			}
		}
		slices.SortFunc(want, func(a, b storage.KV) int { return cmp.Compare(a.Key, b.Key) })
		if limit > 0 {
			want = want[:min(limit, len(want))]
		}
		if !slices.EqualFunc(kvs, want, func(a, b storage.KV) bool { return a.Key == b.Key && bytes.Equal(a.Value, b.Value) }) {
			t.Fatalf("%s from %s to %s, %d: %d rows, want %d", bucket, from, to, limit, len(kvs), len(want))
		}
	}
	no := errors.New("no")
	for i := range 4000 {
		fails := rng.IntN(5) == 0
		err := s.Update(t.Context(), nil, func(tx storage.Tx) error {
			written := map[[2]string]*string{}
			for range rng.IntN(4) {
				bucket, k := names[rng.IntN(3)], key()
				if rng.IntN(3) == 0 {
					must(t, tx.Put(bucket, k, nil))
					written[[2]string{bucket, k}] = nil
				} else {
					v := strconv.Itoa(i)[:rng.IntN(len(strconv.Itoa(i))+1)]
					must(t, tx.Put(bucket, k, []byte(v)))
					written[[2]string{bucket, k}] = &v
				}
			}
			if fails {
				return no
			}
			for at, v := range written {
				if v == nil {
					delete(model[at[0]], at[1])
				} else {
					model[at[0]][at[1]] = *v
				}
			}
			compare(tx)
			return nil
		})
		if fails != errors.Is(err, no) {
			t.Fatal(err)
		}
		must(t, s.View(t.Context(), func(tx storage.Tx) error { compare(tx); return nil }))
		if rng.IntN(500) == 0 {
			must(t, s.committer.settle(t.Context()))
		}
	}
}

// A view sees one moment, while others write and the file is brought up to date.
func TestViewsSeeOneMoment(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "db"), Options{})
	s.committer.overlay.foldSize = 5000
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var all sync.WaitGroup
	var views atomic.Int64
	for range 4 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
					v, err := tx.Get("b", "1")
					n, _ := strconv.Atoi(string(v))
					next := strconv.AppendInt(nil, int64(n+1), 10)
					if i%50 == 0 { // goes into the file at once
						err = errors.Join(err, tx.Put("large", "v", make([]byte, 6000)))
					}
					return errors.Join(err, tx.Put("b", "1", next), tx.Put("b", "2", next), tx.Put("c", "3", next))
				}))
			}
		})
		all.Go(func() {
			seen := 0
			for ctx.Err() == nil {
				must(t, s.View(t.Context(), func(tx storage.Tx) error {
					one, err1 := tx.Get("b", "1")
					kvs, err2 := tx.Scan("c", "", storage.End, 0)
					two, err3 := tx.Get("b", "2")
					if len(kvs) > 0 && !bytes.Equal(one, two) || len(kvs) > 0 && !bytes.Equal(one, kvs[0].Value) {
						t.Errorf("%q, %q and %q at one moment", one, two, kvs[0].Value)
					}
					n, _ := strconv.Atoi(string(one))
					if n < seen {
						t.Errorf("%d after %d", n, seen)
					}
					seen = n
					return errors.Join(err1, err2, err3)
				}))
				views.Add(1)
			}
		})
	}
	all.Wait()
	if s.committer.overlay.generation < 10 || views.Load() < 100 {
		t.Errorf("%d generations, %d views: this test finds nothing", s.committer.overlay.generation, views.Load())
	}
}

// What waits in the journal is in the file soon, also when nobody writes any more.
func TestFoldedSoon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{})
		numbered(t, s, 3)
		inFile := func() (v string) {
			must(t, s.db.View(func(tx *bolt.Tx) error {
				v = string(tx.Bucket([]byte("r/b")).Get([]byte("last")))
				return nil
			}))
			return v
		}
		if v := inFile(); v != "1" {
			t.Errorf("%q is in the file at once, want what was put first", v)
		}
		time.Sleep(2 * foldAfter)
		synctest.Wait()
		if v := inFile(); v != "3" {
			t.Errorf("%q is in the file after a while", v)
		}
		must(t, s.Close())
	})
}

func FuzzReadJournal(f *testing.F) {
	path := filepath.Join(f.TempDir(), "db")
	s, err := Open(path, Options{})
	must(f, err)
	of := session{1, 2, 3, 4, 5, 6, 7, 8}
	s.committer.journal.session = of
	numbered(f, s, 4)
	b, err := os.ReadFile(path + ".journal-0")
	must(f, err)
	must(f, s.Close())
	f.Add(b[:2000])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for generation := range uint64(4) {
			l, err := readJournal(b, of, generation)
			if err != nil && !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("%v, want ErrCorrupt", err)
			}
			if err == nil && l != nil {
				l.rows.Scan(func(e entry) bool {
					if e.bucket == "" || e.key == "" && len(e.value) != 8 {
						t.Errorf("an entry without a place")
					}
					return true
				})
			}
		}
	})
}
