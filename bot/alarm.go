package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// alarmBucket holds when each kind of alarm was raised last, under ~kind.
const alarmBucket = "alarm"

// alarmEvery is how often admins are told of one kind of trouble at most.
const alarmEvery = time.Hour

// Alarm tells all admins of a who want to hear alarms, at most once an hour,
// whatever the process; day and night, and also those who never wrote. detail is
// for them to act on and holds no personal data.
func (m *Mail) Alarm(ctx context.Context, a Alarm, detail string) error {
	admins := *m.admins.Load()
	if len(admins) == 0 {
		return nil
	}
	key := "~" + string(a)
	keys := []string{alarmBucket + "/" + key}
	for _, u := range admins {
		keys = append(keys, userKey(u))
	}
	err := m.store.Update(ctx, keys, func(tx storage.Tx) error {
		now := m.now()
		if due, err := dueAlarm(tx, key, now); err != nil || !due {
			return err
		}
		stamped, err := now.MarshalBinary()
		if err != nil {
			return err
		}
		faults := []error{tx.Put(alarmBucket, key, stamped)}
		for _, u := range admins {
			r, err := load(tx, u)
			if err == nil && !r.NoAlerts {
				n := Notice{ID: "alarm-" + string(a) + "-" + stamp(now), Kind: NoticeAlarm, At: now, Alarm: a, Detail: detail}
				err = m.notify(tx, u, r, n)
			}
			faults = append(faults, err)
		}
		return errors.Join(faults...)
	})
	if err != nil {
		return fmt.Errorf("bot: alarm: %w", err)
	}
	return nil
}

// dueAlarm tells whether the last alarm of the kind is long enough ago. One
// from the future, of a clock that went back, does not count.
func dueAlarm(tx storage.Tx, key string, now time.Time) (bool, error) {
	b, err := tx.Get(alarmBucket, key)
	if err != nil || b == nil {
		return true, err
	}
	var last time.Time
	if err := last.UnmarshalBinary(b); err != nil {
		return true, nil //nolint:nilerr // unreadable is as good as never
	}
	ago := now.Sub(last)
	return ago < 0 || ago >= alarmEvery, nil
}

// ErrNoAdmin: only admins hear alarms.
var ErrNoAdmin = errors.New("bot: not one of the admins")

// An AlertState is whether an admin hears alarms.
type AlertState struct {
	User string `json:"user"` // masked
	On   bool   `json:"on"`
}

// Alerts tells which admins hear alarms, all of them or, with who, that one; on,
// if not nil, decides it first. It returns ErrNoAdmin for anybody else.
func (f *Fleet) Alerts(ctx context.Context, who string, on *bool) (states []AlertState, err error) {
	admins := f.Admins
	if who != "" {
		if admins = []UserID{UserID(who)}; !slices.Contains(f.Admins, UserID(who)) {
			return nil, ErrNoAdmin
		}
	}
	for _, u := range admins {
		var r *record
		read := func(tx storage.Tx) (err error) {
			r, err = load(tx, u)
			return err
		}
		if err := f.Store.View(ctx, read); err != nil {
			return nil, err
		}
		if on != nil && r.NoAlerts == *on {
			err := f.Store.Update(ctx, []string{userKey(u)}, func(tx storage.Tx) error {
				if err := read(tx); err != nil {
					return err
				}
				r.NoAlerts = !*on
				return r.save(tx, u)
			})
			if err != nil {
				return nil, err
			}
		}
		states = append(states, AlertState{User: u.String(), On: !r.NoAlerts})
	}
	return states, nil
}

// alertsText says it to an admin, who has asked for themselves.
func alertsText(l Lang, states []AlertState) string {
	if len(states) == 1 && states[0].On {
		return l.say("admin.alerts.on")
	}
	return l.say("admin.alerts.off")
}
