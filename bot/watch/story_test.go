package watch

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// People and their car.
const (
	anna  bot.UserID = "telegram:1001"
	boris bot.UserID = "wechat:o1002"
	chen  bot.UserID = "telegram:1003"
)

var (
	byLot  = chance{rand.Reader}
	car    = bot.Vehicle{Plate: "沪A12345", Type: "02", Engine: "123456"}
	jam    = v(8, "中山路", "不按规定停放")
	red    = v(9, "延安路", "闯红灯")
	week   = 7 * 24 * time.Hour
	shared = func(v bot.Vehicle, owner bot.UserID) bot.Saved {
		v.Engine, v.VIN = "", ""
		return bot.Saved{Vehicle: v, Owner: owner}
	}
)

func (w *world) wantTold(t *testing.T, u bot.UserID, want string) {
	t.Helper()
	if got := w.told(u); got != want {
		t.Errorf("%v was told %q, want %q", u, got, want)
	}
}

func (w *world) wantPaid(t *testing.T, want int) {
	t.Helper()
	if got := len(w.police.paid); got != want {
		t.Errorf("paid %d times, want %d", got, want)
	}
}

func TestAWeekPasses(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam)
		must(t, w.begin(anna, car, w.police.report(car, w.now(), jam)))
		w.run()
		w.wantPaid(t, 0) // she has just read it
		w.pass(week)
		w.wantPaid(t, 1)
		w.wantTold(t, anna, "")
		w.police.says(red, jam)
		w.pass(week)
		w.wantPaid(t, 2)
		w.wantTold(t, anna, "news+延安路")
		if n := w.letters(anna).Notices[0]; n.Open != 2 || n.City != "上海" || n.Vehicle.Engine != "" || n.Vehicle.Plate != car.Plate {
			t.Errorf("notice %+v", n)
		}
		if r := w.police.paid[0]; r.Share != shareOpen || r.User != anna || r.Vehicle != car {
			t.Errorf("request %+v", r)
		}
	})
}

// Somebody who was shown nothing is told everything, soon.
func TestFirstSummary(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam, red)
		must(t, w.begin(anna, car, nil))
		if s, ok := w.state(anna, car); !ok || !s.Checked.IsZero() || !s.Next.After(w.now()) || s.Next.After(w.now().Add(firstWithin)) {
			t.Errorf("state %+v", s)
		}
		w.pass(firstWithin)
		w.wantTold(t, anna, "first+中山路+延安路")
		w.wantPaid(t, 1)
		if s, _ := w.state(anna, car); !s.Checked.Equal(w.now()) || len(s.Rows) != 2 || !s.Rows[0].At.Equal(red.At) {
			t.Errorf("state %+v", s)
		}
		w.pass(week)
		w.wantTold(t, anna, "first+中山路+延安路")
	})
}

// Daily for 15 days after something new, weekly again after that.
func TestDailyAfterNews(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says()
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		w.police.says(jam)
		w.pass(week)
		w.wantTold(t, anna, "news+中山路")
		w.days(1)
		before := len(w.police.paid)
		for range 13 {
			w.pass(25 * time.Hour)
		}
		if got := len(w.police.paid) - before; got < 12 || got > 15 {
			t.Errorf("%d checks in 13 days after news", got)
		}
		if r := w.police.paid[before]; r.Share != shareNews {
			t.Errorf("request %+v", r)
		}
		w.pass(2 * 24 * time.Hour)
		before = len(w.police.paid)
		w.days(14)
		if got := len(w.police.paid) - before; got != 2 {
			t.Errorf("%d checks in a fortnight after that", got)
		}
	})
}

// 刚刚好像被拍了: the third, the seventh and the fourteenth day, by day.
func TestSoon(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.every = 100 * 365 * 24 * time.Hour // so that nothing else is due
		must(t, w.restart())
		w.police.says()
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		var times []time.Time
		soon := func() (err error) {
			return w.turn(anna, func(tx storage.Tx) (err error) {
				times, err = w.desk.Soon(tx, w.now(), anna, car)
				return err
			})
		}
		must(t, soon())
		again := times
		must(t, soon()) // pressed twice: the same days
		start := w.now()
		for i, d := range []int{3, 7, 14} {
			if times[i].In(bot.China).YearDay() != start.AddDate(0, 0, d).YearDay() || times[i].In(bot.China).Hour() < 9 || times[i].In(bot.China).Hour() > 17 || !times[i].Equal(again[i]) {
				t.Errorf("day %d: %v, then %v", d, again[i], times[i])
			}
		}
		if s, _ := w.state(anna, car); len(s.Soon) != 3 || !s.Next.Equal(times[0]) {
			t.Errorf("state %+v", s)
		}
		w.days(16)
		if w.wantPaid(t, 3); t.Failed() {
			return
		}
		for i, r := range w.police.paid {
			if r.Share != shareNews || !r.At.Equal(times[i]) {
				t.Errorf("request %+v", r)
			}
		}
		if s, _ := w.state(anna, car); len(s.Soon) != 0 {
			t.Errorf("state %+v", s)
		}
	})
}

// Digits that a check found wrong pause those who gave them; others' are tried
// on the next day.
func TestWrongDigits(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		other := car
		other.Engine = "654321"
		right := other
		w.police.lists = func(v bot.Vehicle) ([]bot.Violation, error) {
			if v.Engine == right.Engine {
				return list(jam), nil
			}
			return nil, &bot.Error{Kind: bot.WrongData}
		}
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.pass(time.Second)
		must(t,
			w.share(boris, shared(car, anna), w.police.report(car, w.now())),
			w.begin(chen, other, w.police.report(car, w.now())))
		w.pass(week)
		w.wantPaid(t, 1)
		w.wantTold(t, anna, "shared shared wrong")
		for _, u := range []bot.UserID{anna, boris} {
			if s, _ := w.state(u, car); s.Paused != bot.WrongDigits || !s.Next.IsZero() {
				t.Errorf("%v: %+v", u, s)
			}
		}
		w.pass(25 * time.Hour)
		w.wantPaid(t, 2)
		w.wantTold(t, chen, "news+中山路")
		w.wantTold(t, anna, "shared shared wrong")
		must(t, w.begin(anna, other, nil)) // mended
		w.pass(firstWithin)
		w.wantTold(t, anna, "shared shared wrong news+中山路")
		w.wantTold(t, boris, "news+中山路")
	})
}

func TestWrongDigitsOfTheOnlyOne(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.fails(&bot.Error{Kind: bot.WrongData})
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		w.days(40)
		w.wantPaid(t, 1)
		w.wantTold(t, anna, "wrong")
		if n := w.count(dueBucket); n != 0 {
			t.Errorf("%d orders wait for nothing", n)
		}
	})
}

// A city that asks for more pauses, costs nothing, and goes on by itself when
// it asks for less again.
func TestTheRuleChanges(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam)
		must(t, w.begin(anna, car, w.police.report(car, w.now(), jam)))
		w.run()
		w.police.rule.VIN = 6
		w.pass(week)
		w.pass(week)
		w.wantPaid(t, 0)
		w.wantTold(t, anna, "lacks")
		if s, _ := w.state(anna, car); s.Paused != bot.LacksDigits {
			t.Errorf("state %+v", s)
		}
		w.police.rule.VIN = bot.NotNeeded
		w.police.rule.Engine = 4 // and cut to what is asked for
		w.pass(week)
		w.wantPaid(t, 1)
		if s, _ := w.state(anna, car); s.Paused != bot.NotPaused {
			t.Errorf("state %+v", s)
		}
		if e := w.police.paid[0].Vehicle.Engine; e != "3456" {
			t.Errorf("asked with %q", e)
		}
	})
}

// What failed is asked again later, at most once by itself, and never in a
// loop; what may have been charged waits for its next turn.
func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		err   *bot.Error
		asked int // in the six days after the first failure
		most  int
	}{
		{&bot.Error{Kind: bot.Busy, Again: true}, 1, 1},
		{&bot.Error{Kind: bot.Unreachable}, 1, 1},
		{&bot.Error{Kind: bot.Unavailable}, 1, 1},
		{&bot.Error{Kind: bot.Locked}, 1, 1},
		{&bot.Error{Kind: bot.Interrupted}, 0, 0},
		{&bot.Error{Kind: bot.Uncertain}, 0, 0},
		{&bot.Error{Kind: bot.Broken}, 0, 0},
		{&bot.Error{Kind: bot.Maintenance}, 20, 24},
		{&bot.Error{Kind: bot.Maintenance, After: 48 * time.Hour}, 2, 3},
		{&bot.Error{Kind: bot.Budget}, 5, 6},
		{&bot.Error{Kind: bot.Budget, After: 72 * time.Hour}, 1, 2},
	} {
		t.Run(string(tt.err.Kind)+tt.err.After.String(), func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				w.every = 30 * 24 * time.Hour
				must(t, w.restart())
				must(t, w.begin(anna, car, w.police.report(car, w.now())))
				w.run()
				w.police.fails(tt.err)
				for w.police.asked == 0 {
					w.pass(6 * time.Hour)
				}
				w.police.asked = 0
				for range 6 * 24 {
					w.pass(time.Hour)
				}
				if w.police.asked < tt.asked || w.police.asked > tt.most {
					t.Errorf("asked %d times in six days, want %d to %d", w.police.asked, tt.asked, tt.most)
				}
				w.police.says(jam)
				w.days(31)
				w.wantTold(t, anna, "news+中山路")
			})
		})
	}
}

// What a budget refused comes when there is one again, who has waited longest
// first, and not at once for all.
func TestWhoWaitedLongestComesFirst(t *testing.T) {
	midnight := time.Date(2026, 11, 4, 0, 0, 0, 0, bot.China)
	c := clock{now: midnight.Add(-2 * time.Hour), every: period(week), chance: byLot}
	refused := outcome{kind: regular, tried: true, err: &bot.Error{Kind: bot.Budget, After: 2 * time.Hour}}
	last := midnight
	for _, days := range []int{700, 70, 14, 8, 7, 0} {
		s := standing{watched: true, state: state{Checked: c.now.AddDate(0, 0, -days)}}
		slow := standing{watched: true, slow: true, state: state{Checked: c.now.AddDate(0, 0, -days*slowTurns)}}
		at := s.after(refused, c)
		if !at.After(last) || at.After(midnight.Add(queueFor)) {
			t.Errorf("%d days: %v after %v", days, at, last)
		}
		if other := slow.after(refused, c); !other.Equal(at) {
			t.Errorf("%d days: %v, one that is checked in one turn of four: %v", days, at, other)
		}
		last = at
	}
}

// After a long stop each vehicle is due once, not once for each period missed.
func TestALongStop(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says()
		cars := 1300 // more than two pages
		must(t, w.store.Update(context.Background(), nil, func(tx storage.Tx) error {
			for i := range cars {
				c := car
				c.Plate = "沪B" + string(rune('A'+i/100)) + asJSON(1000+i)
				u := bot.UserID("telegram:" + asJSON(i))
				if err := errors.Join(
					w.mail.edit(tx, u, func(r *letters) { r.Known, r.Seen = true, w.now() }),
					w.desk.Begin(tx, w.now(), u, bot.Saved{Vehicle: c}, w.police.report(c, w.now())),
				); err != nil {
					return err
				}
			}
			return nil
		}))
		w.run()
		if n := w.count(stateBucket); n != cars {
			t.Fatalf("%d vehicles in the rhythm", n)
		}
		must(t, w.stop())
		w.clock = w.clock.Add(3*week + 2*time.Hour)
		must(t, w.start(nil))
		w.run()
		w.wantPaid(t, cars)
		seen := map[string]int{}
		for _, r := range w.police.paid {
			seen[r.Vehicle.Plate]++
		}
		if len(seen) != cars {
			t.Errorf("%d vehicles were asked for", len(seen))
		}
		w.pass(week)
		w.wantPaid(t, 2*cars)
	})
}

// A clock that jumps ahead and back costs no check twice, and stops none.
func TestTheClockJumps(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says()
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		w.pass(2 * 365 * 24 * time.Hour)
		ahead := len(w.police.paid)
		w.pass(-2 * 365 * 24 * time.Hour)
		w.pass(-time.Minute)
		must(t, w.writes(anna))
		w.pass(time.Minute)
		if got := len(w.police.paid); got > ahead {
			t.Errorf("paid %d times for going back", got-ahead)
		}
		w.police.says(jam)
		w.days(8)
		if got := w.told(anna); got != "news+中山路" && got != "expiring news+中山路" {
			t.Errorf("told %q", got)
		}
	})
}

// Work ends with its context, and leaves nothing running.
func TestWorkEnds(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		must(t, w.restart(), w.restart())
	})
}
