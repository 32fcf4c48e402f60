package watch

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A crowd is everybody who watches one vehicle, as read in one transaction.
type crowd struct {
	all    []watcher // who has watched longest first
	people map[bot.UserID]bot.Person
}

// readCrowd reads it; it writes nothing.
func (d *Desk) readCrowd(tx storage.Tx, name string) (c crowd, err error) {
	if c.all, err = watchers(tx, name); err != nil {
		return crowd{}, err
	}
	c.people = make(map[bot.UserID]bot.Person, len(c.all))
	for _, w := range c.all {
		if c.people[w.User], err = d.mail.Person(tx, w.User); err != nil {
			return crowd{}, err
		}
	}
	return c, nil
}

// here tells whether the person can be told anything at all.
func (c *crowd) here(w *watcher) bool {
	p := c.people[w.User]
	return p.Known && !p.Gone
}

// listens tells whether the person is to be told what a check finds.
func (c *crowd) listens(w *watcher) bool { return c.here(w) && pauseOf(w, c.all) == bot.NotPaused }

// any tells whether ok holds for one of those a check would be made for. Who
// lacks digits may lack them no more when the city's rule is read.
func (c *crowd) any(ok func(w *watcher) bool) bool {
	for i := range c.all {
		w := &c.all[i]
		pause := pauseOf(w, c.all)
		if c.here(w) && (pause == bot.NotPaused || pause == bot.LacksDigits) && ok(w) {
			return true
		}
	}
	return false
}

func (c *crowd) anybody() bool { return c.any(func(*watcher) bool { return true }) }

// silent is how long the person has not written.
func (c *crowd) silent(w *watcher, now time.Time) time.Duration {
	seen := c.people[w.User].Seen
	if seen.Before(w.Renewed) {
		seen = w.Renewed // only they can have done that
	}
	return now.Sub(seen)
}

// slow tells whether nobody has reacted for long.
func (c *crowd) slow(now time.Time) bool {
	return !c.any(func(w *watcher) bool { return c.silent(w, now) < stillAfter })
}

// standing is the crowd's part and the state's of what decides about checks.
func (c *crowd) standing(s state, now time.Time) standing {
	return standing{
		state: s, watched: c.anybody(), slow: c.slow(now),
		open: c.any(func(w *watcher) bool { return w.open() > 0 }),
	}
}

// choose finds digits that the rule accepts and that were not wrong: of who has
// watched longest, of owners first. What was shared is asked for with its
// owner's digits.
func (c *crowd) choose(rule bot.Rule) (by bot.UserID, v bot.Vehicle, ok bool) {
	for _, owners := range []bool{true, false} {
		for i := range c.all {
			w := &c.all[i]
			if w.Paused == bot.WrongDigits || owners != (w.Owner == "") {
				continue
			}
			if !owners && find(c.all, w.Owner) != nil {
				continue
			}
			if v, fits := cut(w.Vehicle, rule); fits {
				return w.User, v, true
			}
		}
	}
	return "", bot.Vehicle{}, false
}

// cut is v with the digits that the rule asks for.
func cut(v bot.Vehicle, rule bot.Rule) (bot.Vehicle, bool) {
	var engine, vin bot.Fit
	v.Engine, engine = rule.Engine.Cut(v.Engine, bot.ShortestEngine)
	v.VIN, vin = rule.VIN.Cut(v.VIN, bot.VINLength)
	return v, engine == bot.Fits && vin == bot.Fits
}
