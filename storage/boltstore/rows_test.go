package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// rowsOf is what a file hands out.
func rowsOf(t *testing.T, path string) (rows []storage.Row, sum storage.RowSum) {
	t.Helper()
	c, err := OpenCopy(path)
	must(t, err)
	defer func() { must(t, c.Close()) }()
	must(t, c.Rows(t.Context(), func(r storage.Row) error {
		rows = append(rows, r)
		sum.Add(r)
		return nil
	}))
	return rows, sum
}

// kinds is the rows in short.
func kinds(rows []storage.Row) (short string) {
	for _, r := range rows {
		short += fmt.Sprintf("%c:%s/%s ", r.Kind, r.Place, r.Key)
	}
	return short
}

// A file made of another's rows holds the same, and its jobs run in the order
// they would have run in there.
func TestRowsMakeTheSameStore(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, from, Options{})
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			var faults []error
			for _, key := range []string{"~2", "~1", "\x00"} {
				faults = append(faults, tx.Put("b", key, []byte("v"+key)), tx.Put("a", key, []byte{}))
			}
			for i, j := range []storage.Job{
				{ID: "sick", Key: "lane"}, {ID: "done"}, {ID: "z", Key: "lane 2", Body: []byte("first")}, {ID: "a", Key: "lane 2", Body: []byte("second")},
				{ID: "later", At: time.Now().Add(time.Hour)},
			} {
				if j.Queue = "q"; i < 2 {
					j.Queue = "now"
				}
				_, err := tx.Enqueue(j)
				faults = append(faults, err)
			}
			return errors.Join(faults...)
		}))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- s.Work(ctx, "now", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
				if j.ID == "sick" {
					return errors.New("no")
				}
				return nil
			})
		}()
		time.Sleep(3 * time.Hour)
		stop()
		must(t, <-ended)
		must(t, s.Close())
	})
	rows, sum := rowsOf(t, from)
	const want = "r:a/\x00 r:a/~1 r:a/~2 r:b/\x00 r:b/~1 r:b/~2 p:q/z p:q/a p:q/later o:now/done d:now/sick "
	if got := kinds(rows); got != want {
		t.Fatalf("rows %q, want %q", got, want)
	}
	d, err := NewDraft(to)
	must(t, err)
	must(t, d.Finish())
	must(t, Load(t.Context(), d, func(each func(storage.Row) error) error {
		for _, r := range rows {
			if err := each(r); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, d.Publish(false))
	if _, again := rowsOf(t, to); again.Sum() != sum.Sum() || again.Rows != sum.Rows {
		t.Errorf("%d rows became %d, or others", sum.Rows, again.Rows)
	}
	c, err := OpenCopy(to)
	must(t, err)
	if f, err := c.Verify(t.Context()); err != nil || f.Jobs != 3 || f.Over != 2 || f.Dead != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	must(t, c.Close())
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, to, Options{})
		var ran []string
		ctx, stop := context.WithCancel(t.Context())
		must(t, s.Work(ctx, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
			if ran = append(ran, j.ID); len(ran) == 3 {
				stop()
			}
			return nil
		}))
		if fmt.Sprint(ran) != "[z a later]" {
			t.Errorf("ran %v", ran)
		}
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			for _, id := range []string{"done", "sick"} {
				if fresh, err := tx.Enqueue(storage.Job{ID: id, Queue: "now"}); fresh || err != nil {
					t.Errorf("%s is fresh, %v", id, err)
				}
			}
			return nil
		}))
		must(t, s.Close())
	})
}

func TestRowsStop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := mustOpen(t, path, Options{})
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("v")) }))
	must(t, s.Close())
	c, err := OpenCopy(path)
	must(t, err)
	defer func() { must(t, c.Close()) }()
	if err := c.Rows(t.Context(), func(storage.Row) error { return os.ErrDeadlineExceeded }); err != os.ErrDeadlineExceeded { //nolint:errorlint // the very same
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Rows(ctx, func(storage.Row) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
