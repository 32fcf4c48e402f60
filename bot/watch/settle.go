package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// errMoved: somebody began or ended watching since the keys were chosen.
var errMoved = errors.New("watch: the watchers have changed")

// settleTries bounds how often a transaction is begun again with new keys.
const settleTries = 10

// settle writes down what came of an order, in the transaction that ends its
// job. It holds the vehicle and every watcher of it.
func (d *Desk) settle(ctx context.Context, done storage.Done, r result) error {
	v := name(r.order.Vehicle)
	r.trace = bot.TraceOf(ctx)
	var err error
	for range settleTries {
		var users []bot.UserID
		err = d.store.View(ctx, func(tx storage.Tx) error {
			all, err := watchers(tx, v)
			users = usersOf(all)
			return err
		})
		if err != nil {
			return err
		}
		keys := []string{vehicleKey(v)}
		for _, u := range users {
			keys = append(keys, bot.UserKey(u))
		}
		err = done(keys, func(tx storage.Tx) error { return d.commit(tx, r, users) })
		if !errors.Is(err, errMoved) {
			break
		}
	}
	if errors.Is(err, storage.ErrLost) {
		return nil // another run has it
	}
	return err
}

func usersOf(all []watcher) []bot.UserID {
	users := make([]bot.UserID, len(all))
	for i, w := range all {
		users[i] = w.User
	}
	slices.Sort(users)
	return users
}

// A commit is the transaction that settles an order.
type commit struct {
	crowd
	d     *Desk
	tx    storage.Tx
	now   time.Time
	r     result
	state state
	dirty map[bot.UserID]bool // whose side is to be written
	fresh bool                // somebody was told of a new violation
}

func (d *Desk) commit(tx storage.Tx, r result, users []bot.UserID) error {
	v := name(r.order.Vehicle)
	people, err := d.readCrowd(tx, v)
	if err != nil {
		return err
	}
	if !slices.Equal(users, usersOf(people.all)) {
		return errMoved
	}
	s, place, known, err := loadState(tx, v)
	if err != nil {
		return err
	}
	c := &commit{crowd: people, d: d, tx: tx, now: d.now(), r: r, state: s, dirty: map[bot.UserID]bool{}}
	if err := c.retire(); err != nil {
		return err
	}
	if len(c.all) == 0 {
		return tx.Put(stateBucket, stateKey(place, v), nil)
	}
	if err := errors.Join(c.judge(), c.tell()); err != nil {
		return err
	}
	if err := c.schedule(); err != nil {
		return err
	}
	for i := range c.all {
		if w := &c.all[i]; c.dirty[w.User] {
			if err := w.save(tx); err != nil {
				return err
			}
		}
	}
	if known && c.state == s {
		return nil
	}
	return put(tx, stateBucket, stateKey(place, v), c.state)
}

// judge pauses who cannot be asked for: their digits are wrong, or the city
// asks for more. Who fits again is paused no more.
func (c *commit) judge() error {
	wrong := bot.KindOf(c.r.err) == bot.WrongData && c.r.rule != nil
	for i := range c.all {
		w := &c.all[i]
		if c.r.rule == nil || w.Paused == bot.WrongDigits || w.Owner != "" && find(c.all, w.Owner) != nil {
			continue
		}
		v, fits := cut(w.Vehicle, *c.r.rule)
		pause := bot.NotPaused
		switch {
		case wrong && fits && v == c.r.vehicle:
			pause = bot.WrongDigits
		case !fits:
			pause = bot.LacksDigits
		}
		if err := c.pause(w, pause); err != nil {
			return err
		}
	}
	return nil
}

// pause sets why w is not asked for, and tells the owner.
func (c *commit) pause(w *watcher, why bot.Pause) error {
	if w.Paused == why {
		return nil
	}
	w.Paused = why
	c.dirty[w.User] = true
	kinds := map[bot.Pause]bot.NoticeKind{bot.WrongDigits: bot.NoticeWrong, bot.LacksDigits: bot.NoticeLacks}
	if k, ok := kinds[why]; ok && w.Owner == "" {
		return c.notify(w, bot.Notice{Kind: k}, stamp(c.r.order.At))
	}
	return nil
}

// schedule plans the next check beside the slots, if there is to be one.
func (c *commit) schedule() error {
	o := outcome{kind: c.r.order.Kind, err: c.r.err, tried: c.r.tried, fresh: c.fresh}
	if c.r.report != nil {
		o.report = c.r.report.At
	}
	if bot.KindOf(o.err) == bot.WrongData && c.r.rule != nil {
		_, _, o.others = c.choose(*c.r.rule)
	}
	s := c.standing(c.state, c.now)
	next := s.after(o, clock{now: c.now, every: c.d.period(), chance: c.d.chance})
	if c.state = s.state; next.IsZero() {
		return nil
	}
	return order{Vehicle: vehicleOf(name(c.r.order.Vehicle)), Kind: planned, At: next}.plan(c.tx)
}
