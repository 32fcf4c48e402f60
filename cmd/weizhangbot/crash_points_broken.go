//go:build crashpoints

package main

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// CRASHBREAK has the store break its promise to people, for the control of the
// crash test, which must find it: drop leaves out every seventh of their
// transactions, early acknowledges each before it is committed.
const (
	breakVariable = "CRASHBREAK"
	breakDrop     = "drop"
	breakEarly    = "early"

	breakEvery = 7
	breakDelay = 150 * time.Millisecond
)

type brokenStore struct {
	storage.Store
	how   string
	count atomic.Int64
}

var errDropped = errors.New("dropped on purpose")

// Update breaks storage.Store's.
func (s *brokenStore) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if len(keys) == 0 || !strings.Contains(keys[0], ":") {
		return s.Store.Update(ctx, keys, fn)
	}
	if s.how == breakDrop && s.count.Add(1)%breakEvery != 0 {
		return s.Store.Update(ctx, keys, fn)
	}
	err := s.Store.Update(ctx, keys, func(tx storage.Tx) error {
		return errors.Join(fn(tx), errDropped)
	})
	if !onlyDropped(err) {
		return err
	}
	if s.how == breakEarly {
		time.AfterFunc(breakDelay, func() { _ = s.Store.Update(context.WithoutCancel(ctx), keys, fn) })
	}
	return nil
}

// onlyDropped tells whether fn itself had no fault.
func onlyDropped(err error) bool {
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	return ok && len(joined.Unwrap()) == 1 && errors.Is(err, errDropped)
}
