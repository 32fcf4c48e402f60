package lookup

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Stored implements bot.Desk.
func (d *Desk) Stored(tx storage.Tx, at time.Time, v bot.Vehicle) (bot.Report, bool, error) {
	a, ok, err := goodAnswer(tx, digest(v))
	if err != nil || !ok || !a.Until.After(at) {
		return bot.Report{}, false, err
	}
	report := a.report(v)
	report.Cached = true
	return report, a.young(at, d.terms.Load().cacheFor), nil
}

// goodAnswer is the last report for a vehicle and digits, also when asking anew
// has failed since.
func goodAnswer(tx storage.Tx, key string) (a answer, ok bool, err error) {
	for _, bucket := range []string{answerBucket, goodBucket} {
		a = answer{}
		if ok, err = get(tx, bucket, key, &a); err != nil || ok && a.State == done {
			return a, ok, err
		}
	}
	return answer{}, false, nil
}

// Query implements bot.Desk. Beside *bot.Error it may return a storage.Snooze:
// another process is asking the same just now, or others are trying digits for
// the same vehicle.
func (d *Desk) Query(ctx context.Context, r bot.Request) (bot.Report, error) {
	for {
		f, err := d.flight(ctx, r)
		if f.leader == r.ID || !f.unfit(r, err) || ctx.Err() != nil {
			return f.answer.outcome(r, d.now(), err)
		}
	}
}

// A flight is a question that one has asked for all who joined.
type flight struct {
	answer answer // the zero answer comes with an error
	leader string // the ID of whose request it was
}

// flight joins whoever asks for the same in this process, or asks.
func (d *Desk) flight(ctx context.Context, r bot.Request) (flight, error) {
	key := digest(r.Vehicle)
	out, err, _ := d.flights.Do(key, func() (any, error) {
		a, err := d.query(ctx, key, r)
		return flight{answer: a, leader: r.ID}, err
	})
	f, _ := out.(flight)
	return f, err
}

// unfit tells that how the flight ended is not for r, which joined it: it was
// content with an earlier answer, or its leader, not r, was refused.
func (f flight) unfit(r bot.Request, err error) bool {
	if err == nil {
		return r.Refresh && f.answer.State == done && !f.answer.of(r) && f.answer.At.Before(r.At)
	}
	switch bot.KindOf(err) {
	case bot.UserLimit, bot.MonthLimit, bot.NewLimit, bot.Budget, bot.Locked, bot.Uncertain:
		return true
	}
	return false
}

// query is Query without anybody else asking the same in this process.
func (d *Desk) query(ctx context.Context, key string, r bot.Request) (answer, error) {
	c, ok := d.unsaved.get(key)
	if !ok {
		var err error
		if c, ok, err = d.ask(ctx, key, r); err != nil || ok {
			return c.answer, err
		}
	}
	a, err := d.close(ctx, key, c)
	d.ring(c.alarms) // not before the answer is safe
	if err != nil {
		c.alarms = nil
		d.unsaved.set(key, c)
		return answer{}, &bot.Error{Kind: bot.Unsaved, Err: err, Again: true}
	}
	d.unsaved.drop(key)
	if a.first {
		d.reload(ctx, r)
	}
	return a, nil
}

// A call is a query on its way: what open decided, then what came back, which is
// not stored yet.
type call struct {
	answer  answer // with At and Raw when it is back
	err     error  // of the transport, or the service's own
	request bot.Request
	guess   bool // nobody knows that these digits are right
	probe   bool // it finds out whether its city is back
	alarms  []alarm
}

// ask opens the ledger and asks Juhe, once. settled is true when there was no
// need to.
func (d *Desk) ask(ctx context.Context, key string, r bot.Request) (c call, settled bool, err error) {
	pass, closed := d.paid.admit()
	told := errUnused
	defer func() { c.alarms = append(c.alarms, pass.tell(told)...) }()
	if c, settled, err = d.open(ctx, key, r, closed); err != nil || settled {
		return c, settled, err
	}
	began := time.Now()
	c.answer.Raw, c.err = d.client.QueryRaw(ctx, juhe.Query{
		City: r.Rule.City, Plate: r.Vehicle.Plate, PlateType: r.Vehicle.Type,
		Engine: r.Vehicle.Engine, VIN: r.Vehicle.VIN,
	})
	c.answer.At = d.now()
	if c.err == nil {
		var res *juhe.Result
		if res, c.err = juhe.DecodeResult(c.answer.Raw); c.err == nil {
			c.answer.Rows = rowsOf(res)
		}
	}
	told = c.err
	d.called(ctx, Call{Endpoint: juhe.EndpointQuery, Took: time.Since(began), Err: c.err})
	if errors.Is(c.err, juhe.ErrUndocumented) {
		c.alarms = append(c.alarms, alarm{bot.AlarmUnknownCode, detailOf(juhe.EndpointQuery, c.err)})
	}
	return c, false, nil
}

// outcome is what an answer means at now to one who asked with r; err is why
// there is none.
func (a answer) outcome(r bot.Request, now time.Time, err error) (bot.Report, error) {
	switch {
	case err != nil:
		return bot.Report{}, err
	case a.State == done:
		report := a.report(r.Vehicle)
		report.Cached = !a.of(r) && a.At.Before(r.At)
		return report, nil
	case a.State == unknown:
		return bot.Report{}, &bot.Error{Kind: bot.Uncertain}
	}
	e := &bot.Error{Kind: a.Kind, Again: a.Again, Err: fmt.Errorf("lookup: %s", a.Why)}
	if a.Kind == bot.Maintenance {
		e.After = max(0, a.Next.Sub(now))
	}
	return bot.Report{}, e
}

// unsaved holds answers that were paid for and could not be stored, until the
// job that asked runs again.
type unsaved struct {
	mu    sync.Mutex
	calls map[string]call
}

func (u *unsaved) get(key string) (call, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	c, ok := u.calls[key]
	return c, ok
}

func (u *unsaved) set(key string, c call) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.calls == nil {
		u.calls = map[string]call{}
	}
	u.calls[key] = c
}

func (u *unsaved) drop(key string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.calls, key)
}
