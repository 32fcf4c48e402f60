package bot

import (
	"errors"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Watch knows the vehicles that are checked by themselves, and who is told of
// each; watch.Desk is one. Its methods run inside the transaction of a turn,
// which holds the person's key (UserKey), and touch no network. They write only
// what is that person's, and wishes for a check: what belongs to the vehicle is
// the check's to write.
type Watch interface {
	Sharing
	// Begin lets the person be told of what is new at s.Vehicle from now on; s
	// carries the digits to ask with. seen is the report they have just read,
	// whose violations are not news; with nil the first check tells all of
	// them, as a first summary. Begin for a vehicle that is watched already
	// renews its digits and what is known, and ends a pause. It returns
	// ErrCrowded when the vehicle has its most watchers.
	Begin(tx storage.Tx, at time.Time, u UserID, s Saved, seen *Report) error
	// End stops telling the person. With the last person a vehicle is no longer
	// checked; with the owner, those they shared it with are told and left.
	End(tx storage.Tx, at time.Time, u UserID, v Vehicle) error
	// Shown tells that the person has just read a report: what is in it is no
	// news to them any more, and, when it was paid for just now, the vehicle's
	// other watchers are told at once what is news to them.
	Shown(tx storage.Tx, at time.Time, u UserID, r Report) error
	// Soon checks a watched vehicle on the days after something may have
	// happened (刚刚好像被拍了), and returns when.
	Soon(tx storage.Tx, at time.Time, u UserID, v Vehicle) ([]time.Time, error)
	// Remind arranges the reminders of s.Inspection, and drops earlier ones; a
	// zero Inspection leaves none.
	Remind(tx storage.Tx, at time.Time, u UserID, s Saved) error
	// State is how a watched vehicle stands; ok is false when it is not watched
	// by the person.
	State(tx storage.Tx, at time.Time, u UserID, v Vehicle) (w Watched, ok bool, err error)
}

// Sharing is what its owner may do about those a vehicle was shared with.
type Sharing interface {
	// Unshare ends it: they are told and left, and the owner watches on.
	Unshare(tx storage.Tx, at time.Time, u UserID, v Vehicle) error
}

// ErrCrowded: a vehicle has as many watchers as it may have.
var ErrCrowded = errors.New("bot: the vehicle has its most watchers")

// Watched is how a watched vehicle stands, for one of its watchers.
type Watched struct {
	Since   time.Time
	Checked time.Time   // the last good check; zero: none yet
	Next    time.Time   // the next one by plan; zero while paused
	Paused  Pause       // why it is not checked; "": it is
	Soon    []time.Time // the days of Soon that are still to come
	Rows    []Violation // listed at the last good check, newest first
	Others  int         // how many other people watch it
}

// A Pause is why a watched vehicle is not checked.
type Pause string

// The pauses.
const (
	NotPaused    Pause = ""
	WrongDigits  Pause = "wrong_digits"  // the police do not know it with these digits any more
	LacksDigits  Pause = "lacks_digits"  // its city asks for more than is known
	OwnerMissing Pause = "owner_missing" // everybody who knows its digits has left
)

// UserKey is the key under which transactions of one person's records run one
// after the other: for storage.Store.Update.
func UserKey(u UserID) string { return userKey(u) }
