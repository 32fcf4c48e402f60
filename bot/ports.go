package bot

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Desk answers what only the outside knows; lookup.Desk is one. The methods
// that take a Tx read what the store holds and touch no network.
//
// Errors are *Error; the methods without a Tx may also ask to be called again
// later, by a storage.Snooze.
type Desk interface {
	Rules
	Queries
}

// Rules tell what cities ask for. Asking is free. ok is false when the store
// holds nothing that is young enough; then the fetching method is called.
type Rules interface {
	// Rule is the rule for a plate prefix (沪C).
	Rule(tx storage.Tx, at time.Time, prefix string, newEnergy bool) (rule Rule, ok bool, err error)
	// FetchRule asks for the rule and stores it. Error kinds: NoRule,
	// Unreachable, Busy, Unavailable, StoreFull.
	FetchRule(ctx context.Context, prefix string, newEnergy bool) (Rule, error)
	// Cities is the table of cities.
	Cities(tx storage.Tx, at time.Time) (table []City, ok bool, err error)
	// FetchCities asks for the table, unless somebody just did, and stores it.
	FetchCities(ctx context.Context) ([]City, error)
}

// Queries find the violations of a vehicle, and keep what was found.
type Queries interface {
	// Stored is the answer that was paid for last, marked as Cached; report.At
	// is zero when none is kept. fresh tells that it is young enough to be
	// shown instead of paying again.
	Stored(tx storage.Tx, at time.Time, v Vehicle) (report Report, fresh bool, err error)
	// Query is what costs money: it asks at most once for a Request, also when
	// it is called again after a crash, and once for everybody who asks for
	// the same vehicle with the same digits at the same time. It may take as
	// long as the traffic police do.
	Query(ctx context.Context, r Request) (Report, error)
	// Spare notes that an earlier answer served somebody, so that nothing was
	// paid.
	Spare(tx storage.Tx, at time.Time, u UserID) error
	// Costs is what was paid in the days from and to, both included, newest
	// first; days without a call are left out.
	Costs(tx storage.Tx, from, to time.Time) (Costs, error)
	// Sweep removes the answers that have had their time.
	Sweep(ctx context.Context) error
}

// Costs is what queries cost. Budgets of 0 are none.
type Costs struct {
	Days          []DayCosts  `json:"days"`
	DailyBudget   int         `json:"daily_budget"`
	MonthlyBudget int         `json:"monthly_budget"`
	Today         int         `json:"today"`            // paid, or maybe paid, today
	Month         int         `json:"month"`            // likewise, in this month
	People        []UserCosts `json:"people,omitempty"` // who asked most in all Days, at most ten
}

// DayCosts is what one day cost, in China.
type DayCosts struct {
	Day     time.Time   `json:"day"`     // midnight in China
	Calls   int         `json:"calls"`   // queries sent
	Charged int         `json:"charged"` // that cost something
	Free    int         `json:"free"`
	Unknown int         `json:"unknown"` // whose outcome is unknown; they count as charged
	Checks  int         `json:"checks"`  // of Charged and Unknown: for watched vehicles
	Spared  int         `json:"spared"`  // questions that an earlier answer served
	Codes   map[int]int `json:"codes"`   // Calls by Juhe's code; 0 is an answer, -1 none
	People  []UserCosts `json:"people"`  // who asked most, at most ten
}

// UserCosts is what was paid for one person, who is named by a pseudonym.
type UserCosts struct {
	By   string `json:"by"`
	Paid int    `json:"paid"`
}

// A Request is one person's wish to have a vehicle looked up.
type Request struct {
	ID      string    // unique; the same wish after a crash has the same ID
	User    UserID    // for whom; kept only as a pseudonym
	At      time.Time // when it was wished: an answer younger than this serves it
	Vehicle Vehicle
	Rule    Rule
	Refresh bool // an earlier answer will not do
	// Check tells that nobody waits: a watched vehicle is due, and its digits
	// were right before. It stops at Share percent of a budget, so that people
	// are never starved by checks; at most 80.
	Check bool
	Share int
}

// A City is one row of the city table.
type City struct {
	Rule
	NewEnergy bool `json:"nev,omitempty"`   // the row for new-energy plates of a province
	Whole     bool `json:"whole,omitempty"` // the row stands for a whole province
}
