package deliver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A channel's notices go out at its rate; an answer that somebody waits for is
// not held up by them.
func TestRate(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.queue.Add("test", deliver.Channel{Pusher: r.platform, Rate: 1})
		r.desk.slow = 3 * time.Second
		began := time.Now()
		for i := range 20 {
			u := bot.UserID(fmt.Sprintf("test:%d", i))
			r.says(u, "你好")
			r.notify(u, still("沪C12345"))
		}
		r.says(driver, "你好")
		r.says0(driver, "沪B12345", time.Millisecond)
		wait(time.Minute)
		var last time.Time
		for _, l := range r.platform.letters {
			if l.to == driver {
				if d := l.at.Sub(began); d > 12*time.Second {
					t.Errorf("the answer came after %s", d)
				}
				continue
			}
			if d := l.at.Sub(last); d < 900*time.Millisecond {
				t.Errorf("%s after the one before", d)
			}
			last = l.at
		}
		if n := len(r.platform.letters); n != 21 {
			t.Errorf("%d letters", n)
		}
	})
}

// A platform that takes nothing: the alarm about it cannot be sent either, and
// that leads to no further alarms within the hour.
func TestGivingUpTheAlarm(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		for range 20 {
			r.platform.refuse(driver, errBeforeSending)
			r.platform.refuse("test:admin", errBeforeSending)
		}
		r.notify(driver, still("沪C12345"))
		wait(50 * time.Minute)
		if n := r.platform.tried(); n != 10 {
			t.Errorf("%d tries, want 5 of each", n)
		}
		if answer := r.says("test:admin", "你好"); strings.Count(answer, "运维提醒") != 1 {
			t.Errorf("the admin reads %s", answer)
		}
	})
}

// Whoever is found gone by one parcel gets none of the others.
func TestGoneForAllParcels(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.desk.slow = 5 * time.Second
		r.platform.slow = 10 * time.Second
		r.platform.refuse(driver, bot.ErrGone)
		r.says0(driver, "沪B12345", time.Millisecond)
		r.notify(driver, still("沪C12345"))
		wait(time.Hour)
		if n := r.platform.tried(); n != 1 {
			t.Errorf("%d tries", n)
		}
		if answer := r.says(driver, "你好"); !strings.Contains(answer, "沪C12345") || !strings.Contains(answer, "查询时间") {
			t.Errorf("answered %s", answer)
		}
	})
}

// Jobs of the version before, which named turns only, are still sent.
func TestJobsOfTheVersionBefore(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		const silent = bot.UserID("later:a") // its channel comes with the new version
		r.desk.slow = 5 * time.Second
		r.says(silent, "你好")
		r.says0(silent, "沪B12345", time.Millisecond)
		key := fmt.Sprint(r.sent)
		wait(10 * time.Second)
		r.queue.Add("later", deliver.Channel{Pusher: r.platform})
		r.must(r.store.Update(t.Context(), nil, func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Job{
				ID: "later:a/1", Queue: "send", Key: "later:a", Body: []byte(`{"User":"later:a","Turn":"` + key + `"}`),
			})
			return err
		}))
		wait(time.Second)
		if got := r.platform.got(silent); len(got) != 1 || !strings.Contains(got[0].text, "查询时间") {
			t.Errorf("pushed %+v", got)
		}
	})
}

// A parcel needs a person and an ID.
func TestPostRefuses(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		for _, p := range []bot.Parcel{{User: driver}, {ID: "x"}} {
			err := r.store.Update(t.Context(), nil, func(tx storage.Tx) error { return r.queue.Post(tx, p) })
			if err == nil {
				t.Errorf("%+v was taken", p)
			}
		}
	})
}

// Other quiet hours count from the next message on; what waits for the morning
// goes out then.
func TestAdjustQuiet(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		wait(14 * time.Hour) // it is ten in the evening
		r.notify(driver, still("沪C12345"))
		wait(time.Minute)
		if n := r.platform.tried(); n != 0 {
			t.Fatalf("%d pushes at night", n)
		}
		r.queue.Adjust(deliver.Config{})
		r.says("test:other", "你好")
		r.notify("test:other", still("沪C54321"))
		wait(time.Minute)
		if n := len(r.platform.got("test:other")); n != 1 {
			t.Errorf("%d pushes without quiet hours", n)
		}
		wait(10*time.Hour + 15*time.Minute)
		if n := len(r.platform.got(driver)); n != 1 {
			t.Errorf("%d pushes in the morning", n)
		}
	})
}
