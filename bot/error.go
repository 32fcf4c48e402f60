package bot

import (
	"errors"
	"time"
)

// A Kind is what went wrong, for the machine; UserText is the sentence for the
// person. Every kind has one, and a test holds that.
type Kind string

// The kinds.
const (
	WrongData   Kind = "wrong_data"  // the police do not know this plate with these digits
	Maintenance Kind = "maintenance" // the city is down or not open
	NoRule      Kind = "no_rule"     // no city is known for the prefix
	Busy        Kind = "busy"        // a passing fault, nothing was charged
	Unreachable Kind = "unreachable" // the question never left, nothing was charged
	Interrupted Kind = "interrupted" // the answer was lost on its way: charged or not, nobody knows
	Uncertain   Kind = "uncertain"   // the program stopped while the question was out
	Unavailable Kind = "unavailable" // key, quota, account: the operator's to mend
	UserLimit   Kind = "user_limit"  // the person has had their paid queries of the day
	MonthLimit  Kind = "month_limit" // and those of the month
	NewLimit    Kind = "new_limit"   // the person is new, and has had what one may have at first
	Budget      Kind = "budget"      // the operator's budget is used up
	Locked      Kind = "locked"      // wrong digits were tried for this vehicle too often
	StoreFull   Kind = "store_full"  // nothing can be written
	Unsaved     Kind = "unsaved"     // an answer is at hand that could not be written yet
	Broken      Kind = "broken"      // anything else: a bug, a damaged record
)

// Kinds lists them all, in the order above.
func Kinds() []Kind {
	return []Kind{
		WrongData, Maintenance, NoRule, Busy, Unreachable, Interrupted, Uncertain,
		Unavailable, UserLimit, MonthLimit, NewLimit, Budget,
		Locked, StoreFull, Unsaved, Broken,
	}
}

// An Error is a failure with its kind. Its text is for the log and holds no
// personal data and no secret.
type Error struct {
	Kind  Kind
	Err   error
	Again bool // free and passing: the same question may be asked again by itself
	// After is with Maintenance, Budget, the limits and Locked, and with Busy and
	// Unavailable while nothing is sent, how long asking again makes no sense; 0
	// is not known.
	After time.Duration
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "bot: " + string(e.Kind)
	}
	return "bot: " + string(e.Kind) + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of err: "" for nil, Broken for an error without one.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Broken
}
