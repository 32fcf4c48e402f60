package boltstore

import (
	"bufio"
	"bytes"
	"context"
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

func TestCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	forgetful(t, path)
	before, err := os.ReadFile(path)
	must(t, err)
	c, err := OpenCopy(path)
	must(t, err)
	other, err := OpenCopy(path) // several may read
	must(t, err)
	f, err := c.Verify(t.Context())
	must(t, err)
	if f.Records["car"] != 100 || f.RecordCount() != 100 || f.Jobs != 20 || f.Over != 1 || f.Dead != 0 || f.Size > int64(len(before)) {
		t.Errorf("%+v", f)
	}
	must(t, c.View(t.Context(), func(tx storage.Tx) error {
		kvs, err := tx.Scan("car", "", storage.End, 0)
		if len(kvs) != 100 {
			t.Errorf("%d records", len(kvs))
		}
		return err
	}))
	nop := func(storage.Tx) error { return nil }
	if err := c.Update(t.Context(), nil, nop); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("Update: %v", err)
	}
	if err := c.Work(t.Context(), "q", 1, nil); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("Work: %v", err)
	}
	if _, err := Open(path, Options{OpenTimeout: 10 * time.Millisecond}); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("opened as a store beside: %v", err)
	}
	var b bytes.Buffer
	must(t, c.Backup(t.Context(), &b))
	must(t, os.WriteFile(path+"2", b.Bytes(), 0o600))
	if g, err := verifyFile(t.Context(), path+"2"); err != nil || !g.same(f) {
		t.Errorf("its backup: %+v, %v", g, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := errors.Join(c.View(ended, nop), c.Backup(ended, &b)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	must(t, c.Close())
	must(t, c.Close())
	must(t, other.Close())
	if err := c.View(t.Context(), nop); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("reading changed the file")
	}
}

// rows changes a sound file by bbolt's own means.
func rows(change func(tx *bolt.Tx) error) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		forgetful(t, path)
		db, err := bolt.Open(path, 0o600, nil)
		must(t, err)
		must(t, db.Update(change))
		must(t, db.Close())
	}
}

func deleteFirst(bucket []byte, prefix string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		k, _ := tx.Bucket(bucket).Cursor().Seek([]byte(prefix))
		return tx.Bucket(bucket).Delete(bytes.Clone(k))
	}
}

func TestVerifyRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*testing.T, string)
		want error
	}{
		{"a sound one", rows(func(*bolt.Tx) error { return nil }), nil}, // the control
		{"nothing", func(*testing.T, string) {}, fs.ErrNotExist},
		{"an empty file", func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o600)) }, storage.ErrCorrupt},
		{"text", write(func([]byte) []byte { return []byte(strings.Repeat("plate,city\n", 10_000)) }), storage.ErrCorrupt},
		{"zeros", write(func(b []byte) []byte { return make([]byte, len(b)) }), storage.ErrCorrupt},
		{"the first half", write(func(b []byte) []byte { return b[:len(b)/2] }), storage.ErrCorrupt},
		{"the last page missing", write(cutToUsed), storage.ErrCorrupt},
		{"noise behind the meta pages", write(noise(8192)), storage.ErrCorrupt},
		{"noise from the middle on", write(func(b []byte) []byte { return noise(len(b) / 8)(b) }), storage.ErrCorrupt},
		{"another program's", otherProgram, storage.ErrCorrupt},
		{"a later version", laterVersion, storage.ErrNewer},
		{"an empty bbolt file", func(t *testing.T, path string) {
			db, err := bolt.Open(path, 0o600, nil)
			must(t, errors.Join(err, db.Close()))
		}, storage.ErrCorrupt},
		{"a job out of the order", rows(deleteFirst(orderBucket, "d")), storage.ErrCorrupt},
		{"a lane without a row", rows(deleteFirst(orderBucket, "l")), storage.ErrCorrupt},
		{"an order without the job", rows(deleteFirst(jobsBucket, "q\x0013")), storage.ErrCorrupt},
		{"an entry of nothing", rows(func(tx *bolt.Tx) error {
			return tx.Bucket(orderBucket).Put([]byte("x"), []byte("1"))
		}), storage.ErrCorrupt},
		{"a job that is none", rows(func(tx *bolt.Tx) error {
			return tx.Bucket(jobsBucket).Put([]byte(jobKey("q", "3")), []byte("p"))
		}), storage.ErrCorrupt},
		{"a bucket missing", rows(func(tx *bolt.Tx) error { return tx.DeleteBucket(deadBucket) }), storage.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "db")
			c.make(t, path)
			_, err := verifyFile(t.Context(), path)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("the error tells what is in it: %v", err)
			}
		})
	}
}

func noise(from int) func([]byte) []byte {
	return func(b []byte) []byte {
		for i := from; i < len(b); i++ {
			b[i] = byte(i * 131)
		}
		return b
	}
}

func TestVerifyStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	write(func(b []byte) []byte { return b })(t, path)
	s := mustOpen(t, path, Options{})
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
		for i := range 2000 {
			if err := tx.Put("c", strings.Repeat("x", i%900+1), []byte("v")); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.Close())
	c, err := OpenCopy(path)
	must(t, err)
	defer func() { must(t, c.Close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Verify(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A backup that is taken while many write and their jobs are worked off is sound,
// and holds everything that was promised before it began.
func TestBackupUnderLoad(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, filepath.Join(dir, "db"), Options{})
	r, w, err := os.Pipe()
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- load(s, w); _ = w.Close() }()
	promises := make(chan string, 100_000)
	go func() {
		defer close(promises)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			promises <- lines.Text()
		}
	}()
	promised := map[string]int{}
	const rounds = 3
	for round := range rounds {
		for range 100 { // so much is promised, and more is going on
			if kind, n, ok := cutLast(<-promises); ok {
				promised[kind] = max(promised[kind], n+1)
			}
		}
		copied := filepath.Join(dir, "copy")
		d, err := NewDraft(copied)
		must(t, err)
		must(t, s.Backup(t.Context(), d))
		must(t, errors.Join(d.Finish(), d.Publish(true)))
		if _, err := verifyFile(t.Context(), copied); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		restored := mustOpen(t, copied, Options{})
		checkCrashed(t, restored, promised)
		if round == rounds-1 {
			drain(t, restored)
		}
		must(t, restored.Close())
	}
	must(t, s.Close())
	for range promises { // until the writers have ended
	}
	if err := <-ended; !errors.Is(err, storage.ErrClosed) {
		t.Error(err)
	}
}
