package watch

import (
	"errors"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A standing is all that decides when a vehicle is checked, and before which
// others. What it decides depends on nothing else, so that years of many cars
// can be gone through without a store.
type standing struct {
	state
	watched bool // there is somebody to check for
	slow    bool // nobody has reacted for long
	open    bool // something is listed that is not settled
}

// recent tells whether a good check stands for the next one.
func (s *standing) recent(now time.Time, every period) bool {
	return near(now, s.Checked, min(recentFor, time.Duration(every)/2))
}

// turn tells whether the vehicle is to be checked in slot n.
func (s *standing) turn(n int64, now time.Time, every period) bool {
	return !s.recent(now, every) && (!s.slow || slow(n))
}

// Shares of a budget that checks may use, by how much there is to tell.
const (
	shareNews  = 80
	shareOpen  = 70
	sharePlain = 60
	shareSlow  = 40
)

// share is how much of a budget may be used when the vehicle is checked.
func (s standing) share(k kind, now time.Time) int {
	switch {
	case k == soon, k == first, s.NewsUntil.After(now):
		return shareNews
	case s.slow:
		return shareSlow
	case s.open:
		return shareOpen
	}
	return sharePlain
}

// An outcome is what came of a check, as far as the next one depends on it.
type outcome struct {
	kind   kind
	report time.Time // when what was answered was true; zero: nothing was
	err    error     // why
	tried  bool      // the outside was asked, or should have been
	fresh  bool      // somebody was told of a new violation
	others bool      // after wrong digits: there are others to be asked with
}

// A clock is when something is decided, in which rhythm, and by which lots.
type clock struct {
	now    time.Time
	every  period
	chance chance
}

// after takes an outcome over, and returns when a check beside the slots is to
// be planned; zero: none is, or one is already.
func (s *standing) after(o outcome, c clock) time.Time {
	if o.kind == regular {
		s.Retried = false
	}
	if !o.report.IsZero() {
		s.Checked, s.Retried = o.report, false
	}
	if last := c.now.Add(newsFor); o.fresh || s.NewsUntil.After(last) {
		s.NewsUntil = last
	}
	next := s.again(o, c)
	if s.Next.After(c.now) && s.Next.Before(c.now.Add(2*daily)) && (next.IsZero() || !o.tried) {
		return time.Time{} // planned already
	}
	s.Next = next
	return next
}

// queueFor is over what time those checks are spread that a budget refused, when
// there is one again.
const queueFor = 4 * time.Hour

// place is how long after its budget is there a refused check comes: the longer
// the last good one is past, in turns of the vehicle, the sooner. So none is
// passed over for long by those whose slots come early in the day, however
// little there is to share out.
func (s *standing) place(c clock) time.Duration {
	turn := float64(c.every)
	if s.slow {
		turn *= slowTurns
	}
	age := float64(max(c.now.Sub(s.Checked), 0))
	return time.Duration(float64(queueFor) * turn / (turn + age))
}

// soonest is the least pause before a city that is down is tried again.
const soonest = 30 * time.Minute

// longest bounds a pause that the paid door asks for: a month's budget.
const longest = 31 * 24 * time.Hour

// again is when the vehicle is to be asked about outside its slot; zero: not.
// What failed is asked once more, on the next day, if it surely cost nothing.
// What may have been charged waits for its next turn.
func (s *standing) again(o outcome, c clock) time.Time {
	if !s.watched {
		return time.Time{}
	}
	tomorrow := micro(c.now.Add(min(daily, time.Duration(c.every)) + c.chance.lot(20*time.Minute)))
	var after time.Duration
	if e, ok := errors.AsType[*bot.Error](o.err); ok {
		after = min(max(e.After, 0), longest)
	}
	switch bot.KindOf(o.err) {
	case bot.Maintenance:
		if after == 0 {
			after = downFor
		}
		return micro(c.now.Add(max(after, soonest) + c.chance.lot(20*time.Minute)))
	case bot.Budget:
		if after == 0 {
			after = daily
		}
		return micro(c.now.Add(after + s.place(c)))
	case bot.WrongData:
		if o.others {
			return tomorrow
		}
		return time.Time{}
	case bot.Busy, bot.Unreachable, bot.Unavailable, bot.NoRule, bot.UserLimit, bot.MonthLimit, bot.NewLimit, bot.Locked:
		if !s.Retried {
			s.Retried = true
			return tomorrow
		}
	}
	if s.NewsUntil.After(c.now) && !s.slow {
		return tomorrow
	}
	return time.Time{}
}
