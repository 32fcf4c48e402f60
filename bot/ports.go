package bot

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Desk answers what only the outside knows: what a city asks for, and which
// violations a vehicle has. lookup.Desk is one. The methods that take a Tx read
// what the store holds and touch no network; ok is false when that is not
// there or too old, and then the fetching method must be called first.
//
// Errors are *Error; FetchRule, FetchCities and Query may also ask to be called
// again later, by a storage.Snooze.
type Desk interface {
	// Rule is the rule for a plate prefix (沪C), as the store holds it.
	Rule(tx storage.Tx, at time.Time, prefix string, newEnergy bool) (rule Rule, ok bool, err error)
	// FetchRule asks for the rule and stores it. It is free. Error kinds:
	// NoRule, Unreachable, Busy, Unavailable.
	FetchRule(ctx context.Context, prefix string, newEnergy bool) (Rule, error)

	// Cities is the table of cities, as the store holds it.
	Cities(tx storage.Tx, at time.Time) (table []City, ok bool, err error)
	// FetchCities asks for the table and stores it. It is free.
	FetchCities(ctx context.Context) ([]City, error)

	// Stored is the answer that was paid for last, marked as Cached; report.At
	// is zero when none is kept. fresh tells that it is young enough to be
	// shown instead of paying again.
	Stored(tx storage.Tx, at time.Time, v Vehicle) (report Report, fresh bool, err error)
	// Query finds the violations of a vehicle. It is what costs money: it asks
	// at most once for a Request, also when it is called again after a crash,
	// and once for everybody who asks for the same vehicle with the same
	// digits at the same time. It may take as long as the traffic police do.
	Query(ctx context.Context, r Request) (Report, error)
}

// A Request is one person's wish to have a vehicle looked up.
type Request struct {
	ID      string    // unique; the same wish after a crash has the same ID
	User    UserID    // for whom; kept only as a pseudonym
	At      time.Time // when it was wished: an answer younger than this serves it
	Vehicle Vehicle
	Rule    Rule
	Refresh bool // an earlier answer will not do
}

// A City is one row of the city table.
type City struct {
	Rule
	NewEnergy bool `json:"nev,omitempty"`   // the row for new-energy plates of a province
	Whole     bool `json:"whole,omitempty"` // the row stands for a whole province
}
