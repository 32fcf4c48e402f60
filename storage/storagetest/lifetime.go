package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/weizhangbot/weizhangbot/storage"
)

var lifetimeChecks = []check{
	{"reopening keeps all", reopenKeeps},
	{"a backup taken while writing is consistent", backupWhileWriting},
	{"a backup stops with its context", backupStops},
	{"a closed store refuses everything", closedRefuses},
	{"closing waits for what runs", closeWaits},
}

func reopenKeeps(w *world) {
	w.put("b", "k", "v")
	w.enqueue(storage.Job{ID: "1", Queue: "q", Body: []byte("body")})
	for range 2 {
		w.reopen()
		w.wantValue("b", "k", "v")
	}
	ran := make(chan storage.Job, 10)
	w.work("q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		ran <- j
		return nil
	})
	if j := next(w, ran); string(j.Body) != "body" {
		w.Errorf("job %q", j.Body)
	}
	nothing(w, ran, "runs twice")
	w.reopen()
	w.work("q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		ran <- j
		return nil
	})
	nothing(w, ran, "runs after completion")
}

// Money moves between two accounts while backups are made: the sum tells
// whether a backup is of one moment.
func backupWhileWriting(w *world) {
	w.put("b", "left", "1000")
	w.put("b", "right", "0")
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			err := w.store.Update(w.ctx, []string{"left", "right"}, func(tx storage.Tx) error {
				if _, err := tx.Enqueue(storage.Job{ID: strconv.Itoa(n), Queue: "q"}); err != nil {
					return err
				}
				return errors.Join(add(tx, "left", -1), add(tx, "right", 1))
			})
			if err != nil {
				w.Errorf("writing: %v", err)
				return
			}
		}
	})
	var last bytes.Buffer
	for range 5 {
		last.Reset()
		if err := w.store.Backup(w.ctx, &last); err != nil {
			w.Errorf("Backup: %v", err)
		}
	}
	close(stop)
	writer.Wait()

	place := w.TempDir()
	w.driver.Restore(w, place, last.Bytes())
	copied := newWorld(w, w.driver, place)
	defer copied.close()
	left, _ := strconv.Atoi(copied.get("b", "left"))
	right, _ := strconv.Atoi(copied.get("b", "right"))
	if left+right != 1000 {
		w.Errorf("the copy holds %d + %d", left, right)
	}
	ran := make(chan string, 10_000)
	stopWork := copied.work("q", 8, func(_ context.Context, j storage.Job, _ storage.Done) error {
		ran <- j.ID
		return nil
	})
	copied.wait()
	stopWork()
	if len(ran) != right {
		w.Errorf("the copy holds %d jobs of %d", len(ran), right)
	}
	copied.put("b", "k", "usable")
}

func backupStops(w *world) {
	w.put("b", "k", string(make([]byte, 1<<20)))
	ctx, cancel := context.WithCancel(w.ctx)
	err := w.store.Backup(ctx, writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	}))
	if !errors.Is(err, context.Canceled) {
		w.Errorf("cancelled: %v", err)
	}
	err = w.store.Backup(w.ctx, writerFunc(func([]byte) (int, error) { return 0, errNo }))
	if err == nil {
		w.Error("a failing writer is not reported")
	}
	w.put("b", "k", "goes on")
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func closedRefuses(w *world) {
	nop := func(storage.Tx) error { return nil }
	w.must(w.store.Close())
	for name, call := range map[string]func() error{
		"Update": func() error { return w.store.Update(w.ctx, nil, nop) },
		"View":   func() error { return w.store.View(w.ctx, nop) },
		"Backup": func() error { return w.store.Backup(w.ctx, &bytes.Buffer{}) },
		"Work": func() error {
			return w.store.Work(w.ctx, "q", 1, func(context.Context, storage.Job, storage.Done) error { return nil })
		},
	} {
		if err := call(); !errors.Is(err, storage.ErrClosed) {
			w.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if err := w.store.Close(); err != nil {
		w.Errorf("second Close: %v", err)
	}
}

// Close is called while handlers are in the middle of their work: each may
// finish it, and nothing that did not begin is lost.
func closeWaits(w *world) {
	const jobs, workers = 20, 3
	for i := range jobs {
		w.enqueue(storage.Job{ID: strconv.Itoa(i), Queue: "q"})
	}
	begun, goOn := make(chan string, jobs), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- w.store.Work(w.ctx, "q", workers, func(ctx context.Context, j storage.Job, done storage.Done) error {
			begun <- j.ID
			<-goOn
			if err := w.store.Update(ctx, nil, func(tx storage.Tx) error { return add(tx, "begun", 1) }); err != nil {
				w.Errorf("a handler cannot write while the store closes: %v", err)
			}
			return done(nil, func(tx storage.Tx) error { return add(tx, "done", 1) })
		})
	}()
	for range workers {
		next(w, begun)
	}
	closed := make(chan error, 1)
	go func() { closed <- w.store.Close() }()
	nothing(w, closed, "Close did not wait")
	close(goOn)
	w.must(next(w, closed))
	if err := next(w, ended); !errors.Is(err, storage.ErrClosed) {
		w.Errorf("Work returned %v", err)
	}
	if len(begun) != 0 {
		w.Errorf("%d jobs begun while closing", len(begun))
	}

	w.store = w.driver.Open(w, w.place)
	w.wantValue("b", "done", fmt.Sprint(workers))
	ran := make(chan string, jobs)
	w.work("q", workers, func(_ context.Context, j storage.Job, _ storage.Done) error {
		ran <- j.ID
		return nil
	})
	w.wait()
	if len(ran) != jobs-workers {
		w.Errorf("%d jobs left, want %d", len(ran), jobs-workers)
	}
}
