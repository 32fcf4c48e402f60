package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

const canary = "LSVCANARY00"

// canaries counts the canaries whose bytes are in the file.
func canaries(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return bytes.Count(b, []byte(canary))
}

// forgetful makes a store with 2,000 records of which 1,900 are deleted, a job
// that was done and lanes that wait.
func forgetful(t *testing.T, path string) {
	t.Helper()
	s := mustOpen(t, path, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	must(t, s.Update(ctx, nil, func(tx storage.Tx) error {
		for i := range 2000 {
			if err := tx.Put("car", strconv.Itoa(i), []byte(fmt.Sprintf("%s%06d", canary, i))); err != nil {
				return err
			}
		}
		_, err := tx.Enqueue(storage.Job{ID: "done", Queue: "q"})
		return err
	}))
	must(t, s.Work(ctx, "q", 1, func(context.Context, storage.Job, storage.Done) error { cancel(); return nil }))
	for from := range 19 {
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			for i := range 100 {
				if err := tx.Put("car", strconv.Itoa(100*from+i), nil); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
		for i := range 20 {
			j := storage.Job{ID: strconv.Itoa(i), Queue: "q", Key: "lane" + strconv.Itoa(i%2)}
			if _, err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.Close())
}

// What was deleted can be read in the file until it is compacted, and what was
// not deleted is all there after it, jobs in their order.
func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	forgetful(t, path)
	if n := canaries(t, path); n < 1000 {
		t.Fatalf("%d canaries before: this test shows nothing", n)
	}
	var copied int64
	c, err := Compact(t.Context(), path, func(n int64) { copied = n })
	must(t, err)
	if n := canaries(t, path); n != 100 {
		t.Errorf("%d canaries, 100 were kept", n)
	}
	if c.After > c.Before/4 || copied == 0 {
		t.Errorf("%+v, %d bytes copied", c, copied)
	}
	if c.Facts.Records["car"] != 100 || c.Facts.Jobs != 20 || c.Facts.Over != 1 {
		t.Errorf("%+v", c.Facts)
	}
	alone(t, path)

	s := mustOpen(t, path, Options{})
	wantValue(t, s, "car", "1950", canary+"001950")
	for id, want := range map[string]bool{"done": false, "7": false, "later": true} {
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			fresh, err := tx.Enqueue(storage.Job{ID: id, Queue: "q", Key: "lane0"})
			if fresh != want {
				t.Errorf("job %s: fresh %v", id, fresh)
			}
			return err
		}))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var ran []string
	must(t, s.Work(ctx, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		if j.Key == "lane0" {
			ran = append(ran, j.ID)
		}
		if len(ran) == 11 {
			cancel()
		}
		return nil
	}))
	if got := strings.Join(ran, " "); got != "0 2 4 6 8 10 12 14 16 18 later" {
		t.Errorf("the lane ran as %s", got)
	}
}

// alone wants nothing beside path that was left behind.
func alone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path + partial); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a draft is left: %v", err)
	}
}

func TestCompactRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*testing.T, string)
		want error
	}{
		{"a file in use", func(t *testing.T, path string) { mustOpen(t, path, Options{}) }, storage.ErrLocked},
		{"a damaged file", write(func(b []byte) []byte { return b[:len(b)/2] }), storage.ErrCorrupt},
		{"text", write(func([]byte) []byte { return []byte(strings.Repeat("plate,city\n", 10_000)) }), storage.ErrCorrupt},
		{"a later version", laterVersion, storage.ErrNewer},
		{"another program's", otherProgram, storage.ErrCorrupt},
		{"nothing", func(*testing.T, string) {}, fs.ErrNotExist},
		{"a draft being written", func(t *testing.T, path string) {
			forgetful(t, path)
			d, err := NewDraft(path)
			must(t, err)
			t.Cleanup(func() { must(t, d.Discard()) })
		}, storage.ErrLocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			if _, err := Compact(t.Context(), path, nil); !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file changed")
			}
			if c.name == "nothing" {
				if _, err := os.Stat(path); err == nil {
					t.Error("a store was made")
				}
			}
		})
	}
}

// Whoever interrupts it has the file as it was.
func TestCompactStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	forgetful(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Compact(ctx, path, func(int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	alone(t, path)
	wantValue(t, mustOpen(t, path, Options{}), "car", "1950", canary+"001950")
}
