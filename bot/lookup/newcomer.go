package lookup

import (
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	askerBucket    = "asker"    // person → askerRecord
	newcomerBucket = "newcomer" // ~hour → newcomerRecord
)

// newFor is how long somebody is new, from the first query that was paid for
// them. Accounts cost nothing to make: what one of them may spend at once bounds
// what a thousand of them can.
const newFor = time.Hour

// An askerRecord is what was paid, or reserved, for one person by asking. Until
// is the end of the month after the last, so that a month is known in full.
type askerRecord struct {
	Since time.Time `json:"since"`
	New   int       `json:"new,omitempty"` // while they were new
	Month string    `json:"month"`
	Asked int       `json:"asked,omitempty"` // in Month
	Until time.Time `json:"until"`
}

// A newcomerRecord is likewise for everybody who was new in one hour.
type newcomerRecord struct {
	Asked int       `json:"asked"`
	Told  bool      `json:"told,omitempty"`
	Until time.Time `json:"until"`
}

// isNew tells whether a query at that time is of somebody new; the zero record
// is somebody who was never seen.
func (r askerRecord) isNew(at time.Time) bool {
	return r.Since.IsZero() || at.Sub(r.Since).Abs() < newFor
}

// month is how many there were in the month of that time.
func (r askerRecord) month(at time.Time) int {
	if r.Month != monthOf(at) {
		return 0
	}
	return r.Asked
}

// hold counts n queries of that time, or gives them back with n below zero. What
// was reserved last month is not given back to this one.
func (r *askerRecord) hold(at time.Time, n int) {
	if n > 0 {
		if r.Since.IsZero() {
			r.Since = at
		}
		if r.Month != monthOf(at) {
			r.Month, r.Asked, r.Until = monthOf(at), 0, nextMonth(nextMonth(at))
		}
	}
	if r.isNew(at) {
		r.New = max(0, r.New+n)
	}
	if r.Month == monthOf(at) {
		r.Asked = max(0, r.Asked+n)
	}
}

// hourOf is the hour of a time, as a sorting segment.
func hourOf(t time.Time) string { return t.UTC().Format("~2006010215") }

// nextHour is when the next one begins.
func nextHour(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }

// counted tells whether it is of interest how long somebody has been asking.
func (l limits) counted() bool { return l.perMonth > 0 || l.perNew > 0 || l.ofNew > 0 }

// withAsker reads how long the account's person has been asking.
func (b *books) withAsker(a *account) error {
	if !b.terms.counted() {
		return nil
	}
	if _, err := get(b.tx, askerBucket, a.by, &a.asker); err != nil {
		return err
	}
	_, err := get(b.tx, newcomerBucket, hourOf(a.at), &a.newcomers)
	return err
}

// holdAsked counts n queries that the account's person asked for.
func (b *books) holdAsked(a *account, n int) error {
	if !b.terms.counted() || n < 0 && a.asker.Since.IsZero() { // reserved before there were such limits
		return nil
	}
	isNew := a.asker.isNew(a.at)
	a.asker.hold(a.at, n)
	if err := b.putUntil(askerBucket, a.by, a.asker.Until, a.asker); err != nil || !isNew {
		return err
	}
	w := &a.newcomers
	w.Asked, w.Until = max(0, w.Asked+n), nextHour(a.at).Add(time.Hour)
	if most := b.terms.ofNew; most > 0 && w.Asked >= most && !w.Told {
		w.Told = true
		b.alarm(bot.AlarmBudget, fmt.Sprintf("people who are new have asked %d times in this hour: others of them wait", w.Asked))
	}
	return b.putUntil(newcomerBucket, hourOf(a.at), w.Until, *w)
}

// mayAsk refuses a person who has asked more than one who is new may, or more
// than anybody may in a month.
func (b *books) mayAsk(a account) error {
	l := b.terms.limits
	switch {
	case l.perMonth > 0 && a.asker.month(a.at) >= l.perMonth:
		return &bot.Error{Kind: bot.MonthLimit, After: nextMonth(a.at).Sub(a.at)}
	case !a.asker.isNew(a.at):
		return nil
	case l.perNew > 0 && a.asker.New >= l.perNew:
		return &bot.Error{Kind: bot.NewLimit, After: a.asker.Since.Add(newFor).Sub(a.at)}
	case l.ofNew > 0 && a.newcomers.Asked >= l.ofNew:
		return &bot.Error{Kind: bot.NewLimit, After: nextHour(a.at).Sub(a.at)}
	}
	return nil
}
