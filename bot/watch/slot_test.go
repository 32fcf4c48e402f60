package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Slots tile time: each begins where the one before it ends, whatever the
// period.
func TestSlotsTileTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := period(rapid.Int64Range(int64(time.Second), int64(200*365*24*time.Hour)).Draw(t, "period"))
		at := time.Unix(0, rapid.Int64Range(0, 1<<62).Draw(t, "at"))
		n := p.at(at)
		if p.start(n).After(at) || !p.start(n+1).After(at) {
			t.Errorf("slot %d is %v to %v, and %v lies in it", n, p.start(n), p.start(n+1), at)
		}
		if p.at(p.start(n)) != n {
			t.Errorf("slot %d begins in slot %d", n, p.at(p.start(n)))
		}
		place := rapid.IntRange(0, slots-1).Draw(t, "place")
		next := p.next(place, at)
		if s := p.start(next); next%slots != int64(place) || !s.After(at) || s.Sub(at) > time.Duration(p) {
			t.Errorf("place %d comes next at %v after %v", place, s, at)
		}
	})
}

// A vehicle nobody reacts to is due in one of four periods, and not all of them
// in the same.
func TestSlowSlots(t *testing.T) {
	in := map[int64]int{}
	for place := range int64(64) {
		var due []int64
		for turn := range int64(8) {
			if slow(turn*slots + place) {
				due = append(due, turn)
			}
		}
		if len(due) != 2 || due[1]-due[0] != slowTurns {
			t.Errorf("place %d is due in %v", place, due)
		}
		in[due[0]]++
	}
	if len(in) != slowTurns {
		t.Errorf("all in %v", in)
	}
}

// Nobody learns from the file in which slot a plate would be.
func TestSlotsAreSalted(t *testing.T) {
	var places []int
	for range 3 {
		story(t, func(t *testing.T, w *world) {
			_ = w.store.View(context.Background(), func(tx storage.Tx) error {
				salt, err := tx.Get(dispatchBucket, saltKey)
				places = append(places, place(salt, name(car)))
				return err
			})
		})
	}
	if slices.Sort(places); places[0] == places[2] {
		t.Error("the same slot in three stores")
	}
}

// Dispatchers of several processes enqueue each vehicle once.
func TestDispatchersAtTheSameTime(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says()
		for i := range 40 {
			c := car
			c.Plate = fmt.Sprintf("沪B%05d", i)
			must(t, w.begin(anna, c, w.police.report(c, w.now())))
		}
		w.run()
		w.mu.Lock()
		w.clock = w.clock.Add(week)
		w.mu.Unlock()
		other := New(Config{Store: w.store, Desk: w.police, Mail: w.mail, Now: w.now})
		var wg sync.WaitGroup
		for _, d := range []*Desk{w.desk, other, w.desk, other} {
			wg.Go(func() {
				if err := d.Dispatch(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.run()
		w.wantPaid(t, 40)
	})
}

// Another period in the configuration moves the slots, and loses nobody, with a
// restart or without.
func TestThePeriodChanges(t *testing.T) {
	t.Run("restart", func(t *testing.T) {
		changePeriod(t, func(w *world) error { return w.restart() })
	})
	t.Run("adjust", func(t *testing.T) {
		changePeriod(t, func(w *world) error { w.desk.Adjust(Config{Every: w.every}); return nil })
	})
}

func changePeriod(t *testing.T, change func(*world) error) {
	t.Helper()
	story(t, func(t *testing.T, w *world) {
		w.police.says()
		for i := range 30 {
			c := car
			c.Plate = fmt.Sprintf("沪B%05d", i)
			must(t, w.begin(anna, c, w.police.report(c, w.now())))
		}
		w.run()
		w.pass(3 * 24 * time.Hour)
		w.every = 48 * time.Hour
		must(t, change(w))
		before := len(w.police.paid)
		w.pass(48 * time.Hour)
		if got := len(w.police.paid) - before; got < 25 || got > 30 { // those just checked are let off
			t.Errorf("%d checks in the new period", got)
		}
	})
}

// A slot that had passed when somebody began is none of theirs.
func TestBegunAfterItsSlot(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.every = 100 * time.Minute
		must(t, w.restart())
		w.police.says()
		w.pass(50 * time.Minute) // the cursor stays behind
		for i := range 20 {
			c := car
			c.Plate = fmt.Sprintf("沪B%05d", i)
			must(t, w.begin(anna, c, w.police.report(c, w.now())))
		}
		w.run()
		w.wantPaid(t, 0)
		w.pass(w.every)
		w.wantPaid(t, 20)
	})
}

// Who begins before the slots are followed for the first time is in the rhythm.
func TestBegunBeforeTheRhythm(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		synctest.Wait() // the first Dispatch
		w.police.says()
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		must(t, w.store.Update(t.Context(), []string{dispatchKey}, func(tx storage.Tx) error {
			return tx.Put(dispatchBucket, cursorKey, nil) // as if there had been none
		}))
		w.pass(week)
		w.wantPaid(t, 1)
	})
}

// Empty slots cost no write.
func TestIdleDispatchWritesNothing(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.pass(2 * lag)
		read := func() (c cursor) {
			_ = w.store.View(context.Background(), func(tx storage.Tx) error {
				_, err := get(tx, dispatchBucket, cursorKey, &c)
				return err
			})
			return c
		}
		before := read()
		for range 5 {
			w.pass(10 * time.Minute)
		}
		if after := read(); after != before {
			t.Errorf("the cursor moved from %v to %v", before, after)
		}
		w.pass(lag)
		if after := read(); after == before {
			t.Error("the cursor was left behind for ever")
		}
	})
}

// Somebody begins between the choice of keys and the transaction: it is begun
// again with theirs, and nothing is asked again.
func TestTheWatchersChangeMeanwhile(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says()
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		var held [][]string
		done := func(keys []string, fn func(storage.Tx) error) error {
			if held = append(held, keys); len(held) == 1 {
				must(t, w.begin(boris, car, w.police.report(car, w.now())))
				synctest.Wait()
			}
			return w.store.Update(context.Background(), keys, fn)
		}
		report := w.police.report(car, w.now().Add(time.Hour), jam)
		must(t, w.desk.settle(context.Background(), done, result{order: order{Vehicle: car, Kind: regular, At: w.now()}, report: report}))
		want := [][]string{{vehicleKey(name(car)), bot.UserKey(anna)}, {vehicleKey(name(car)), bot.UserKey(anna), bot.UserKey(boris)}}
		if !slices.EqualFunc(held, want, slices.Equal) {
			t.Errorf("held %v, want %v", held, want)
		}
		w.run()
		w.wantTold(t, anna, "shared news+中山路")
		w.wantTold(t, boris, "news+中山路")
	})
}

// A fenced run settles nothing and is no error.
func TestLost(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		lost := func([]string, func(storage.Tx) error) error { return storage.ErrLost }
		must(t,
			w.desk.settle(context.Background(), lost, result{order: order{Vehicle: car}}),
			w.desk.task(context.Background(), storage.Job{Body: []byte(asJSON(chore{Kind: choreRemind}))}, lost))
	})
}

func TestJobsThatCannotBeRead(t *testing.T) {
	d := New(Config{})
	for _, body := range []string{"", "{", `{"kind":"dance"}`} {
		if err := d.task(t.Context(), storage.Job{Body: []byte(body)}, nil); err == nil {
			t.Errorf("task %q", body)
		}
	}
	if err := d.check(t.Context(), storage.Job{Body: []byte("{")}, nil); err == nil {
		t.Error("check")
	}
}

// What the paid door says is passed on: a pause as a pause, an answer that
// could not be written as a reason to run again; a job that comes back after
// its answer may be gone is not paid for again.
func TestAsk(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		o := order{Vehicle: vehicleOf(name(car)), Kind: regular, At: w.now(), Made: w.now()}
		l, err := w.desk.look(context.Background(), o)
		must(t, err)
		ask := func(id string, attempt int) (result, error) {
			return w.desk.ask(context.Background(), storage.Job{ID: id, Attempt: attempt}, o, l)
		}
		w.police.fails(storage.Snooze(time.Minute))
		_, err = ask("a", 1)
		if pause, ok := storage.Snoozed(err); !ok || pause != time.Minute {
			t.Errorf("snooze: %v", err)
		}
		w.police.fails(&bot.Error{Kind: bot.Unsaved, Again: true})
		if _, err := ask("a", 1); bot.KindOf(err) != bot.Unsaved {
			t.Errorf("unsaved: %v", err)
		}
		w.police.says(jam)
		if r, err := ask("a", 2); err != nil || r.report == nil {
			t.Errorf("soon after: %v, %v", r.err, err)
		}
		w.wantPaid(t, 1)
		w.clock = w.clock.Add(askFor)
		if r, err := ask("a", 2); err != nil || bot.KindOf(r.err) != bot.Uncertain || r.report != nil {
			t.Errorf("late: %v, %v", r.err, err)
		}
		w.wantPaid(t, 1)
		l.ruled = false
		if r, err := ask("b", 1); err != nil || bot.KindOf(r.err) != bot.NoRule {
			t.Errorf("no rule: %v, %v", r.err, err)
		}
	})
}

// The program stops while the query is out, before and after it was paid: one
// payment, one notice.
func TestCrashAroundAPayment(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				w.police.says(jam)
				must(t, w.begin(anna, car, w.police.report(car, w.now())))
				w.run()
				w.police.crash = when
				w.pass(week)
				if w.police.wreck == nil {
					t.Fatal("it did not crash")
				}
				must(t, w.recover())
				w.run()
				w.wantPaid(t, 1)
				w.wantTold(t, anna, "news+中山路")
			})
		})
	}
}

// An answer out of the store that is older than what somebody has read tells
// them nothing; the same clock, set back by more than answers are kept, does.
func TestAnOldAnswer(t *testing.T) {
	w := watcher{As: day(1)}
	for _, tt := range []struct {
		at    time.Time
		ahead bool
	}{{day(0).Add(time.Minute), true}, {day(1), true}, {day(1).Add(time.Second), false}, {day(0), false}, {day(-100), false}} {
		if got := w.ahead(bot.Report{At: tt.at}); got != tt.ahead {
			t.Errorf("%v: %v", tt.at, got)
		}
	}
}

// The order of checks under a budget.
func TestShares(t *testing.T) {
	now := day(0)
	crowdOf := func(seen time.Time, rows ...row) *crowd {
		return &crowd{all: []watcher{{User: anna, Rows: rows}}, people: map[bot.UserID]bot.Person{anna: {Known: true, Seen: seen}}}
	}
	open := row{Violation: jam}
	for _, tt := range []struct {
		name string
		c    *crowd
		o    kind
		s    state
		want int
	}{
		{"a day of Soon", crowdOf(now), soon, state{}, shareNews},
		{"a first check", crowdOf(now), first, state{}, shareNews},
		{"after news", crowdOf(now), regular, state{NewsUntil: now.Add(1)}, shareNews},
		{"news long ago", crowdOf(now), regular, state{NewsUntil: now}, sharePlain},
		{"rows listed", crowdOf(now, open), regular, state{}, shareOpen},
		{"rows that left", crowdOf(now, row{Violation: jam, Left: true, Missed: 2}), regular, state{}, sharePlain},
		{"nobody reacts", crowdOf(now.Add(-stillAfter), open), regular, state{}, shareSlow},
	} {
		if got := tt.c.standing(tt.s, now).share(tt.o, now); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Records of a later version, and damaged ones, are refused.
func TestRecordsOfLater(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			value string
			want  error
		}{{`{"v":99}`, storage.ErrNewer}, {`{`, storage.ErrCorrupt}} {
			must(t, w.store.Update(context.Background(), nil, func(tx storage.Tx) error {
				return tx.Put(watcherBucket, watcherKey(name(car), anna), []byte(tt.value))
			}))
			_ = w.store.View(context.Background(), func(tx storage.Tx) error {
				if _, err := watchers(tx, name(car)); !errors.Is(err, tt.want) {
					t.Errorf("all of %s: %v", tt.value, err)
				}
				if _, _, err := loadWatcher(tx, name(car), anna); !errors.Is(err, tt.want) {
					t.Errorf("one of %s: %v", tt.value, err)
				}
				return nil
			})
		}
		for _, key := range []string{"", "~zz/沪A12345|02", "~0001"} {
			if _, _, err := splitState(key); err == nil {
				t.Errorf("state %q", key)
			}
			if _, err := dueName(key); err == nil {
				t.Errorf("due %q", key)
			}
		}
	})
}
