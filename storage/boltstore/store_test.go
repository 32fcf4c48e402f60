package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/weizhangbot/weizhangbot/storage"
)

func TestFullStoreRefusesAndRecovers(t *testing.T) {
	const limit = 4 << 20
	path := filepath.Join(t.TempDir(), "db")
	s := mustOpen(t, path, Options{MaxSize: limit})
	put(t, s, "b", "first", "kept")
	value := make([]byte, 64<<10)
	var err error
	n := 0
	for ; n < 1000 && err == nil; n++ {
		err = s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", strconv.Itoa(n), value) })
	}
	if !errors.Is(err, storage.ErrFull) {
		t.Fatalf("after %d values: %v, want ErrFull", n, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > limit+1<<20 {
		t.Errorf("the file has %d bytes (%v), limit %d", info.Size(), err, limit)
	}
	wantValue(t, s, "b", "first", "kept")

	if err := s.Update(t.Context(), nil, func(tx storage.Tx) error {
		return tx.Put("b", "huge", make([]byte, storage.MaxValue))
	}); !errors.Is(err, storage.ErrFull) {
		t.Errorf("huge: %v, want ErrFull", err)
	}
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
		var errs []error
		for i := range n {
			errs = append(errs, tx.Put("b", strconv.Itoa(i), nil))
		}
		return errors.Join(errs...)
	}))
	for range 20 { // freed pages are used again
		put(t, s, "b", "again", string(value))
	}
	wantValue(t, s, "b", "first", "kept")
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		err, want error
	}{
		{nil, nil},
		{berrors.ErrMaxSizeReached, storage.ErrFull},
		{&os.PathError{Op: "write", Path: "db", Err: syscall.ENOSPC}, storage.ErrFull},
		{errors.New("file sync error: " + syscall.ENOSPC.Error()), storage.ErrFull}, // as bbolt does
		{syscall.EDQUOT, storage.ErrFull},
		{berrors.ErrDatabaseNotOpen, storage.ErrClosed},
		{syscall.EIO, syscall.EIO},
	} {
		if got := translate(c.err); !errors.Is(got, c.want) {
			t.Errorf("%v becomes %v, want %v", c.err, got, c.want)
		}
	}
}

// Reads during and after damage to the mapped file are errors, not crashes.
func TestDamageUnderARunningStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	write(func(b []byte) []byte { return b })(t, path)
	s := mustOpen(t, path, Options{})
	must(t, os.Truncate(path, 3*4096))
	err := s.View(t.Context(), func(tx storage.Tx) error {
		_, err := tx.Scan("b", "", storage.End, 0)
		return err
	})
	if !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("View: %v, want ErrCorrupt", err)
	}
	err = s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", "~\x00\x00\x01\x00", []byte("v")) })
	if !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("Update: %v, want ErrCorrupt", err)
	}
}

func TestDeadLetterKeepsAFingerprintOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := logrus.New()
		logger.SetOutput(&log)
		s := mustOpen(t, path, Options{Log: logger})
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Job{ID: "1", Queue: "send", Key: "lane", Body: []byte("body")})
			return err
		}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Hour, cancel)
		must(t, s.Work(ctx, "send", 1, func(context.Context, storage.Job, storage.Done) error {
			return fmt.Errorf("send: %w", errors.New("沪C12345 is private"))
		}))
		letters, err := s.DeadLetters(t.Context(), 0)
		must(t, err)
		if len(letters) != 1 {
			t.Fatalf("%d dead letters", len(letters))
		}
		l := letters[0]
		if l.Job.ID != "1" || l.Job.Queue != "send" || l.Job.Key != "lane" || string(l.Job.Body) != "body" || l.Job.Attempt != storage.MaxAttempts {
			t.Errorf("dead letter %+v", l.Job)
		}
		if age := time.Since(l.Died); age < 0 || age > 2*time.Hour {
			t.Errorf("died %v ago", age)
		}
		if !strings.HasPrefix(l.Fingerprint, "*errors.errorString:") || strings.Contains(l.Fingerprint, "沪") {
			t.Errorf("fingerprint %q", l.Fingerprint)
		}
		if !strings.Contains(log.String(), l.Fingerprint) || strings.Contains(log.String(), "private") {
			t.Errorf("log %s", log.String())
		}
		must(t, s.Close())
	})
	if b, err := os.ReadFile(path); err != nil || bytes.Contains(b, []byte("private")) {
		t.Errorf("the error's text is in the file (%v)", err)
	}
}

// IDs of completed jobs and dead letters are forgotten after KeepDone, pending
// jobs never.
func TestSweep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{KeepDone: 48 * time.Hour})
		enqueue := func(id string, at time.Time) (fresh bool) {
			must(t, s.Update(t.Context(), nil, func(tx storage.Tx) (err error) {
				fresh, err = tx.Enqueue(storage.Job{ID: id, Queue: "q", At: at})
				return err
			}))
			return fresh
		}
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			for i := range sweepRows + 100 { // more than one go
				if _, err := tx.Enqueue(storage.Job{ID: strconv.Itoa(i), Queue: "q"}); err != nil {
					return err
				}
			}
			return nil
		}))
		enqueue("bad", time.Time{})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Hour, cancel)
		must(t, s.Work(ctx, "q", 1000, func(_ context.Context, j storage.Job, _ storage.Done) error {
			if j.ID == "bad" {
				return errors.New("no")
			}
			return nil
		}))
		year := time.Now().Add(365 * 24 * time.Hour)
		enqueue("pending", year)
		if enqueue("7", year) || enqueue("bad", year) {
			t.Error("forgotten too early")
		}
		time.Sleep(46 * time.Hour)
		if enqueue("7", year) || enqueue("bad", year) {
			t.Error("forgotten too early")
		}
		time.Sleep(6 * time.Hour)
		if !enqueue("7", year) || !enqueue(strconv.Itoa(sweepRows+99), year) || !enqueue("bad", year) {
			t.Error("never forgotten")
		}
		if letters, err := s.DeadLetters(t.Context(), 0); len(letters) != 0 || err != nil {
			t.Errorf("%d dead letters left, %v", len(letters), err)
		}
		if enqueue("pending", year) {
			t.Error("a pending job was forgotten")
		}
		must(t, s.Close())
	})
}

// The wall clock is set forward while all sleep: jobs are late by recheck at
// most. Set back, it makes none run early.
func TestClockJumps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var jump time.Duration
		clock := func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(jump)
		}
		set := func(d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			jump = d
		}
		s := mustOpen(t, path, Options{Clock: clock})
		ran := make(chan string, 2)
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() {
			_ = s.Work(ctx, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error { ran <- j.ID; return nil })
		})
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			_, err1 := tx.Enqueue(storage.Job{ID: "day", Queue: "q", At: clock().Add(24 * time.Hour)})
			_, err2 := tx.Enqueue(storage.Job{ID: "week", Queue: "q", At: clock().Add(7 * 24 * time.Hour)})
			return errors.Join(err1, err2)
		}))
		time.Sleep(time.Minute)
		set(25 * time.Hour)
		time.Sleep(recheck + time.Second)
		if len(ran) != 1 || <-ran != "day" {
			t.Error("the job of the day did not run after the jump")
		}
		set(-30 * 24 * time.Hour)
		time.Sleep(8 * 24 * time.Hour)
		if len(ran) != 0 {
			t.Error("a job ran early by the clock it was given")
		}
		set(0)
		time.Sleep(recheck + time.Second)
		if len(ran) != 1 {
			t.Error("the job of the week did not run")
		}
		cancel()
		work.Wait()
		must(t, s.Close())
	})
}
