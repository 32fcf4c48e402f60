package lookup

import (
	"context"
	"strings"
	"time"
)

const expiryBucket = "expiry" // ~time/digest, ~time/~bucket/digest → nothing: when a record goes

const (
	// sweepAtOnce bounds the work that one stored answer does for old ones.
	sweepAtOnce = 8
	// sweepPage bounds one transaction of Sweep: others wait for it.
	sweepPage = 100
	// ledgerYears is how long the ledger is kept, without plate and person, for
	// accounts with the provider.
	ledgerYears = 2
	// countMonths is how long days, months and people are counted: a year can be
	// compared with the month of the year before.
	countMonths = 13
)

// putUntil stores a record that is swept when until has come, unless it was put
// with a later one; it has until as its field.
func (b *books) putUntil(bucket, key string, until time.Time, record any) error {
	if err := b.tx.Put(expiryBucket, expiryKey(bucket, key, until), []byte{}); err != nil {
		return err
	}
	return put(b.tx, bucket, key, record)
}

// expiryKey leaves out the bucket of answers: they were first, and files have
// them so.
func expiryKey(bucket, key string, until time.Time) string {
	if bucket == answerBucket {
		return stamp(until) + "/" + key
	}
	return stamp(until) + "/~" + bucket + "/" + key
}

// Sweep implements bot.Desk. It works in short transactions, until nothing is
// left that has had its time.
func (d *Desk) Sweep(ctx context.Context) error {
	pages := []func(*books) (int, error){
		func(b *books) (int, error) { return b.sweep(sweepPage) },
		func(b *books) (int, error) { return b.sweepOld(ledgerBucket, stamp(b.now.AddDate(-ledgerYears, 0, 0))) },
	}
	for _, bucket := range []string{dayBucket, paidBucket, sparedBucket} {
		pages = append(pages, func(b *books) (int, error) {
			return b.sweepOld(bucket, dayOf(b.now.AddDate(0, -countMonths, 0)))
		})
	}
	pages = append(pages, func(b *books) (int, error) {
		return b.sweepOld(monthBucket, monthOf(b.now.AddDate(0, -countMonths, 0)))
	})
	for _, page := range pages {
		for swept := sweepPage; swept == sweepPage; {
			err := d.update(ctx, func(b *books) (err error) {
				swept, err = page(b)
				return err
			})
			if err != nil {
				return stored(err)
			}
		}
	}
	return nil
}

// sweep removes what has had its time, at most limit records: what was found for
// people is not kept beyond its use.
func (b *books) sweep(limit int) (swept int, err error) {
	due, err := b.tx.Scan(expiryBucket, "~", stamp(b.now), limit)
	if err != nil {
		return 0, err
	}
	for _, kv := range due {
		if err := b.tx.Put(expiryBucket, kv.Key, nil); err != nil {
			return 0, err
		}
		_, key, _ := strings.Cut(kv.Key, "/")
		if name, rest, ok := strings.Cut(strings.TrimPrefix(key, "~"), "/"); ok {
			err = b.sweepRecord(name, rest)
		} else {
			err = b.sweepAnswer(key)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// sweepRecord removes a record unless it was renewed meanwhile.
func (b *books) sweepRecord(bucket, key string) error {
	var r struct {
		Until time.Time `json:"until"`
	}
	ok, err := get(b.tx, bucket, key, &r)
	if err != nil || !ok || r.Until.After(b.now) {
		return err
	}
	return b.tx.Put(bucket, key, nil)
}

// sweepAnswer does likewise with an answer. A call that is out beyond its time is
// given up, also if nobody ever asks for it again.
func (b *books) sweepAnswer(key string) error {
	var a answer
	ok, err := get(b.tx, answerBucket, key, &a)
	if err != nil || !ok || a.Until.After(b.now) {
		return err
	}
	if a.State != open {
		return b.tx.Put(answerBucket, key, nil)
	}
	if _, back := b.desk.unsaved.get(key); back || !expired(a.At, b.now, lease) {
		a.Until = b.now.Add(lease)
		return b.keep(key, a)
	}
	return b.giveUp(key, &a)
}

// sweepOld removes a page of the records whose time, the first segment of their
// key, lies before a bound.
func (b *books) sweepOld(bucket, before string) (swept int, err error) {
	old, err := b.tx.Scan(bucket, "~", before, sweepPage)
	if err != nil {
		return 0, err
	}
	for _, kv := range old {
		if err := b.tx.Put(bucket, kv.Key, nil); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}
