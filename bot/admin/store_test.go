package admin_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A nopStore does what it is asked to with no transaction.
type nopStore struct{}

func (nopStore) Update(_ context.Context, _ []string, fn func(storage.Tx) error) error {
	return fn(nil)
}
func (nopStore) View(context.Context, func(storage.Tx) error) error { return nil }
func (nopStore) Work(ctx context.Context, _ string, _ int, h storage.Handler) error {
	if h == nil {
		return storage.ErrInvalid
	}
	return h(ctx, storage.Job{}, func(_ []string, fn func(storage.Tx) error) error { return fn(nil) })
}
func (nopStore) Backup(context.Context, io.Writer) error { return storage.ErrClosed }
func (nopStore) Close() error                            { return nil }

func TestTimedStore(t *testing.T) {
	r := newRig(t, "")
	s := r.panel.Timed(nopStore{})
	broken := storage.ErrFull
	if err := s.Update(t.Context(), nil, func(storage.Tx) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("update: %v", err)
	}
	if err := s.Work(t.Context(), "q", 1, nil); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("work without a handler: %v", err)
	}
	err := s.Work(t.Context(), "q", 1, func(_ context.Context, _ storage.Job, done storage.Done) error {
		return done(nil, func(storage.Tx) error { return broken })
	})
	if !errors.Is(err, broken) {
		t.Errorf("done: %v", err)
	}
	if err := s.Backup(t.Context(), nil); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("what is not measured is handed on: %v", err)
	}
	text := r.gets("/metrics").Body.String()
	for op, n := range map[string]string{"update": "1", "view": "0", "done": "1"} {
		if !strings.Contains(text, `weizhangbot_store_tx_seconds_count{op="`+op+`"} `+n+"\n") {
			t.Errorf("%s is not counted %s times", op, n)
		}
	}
}
