package lookup

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	answerBucket = "answer" // digest of vehicle and digits → answer: the last call
	goodBucket   = "good"   // likewise → answer: a good one that the last call did not renew
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
	Request string    `json:"request"`        // who asked, as a digest: an answer is nobody's
	Owner   string    `json:"owner"`          // the process that asked
	At      time.Time `json:"at"`             // opened, then answered
	Until   time.Time `json:"until,omitzero"` // when it goes
	City    string    `json:"city"`           // for showing
	Ledger  string    `json:"ledger"`
	Code    int       `json:"code,omitempty"` // Juhe's error_code
	Kind    bot.Kind  `json:"kind,omitempty"` // with failed
	Again   bool      `json:"again,omitempty"`
	Free    bool      `json:"free,omitempty"` // with failed: it surely cost nothing
	Why     string    `json:"why,omitempty"`  // for the log
	Raw     []byte    `json:"raw,omitempty"`  // as received: what was paid for is never lost to a bug
	// Rows are Raw, read. Reading it again for everybody would take the time of
	// the one writer.
	Rows []bot.Violation `json:"rows,omitempty"`
	Next time.Time       `json:"next,omitzero"` // with Maintenance: when to ask again

	first bool // with Maintenance: the first sign of it; not stored
}

// settle records how a call ended.
func (a *answer) settle(err error) {
	a.State = done
	if err == nil {
		return
	}
	a.State, a.Kind, a.Why = failed, bot.Broken, err.Error()
	a.Free = juhe.ChargeOf(err) == juhe.Free
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
	own, wrong := a.of(r), a.Kind == bot.WrongData
	switch {
	case a.State == failed && (a.Again || a.Kind == bot.Maintenance):
		// It was free; the job queue asks again, or what is known of the city
		// decides.
		return false
	case a.State == failed && a.Free && !wrong:
		return own // others ask for themselves: it costs nothing, and may have passed
	case own || !a.At.Before(r.At):
		return true
	case a.State == failed && wrong:
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

// stamp is a time as a clear, sorting segment.
func stamp(t time.Time) string { return fmt.Sprintf("~%016x", t.UnixMicro()) }

// digest names a vehicle with its digits.
func digest(v bot.Vehicle) string {
	return short(strings.Join([]string{v.Plate, v.Type, v.Engine, v.VIN}, "\x00"))
}

// of tells whether r led to the answer. Earlier versions wrote its ID.
func (a answer) of(r bot.Request) bool { return a.Request == short(r.ID) || a.Request == r.ID }

const (
	// nameBucket holds the secret of pseudonyms.
	nameBucket = "pseudonym"
	nameKey    = "~secret"
	nameSize   = 32
)

// pseudonym is how the ledger calls somebody: always the same, and not to be
// computed from their id without the secret, which lies sealed in the store; ""
// while there is no secret.
func pseudonym(tx storage.Tx, u bot.UserID) (string, error) {
	secret, err := tx.Get(nameBucket, nameKey)
	if err != nil || secret == nil {
		return "", err
	}
	mac := hmac.New(sha256.New, secret)
	_, _ = io.WriteString(mac, string(u)) // never fails
	return hex.EncodeToString(mac.Sum(nil)[:16]), nil
}

// pseudonym is likewise, and draws the secret at the first call.
func (b *books) pseudonym(u bot.UserID) (string, error) {
	by, err := pseudonym(b.tx, u)
	if by != "" || err != nil {
		return by, err
	}
	secret := make([]byte, nameSize)
	_, _ = rand.Read(secret) // never fails
	if err := b.tx.Put(nameBucket, nameKey, secret); err != nil {
		return "", err
	}
	return pseudonym(b.tx, u)
}

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
