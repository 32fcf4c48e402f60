package boltstore

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Updates that arrive while another one runs share the next commit.
func TestUpdatesShareCommits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{})
		before := s.committer.commits.Load()
		const n = 200
		behindOne(t, s, n, func(i int) {
			err := s.Update(t.Context(), nil, func(tx storage.Tx) error {
				return tx.Put("b", strconv.Itoa(i), []byte("v"))
			})
			if err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
		if commits := s.committer.commits.Load() - before; commits != 2 {
			t.Errorf("%d commits for 1 + %d updates, want 2", commits, n)
		}
		must(t, s.Close())
	})
}

// One that is too big for the store does not take its group with it.
func TestNeighboursOfATooBigUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{MaxSize: 3 << 20})
		behindOne(t, s, 10, func(i int) {
			var value []byte
			var want error
			if i == 3 {
				value, want = make([]byte, storage.MaxValue), storage.ErrFull
			} else {
				value = []byte("v")
			}
			err := s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", strconv.Itoa(i), value) })
			if !errors.Is(err, want) {
				t.Errorf("update %d: %v, want %v", i, err, want)
			}
		})
		wantValue(t, s, "b", "2", "v")
		wantValue(t, s, "b", "3", "")
		wantValue(t, s, "b", "9", "v")
		must(t, s.Close())
	})
}

// behindOne holds the committer up with one update, until fn's n calls stand
// behind it.
func behindOne(t *testing.T, s *Store, n int, fn func(i int)) {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := s.Update(t.Context(), nil, func(tx storage.Tx) error {
			close(held)
			<-hold
			return tx.Put("b", "first", []byte("v"))
		})
		if err != nil {
			t.Errorf("first update: %v", err)
		}
	})
	<-held
	for i := range n {
		all.Go(func() { fn(i) })
	}
	synctest.Wait()
	close(hold)
	all.Wait()
}

// An Update that writes nothing costs no commit, whether it fails or not.
func TestReadingUpdateCostsNoCommit(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "db"), Options{})
	put(t, s, "b", "k", "v")
	before := s.committer.commits.Load()
	for _, want := range []error{nil, errors.New("no")} {
		err := s.Update(t.Context(), nil, func(tx storage.Tx) error {
			_, err := tx.Get("b", "k")
			return errors.Join(err, tx.Put("b", "unknown", nil), want)
		})
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if after := s.committer.commits.Load(); after != before {
		t.Errorf("%d commits", after-before)
	}
}

// A caller that gives up before its turn does not wait for it.
func TestCancelledCallerDoesNotWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, path, Options{})
		hold, held := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			_ = s.Update(t.Context(), nil, func(storage.Tx) error { close(held); <-hold; return nil })
		})
		<-held
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := s.Update(ctx, nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("v")) })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want DeadlineExceeded", err)
		}
		close(hold)
		all.Wait()
		wantValue(t, s, "b", "k", "")
		must(t, s.Close())
	})
}
