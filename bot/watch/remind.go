package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A reminder is a time at which something is to be said of an inspection. It
// stands in an index by time; which of a person's is the one stands beside.
type reminder struct {
	At      time.Time   `json:"at"`
	User    bot.UserID  `json:"user"`
	Vehicle bot.Vehicle `json:"vehicle"`
}

func (r reminder) key() string { return stamp(r.At) + "/" + watcherKey(name(r.Vehicle), r.User) }

// Remind implements bot.Watch.
func (d *Desk) Remind(tx storage.Tx, at time.Time, u bot.UserID, s bot.Saved) error {
	own := watcherKey(name(s.Vehicle), u)
	var was reminder
	had, err := get(tx, reminderBucket, own, &was)
	if err != nil {
		return err
	}
	if had {
		if err := tx.Put(remindBucket, was.key(), nil); err != nil {
			return err
		}
	}
	next, ok := d.remind(s, at)
	if !ok {
		return tx.Put(reminderBucket, own, nil)
	}
	r := reminder{At: micro(next), User: u, Vehicle: vehicleOf(name(s.Vehicle))}
	if err := put(tx, remindBucket, r.key(), r); err != nil {
		return err
	}
	return put(tx, reminderBucket, own, r)
}

// release takes a car out of a person's saved ones, and drops its reminders.
func (d *Desk) release(tx storage.Tx, u bot.UserID, v bot.Vehicle) error {
	return errors.Join(d.mail.Release(tx, u, v), d.Remind(tx, d.now(), u, bot.Saved{Vehicle: v}))
}

// takeReminder turns an entry of the index into a chore.
func (d *Desk) takeReminder(tx storage.Tx, kv storage.KV) error {
	var r reminder
	if err := json.Unmarshal(kv.Value, &r); err != nil {
		return fmt.Errorf("watch: a reminder: %w", storage.ErrCorrupt)
	}
	return chore{Kind: choreRemind, Vehicle: r.Vehicle, User: r.User, At: r.At}.enqueue(tx)
}

// remindOf tells somebody of their inspection and arranges the next time, if
// the reminder is still the one and the car is still theirs.
func (d *Desk) remindOf(tx storage.Tx, c chore) error {
	own := watcherKey(name(c.Vehicle), c.User)
	var r reminder
	ok, err := get(tx, reminderBucket, own, &r)
	if err != nil || !ok || !r.At.Equal(c.At) {
		return err
	}
	p, err := d.mail.Person(tx, c.User)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Garage, func(s bot.Saved) bool { return s.Same(c.Vehicle) })
	if i < 0 || p.Garage[i].Inspection == (bot.Inspection{}) {
		return tx.Put(reminderBucket, own, nil)
	}
	now, s := d.now(), p.Garage[i]
	if !p.Gone {
		n := c.notice(bot.NoticeInspection, now)
		n.Inspection, n.City = s.Inspection, s.City
		if err := d.mail.Notify(tx, c.User, n); err != nil {
			return err
		}
	}
	return d.Remind(tx, later(now, c.At), c.User, s)
}
