package watch

import (
	"errors"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

func TestReminders(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		s := bot.Saved{Vehicle: car, City: "上海", Inspection: bot.Inspection{Until: w.now().AddDate(0, 3, 0)}}
		remind := func(s bot.Saved) error {
			return w.turn(anna, func(tx storage.Tx) error {
				return errors.Join(
					w.mail.edit(tx, anna, func(r *letters) { r.Garage = []bot.Saved{s} }),
					w.desk.Remind(tx, w.now(), anna, s))
			})
		}
		must(t, remind(s))
		w.days(40)
		w.wantTold(t, anna, "inspection")
		if n := w.letters(anna).Notices[0]; !n.Inspection.Until.Equal(s.Inspection.Until) || n.City != "上海" {
			t.Errorf("notice %+v", n)
		}
		s.Inspection.Until = s.Inspection.Until.AddDate(0, 2, 0) // corrected: the earlier ones are dropped
		must(t, remind(s))
		if n := w.count(remindBucket); n != 1 {
			t.Errorf("%d reminders", n)
		}
		w.days(60)
		w.wantTold(t, anna, "inspection inspection")
		w.days(70)
		w.wantTold(t, anna, "inspection inspection inspection inspection")
		if n := w.count(remindBucket); n != 0 {
			t.Errorf("%d reminders left", n)
		}
		must(t, remind(bot.Saved{Vehicle: car}))
		w.wantPaid(t, 0)
	})
}

// With a car that is taken out of somebody's saved ones go its reminders.
func TestReminderGoesWithTheCar(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		s := shared(car, anna)
		must(t, w.begin(anna, car, nil), w.share(boris, s, nil))
		s.Inspection = bot.Inspection{Until: w.now().AddDate(0, 3, 0)}
		must(t, w.turn(boris, func(tx storage.Tx) error { return w.desk.Remind(tx, w.now(), boris, s) }))
		w.pass(firstWithin)
		must(t, w.end(anna, car))
		w.run()
		w.wantTold(t, boris, "unshared")
		if n := w.count(remindBucket) + w.count(reminderBucket); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// A car that was given up, and a reminder that was dropped, remind of nothing.
func TestNoReminder(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		s := bot.Saved{Vehicle: car, Inspection: bot.Inspection{Until: w.now().AddDate(0, 3, 0)}}
		must(t, w.turn(anna, func(tx storage.Tx) error { return w.desk.Remind(tx, w.now(), anna, s) }))
		must(t, w.turn(boris, func(tx storage.Tx) error {
			return errors.Join(w.desk.Remind(tx, w.now(), boris, s), w.desk.Remind(tx, w.now(), boris, bot.Saved{Vehicle: car}))
		}))
		w.days(40)
		w.wantTold(t, anna, "") // it is not in her garage
		w.wantTold(t, boris, "")
	})
}
