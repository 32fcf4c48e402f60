// Package lookup is the paid door: it answers what the bot wants to know of the
// outside, keeps what was paid for, and writes down every call. It turns
// Juhe's words into the bot's.
//
// What it guarantees: a query is paid at most once for a bot.Request, also
// across a crash; once for everybody who asks for the same vehicle with the
// same digits at the same time; not at all while an answer is young enough, and
// never beyond a budget. An entry stands in the ledger, and its price is
// reserved, before the call leaves; the answer is stored as received before
// anybody sees it.
//
// # Reading order
//
// query.go is the way of a question, open.go and close.go its two transactions;
// ledger.go, budget.go, newcomer.go, strike.go and outage.go are what these keep and decide;
// breaker.go stands before the network. costs.go reads, sweep.go removes.
package lookup

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A Client asks Juhe. *juhe.Client is one.
type Client interface {
	Cities(ctx context.Context, province string) ([]juhe.Province, error)
	Prefix(ctx context.Context, prefix string, newEnergy bool) (juhe.City, error)
	// QueryRaw returns the answer as received; it must not retry.
	QueryRaw(ctx context.Context, q juhe.Query) ([]byte, error)
}

// Config is what a Desk needs.
type Config struct {
	Client   Client
	Store    storage.Store
	Now      func() time.Time // nil: time.Now
	CacheFor time.Duration    // an answer this young is shown again; 0: never
	// Alone tells that no other process can have the store open, so that a
	// call which is open at start belongs to a process that is gone.
	Alone bool
	// DailyBudget and MonthlyBudget are how many paid calls there may be in a
	// day and in a month, as China counts them. 0: any number.
	DailyBudget, MonthlyBudget int
	// QueriesPerUserPerDay is how many of them one person may cause by asking;
	// checks of what they watch do not count. 0: any number.
	QueriesPerUserPerDay int
	// Likewise in a month, and while they are new, which is for an hour from
	// their first; and how many queries all who are new may cause in an hour.
	QueriesPerUserPerMonth, QueriesPerNewUser, QueriesOfNewUsersPerHour int
	// Alarm hears of what the operator should know, each time it happens and at
	// most once for one cause: whoever is told limits it. It is called outside
	// of transactions; detail holds no personal data and no key. nil: nobody
	// hears.
	Alarm func(a bot.Alarm, detail string)
	// Called hears of each call that was made, in a ctx with its trace; nil:
	// nobody does. It must not wait.
	Called func(ctx context.Context, c Call)
}

// A Desk implements bot.Desk.
type Desk struct {
	client  Client
	store   storage.Store
	now     func() time.Time
	alone   bool
	terms   atomic.Pointer[terms]
	raise   func(bot.Alarm, string)
	called  func(context.Context, Call)
	self    string // this process, in the store
	flights singleflight.Group
	unsaved unsaved
	rules   parsedRules
	paid    *door // before query
	free    *door // before the calls that cost nothing
}

var _ bot.Desk = (*Desk)(nil)

// New makes a Desk.
func New(c Config) *Desk {
	d := &Desk{
		client: c.Client, store: c.Store, now: c.Now, alone: c.Alone,
		raise: c.Alarm, called: c.Called, self: rand.Text(),
	}
	d.Adjust(c)
	if d.now == nil {
		d.now = time.Now
	}
	if d.raise == nil {
		d.raise = func(bot.Alarm, string) {}
	}
	if d.called == nil {
		d.called = func(context.Context, Call) {}
	}
	d.paid, d.free = newDoor(juhe.EndpointQuery), newDoor("rules")
	return d
}

// terms is what can change while the desk works.
type terms struct {
	limits
	cacheFor time.Duration
}

// Adjust takes CacheFor, the budgets and the limits of c over; the rest of c is
// not looked at. They count for what is opened from now on: what was reserved
// stays so. It may be called at any time.
func (d *Desk) Adjust(c Config) {
	d.terms.Store(&terms{cacheFor: c.CacheFor, limits: limits{
		daily: c.DailyBudget, monthly: c.MonthlyBudget, perUser: c.QueriesPerUserPerDay,
		perMonth: c.QueriesPerUserPerMonth, perNew: c.QueriesPerNewUser, ofNew: c.QueriesOfNewUsersPerHour,
	}})
}

// deskKey is the key of every transaction that opens, closes or gives up a
// call, or sweeps: what they count and keep belongs to all of them (a budget is
// everybody's, a strike any guesser's), on all machines. They are short, and
// what lies between them, the call, holds nothing.
const deskKey = "lookup"

// books is what the desk writes in one transaction under deskKey.
type books struct {
	desk   *Desk
	terms  *terms // the same for all of it
	tx     storage.Tx
	now    time.Time
	alarms []alarm
}

type alarm struct {
	kind   bot.Alarm
	detail string
}

// update runs fn, as often as the store does, and raises the alarms of the run
// that was kept.
func (d *Desk) update(ctx context.Context, fn func(b *books) error) error {
	var b *books
	err := d.store.Update(ctx, []string{deskKey}, func(tx storage.Tx) error {
		b = &books{desk: d, terms: d.terms.Load(), tx: tx, now: d.now()}
		return fn(b)
	})
	if err != nil {
		return err
	}
	d.ring(b.alarms)
	return nil
}

func (d *Desk) ring(alarms []alarm) {
	for _, a := range alarms {
		d.raise(a.kind, a.detail)
	}
}

func (b *books) alarm(kind bot.Alarm, detail string) {
	b.alarms = append(b.alarms, alarm{kind, detail})
}

// failure is the bot's error for an error of a call.
func failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, juhe.ErrWrongData):
		return &bot.Error{Kind: bot.WrongData, Err: err}
	case errors.Is(err, juhe.ErrMaintenance):
		return &bot.Error{Kind: bot.Maintenance, Err: err}
	case errors.Is(err, juhe.ErrNoRule):
		return &bot.Error{Kind: bot.NoRule, Err: err}
	case errors.Is(err, juhe.ErrNetwork):
		return &bot.Error{Kind: bot.Busy, Err: err, Again: true}
	case errors.Is(err, juhe.ErrNotSent):
		return &bot.Error{Kind: bot.Unreachable, Err: err, Again: true}
	case errors.Is(err, juhe.ErrInternal), errors.Is(err, juhe.ErrProvider):
		return &bot.Error{Kind: bot.Busy, Err: err}
	case errors.Is(err, juhe.ErrKey), errors.Is(err, juhe.ErrQuota):
		return &bot.Error{Kind: bot.Unavailable, Err: err}
	case errors.Is(err, juhe.ErrUndocumented), errors.Is(err, juhe.ErrInterrupted), errors.Is(err, juhe.ErrMalformed):
		return &bot.Error{Kind: bot.Interrupted, Err: err}
	}
	return &bot.Error{Kind: bot.Broken, Err: err}
}

// free is failure for a call that costs nothing: what is lost may be asked
// again by itself.
func free(err error) error {
	if _, told := errors.AsType[*bot.Error](err); told || err == nil {
		return err
	}
	if errors.Is(err, juhe.ErrInterrupted) || errors.Is(err, juhe.ErrMalformed) {
		return &bot.Error{Kind: bot.Unreachable, Err: err, Again: true}
	}
	return failure(err)
}

// stored is the bot's error for an error of the store.
func stored(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrFull):
		return &bot.Error{Kind: bot.StoreFull, Err: err}
	}
	return &bot.Error{Kind: bot.Broken, Err: err}
}
