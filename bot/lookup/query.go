package lookup

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// saveTime bounds the storing of an answer, which goes on when the asker is
// gone: it was paid for.
const saveTime = 10 * time.Second

// Stored implements bot.Desk.
func (d *Desk) Stored(tx storage.Tx, at time.Time, v bot.Vehicle) (bot.Report, bool, error) {
	var a answer
	ok, err := get(tx, answerBucket, digest(v), &a)
	if err != nil || !ok || a.State != done || !a.Until.After(at) {
		return bot.Report{}, false, err
	}
	report := a.report(v)
	report.Cached = true
	return report, a.young(at, d.cacheFor), nil
}

// Query implements bot.Desk. Beside *bot.Error it may return a storage.Snooze:
// another process is asking the same just now.
func (d *Desk) Query(ctx context.Context, r bot.Request) (bot.Report, error) {
	key := digest(r.Vehicle)
	a, err := d.flight(ctx, key, r)
	if err == nil && r.Refresh && a.State == done && a.Request != r.ID && a.At.Before(r.At) {
		// r joined a flight that was content with an earlier answer.
		a, err = d.flight(ctx, key, r)
	}
	return a.outcome(r, err)
}

// flight joins whoever asks for the same in this process, or asks.
func (d *Desk) flight(ctx context.Context, key string, r bot.Request) (answer, error) {
	out, err, _ := d.flights.Do(key, func() (any, error) { return d.query(ctx, key, r) })
	a, _ := out.(answer) // the zero answer comes with an error
	return a, err
}

// query is Query without anybody else asking the same in this process.
func (d *Desk) query(ctx context.Context, key string, r bot.Request) (answer, error) {
	c, ok := d.unsaved.get(key)
	if !ok {
		a, settled, err := d.open(ctx, key, r)
		if err != nil || settled {
			return a, err
		}
		c = d.call(ctx, a, r)
	}
	a, err := d.close(ctx, key, c)
	if err != nil {
		d.unsaved.set(key, c)
		return answer{}, &bot.Error{Kind: bot.Unsaved, Err: err, Again: true}
	}
	d.unsaved.drop(key)
	return a, nil
}

// open decides whether a call is due. If it is, it stands in the ledger when
// open returns, and a carries what close needs; otherwise settled is true and
// a is the answer.
func (d *Desk) open(ctx context.Context, key string, r bot.Request) (a answer, settled bool, err error) {
	err = d.store.Update(ctx, []string{answerBucket + key}, func(tx storage.Tx) error {
		a = answer{}
		now := d.now()
		known, err := get(tx, answerBucket, key, &a)
		if err != nil {
			return err
		}
		if known && a.State == open {
			if !d.abandoned(a, now) {
				return storage.Snooze(handover)
			}
			if err := a.giveUp(tx, key, now); err != nil {
				return err
			}
		}
		if settled = known && a.settles(r, now, d.cacheFor); settled {
			return nil
		}
		a = answer{State: open, Request: r.ID, Owner: d.self, At: now, City: r.Rule.Name}
		a.Ledger = ledgerKey(now, r.ID)
		if err := put(tx, ledgerBucket, a.Ledger, entry{State: open, Opened: now, By: pseudonym(r.User)}); err != nil {
			return err
		}
		return put(tx, answerBucket, key, a)
	})
	if _, later := storage.Snoozed(err); later {
		return answer{}, false, err
	}
	return a, settled, stored(err)
}

// abandoned tells whether the process that opened a call is gone.
func (d *Desk) abandoned(a answer, now time.Time) bool {
	return a.Owner == d.self || d.alone || now.Sub(a.At) > lease || a.At.Sub(now) > lease
}

// Sweep implements bot.Desk.
func (d *Desk) Sweep(ctx context.Context) error {
	for swept := sweepAtOnce; swept == sweepAtOnce; {
		err := d.store.Update(ctx, []string{expiryBucket}, func(tx storage.Tx) (err error) {
			swept, err = sweep(tx, d.now())
			return err
		})
		if err != nil {
			return stored(err)
		}
	}
	return nil
}

// A call is a query that came back, and is not stored yet.
type call struct {
	answer answer // with At and Raw
	err    error  // of the transport
}

// call asks Juhe, once.
func (d *Desk) call(ctx context.Context, a answer, r bot.Request) call {
	raw, err := d.client.QueryRaw(ctx, juhe.Query{
		City: r.Rule.City, Plate: r.Vehicle.Plate, PlateType: r.Vehicle.Type,
		Engine: r.Vehicle.Engine, VIN: r.Vehicle.VIN,
	})
	a.At, a.Raw = d.now(), raw
	return call{answer: a, err: err}
}

// close stores what came back: the answer as received, and its outcome in the
// ledger.
func (d *Desk) close(ctx context.Context, key string, c call) (answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	a, err := c.answer, c.err
	if err == nil {
		var res *juhe.Result
		if res, err = juhe.DecodeResult(a.Raw); err == nil {
			a.Rows = rowsOf(res)
		}
	}
	a.settle(err)
	a.Until = a.At.Add(kept(a, d.cacheFor))
	e := entry{State: a.State, Closed: a.At, Code: a.Code, Charge: juhe.ChargeOf(err).String()}
	err = d.store.Update(ctx, []string{answerBucket + key}, func(tx storage.Tx) error {
		if err := e.close(tx, a.Ledger); err != nil {
			return err
		}
		if _, err := sweep(tx, a.At); err != nil {
			return err
		}
		return a.put(tx, key)
	})
	return a, stored(err)
}

// outcome is what an answer means to one who asked with r; err is why there is
// none.
func (a answer) outcome(r bot.Request, err error) (bot.Report, error) {
	switch {
	case err != nil:
		return bot.Report{}, err
	case a.State == done:
		report := a.report(r.Vehicle)
		report.Cached = a.Request != r.ID && a.At.Before(r.At)
		return report, nil
	case a.State == unknown:
		return bot.Report{}, &bot.Error{Kind: bot.Uncertain}
	}
	return bot.Report{}, &bot.Error{Kind: a.Kind, Again: a.Again, Err: errors.New("lookup: " + a.Why)}
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

// Spare implements bot.Desk.
func (d *Desk) Spare(storage.Tx, time.Time, bot.UserID) error { return nil }

// Costs implements bot.Desk.
func (d *Desk) Costs(storage.Tx, time.Time, time.Time) (bot.Costs, error) { return bot.Costs{}, nil }
