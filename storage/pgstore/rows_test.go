package pgstore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
)

// someRows are of every kind, more than fit one transaction.
func someRows() (rows []storage.Row) {
	for i := range loadRows + 500 {
		rows = append(rows, storage.Row{Kind: storage.RowRecord, Place: "b", Key: fmt.Sprintf("~%05d", i), Value: []byte{byte(i)}})
	}
	return append(rows,
		storage.Row{Kind: storage.RowPending, Place: "q", Key: "z", Lane: "\x00\xff", Value: []byte("body"), Due: 1, Attempt: 2},
		storage.Row{Kind: storage.RowPending, Place: "q", Key: "a", Lane: "\x00\xff", Value: []byte{}, Due: 2},
		storage.Row{Kind: storage.RowPending, Place: "q", Key: "b", Value: []byte{}, Due: 3},
		storage.Row{Kind: storage.RowPending, Place: "q", Key: "c", Value: []byte{}, Due: 4},
		storage.Row{Kind: storage.RowOver, Place: "q", Key: "d", Value: []byte{}, Ended: 5},
		storage.Row{Kind: storage.RowDead, Place: "q", Key: "e", Lane: "l", Value: []byte("body"), Due: 6, Ended: 7, Attempt: 10, Cause: "x"},
	)
}

func sumOf(rows []storage.Row) (s storage.RowSum) {
	for _, r := range rows {
		s.Add(r)
	}
	return s
}

// from hands out rows, and fails before the row stop.
func from(rows []storage.Row, stop int) func(skip int, each func(storage.Row) error) error {
	return func(skip int, each func(storage.Row) error) error {
		for i, r := range rows {
			if i == stop {
				return errStopped
			}
			if i < skip {
				continue
			}
			if err := each(r); err != nil {
				return err
			}
		}
		return nil
	}
}

var errStopped = errors.New("stopped")

// A load that was interrupted goes on where it was; until it has ended nobody
// opens the store, and nobody else's rows get in.
func TestLoadGoesOn(t *testing.T) {
	t.Parallel()
	name, rows := schema(t), someRows()
	filling := Options{Schema: name, Loading: true}
	s := process(t, filling)
	var heard []int
	note := func(n int) { heard = append(heard, n) }
	if err := s.Load(t.Context(), "tag", from(rows, loadRows+10), note); !errors.Is(err, errStopped) {
		t.Fatalf("%v", err)
	}
	if _, err := Open(t.Context(), pgtest.DSN(t), Options{Schema: name}); !errors.Is(err, ErrLoading) {
		t.Errorf("a part of a store opens: %v", err)
	}
	if err := s.Load(t.Context(), "another", from(rows, -1), nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("another load: %v", err)
	}
	s = process(t, filling)
	must(t, s.Load(t.Context(), "tag", from(rows, -1), note))
	if got, want := fmt.Sprint(heard), fmt.Sprint([]int{loadRows, len(rows)}); got != want {
		t.Errorf("progress %s, want %s", got, want)
	}
	must(t, s.Loaded(t.Context()))
	if err := s.Load(t.Context(), "tag", from(rows, -1), nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("into a full store: %v", err)
	}

	s = process(t, Options{Schema: name})
	var got storage.RowSum
	must(t, s.Rows(t.Context(), func(r storage.Row) error { got.Add(r); return nil }))
	if want := sumOf(rows); got.Sum() != want.Sum() || got.Rows != want.Rows || got.Jobs != 4 {
		t.Errorf("%d rows, %d jobs of %d, or others", got.Rows, got.Jobs, want.Rows)
	}
	if q := stateOfQueue(t, s, "q"); q.Due != 3 || q.Behind != 1 || q.Dead != 1 {
		t.Errorf("%+v", q)
	}
}

// Who moves a store learns whether a bot works on it.
func TestClaim(t *testing.T) {
	t.Parallel()
	name := schema(t)
	bot, mover := process(t, Options{Schema: name}), process(t, Options{Schema: name})
	stop := work(t, bot, "q", 1, func(context.Context, storage.Job, storage.Done) error { return nil })
	until(t, "the bot is seen", func() bool {
		release, err := mover.Claim(t.Context())
		if err == nil {
			release()
		}
		return errors.Is(err, storage.ErrLocked)
	})
	stop()
	must(t, bot.Close())
	until(t, "the bot is gone", func() bool {
		release, err := mover.Claim(t.Context())
		if err == nil {
			release()
		}
		return err == nil
	})
}
