//go:build crashpoints

package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A crashStore has the points of transactions and jobs.
type crashStore struct{ storage.Store }

// Unwrap is the store that is killed.
func (s crashStore) Unwrap() storage.Store { return s.Store }

func storeSeam(s storage.Store) storage.Store {
	switch os.Getenv(breakVariable) {
	case breakDrop, breakEarly:
		s = &brokenStore{Store: s, how: os.Getenv(breakVariable)}
	}
	return crashStore{s}
}

// stages are the points of one transaction.
type stages struct{ before, inside, after string }

// updateStages tells transactions apart by the keys they hold.
func updateStages(keys []string) stages {
	switch {
	case len(keys) == 0 || strings.Contains(keys[0], ":"):
		return stages{"W1", "W2", "W3"}
	case keys[0] == "lookup":
		return stages{"L1", "L2", "L3"}
	case strings.HasPrefix(keys[0], "watch|"):
		return stages{"D1", "D2", "D3"}
	}
	return stages{}
}

// jobStages are the points of the jobs of a queue: begun, and its end.
func jobStages(queue string) (begun string, end stages) {
	switch queue {
	case "lookup":
		return "Q1", stages{"Q5", "Q6", "Q7"}
	case "check":
		return "C1", stages{"C5", "C6", "C7"}
	case "send", "digest":
		return "S0", stages{"S2", "S2a", "S3"}
	case "telegram", "telegram-aside":
		return "T1", stages{"T3", "T3a", "T4"}
	}
	return "O1", stages{"O5", "O6", "O7"}
}

// run does a transaction.
func (s stages) run(do func(fn func(storage.Tx) error) error, fn func(storage.Tx) error) error {
	pass(s.before)
	err := do(func(tx storage.Tx) error {
		err := fn(tx)
		if err == nil {
			pass(s.inside)
		}
		return err
	})
	if err == nil {
		pass(s.after)
	}
	return err
}

// Update implements storage.Store.
func (s crashStore) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	return updateStages(keys).run(func(fn func(storage.Tx) error) error { return s.Store.Update(ctx, keys, fn) }, fn)
}

// Work implements storage.Store.
func (s crashStore) Work(ctx context.Context, queue string, n int, h storage.Handler) error {
	begun, end := jobStages(queue)
	return s.Store.Work(ctx, queue, n, func(ctx context.Context, j storage.Job, done storage.Done) error {
		var ended atomic.Bool
		pass(begun)
		err := h(ctx, j, func(keys []string, fn func(storage.Tx) error) error {
			ended.Store(true)
			return end.run(func(fn func(storage.Tx) error) error { return done(keys, fn) }, fn)
		})
		if err == nil && !ended.Load() {
			pass(end.before)
		}
		return err
	})
}

// Backup implements storage.Store.
func (s crashStore) Backup(ctx context.Context, w io.Writer) error {
	return s.Store.Backup(ctx, crashWriter{w})
}

// A crashWriter has the point of a backup.
type crashWriter struct{ io.Writer }

func (w crashWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	pass("K1")
	return n, err
}
