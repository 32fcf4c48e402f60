package lookup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// sparedBucket is ~day/person → sparedRecord. It has rows of its own, since a
// turn holds only its person's key.
const sparedBucket = "spared"

type sparedRecord struct {
	Spared int `json:"spared"`
}

// mostPeople is how many people a list of costs names.
const mostPeople = 10

// Spare implements bot.Desk. The transaction must hold the person's key.
func (d *Desk) Spare(tx storage.Tx, at time.Time, u bot.UserID) error {
	by, err := pseudonym(tx, u)
	if by == "" || err != nil { // the answer is of an earlier version: counting begins with the first call
		return err
	}
	key := dayOf(at) + "/" + by
	var r sparedRecord
	if _, err := get(tx, sparedBucket, key, &r); err != nil {
		return err
	}
	r.Spared++
	return put(tx, sparedBucket, key, r)
}

// Costs implements bot.Desk. Its work grows with the days and the people who
// asked, not with their calls.
func (d *Desk) Costs(tx storage.Tx, from, to time.Time) (bot.Costs, error) {
	now := d.now()
	t := d.terms.Load()
	c := bot.Costs{DailyBudget: t.daily, MonthlyBudget: t.monthly}
	var today dayRecord
	var month monthRecord
	if _, err := get(tx, dayBucket, dayOf(now), &today); err != nil {
		return c, err
	}
	if _, err := get(tx, monthBucket, monthOf(now), &month); err != nil {
		return c, err
	}
	c.Today, c.Month = today.Held, month.Held
	days, err := tx.Scan(dayBucket, dayOf(from), dayOf(nextDay(to)), 0)
	if err != nil {
		return c, err
	}
	paid := map[string]int{}
	for _, kv := range slices.Backward(days) {
		day, err := costsOf(tx, kv.Key, paid)
		if err != nil {
			return c, err
		}
		c.Days = append(c.Days, day)
	}
	c.People = most(paid)
	return c, nil
}

// costsOf reads one day, and adds what was paid for each person to all.
func costsOf(tx storage.Tx, key string, all map[string]int) (day bot.DayCosts, err error) {
	var r dayRecord
	if _, err := get(tx, dayBucket, key, &r); err != nil {
		return day, err
	}
	day = bot.DayCosts{
		Calls: r.Calls, Charged: r.Charged, Free: r.Free, Unknown: r.Unknown, Checks: r.Checks, Codes: r.Codes,
	}
	if day.Day, err = time.ParseInLocation(dayLayout, key, bot.China); err != nil {
		return day, fmt.Errorf("lookup: %s key: %w", dayBucket, storage.ErrCorrupt)
	}
	paid := map[string]int{}
	err = each(tx, paidBucket, key, func(by string, p paidRecord) {
		paid[by] += p.Asked + p.Checks
		all[by] += p.Asked + p.Checks
	})
	if err != nil {
		return day, err
	}
	day.People = most(paid)
	err = each(tx, sparedBucket, key, func(_ string, s sparedRecord) { day.Spared += s.Spared })
	return day, err
}

// each reads the records of all people of one day.
func each[T any](tx storage.Tx, bucket, day string, fn func(by string, record T)) error {
	kvs, err := tx.Scan(bucket, day+"/", day+"/"+storage.End, 0)
	if err != nil {
		return err
	}
	for _, kv := range kvs {
		var record T
		if err := decode(bucket, kv.Value, &record); err != nil {
			return err
		}
		fn(strings.TrimPrefix(kv.Key, day+"/"), record)
	}
	return nil
}

// most is who cost most, in order.
func most(paid map[string]int) (people []bot.UserCosts) {
	for by, n := range paid {
		if n > 0 {
			people = append(people, bot.UserCosts{By: by, Paid: n})
		}
	}
	slices.SortFunc(people, func(a, b bot.UserCosts) int {
		return cmp.Or(cmp.Compare(b.Paid, a.Paid), cmp.Compare(a.By, b.By))
	})
	return people[:min(len(people), mostPeople)]
}
