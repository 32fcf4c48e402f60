package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// checkTime bounds one check: a query of 30 s and the store's share.
const checkTime = 45 * time.Second

// check works one order: it looks whether the vehicle is to be asked about,
// asks, and settles what came of it together with the job.
func (d *Desk) check(ctx context.Context, j storage.Job, done storage.Done) (err error) {
	var o order
	if err := json.Unmarshal(j.Body, &o); err != nil {
		return fmt.Errorf("watch: an order: %w", storage.ErrCorrupt)
	}
	if o.Kind.word() == "unknown" {
		return storage.Newer(o.Made, d.now())
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	ctx, ended := d.tracer.Begin(ctx, bot.Stage{Name: "check", Kind: o.Kind.word()})
	defer func() { ended(err) }()
	l, err := d.look(ctx, o)
	if err != nil {
		return err
	}
	r := result{order: o}
	switch {
	case !l.wanted && o.Kind != regular:
		return nil
	case l.wanted && o.Kind == served:
		r.report = &l.report
	case l.wanted:
		if r, err = d.ask(ctx, j, o, l); err != nil {
			return err
		}
	}
	return d.settle(ctx, done, r)
}

// A look is what the store says about an order before anything is asked.
type look struct {
	crowd
	state  state
	wanted bool
	share  int
	rule   bot.Rule
	ruled  bool       // the rule was in the store
	report bot.Report // for an order of kind served
}

// look reads it in one snapshot.
func (d *Desk) look(ctx context.Context, o order) (l look, err error) {
	now := d.now()
	err = d.store.View(ctx, func(tx storage.Tx) error {
		v := name(o.Vehicle)
		c, err := d.readCrowd(tx, v)
		if err != nil {
			return err
		}
		s, place, _, err := loadState(tx, v)
		if err != nil {
			return err
		}
		l = look{crowd: c, state: s, share: c.standing(s, now).share(o.Kind, now)}
		l.wanted = d.wanted(&l, o, place, now)
		switch {
		case !l.wanted:
		case o.Kind == served:
			l.report, l.wanted, err = d.desk.Stored(tx, now, o.Vehicle)
		default:
			l.rule, l.ruled, err = d.desk.Rule(tx, now, o.Vehicle.Prefix(), o.Vehicle.NewEnergy())
		}
		return err
	})
	return l, err
}

// wanted tells whether an order is still worth a query: somebody is there to be
// told, and it was not overtaken.
func (d *Desk) wanted(l *look, o order, place int, now time.Time) bool {
	if !l.anybody() {
		return false
	}
	every := d.period()
	stands := standing{state: l.state, slow: l.slow(now)}
	recent := stands.recent(now, every)
	switch o.Kind {
	case regular:
		return stands.turn(d.regularSlot(o, place), now, every) && l.any(func(w *watcher) bool {
			late := w.Since.Sub(o.At) // the cursor may lag behind the clock
			return late <= 0 || late > 2*lag
		})
	case planned:
		return !recent && l.state.Next.Equal(o.At)
	case soon:
		return !recent && l.any(func(w *watcher) bool {
			return slices.ContainsFunc(w.Soon, o.At.Equal)
		})
	case first:
		return l.any(func(w *watcher) bool { return w.First || !w.Renewed.Before(l.state.Checked) })
	case served:
		return true
	}
	return false
}

// near tells whether two times are less than d apart; the clock may have been
// set back between them.
func near(a, b time.Time, d time.Duration) bool {
	apart := a.Sub(b)
	return apart < d && apart > -d
}
