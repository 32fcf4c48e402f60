package lookup

import (
	"context"
	"errors"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// open decides whether a call is due. If it is, it stands in the ledger and its
// price is reserved when open returns, and c carries what close needs; otherwise
// settled is true and c.answer is the answer. closed is why nothing may leave
// just now: what is known already is answered all the same. A refusal, a
// *bot.Error, has written nothing.
func (d *Desk) open(ctx context.Context, key string, r bot.Request, closed error) (c call, settled bool, err error) {
	var refusal *bot.Error
	err = d.update(ctx, func(b *books) error {
		c, settled, refusal = call{}, false, nil
		a, known, err := b.current(key)
		if err != nil {
			return err
		}
		if c.answer, settled, err = b.remembered(key, a, known, r); err != nil || settled {
			return err
		}
		c, err = b.admit(key, a, r, closed)
		if errors.As(err, &refusal) {
			return nil // what was given up stays so
		}
		if err != nil {
			return err
		}
		return b.enter(key, a, &c)
	})
	if _, later := storage.Snoozed(err); later {
		return call{}, false, err
	}
	if err != nil {
		return call{}, false, stored(err)
	}
	if refusal != nil {
		return call{}, false, refusal
	}
	return c, settled, nil
}

// current is the last call under key; one whose process is gone is given up.
func (b *books) current(key string) (a answer, known bool, err error) {
	known, err = get(b.tx, answerBucket, key, &a)
	if err != nil || !known || a.State != open {
		return a, known, err
	}
	if !b.desk.abandoned(a, b.now) {
		return a, known, storage.Snooze(handover)
	}
	return a, known, b.giveUp(key, &a)
}

// remembered is the answer to r, if one is kept: what came of r itself, or a good
// one that will do, or else what came of the last call, a.
func (b *books) remembered(key string, a answer, known bool, r bot.Request) (answer, bool, error) {
	settles := known && a.settles(r, b.now, b.terms.cacheFor)
	if settles && a.of(r) {
		return a, true, nil
	}
	if known && a.State == done {
		return a, settles, nil
	}
	var good answer
	ok, err := get(b.tx, goodBucket, key, &good)
	if err != nil {
		return a, false, err
	}
	if ok && good.settles(r, b.now, b.terms.cacheFor) {
		return good, true, nil
	}
	return a, settles, nil
}

// abandoned tells whether the process that opened a call is gone. It holds for
// whoever leads the flight of the call's vehicle and digits: a call of this very
// process that is still open then was dropped.
func (d *Desk) abandoned(a answer, now time.Time) bool {
	return a.Owner == d.self || d.alone || expired(a.At, now, lease)
}

// expired tells whether something of t has had its time at now; a clock that was
// set back does not prolong it.
func expired(t, now time.Time, after time.Duration) bool {
	age := now.Sub(t)
	return age >= after || age <= -after
}

// admit decides whether r may go out, and refuses with a *bot.Error. It reads
// only. last is the last answer for the same digits, the zero one when there is
// none.
func (b *books) admit(key string, last answer, r bot.Request, closed error) (c call, err error) {
	c = call{request: r}
	if err := b.firstTime(r); err != nil {
		return c, err
	}
	if c.guess, err = b.guesses(key, last, r); err != nil {
		return c, err
	}
	if c.guess {
		if err := b.mayGuess(key, r.Vehicle); err != nil {
			return c, err
		}
	}
	if c.probe, err = b.cityIsUp(r.Rule.City); err != nil {
		return c, err
	}
	if closed != nil {
		return c, closed
	}
	return c, b.affords(r)
}

// enter writes down a call that is about to leave. last is what is known so far;
// a good answer is put aside, for the case that the call brings none.
func (b *books) enter(key string, last answer, c *call) error {
	r := c.request
	if last.State == done {
		if err := b.putUntil(goodBucket, key, last.Until, last); err != nil {
			return err
		}
	}
	c.answer = answer{
		State: open, Request: short(r.ID), Owner: b.desk.self, At: b.now, City: r.Rule.Name,
		Until: b.now.Add(lease), Ledger: ledgerKey(b.now, r.ID),
	}
	if c.guess {
		if err := b.guessing(key, r.Vehicle); err != nil {
			return err
		}
	}
	if c.probe {
		if err := b.probing(r.Rule.City); err != nil {
			return err
		}
	}
	by, err := b.pseudonym(r.User)
	if err != nil {
		return err
	}
	e := entry{State: open, Opened: b.now, By: by, For: purposeOf(r)}
	if err := b.reserve(e); err != nil {
		return err
	}
	if err := put(b.tx, ledgerBucket, c.answer.Ledger, e); err != nil {
		return err
	}
	if err := b.remember(r); err != nil {
		return err
	}
	return b.keep(key, c.answer)
}

// keep stores an answer until its time has come.
func (b *books) keep(key string, a answer) error {
	return b.putUntil(answerBucket, key, a.Until, a)
}
