package lookup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	answerBucket = "answer" // digest of vehicle and digits → answer
	expiryBucket = "expiry" // ~time/digest → nothing: when an answer goes
	ledgerBucket = "ledger" // ~time/request → entry
)

const (
	// lease is how long a call belongs to the process that opened it: longer
	// than a query can take (30 s) and than its job may run (45 s).
	lease = time.Minute
	// handover is how soon one looks again at a call of another process.
	handover = 2 * time.Second
	// wrongFor is how long the same vehicle with the same digits is not asked
	// again after the police did not know it: that answer is charged.
	wrongFor = 24 * time.Hour
)

// A state is how far a call is.
type state string

// The states. open → done | failed | unknown.
const (
	open    state = "open"    // about to leave, or out
	done    state = "done"    // answered with a report
	failed  state = "failed"  // answered, or failed, without one
	unknown state = "unknown" // the process went away while it was out; counted as charged
)

// An answer is the last call for a vehicle with certain digits.
type answer struct {
	State   state     `json:"state"`
	Request string    `json:"request"`        // who asked
	Owner   string    `json:"owner"`          // the process that asked
	At      time.Time `json:"at"`             // opened, then answered
	Until   time.Time `json:"until,omitzero"` // when it goes
	City    string    `json:"city"`           // for showing
	Ledger  string    `json:"ledger"`
	Code    int       `json:"code,omitempty"` // Juhe's error_code
	Kind    bot.Kind  `json:"kind,omitempty"` // with failed
	Again   bool      `json:"again,omitempty"`
	Why     string    `json:"why,omitempty"` // for the log
	Raw     []byte    `json:"raw,omitempty"` // as received: what was paid for is never lost to a bug
	// Rows are Raw, read. Reading it again for everybody would take the time of
	// the one writer.
	Rows []bot.Violation `json:"rows,omitempty"`
}

// settle records how a call ended.
func (a *answer) settle(err error) {
	a.State = done
	if err == nil {
		return
	}
	a.State, a.Kind, a.Why = failed, bot.Broken, err.Error()
	if e, ok := errors.AsType[*bot.Error](failure(err)); ok {
		a.Kind, a.Again = e.Kind, e.Again
	}
	if e, ok := errors.AsType[*juhe.Error](err); ok {
		a.Code = e.Code
	}
}

// settles tells whether a is the answer to r, so that nothing is asked: it is
// r's own, or younger than r, or young enough.
func (a answer) settles(r bot.Request, now time.Time, cacheFor time.Duration) bool {
	if a.State == failed && a.Again {
		return false // it was free, and the job queue asks again
	}
	if a.Request == r.ID || !a.At.Before(r.At) {
		return true
	}
	switch {
	case a.State == failed && a.Kind == bot.WrongData:
		return a.young(now, wrongFor)
	case a.State == done && !r.Refresh:
		return a.young(now, cacheFor)
	}
	return false
}

// young tells whether a is younger than d; one from the future, after the
// clock was set back, counts by its distance.
func (a answer) young(now time.Time, d time.Duration) bool {
	age := now.Sub(a.At)
	return age < d && age > -d
}

// giveUp marks a call whose process is gone.
func (a *answer) giveUp(tx storage.Tx, key string, now time.Time) error {
	a.State, a.At, a.Until = unknown, now, now.Add(wrongFor)
	e := entry{State: unknown, Closed: now, Charge: juhe.ChargeUnknown.String()}
	if err := e.close(tx, a.Ledger); err != nil {
		return err
	}
	return a.put(tx, key)
}

// put stores a with the note of when it goes.
func (a answer) put(tx storage.Tx, key string) error {
	if err := tx.Put(expiryBucket, stamp(a.Until)+"/"+key, []byte{}); err != nil {
		return err
	}
	return put(tx, answerBucket, key, a)
}

// kept is how long an answer stays in the store.
func kept(a answer, cacheFor time.Duration) time.Duration {
	if a.State == done {
		return max(cacheFor, time.Hour)
	}
	return wrongFor
}

// report is the stored answer for v.
func (a answer) report(v bot.Vehicle) bot.Report {
	return bot.Report{Vehicle: v, City: a.City, At: a.At, Violations: a.Rows}
}

// sweepAtOnce bounds the work that one stored answer does for old ones.
const sweepAtOnce = 8

// sweep removes answers whose time has come: what was found for people is not
// kept beyond its use.
func sweep(tx storage.Tx, now time.Time) (swept int, err error) {
	due, err := tx.Scan(expiryBucket, "~", stamp(now), sweepAtOnce)
	if err != nil {
		return 0, err
	}
	for _, kv := range due {
		_, key, _ := strings.Cut(kv.Key, "/")
		if err := tx.Put(expiryBucket, kv.Key, nil); err != nil {
			return 0, err
		}
		if err := sweepOne(tx, key, now); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// sweepOne removes an answer unless it was renewed meanwhile.
func sweepOne(tx storage.Tx, key string, now time.Time) error {
	var a answer
	ok, err := get(tx, answerBucket, key, &a)
	if err != nil || !ok || a.State == open || a.Until.After(now) {
		return err
	}
	return tx.Put(answerBucket, key, nil)
}

// An entry of the ledger is one paid call, or one that may have been. It names
// no vehicle, and the person by a pseudonym.
type entry struct {
	State  state     `json:"state"`
	Opened time.Time `json:"opened"`
	Closed time.Time `json:"closed,omitzero"`
	By     string    `json:"by"`
	Code   int       `json:"code,omitempty"`
	Charge string    `json:"charge,omitempty"` // charged, free or unknown
}

// close writes the outcome into the entry under key.
func (e entry) close(tx storage.Tx, key string) error {
	var opened entry
	if _, err := get(tx, ledgerBucket, key, &opened); err != nil {
		return err
	}
	e.Opened, e.By = opened.Opened, opened.By
	return put(tx, ledgerBucket, key, e)
}

func ledgerKey(at time.Time, request string) string { return stamp(at) + "/" + short(request) }

// stamp is a time as a clear, sorting segment.
func stamp(t time.Time) string { return fmt.Sprintf("~%016x", t.UnixMicro()) }

// digest names a vehicle with its digits.
func digest(v bot.Vehicle) string {
	return short(strings.Join([]string{v.Plate, v.Type, v.Engine, v.VIN}, "\x00"))
}

func pseudonym(u bot.UserID) string { return short("user\x00" + string(u)) }

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
