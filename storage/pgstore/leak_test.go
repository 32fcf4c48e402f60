package pgstore

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
)

// A closed store has nothing left running, though it worked, listened and led.
// It runs alone: other tests have goroutines of their own.
func TestNothingIsLeftRunning(t *testing.T) {
	dsn := pgtest.DSN(t)
	before := goleak.IgnoreCurrent()
	s, err := Open(t.Context(), dsn, Options{Schema: schema(t)})
	must(t, err)
	ran := make(chan struct{})
	stop := work(t, s, "q", 2, func(context.Context, storage.Job, storage.Done) error {
		close(ran)
		return nil
	})
	enqueue(t, s, storage.Job{ID: "1", Queue: "q"})
	next(t, ran)
	stop()
	must(t, s.Close())
	goleak.VerifyNone(t, before)
}
