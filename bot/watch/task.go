package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A chore is the body of a task job: what follows for people whose key the
// transaction that decided it did not hold.
type chore struct {
	Kind    string      `json:"kind"`
	Vehicle bot.Vehicle `json:"vehicle"`
	User    bot.UserID  `json:"user"` // who began or left; of a reminder, whose it is
	At      time.Time   `json:"at"`
}

// Kinds of chores.
const (
	choreShared  = "shared"  // User watches the vehicle too: its owners are told
	choreUnshare = "unshare" // User left: those they shared with are told and left
	choreStop    = "stop"    // User stays, but shares it no more: likewise
	choreRemind  = "remind"  // a reminder of User's is due
)

func (c chore) enqueue(tx storage.Tx) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("watch: a chore: %w", err)
	}
	id := watcherKey(name(c.Vehicle), c.User) + "/" + stamp(c.At) + c.Kind
	_, err = tx.Enqueue(storage.Job{ID: id, Queue: taskQueue, Body: body})
	return err
}

// task does one chore.
func (d *Desk) task(ctx context.Context, j storage.Job, done storage.Done) error {
	var c chore
	if err := json.Unmarshal(j.Body, &c); err != nil {
		return fmt.Errorf("watch: a chore: %w", storage.ErrCorrupt)
	}
	var err error
	switch c.Kind {
	case choreShared:
		err = d.others(ctx, done, c, d.tellShared)
	case choreUnshare:
		err = d.others(ctx, done, c, d.endShared)
	case choreStop:
		err = d.others(ctx, done, c, d.stopShared)
	case choreRemind:
		err = done([]string{bot.UserKey(c.User)}, func(tx storage.Tx) error { return d.remindOf(tx, c) })
	default:
		return storage.Newer(c.At, d.now())
	}
	if errors.Is(err, storage.ErrLost) {
		return nil // another run has it
	}
	return err
}

// others runs each for everybody else who watches the vehicle now, in one
// transaction that holds them. Who comes later needs no chore of it.
func (d *Desk) others(ctx context.Context, done storage.Done, c chore, each func(tx storage.Tx, c chore, w *watcher, all []watcher) error) error {
	var users []bot.UserID
	v := name(c.Vehicle)
	err := d.store.View(ctx, func(tx storage.Tx) error {
		all, err := watchers(tx, v)
		users = slices.DeleteFunc(usersOf(all), func(u bot.UserID) bool { return u == c.User })
		return err
	})
	if err != nil {
		return err
	}
	keys := make([]string, len(users))
	for i, u := range users {
		keys[i] = bot.UserKey(u)
	}
	return done(keys, func(tx storage.Tx) error {
		all, err := watchers(tx, v)
		if err != nil {
			return err
		}
		for i := range all {
			if w := &all[i]; slices.Contains(users, w.User) {
				if err := each(tx, c, w, all); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// tellShared tells an owner who was there before that somebody else watches the
// vehicle, if they still do.
func (d *Desk) tellShared(tx storage.Tx, c chore, w *watcher, all []watcher) error {
	if w.Owner != "" || !w.Since.Before(c.At) || find(all, c.User) == nil {
		return nil
	}
	return d.mail.Notify(tx, w.User, c.notice(bot.NoticeShared, d.now()))
}

// endShared leaves somebody to whom the vehicle was shared, unless its owner
// has come back meanwhile.
func (d *Desk) endShared(tx storage.Tx, c chore, w *watcher, all []watcher) error {
	if w.Owner != c.User || find(all, c.User) != nil {
		return nil
	}
	return d.unshared(tx, c, w)
}

// stopShared leaves somebody to whom the vehicle was shared before the sharing
// was ended; who was invited anew since then stays.
func (d *Desk) stopShared(tx storage.Tx, c chore, w *watcher, _ []watcher) error {
	if w.Owner != c.User || w.Since.After(c.At) {
		return nil
	}
	return d.unshared(tx, c, w)
}

func (d *Desk) unshared(tx storage.Tx, c chore, w *watcher) error {
	return errors.Join(
		d.mail.Notify(tx, w.User, c.notice(bot.NoticeUnshared, d.now())),
		d.release(tx, w.User, c.Vehicle),
		w.remove(tx),
	)
}

func (c chore) notice(k bot.NoticeKind, now time.Time) bot.Notice {
	id := noticeID(name(c.Vehicle), string(k), string(c.User), stamp(c.At))
	return bot.Notice{ID: id, Kind: k, At: now, Vehicle: c.Vehicle}
}
