package watch

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A rubble is a store in which every record holds the same bytes under the same
// key, and the world that is asked beside it: nobody answers.
type rubble struct {
	storage.Store
	bot.Desk
	key      string
	raw      []byte
	enqueued []storage.Job
}

var errAsked = errors.New("the outside was asked")

func (r *rubble) View(_ context.Context, fn func(storage.Tx) error) error { return fn(r) }
func (r *rubble) Update(_ context.Context, _ []string, fn func(storage.Tx) error) error {
	return fn(r)
}

func (r *rubble) Get(string, string) ([]byte, error) { return append([]byte{}, r.raw...), nil }
func (r *rubble) Put(string, string, []byte) error   { return nil }
func (r *rubble) Scan(string, string, string, int) ([]storage.KV, error) {
	return []storage.KV{{Key: r.key, Value: append([]byte{}, r.raw...)}}, nil
}

func (r *rubble) Enqueue(j storage.Job) (bool, error) {
	r.enqueued = append(r.enqueued, j)
	return true, nil
}

func (r *rubble) Rule(storage.Tx, time.Time, string, bool) (bot.Rule, bool, error) {
	return bot.Rule{City: "SH", Engine: 6, VIN: 6}, true, nil
}

func (r *rubble) Stored(storage.Tx, time.Time, bot.Vehicle) (bot.Report, bool, error) {
	return bot.Report{}, false, nil
}
func (r *rubble) Query(context.Context, bot.Request) (bot.Report, error) {
	return bot.Report{}, errAsked
}

func (r *rubble) Notify(storage.Tx, bot.UserID, bot.Notice) error { return nil }
func (r *rubble) Person(storage.Tx, bot.UserID) (bot.Person, error) {
	return bot.Person{Known: true}, nil
}
func (r *rubble) Release(storage.Tx, bot.UserID, bot.Vehicle) error { return nil }

// Whatever stands in the place of a watcher, of how a vehicle's checks stand, of
// an entry of an index or of a job's body: it is refused as corrupt, or worked
// with; never a panic, and what is worked with goes on under a name.
func FuzzStored(f *testing.F) {
	for _, seed := range []struct{ key, raw string }{
		{"~0001/沪C12345|02", `{"user":"telegram:42","vehicle":{"Plate":"沪C12345","Type":"02","Engine":"123456"},"since":"2026-11-01T09:00:00+08:00","rows":[{}],"v":1}`},
		{"~0006419f2a4c0000/沪C12345|02/~r", `{"vehicle":{"Plate":"沪C12345","Type":"02"},"kind":"r","at":"2026-11-23T09:00:00+08:00"}`},
		{"~ffff/", `{"checked":"2026-11-23T09:00:00+08:00","news":"2026-12-01T09:00:00+08:00","next":"2026-11-24T09:00:00+08:00"}`},
		{"~0/x/y", `{"at":"2026-11-23T09:00:00+08:00","after":"~0001/x"}`},
		{"~g", `{"kind":"remind","user":"telegram:42","vehicle":{"Plate":"沪C12345"},"at":"2026-11-23T09:00:00+08:00"}`},
		{"", `{"kind":"unshare"}`}, {"~0001", `{"kind":"shared"}`}, {"a/b", `{"kind":"stop","user":"a"}`}, {"/", `null`}, {"~-1/x", `{}`},
		{"~00010/x", `{"v":2}`}, {"x", `[]`}, {"\xff", "\xff"}, {"~0001/x", `{"at":"9999-12-31T23:59:59Z"}`}, {"~0001/x", `{"kind":"v"}`},
	} {
		f.Add(seed.key, []byte(seed.raw), int64(0))
	}
	f.Fuzz(func(t *testing.T, key string, raw []byte, now int64) {
		world := &rubble{key: key, raw: raw}
		d := New(Config{
			Store: world, Desk: world, Mail: world, NextReminder: bot.Saved.NextReminder,
			Now: func() time.Time { return time.Unix(1764000000+now%(1<<30), 0) },
		})
		for name, err := range readAll(t.Context(), d, world) {
			if _, later := storage.Snoozed(err); err != nil && !later && !errors.Is(err, storage.ErrCorrupt) && !errors.Is(err, storage.ErrNewer) && !errors.Is(err, errAsked) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for _, j := range world.enqueued {
			if j.ID == "" || len(j.Body) == 0 {
				t.Fatalf("a job without name or body: %+v", j)
			}
		}
	})
}

// readAll reads everything that the package keeps, out of the same bytes, and
// works both jobs.
func readAll(ctx context.Context, d *Desk, world *rubble) map[string]error {
	kv := storage.KV{Key: world.key, Value: world.raw}
	j := storage.Job{ID: "x", Body: world.raw, Attempt: 1}
	done := func(_ []string, fn func(storage.Tx) error) error { return fn(world) }
	errs := map[string]error{}
	_, _, errs["watcher"] = loadWatcher(world, "沪C12345|02", "telegram:42")
	all, err := watchers(world, "沪C12345|02")
	errs["watchers"] = err
	for i := range all {
		w := &all[i]
		_, _ = pauseOf(w, all), w.open()
		errs["save"] = w.save(world)
	}
	_, _, _, errs["state"] = loadState(world, "沪C12345|02")
	_, _, errs["state key"] = splitState(world.key)
	_, errs["index key"] = dueName(world.key)
	_, errs["slots"] = d.takeSlots(world)
	errs["due"] = d.takeDue(world, kv)
	errs["reminder"] = d.takeReminder(world, kv)
	errs["remind"] = d.Remind(world, d.now(), "telegram:42", bot.Saved{Inspection: bot.Inspection{Until: d.now()}})
	errs["check"] = d.check(ctx, j, done)
	errs["chore"] = d.task(ctx, j, done)
	return errs
}
