package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	// sweepEvery is how often what has had its time is looked for.
	sweepEvery = time.Hour
	// sweepPage is how many people are looked at in one transaction.
	sweepPage = 200
	// sweepRest is how long a sweep rests after each page, in the time that the
	// page took: those who talk meanwhile come first.
	sweepRest = 4
	// untoldFor is how long an answer that nobody took waits for the person.
	untoldFor = 7 * 24 * time.Hour
)

// Sweep ends the conversations that are over: nothing of them is kept beyond a
// day and a half of silence but the vehicles that the person asked to keep, and
// what still waits to be read. Whoever keeps nothing is forgotten.
func (b *Bot) Sweep(ctx context.Context) error {
	for from := ""; ; {
		began := time.Now()
		idle, next, err := b.idle(ctx, from)
		for _, u := range idle {
			err = errors.Join(err, b.retire(ctx, u))
		}
		if err != nil || next == "" {
			return err
		}
		from = next
		select {
		case <-time.After(sweepRest * time.Since(began)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// idle is the people of one page who have been silent for long enough, and
// where the next page begins; "" after the last.
func (b *Bot) idle(ctx context.Context, from string) (idle []UserID, next string, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error {
		page, err := tx.Scan(userBucket, from, storage.End, sweepPage)
		if err != nil {
			return err
		}
		for _, kv := range page {
			if r, err := readRecord(kv.Value); err == nil && r.retire(b.now()) {
				idle = append(idle, UserID(kv.Key))
			}
			next = kv.Key
		}
		if len(page) < sweepPage || next == from {
			next = ""
		}
		return nil
	})
	return idle, next, err
}

// retire ends one conversation, unless it was taken up meanwhile.
func (b *Bot) retire(ctx context.Context, u UserID) error {
	return b.store.Update(ctx, []string{userKey(u)}, func(tx storage.Tx) error {
		r, err := load(tx, u)
		if err != nil || !r.retire(b.now()) {
			return err
		}
		if r.empty() {
			return erase(tx, u)
		}
		if r.silent(b.now()) {
			return (&run{b: b, terms: b.terms.Load(), tx: tx, user: u, at: b.now(), r: r}).abandoned()
		}
		return r.save(tx, u)
	})
}

// empty tells whether nothing is left that is kept beyond a conversation.
func (r *record) empty() bool {
	return len(r.Garage) == 0 && len(r.Turns) == 0 && len(r.Notices) == 0 && len(r.Later) == 0 && !r.NoAlerts
}

// After a year without a word a person is warned, and a month later forgotten.
const (
	silentFor = 365 * 24 * time.Hour
	warnedFor = 30 * 24 * time.Hour
)

// silent tells whether the person has not written for a year. A fleet that an
// operator saved has its import for a word.
func (r *record) silent(now time.Time) bool {
	last := r.lastSeen()
	return !last.IsZero() && now.Sub(last) >= silentFor
}

// abandoned warns somebody who is silent, and forgets who was warned and does not
// want to be, or cannot be. Those whose cars are checked are warned by the watch,
// which also lets go of their cars.
func (x *run) abandoned() error {
	cars, err := x.cars()
	if err != nil || slices.ContainsFunc(cars, func(c Car) bool { return c.On }) {
		return errors.Join(err, x.r.save(x.tx, x.user))
	}
	switch {
	case x.r.Gone, !x.r.Warned.IsZero() && x.at.Sub(x.r.Warned) >= warnedFor:
		return x.vanish()
	case x.r.Warned.IsZero():
		x.r.Warned = x.at
		n := Notice{ID: "expiring-" + stamp(x.at), Kind: NoticeExpiring, At: x.at}
		if err := x.b.mail.notify(x.tx, x.user, x.r, n); err != nil {
			return err
		}
	}
	return x.r.save(x.tx, x.user)
}

// retire takes out of the record what has had its time at now, and tells
// whether that was anything.
func (r *record) retire(now time.Time) bool {
	unread := r.expire(now)
	if now.Sub(r.lastSeen()) < sessionIdle {
		return unread
	}
	s := r.Session
	r.Session, r.Draft = s.anew(), nil
	kept := r.Turns[:0:0]
	for _, t := range r.Turns {
		if (t.Taken == nobody || t.Taken == pushing) && now.Sub(t.At) < untoldFor {
			kept = append(kept, t)
		}
	}
	changed := unread || len(kept) < len(r.Turns) || len(r.Keys) > 0 || s.Form.Plate != "" || s.Last.Plate != "" || len(s.Queue) > 0
	r.Turns, r.Keys = kept, nil
	return changed || r.empty() || r.silent(now)
}

// sweeping sweeps now and then until ctx ends.
func (b *Bot) sweeping(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(b.Sweep(ctx), b.sweepInvites(ctx), b.sweepBroadcast(ctx), b.desk.Sweep(ctx)); err != nil && ctx.Err() == nil {
			b.fault(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
