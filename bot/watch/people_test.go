package watch

import (
	"errors"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// One paid check serves a family, and each is told what is news to them.
func TestAFamily(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam, red)
		must(t,
			w.begin(anna, car, w.police.report(car, w.now(), jam)),
			w.share(boris, shared(car, anna), w.police.report(car, w.now(), jam, red)),
			w.begin(chen, car, nil))
		w.run()
		w.wantTold(t, anna, "shared shared")
		w.wantTold(t, boris, "") // shared with him: not his to be asked
		if s, _ := w.state(boris, car); s.Others != 2 || s.Paused != bot.NotPaused {
			t.Errorf("state %+v", s)
		}
		w.pass(firstWithin)
		w.wantPaid(t, 1)
		w.wantTold(t, anna, "shared shared news+延安路")
		w.wantTold(t, boris, "")
		w.wantTold(t, chen, "first+中山路+延安路")
		w.pass(25 * time.Hour) // news: the next day too
		w.wantPaid(t, 2)
	})
}

// What one asked and paid for serves the others, for nothing.
func TestShownServesTheOthers(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		must(t,
			w.begin(anna, car, w.police.report(car, w.now())),
			w.begin(boris, car, w.police.report(car, w.now())))
		w.pass(time.Minute)
		w.police.says(jam)
		answered := w.police.answer(bot.Request{ID: "hers", Vehicle: car})
		must(t, w.shown(anna, answered.report))
		w.run()
		w.wantPaid(t, 1)
		w.wantTold(t, anna, "shared")
		w.wantTold(t, boris, "news+中山路")
		cached := answered.report
		cached.Cached = true
		must(t, w.shown(boris, cached))
		w.run()
		w.wantPaid(t, 1)
		w.wantTold(t, boris, "news+中山路")
	})
}

func TestTheOwnerLeaves(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam)
		must(t,
			w.begin(anna, car, w.police.report(car, w.now())),
			w.share(boris, shared(car, anna), w.police.report(car, w.now())))
		w.run()
		must(t, w.end(anna, car))
		w.run()
		w.wantTold(t, boris, "unshared")
		if _, ok := w.state(boris, car); ok {
			t.Error("boris still watches")
		}
		if g := w.letters(boris).Garage; len(g) != 0 {
			t.Errorf("boris still has %v", g)
		}
		w.pass(week)
		w.wantPaid(t, 0)
		if n := w.count(stateBucket); n != 0 {
			t.Errorf("%d vehicles are left without a watcher", n)
		}
	})
}

// Whoever ends the sharing watches on alone; who is invited after that stays, and
// the cars of others are not touched.
func TestSharingEnds(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam)
		unshare := func(u bot.UserID) error {
			return w.turn(u, func(tx storage.Tx) error { return w.desk.Unshare(tx, w.now(), u, car) })
		}
		must(t,
			w.begin(anna, car, w.police.report(car, w.now())),
			w.share(boris, shared(car, anna), w.police.report(car, w.now())))
		w.run()
		must(t, unshare(boris), unshare("telegram:99")) // not theirs to end
		w.run()
		if s, _ := w.state(anna, car); s.Others != 1 {
			t.Errorf("state %+v", s)
		}
		must(t, unshare(anna))
		w.pass(time.Minute)
		must(t, w.share(chen, shared(car, anna), w.police.report(car, w.now())))
		w.run()
		w.wantTold(t, boris, "unshared")
		if _, ok := w.state(boris, car); ok || len(w.letters(boris).Garage) != 0 {
			t.Error("boris still has the car")
		}
		if _, ok := w.state(chen, car); !ok {
			t.Error("chen, who came later, was left")
		}
		if _, ok := w.state(anna, car); !ok {
			t.Error("anna no longer watches")
		}
	})
}

// A car of somebody who does not watch it themselves is asked for with the
// digits that came with the sharing; without any, for nobody.
func TestSharedByWhoDoesNotWatch(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam)
		other := car
		other.Plate = "沪A54321"
		must(t,
			w.share(boris, bot.Saved{Vehicle: car, Owner: anna}, w.police.report(car, w.now())),
			w.share(boris, shared(other, anna), w.police.report(car, w.now())))
		w.run()
		if s, _ := w.state(boris, other); s.Paused != bot.OwnerMissing || !s.Next.IsZero() {
			t.Errorf("state %+v", s)
		}
		w.pass(week)
		w.wantPaid(t, 1)
		w.wantTold(t, boris, "news+中山路")
	})
}

// The owner who leaves and comes back at once has left nobody.
func TestTheOwnerComesBack(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		must(t,
			w.begin(anna, car, w.police.report(car, w.now())),
			w.share(boris, shared(car, anna), w.police.report(car, w.now())),
			w.turn(anna, func(tx storage.Tx) error {
				return errors.Join(w.desk.End(tx, w.now(), anna, car), w.desk.Begin(tx, w.now(), anna, bot.Saved{Vehicle: car}, nil))
			}))
		w.run()
		if _, ok := w.state(boris, car); !ok {
			t.Error("boris was left")
		}
		must(t, w.end(boris, car), w.end(boris, car))
		if s, ok := w.state(anna, car); !ok || s.Others != 0 {
			t.Errorf("state %+v", s)
		}
	})
}

func TestACrowd(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		for i := range mostWatchers {
			must(t, w.begin(bot.UserID("telegram:2"+string(rune('0'+i))), car, nil))
		}
		if err := w.begin(anna, car, nil); !errors.Is(err, bot.ErrCrowded) {
			t.Errorf("the sixth: %v", err)
		}
		must(t, w.begin("telegram:20", car, nil)) // again: no other
	})
}

// For people who left or blocked the bot nothing is paid; when they are back
// they are told what came meanwhile.
func TestGone(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam)
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		must(t, w.edit(anna, func(r *letters) { r.Gone = true }))
		w.days(30)
		w.wantPaid(t, 0)
		must(t, w.edit(anna, func(r *letters) { r.Gone = false }))
		w.pass(week)
		w.wantPaid(t, 1)
		w.wantTold(t, anna, "news+中山路")
	})
}

// Whoever has no record any more is watched for no longer.
func TestForgotten(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		must(t, w.edit(anna, func(r *letters) { *r = letters{} }))
		w.pass(week)
		w.wantPaid(t, 0)
		if _, ok := w.state(anna, car); ok || w.count(stateBucket) != 0 {
			t.Error("still watched")
		}
	})
}

// Nobody reacts: asked once after three months and checked less, warned after
// eleven, ended after twelve.
func TestAYearOfSilence(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says(jam)
		must(t,
			w.begin(anna, car, w.police.report(car, w.now(), jam)),
			w.share(boris, shared(car, anna), w.police.report(car, w.now(), jam)))
		w.run()
		for range 13 {
			w.pass(week)
		}
		w.wantTold(t, anna, "shared still")
		w.wantTold(t, boris, "")
		before := len(w.police.paid)
		for range 12 {
			w.pass(week)
		}
		if got := len(w.police.paid) - before; got != 3 {
			t.Errorf("%d checks in 12 weeks without a reaction", got)
		}
		if r := w.police.paid[before]; r.Share != shareSlow {
			t.Errorf("request %+v", r)
		}
		for range 23 {
			w.pass(week)
		}
		w.wantTold(t, anna, "shared still expiring")
		for range 6 {
			w.pass(week)
		}
		w.wantTold(t, anna, "shared still expiring expired")
		if g := w.letters(anna).Garage; len(g) != 0 {
			t.Errorf("still saved: %v", g)
		}
		if _, ok := w.state(anna, car); ok || w.count(stateBucket) != 0 {
			t.Error("still watched")
		}
		if got := w.told(boris); got != "expiring unshared" && got != "expiring expired" {
			t.Errorf("boris was told %q", got)
		}
	})
}

// One message brings everything back to normal.
func TestOneMessageIsEnough(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.police.says()
		must(t, w.begin(anna, car, w.police.report(car, w.now())))
		w.run()
		for range 49 {
			w.pass(week)
		}
		w.wantTold(t, anna, "still expiring")
		must(t, w.writes(anna))
		before := len(w.police.paid)
		for range 4 {
			w.pass(week)
		}
		if got := len(w.police.paid) - before; got != 4 {
			t.Errorf("%d checks in four weeks", got)
		}
		for range 12 {
			w.pass(week)
		}
		w.wantTold(t, anna, "still expiring still")
	})
}
