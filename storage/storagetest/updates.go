package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/weizhangbot/weizhangbot/storage"
)

var updateChecks = []check{
	{"an error rolls back", errorRollsBack},
	{"a panic rolls back and is the caller's error only", panicRollsBack},
	{"an fn that ends its goroutine hurts nobody else", goexitHurtsNobody},
	{"failing updates do not spoil those beside them", failingNeighbours},
	{"no increment is lost", increments},
	{"opposite keys do not deadlock", oppositeKeys},
	{"a view is a snapshot and cannot write", viewIsSnapshot},
	{"a transaction ends with its fn", endsWithFn},
	{"a cancelled update leaves nothing", cancelled},
}

var errNo = errors.New("no")

func errorRollsBack(w *world) {
	w.put("b", "k", "before")
	w.put("b", "gone", "still here")
	err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
		w.must(tx.Put("b", "k", []byte("after")))
		w.must(tx.Put("b", "gone", nil))
		w.must(tx.Put("new", "k", []byte("v")))
		return errNo
	})
	if !errors.Is(err, errNo) {
		w.Errorf("Update returned %v, want fn's error", err)
	}
	w.wantValue("b", "k", "before")
	w.wantValue("b", "gone", "still here")
	w.wantValue("new", "k", "-")
	w.reopen()
	w.wantValue("b", "k", "before")
	w.wantValue("new", "k", "-")
}

func panicRollsBack(w *world) {
	err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
		w.must(tx.Put("b", "k", []byte("v")))
		panic(errNo)
	})
	if !errors.Is(err, errNo) {
		w.Errorf("Update returned %v, want the panic", err)
	}
	w.wantValue("b", "k", "-")
	if err := w.store.View(w.ctx, func(storage.Tx) error { panic("oh") }); err == nil {
		w.Error("View returned nil after a panic")
	}
	w.put("b", "k", "goes on")
	w.wantValue("b", "k", "goes on")
}

func goexitHurtsNobody(w *world) {
	w.together(20, func(i int) {
		ended := make(chan struct{})
		go func() { // Goexit may end the goroutine that calls Update, or not
			defer close(ended)
			err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
				if err := tx.Put("b", strconv.Itoa(i), []byte("v")); err != nil {
					return err
				}
				if i%5 == 0 {
					runtime.Goexit()
				}
				return nil
			})
			if (err == nil) != (i%5 != 0) {
				w.Errorf("update %d: %v", i, err)
			}
		}()
		<-ended
	})
	for i := range 20 {
		want := "v"
		if i%5 == 0 {
			want = "-"
		}
		w.wantValue("b", strconv.Itoa(i), want)
	}
}

func failingNeighbours(w *world) {
	const n = 60
	w.together(n, func(i int) {
		err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
			if err := add(tx, "sum", 1); err != nil {
				return err
			}
			if err := tx.Put("b", strconv.Itoa(i), []byte("v")); err != nil {
				return err
			}
			switch i % 6 {
			case 1:
				return errNo
			case 2:
				panic("no")
			}
			return nil
		})
		if (err == nil) != (i%6 != 1 && i%6 != 2) {
			w.Errorf("update %d: %v", i, err)
		}
	})
	w.wantValue("b", "sum", strconv.Itoa(n*4/6))
	w.wantValue("b", "0", "v")
	w.wantValue("b", "1", "-")
	w.wantValue("b", "2", "-")
}

// add adds n to the number that key of bucket b holds.
func add(tx storage.Tx, key string, n int) error {
	v, err := tx.Get("b", key)
	if err != nil {
		return err
	}
	have := 0
	if v != nil {
		if have, err = strconv.Atoi(string(v)); err != nil {
			return err
		}
	}
	return tx.Put("b", key, strconv.AppendInt(nil, int64(have+n), 10))
}

func increments(w *world) {
	for _, c := range []struct{ writers, each int }{{16, 50}, {2, 100}} {
		key := fmt.Sprintf("%d writers", c.writers) // which is new
		w.together(c.writers, func(int) {
			for range c.each {
				err := w.store.Update(w.ctx, []string{key}, func(tx storage.Tx) error { return add(tx, key, 1) })
				if err != nil {
					w.Errorf("increment: %v", err)
				}
			}
		})
		w.wantValue("b", key, strconv.Itoa(c.writers*c.each))
	}
}

func oppositeKeys(w *world) {
	w.together(8, func(i int) {
		from, to := "left", "right"
		if i%2 == 1 {
			from, to = to, from
		}
		for range 25 {
			err := w.store.Update(w.ctx, []string{from, to}, func(tx storage.Tx) error {
				return errors.Join(add(tx, from, -1), add(tx, to, 1))
			})
			if err != nil {
				w.Errorf("move: %v", err)
			}
		}
	})
	w.wantValue("b", "left", "0")
	w.wantValue("b", "right", "0")
}

func viewIsSnapshot(w *world) {
	w.put("b", "k", "before")
	w.must(w.store.View(w.ctx, func(tx storage.Tx) error {
		written := make(chan error, 1)
		go func() {
			written <- w.store.Update(w.ctx, nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("after")) })
		}()
		if err := next(w, written); err != nil {
			return err
		}
		v, err := tx.Get("b", "k")
		if string(v) != "before" {
			w.Errorf("the view sees %q, want before", v)
		}
		return err
	}))
	w.wantValue("b", "k", "after")

	for name, write := range map[string]func(storage.Tx) error{
		"Put":     func(tx storage.Tx) error { return tx.Put("b", "k", []byte("v")) },
		"delete":  func(tx storage.Tx) error { return tx.Put("b", "k", nil) },
		"Enqueue": func(tx storage.Tx) error { _, err := tx.Enqueue(storage.Job{ID: "1", Queue: "q"}); return err },
	} {
		if err := w.store.View(w.ctx, write); !errors.Is(err, storage.ErrInvalid) {
			w.Errorf("%s in a view: %v, want ErrInvalid", name, err)
		}
	}
	w.wantValue("b", "k", "after")
}

func endsWithFn(w *world) {
	var kept storage.Tx
	keep := func(tx storage.Tx) error {
		kept = tx
		return tx.Put("b", "k", []byte("v"))
	}
	use := func() {
		w.Helper()
		_, getErr := kept.Get("b", "k")
		_, scanErr := kept.Scan("b", "", storage.End, 0)
		_, jobErr := kept.Enqueue(storage.Job{ID: "1", Queue: "q"})
		for _, err := range []error{getErr, scanErr, jobErr, kept.Put("b", "k", []byte("late"))} {
			if err == nil {
				w.Error("a transaction works after its fn")
			}
		}
	}
	w.update(keep)
	use()
	w.must(w.store.View(w.ctx, func(tx storage.Tx) error { kept = tx; return nil }))
	use()
	w.wantValue("b", "k", "v")
}

func cancelled(w *world) {
	ctx, cancel := context.WithCancel(w.ctx)
	err := w.store.Update(ctx, nil, func(tx storage.Tx) error {
		err := tx.Put("b", "mid", []byte("v"))
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		w.Errorf("cancelled in fn: %v", err)
	}
	var ran atomic.Bool
	err = w.store.Update(ctx, nil, func(tx storage.Tx) error {
		ran.Store(true)
		return tx.Put("b", "before", []byte("v"))
	})
	if !errors.Is(err, context.Canceled) || ran.Load() {
		w.Errorf("cancelled before: %v, ran: %v", err, ran.Load())
	}
	if err := w.store.View(ctx, func(storage.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		w.Errorf("view after: %v", err)
	}
	w.wantValue("b", "mid", "-")
	w.wantValue("b", "before", "-")

	// Whatever a cancelled update says is what happened.
	w.together(40, func(i int) {
		ctx, cancel := context.WithCancel(w.ctx)
		if i%2 == 0 {
			go cancel()
		}
		defer cancel()
		key := fmt.Sprintf("race %d", i)
		err := w.store.Update(ctx, nil, func(tx storage.Tx) error { return tx.Put("b", key, []byte("v")) })
		want := "v"
		if err != nil {
			want = "-"
		}
		w.wantValue("b", key, want)
	})
}
