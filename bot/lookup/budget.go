package lookup

import (
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
)

const (
	dayBucket   = "costday"   // ~day → dayRecord
	monthBucket = "costmonth" // ~month → monthRecord
	paidBucket  = "paid"      // ~day/person → paidRecord
)

// limits are the operator's; 0 is none.
type limits struct {
	daily, monthly int // everybody, checks included
	perUser        int // a person's in a day
	perMonth       int // in a month
	perNew         int // while they are new (newFor)
	ofNew          int // all who are new, in an hour
}

// mostShare is the share of a budget, in percent, that checks never exceed, so
// that the rest is for people who ask.
const mostShare = 80

// warnAt are the percents of a budget that the operator hears of. Each is an
// alarm of its own: they may come within the hour in which one kind is told once.
var warnAt = [...]struct {
	percent int
	alarm   bot.Alarm
}{{50, bot.AlarmBudget}, {mostShare, bot.AlarmChecks}, {100, bot.AlarmSpent}}

// held is how much of a budget is gone: calls that cost something or may have,
// and those that are out. Told is the highest of warnAt that was reached.
type held struct {
	Held int `json:"held"`
	Told int `json:"told,omitempty"`
}

// A dayRecord is what was asked in one day of China.
type dayRecord struct {
	held
	Calls   int         `json:"calls"`
	Charged int         `json:"charged,omitempty"`
	Free    int         `json:"free,omitempty"`
	Unknown int         `json:"unknown,omitempty"`
	Checks  int         `json:"checks,omitempty"` // of Charged and Unknown
	Codes   map[int]int `json:"codes,omitempty"`
}

// A monthRecord is likewise of one month.
type monthRecord struct{ held }

// A paidRecord is what was paid, or reserved, for one person in one day.
type paidRecord struct {
	Asked  int `json:"asked,omitempty"`
	Checks int `json:"checks,omitempty"`
}

// An account is what one entry of the ledger is counted in.
type account struct {
	at    time.Time
	by    string
	day   dayRecord
	month monthRecord
	paid  paidRecord

	// Only where limits ask for it.
	asker     askerRecord
	newcomers newcomerRecord
}

func (b *books) account(at time.Time, by string) (a account, err error) {
	a.at, a.by = at, by
	if _, err = get(b.tx, dayBucket, dayOf(at), &a.day); err != nil {
		return a, err
	}
	if _, err = get(b.tx, monthBucket, monthOf(at), &a.month); err != nil {
		return a, err
	}
	if _, err = get(b.tx, paidBucket, dayOf(at)+"/"+by, &a.paid); err != nil {
		return a, err
	}
	return a, b.withAsker(&a)
}

func (b *books) putAccount(a account) error {
	if err := put(b.tx, dayBucket, dayOf(a.at), a.day); err != nil {
		return err
	}
	if err := put(b.tx, monthBucket, monthOf(a.at), a.month); err != nil {
		return err
	}
	return put(b.tx, paidBucket, dayOf(a.at)+"/"+a.by, a.paid)
}

// affords refuses r when its person has had their queries of the day, or a
// budget is used up as far as r may use it.
func (b *books) affords(r bot.Request) error {
	by, err := b.pseudonym(r.User)
	if err != nil {
		return err
	}
	a, err := b.account(b.now, by)
	if err != nil {
		return err
	}
	l, share := b.terms.limits, 100
	if r.Check {
		share = CheckShare(r.Share)
	}
	switch {
	case !r.Check && l.perUser > 0 && a.paid.Asked >= l.perUser:
		return &bot.Error{Kind: bot.UserLimit, After: nextDay(b.now).Sub(b.now)}
	case !r.Check && b.mayAsk(a) != nil:
		return b.mayAsk(a)
	}
	return Budget{Daily: l.daily, Monthly: l.monthly}.Affords(b.now, Used{Day: a.day.Held, Month: a.month.Held}, share)
}

// reserve takes the price of a call that is about to leave.
func (b *books) reserve(e entry) error {
	a, err := b.account(e.Opened, e.By)
	if err != nil {
		return err
	}
	a.day.Calls++
	if err := b.hold(&a, e.For, 1); err != nil {
		return err
	}
	b.warn("daily", &a.day.held, b.terms.daily)
	b.warn("monthly", &a.month.held, b.terms.monthly)
	return b.putAccount(a)
}

// count moves a call from what it was taken for to what it is, in the day and
// the month in which it was reserved. What was free is given back.
func (b *books) count(was, is entry) error {
	a, err := b.account(was.Opened, was.By)
	if err != nil {
		return err
	}
	if was.State == unknown {
		a.day.add(was, -1)
	}
	a.day.add(is, 1)
	if is.is(juhe.Free) {
		if err := b.hold(&a, was.For, -1); err != nil {
			return err
		}
	}
	return b.putAccount(a)
}

// hold takes n calls out of the budgets.
func (b *books) hold(a *account, p purpose, n int) error {
	mine := &a.paid.Asked
	if p == forCheck {
		mine = &a.paid.Checks
	}
	// A call of before there were budgets was never reserved.
	for _, counter := range []*int{&a.day.Held, &a.month.Held, mine} {
		*counter = max(0, *counter+n)
	}
	if p == forCheck {
		return nil
	}
	return b.holdAsked(a, n)
}

// add counts an outcome n times.
func (d *dayRecord) add(e entry, n int) {
	switch {
	case e.is(juhe.Free):
		d.Free += n
	case e.is(juhe.Charged):
		d.Charged += n
	default:
		d.Unknown += n
	}
	if e.For == forCheck && !e.is(juhe.Free) {
		d.Checks += n
	}
	if d.Codes == nil {
		d.Codes = map[int]int{}
	}
	if d.Codes[e.code()] += n; d.Codes[e.code()] == 0 {
		delete(d.Codes, e.code())
	}
}

// warn raises an alarm when a part of a budget is reached for the first time.
func (b *books) warn(name string, h *held, budget int) {
	if budget <= 0 {
		return
	}
	reached, kind := 0, bot.Alarm("")
	for _, w := range warnAt {
		if h.Held*100 >= budget*w.percent {
			reached, kind = w.percent, w.alarm
		}
	}
	if reached > h.Told {
		h.Told = reached
		b.alarm(kind, fmt.Sprintf("%d %% of the %s budget: %d of %d", reached, name, h.Held, budget))
	}
}

// dayOf and monthOf are the day and the month of China, as sorting segments.
func dayOf(t time.Time) string { return t.In(bot.China).Format(dayLayout) }

func monthOf(t time.Time) string { return t.In(bot.China).Format("~200601") }

const dayLayout = "~20060102"

// nextDay is the next midnight in China.
func nextDay(t time.Time) time.Time {
	y, m, d := t.In(bot.China).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, bot.China)
}

// nextMonth is the first midnight of the next month there.
func nextMonth(t time.Time) time.Time {
	y, m, _ := t.In(bot.China).Date()
	return time.Date(y, m+1, 1, 0, 0, 0, 0, bot.China)
}
