package lookup

import (
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A Call is one call of Juhe that was made. What it cost, and its code, stand in
// Err, which has none of the service's own words beside those it is safe to log.
type Call struct {
	Endpoint string
	Took     time.Duration
	Err      error
}

// Breakers is how this process's breakers stand.
func (d *Desk) Breakers() []bot.Breaker {
	var all []bot.Breaker
	for _, door := range []*door{d.paid, d.free} {
		for _, b := range door.breakers {
			s := bot.Breaker{Endpoint: door.endpoint, Trouble: string(b.alarm)}
			switch b.State() {
			case gobreaker.StateHalfOpen:
				s.State = 1
			case gobreaker.StateOpen:
				s.State = 2
			}
			all = append(all, s)
		}
	}
	return all
}

// Budgets reads how far the budgets of today and of this month are used: two
// records, whatever was asked.
func (d *Desk) Budgets(tx storage.Tx) ([]bot.BudgetLeft, error) {
	now := d.now()
	var today dayRecord
	var month monthRecord
	if _, err := get(tx, dayBucket, dayOf(now), &today); err != nil {
		return nil, err
	}
	if _, err := get(tx, monthBucket, monthOf(now), &month); err != nil {
		return nil, err
	}
	t := d.terms.Load()
	return []bot.BudgetLeft{
		{Period: "day", Used: today.Held, Budget: t.daily},
		{Period: "month", Used: month.Held, Budget: t.monthly},
	}, nil
}

// mostOutages is how many cities a list of outages reads, at most: there are
// some 400.
const mostOutages = 500

// Outages lists the cities that are down.
func (d *Desk) Outages(tx storage.Tx) ([]bot.Outage, error) {
	kvs, err := tx.Scan(outageBucket, "", storage.End, mostOutages)
	if err != nil {
		return nil, err
	}
	var down []bot.Outage
	for _, kv := range kvs {
		var o outage
		if err := decode(outageBucket, kv.Value, &o); err != nil {
			return nil, err
		}
		if o.Until.After(d.now()) {
			down = append(down, bot.Outage{City: o.City, Next: o.Next})
		}
	}
	return down, nil
}
