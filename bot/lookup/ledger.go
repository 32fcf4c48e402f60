package lookup

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	ledgerBucket = "ledger" // ~time/request → entry
	askedBucket  = "asked"  // request → askedRecord, once it may have cost something
)

// rememberFor is how long it is remembered that a Request was paid for, even
// when its answer is gone. After that it is nobody's wish any more.
const rememberFor = storage.KeepDone

// A purpose is what a call was for.
type purpose string

// The purposes. Entries of before there were checks have none, and were for
// persons.
const (
	forPerson purpose = "person" // somebody asked
	forCheck  purpose = "check"  // a watched vehicle was due
)

func purposeOf(r bot.Request) purpose {
	if r.Check {
		return forCheck
	}
	return forPerson
}

// An entry of the ledger is one paid call, or one that may have been. It names
// no vehicle, and the person by a pseudonym.
type entry struct {
	State  state     `json:"state"`
	Opened time.Time `json:"opened"`
	Closed time.Time `json:"closed,omitzero"`
	By     string    `json:"by"`
	For    purpose   `json:"for,omitempty"`
	Code   int       `json:"code,omitempty"`
	Charge string    `json:"charge,omitempty"` // charged, free or unknown
}

// code is the entry's place in bot.DayCosts.Codes.
func (e entry) code() int {
	if e.State != done && e.Code == 0 {
		return -1
	}
	return e.Code
}

func (e entry) is(c juhe.Charge) bool { return e.Charge == c.String() }

// shut writes the outcome into the entry under key, and counts it. Shutting
// again what is shut changes nothing, except that the outcome of a call that was
// given up replaces "unknown".
func (b *books) shut(key string, e entry) error {
	var opened entry
	known, err := get(b.tx, ledgerBucket, key, &opened)
	if err != nil || !known || opened.State != open && opened.State != unknown {
		return err
	}
	e.Opened, e.By, e.For = opened.Opened, opened.By, opened.For
	if err := b.count(opened, e); err != nil {
		return err
	}
	return put(b.tx, ledgerBucket, key, e)
}

type askedRecord struct {
	Until time.Time `json:"until"`
}

// remember notes that a call leaves for r.
func (b *books) remember(r bot.Request) error {
	until := b.now.Add(rememberFor)
	return b.putUntil(askedBucket, short(r.ID), until, askedRecord{until})
}

// forget lets r be asked once more, since it cost nothing.
func (b *books) forget(r bot.Request, e entry) error {
	if !e.is(juhe.Free) {
		return nil
	}
	return b.tx.Put(askedBucket, short(r.ID), nil)
}

// firstTime refuses a request that was paid for, or maybe was, and whose answer
// is not kept any more; also a person's that is so old, or from before a restore,
// that nobody can tell. A check may be that old: its time is the one it was due.
func (b *books) firstTime(r bot.Request) error {
	var asked askedRecord
	known, err := get(b.tx, askedBucket, short(r.ID), &asked)
	if err == nil && !known && !r.Check && !r.At.IsZero() {
		known, err = b.beforeRestore(r.At)
		known = known || expired(r.At, b.now, rememberFor)
	}
	if err != nil || !known {
		return err
	}
	return &bot.Error{Kind: bot.Uncertain}
}

func ledgerKey(at time.Time, request string) string { return stamp(at) + "/" + short(request) }
