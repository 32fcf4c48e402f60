package lookup

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
)

// saveTime bounds the storing of an answer, which goes on when the asker is
// gone: it was paid for.
const saveTime = 10 * time.Second

// close stores what came back: the answer as received, its outcome in the
// ledger, what it cost, and what it says of the digits and of the city.
func (d *Desk) close(ctx context.Context, key string, c call) (answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	var a answer
	err := d.update(ctx, func(b *books) error {
		a = c.answer
		a.settle(c.err)
		a.Until = a.At.Add(kept(a, b.terms.cacheFor))
		e := entry{State: a.State, Closed: a.At, Code: a.Code, Charge: juhe.ChargeOf(c.err).String()}
		if err := b.shut(a.Ledger, e); err != nil {
			return err
		}
		if err := b.forget(c.request, e); err != nil {
			return err
		}
		if err := b.judge(key, c, a); err != nil {
			return err
		}
		if err := b.hear(c, &a); err != nil {
			return err
		}
		if _, err := b.sweep(sweepAtOnce); err != nil {
			return err
		}
		if a.State == done || a.Kind == bot.WrongData {
			if err := b.tx.Put(goodBucket, key, nil); err != nil {
				return err
			}
		}
		return b.keepUnlessOpen(key, a)
	})
	return a, stored(err)
}

// keepUnlessOpen stores an answer, unless a later call for the same is out: the
// process that opened this one was thought gone.
func (b *books) keepUnlessOpen(key string, a answer) error {
	var other answer
	known, err := get(b.tx, answerBucket, key, &other)
	if err != nil || known && other.State == open && other.Ledger != a.Ledger {
		return err
	}
	return b.keep(key, a)
}

// giveUp marks a call whose process is gone: it may have been paid, and is not
// asked again by itself.
func (b *books) giveUp(key string, a *answer) error {
	a.State, a.At, a.Until = unknown, b.now, b.now.Add(wrongFor)
	e := entry{State: unknown, Closed: b.now, Charge: juhe.ChargeUnknown.String()}
	if err := b.shut(a.Ledger, e); err != nil {
		return err
	}
	b.alarm(bot.AlarmUncertain, "a query was out when its process ended; it counts as charged")
	return b.keep(key, *a)
}
