package boltstore

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

func TestRowsReadAsWritten(t *testing.T) {
	for _, want := range []row{
		{},
		{seq: 1, due: 1, attempt: 1, lane: "lane", body: []byte("body")},
		{seq: math.MaxUint64, due: math.MaxInt64, attempt: math.MaxInt32, lane: "\x00\xff", body: []byte{0}},
	} {
		got, err := decodeRow(want.encode())
		if err != nil {
			t.Fatal(err)
		}
		if want.body == nil {
			want.body = []byte{}
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%+v became %+v", want, *got)
		}
	}
}

func TestNanosKeepOrder(t *testing.T) {
	times := []time.Time{
		{}, time.Unix(0, 0), time.Unix(0, 1), time.Unix(1_800_000_000, 0), time.Unix(0, math.MaxInt64),
		time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	for i := 1; i < len(times); i++ {
		before, after := dueKey("q", driver.Nanos(times[i-1]), 1), dueKey("q", driver.Nanos(times[i]), 1)
		if before > after {
			t.Errorf("%v sorts after %v", times[i-1], times[i])
		}
	}
}

func FuzzDecodeRow(f *testing.F) {
	f.Add([]byte{})
	f.Add((&row{seq: 1, due: 2, attempt: 3, lane: "lane", body: []byte("body")}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRow(b)
		if err != nil {
			if !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("%v, want ErrCorrupt", err)
			}
			return
		}
		again, err := decodeRow(r.encode())
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

func FuzzDecodeLetter(f *testing.F) {
	f.Add(make([]byte, 16), appendText(appendText(appendText(nil, "q"), "id"), "print"))
	f.Fuzz(func(t *testing.T, k, v []byte) {
		if _, err := decodeLetter(string(k), v); err != nil && !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%v, want ErrCorrupt", err)
		}
	})
}

// A copy made while a handler runs is what a crash at that moment leaves. A job
// that outlives its process every time is given up after MaxAttempts such runs.
func TestRunsThatEndWithTheirProcessCount(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(dir, "0")
		s := mustOpen(t, path, Options{})
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			_, err1 := tx.Enqueue(storage.Job{ID: "poison", Queue: "q", Key: "lane"})
			_, err2 := tx.Enqueue(storage.Job{ID: "behind", Queue: "q", Key: "lane"})
			return errors.Join(err1, err2)
		}))
		for attempt := 1; attempt <= storage.MaxAttempts; attempt++ {
			path += "x"
			j := crashCopy(t, s, path)
			if j.ID != "poison" || j.Attempt != attempt {
				t.Fatalf("ran %s attempt %d, want poison %d", j.ID, j.Attempt, attempt)
			}
			s = mustOpen(t, path, Options{})
		}
		if j := crashCopy(t, s, path+"x"); j.ID != "behind" {
			t.Errorf("ran %s, want what stood behind", j.ID)
		}
	})
}

// crashCopy works on s until the first job has been in its handler for a while,
// copies the store at that moment, and returns the job.
func crashCopy(t *testing.T, s *Store, to string) (j storage.Job) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	must(t, s.Work(ctx, "q", 1, func(ctx context.Context, job storage.Job, _ storage.Done) error {
		defer cancel()
		j = job
		time.Sleep(2 * countAfter)
		var copied bytes.Buffer
		if err := s.Backup(ctx, &copied); err != nil {
			return err
		}
		return os.WriteFile(to, copied.Bytes(), 0o600)
	}))
	must(t, s.Close())
	return j
}

// A job whose outcome cannot be stored keeps its worker, which stores it once
// there is room again.
func TestOutcomeWaitsForRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		logger, log := test.NewNullLogger()
		s := mustOpen(t, path, Options{Log: logger})
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Job{ID: "1", Queue: "q"})
			return err
		}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		runs := 0
		must(t, s.Work(ctx, "q", 1, func(context.Context, storage.Job, storage.Done) error {
			runs++
			fillUp(t, s, 10*time.Second)
			return nil
		}))
		if runs != 1 {
			t.Errorf("the job ran %d times", runs)
		}
		if n := len(log.AllEntries()); n < 5 || n > 15 {
			t.Errorf("%d attempts failed in 10 s, want one a second", n)
		}
		must(t, s.read(func(tx *tx) error {
			if r, err := tx.job("q", "1"); r != nil || err != nil {
				t.Errorf("the job is still there: %v, %v", r, err)
			}
			return nil
		}))
		must(t, s.Close())
	})
}

// fillUp leaves no page to write to for d: the file may not grow, and a view
// keeps its free pages from being used.
func fillUp(t *testing.T, s *Store, d time.Duration) {
	t.Helper()
	s.db.MaxSize = 1
	viewing := make(chan struct{})
	go func() {
		err := s.View(t.Context(), func(storage.Tx) error {
			close(viewing)
			time.Sleep(d)
			return nil
		})
		if err != nil {
			t.Errorf("View: %v", err)
		}
		_ = s.committer.do(t.Context(), func(*tx) error { s.db.MaxSize = 0; return nil }, nil)
	}()
	<-viewing
	var err error
	for i := 0; err == nil; i++ {
		err = s.Update(t.Context(), nil, func(tx storage.Tx) error {
			return tx.Put("fill", string(rune('a'+i)), []byte("v"))
		})
	}
	if !errors.Is(err, storage.ErrFull) {
		t.Errorf("full: %v", err)
	}
}
