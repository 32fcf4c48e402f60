package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// A store on which small writes work and others do not: it is not ready, until
// nothing has failed for a while.
func TestNotReadyAfterAFailedWrite(t *testing.T) {
	full := fmt.Errorf("boltstore: %w", storage.ErrFull)
	own := errors.New("its own")
	for _, tt := range []struct {
		name  string
		fails error // of the store
		fn    error // of the transaction
		ready bool
	}{
		{"a full disk", full, nil, false},
		{"a disk that fails", errors.New("input/output error"), nil, false},
		{"a transaction that refuses", nil, own, true},
		{"a store that closes", storage.ErrClosed, nil, true},
		{"somebody who left", context.Canceled, nil, true},
		{"a run that was overtaken", storage.ErrLost, nil, true},
		{"nothing", nil, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			now := time.Now()
			failing := &failingStore{Store: file}
			s := &storingStore{Store: failing, now: func() time.Time { return now }}
			h := newHealth(silent())
			h.now = s.now
			h.serving(s)

			failing.fails = tt.fails
			err = s.Update(t.Context(), nil, func(storage.Tx) error { return tt.fn })
			if !errors.Is(err, tt.fails) && !errors.Is(err, tt.fn) {
				t.Errorf("%v", err)
			}
			failing.fails = nil // the probe's own write works
			want := map[bool]int{true: http.StatusOK, false: http.StatusServiceUnavailable}
			if got := readiness(h); got != want[tt.ready] {
				t.Errorf("readyz: %d, want %d", got, want[tt.ready])
			}
			now = now.Add(failureCounts)
			if got := readiness(h); got != http.StatusOK {
				t.Errorf("readyz, later: %d", got)
			}
		})
	}
}

// The end of a job counts as any other write.
func TestNotReadyAfterAFailedDone(t *testing.T) {
	file, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{MaxSize: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := &storingStore{Store: file, now: time.Now}
	err = s.Update(t.Context(), nil, func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Job{ID: "1", Queue: "q"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err = s.Work(ctx, "q", 1, func(_ context.Context, _ storage.Job, done storage.Done) error {
		defer stop()
		err := done(nil, func(tx storage.Tx) error { return tx.Put("b", "k", make([]byte, 4<<20)) })
		if !errors.Is(err, storage.ErrFull) || !errors.Is(s.lately(), storage.ErrFull) {
			t.Errorf("%v, lately %v", err, s.lately())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func readiness(h *health) int {
	w := httptest.NewRecorder()
	h.ready(w, httptest.NewRequest(http.MethodGet, readyPath, nil))
	return w.Code
}

// A failingStore runs a transaction and fails all the same.
type failingStore struct {
	storage.Store
	fails error
}

func (s *failingStore) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if s.fails == nil {
		return s.Store.Update(ctx, keys, fn)
	}
	return s.Store.Update(ctx, keys, func(tx storage.Tx) error { return errors.Join(fn(tx), s.fails) })
}
