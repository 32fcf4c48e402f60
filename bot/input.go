package bot

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// An Input is what Step reacts to: Heard, Met, Odd, Shown, or the outcome of an
// Effect. Outcomes that the store has come within the same transaction; those of
// FindRule, Lookup and FindCities may take a job.
type Input interface{ input() }

// Heard is a message, read.
type Heard struct {
	At      time.Time
	Lang    Lang
	Text    string // the message itself, for phrases that must be typed exactly
	Reading nlu.Reading
	Garage  []Saved
	Room    int       // how many more vehicles may be saved
	Later   []Vehicle // whose query waits until their city answers again
	Late    bool      // earlier replies, which came too late for their message, go out with the answer
}

// Met is a first contact without a message.
type Met struct {
	At     time.Time
	Lang   Lang
	Garage []Saved
}

// Odd is a message without words.
type Odd struct {
	At    time.Time
	Lang  Lang
	Event Event // Voice, Picture, Place or Other
}

// Shown is a vehicle licence that was read off a photo.
type Shown struct {
	At      time.Time
	Lang    Lang
	Licence Licence
	Garage  []Saved
}

// RuleIs is the outcome of FindRule.
type RuleIs struct {
	Effect    int // the number of the effect it belongs to
	At        time.Time
	Prefix    string // as asked
	NewEnergy bool
	Rule      Rule
	Err       Kind // "" when Rule holds
	Garage    []Saved
}

// Found is the outcome of Lookup.
type Found struct {
	Effect  int
	At      time.Time
	Vehicle Vehicle // as asked
	Report  Report
	Err     Kind // "" when Report holds
	Garage  []Saved
	Room    int
	Later   []Vehicle     // whose query waits until their city answers again
	Retries int           // how many more may
	After   time.Duration // with Err: how long asking again makes no sense; 0: not known
	// Idle tells that the vehicle is saved, and could be checked by itself, but
	// is not.
	Idle bool
}

// CitiesAre is the outcome of FindCities.
type CitiesAre struct {
	Effect int
	At     time.Time
	Place  string
	Cities []City
	Err    Kind
}

// PageIs is the outcome of ShowPage.
type PageIs struct {
	At     time.Time
	Page   int
	Report Report
	OK     bool // false: the report is no longer kept
	Garage []Saved
	Idle   bool // as in Found
}

// Kept is the outcome of Save.
type Kept struct {
	At      time.Time
	Saved   Saved
	Place   int  // among the saved vehicles, from 1
	Again   bool // it was saved before
	Renewed bool // and had other digits, or was not checked for want of right ones
	Plan
	Days []time.Time // with Save.Soon: when it is checked once more
}

// CarsAre is the outcome of ListCars.
type CarsAre struct {
	At   time.Time
	Page int
	Only Vehicle
	Cars []Car
}

// DataIs is the outcome of ListData: everything that is held of the person,
// beside the session.
type DataIs struct {
	At      time.Time
	Cars    []Car
	Invites []Invitation
	Later   []Retry
	Notices int    // that wait to be told
	Held    []Held // the same and the rest, in full
}

// SoonIs is the outcome of CheckSoon. No days: the car is not checked by itself.
type SoonIs struct {
	At      time.Time
	Vehicle Vehicle
	Days    []time.Time
	Garage  []Saved
}

// Invited is the outcome of Invite; Code is "" when the car has as many watchers
// as it may have, or none may be invited at all.
type Invited struct {
	At time.Time
	Invitation
	Garage []Saved
}

// Accepted is the outcome of Accept.
type Accepted struct {
	At    time.Time
	Why   Refusal // "" when Saved is kept now
	Saved Saved
	Place int // among the saved vehicles, from 1
	Plan
}

// PausedAre is the outcome of FindPaused: the person's own cars whose digits are
// wrong, or do not suffice any more.
type PausedAre struct {
	At     time.Time
	Cars   []Vehicle
	Garage []Saved
}

// Collected is the outcome of Collect.
type Collected struct {
	At       time.Time
	Calendar bool
	Cars     []Car
}

func (Collected) input() {}
func (Heard) input()     {}
func (Met) input()       {}
func (Odd) input()       {}
func (Shown) input()     {}
func (RuleIs) input()    {}
func (Found) input()     {}
func (CitiesAre) input() {}
func (PageIs) input()    {}
func (Kept) input()      {}
func (CarsAre) input()   {}
func (DataIs) input()    {}
func (SoonIs) input()    {}
func (Invited) input()   {}
func (Accepted) input()  {}
func (PausedAre) input() {}

// An Effect is what Step wants of the world.
type Effect interface{ effect() }

// Say sends a reply.
type Say struct{ Reply }

// FindRule asks what the city of a plate wants to know; RuleIs answers it.
type FindRule struct {
	Effect    int
	Prefix    string // 沪C
	NewEnergy bool
}

// Lookup asks for the violations of a vehicle; Found answers it.
type Lookup struct {
	Effect  int
	Vehicle Vehicle
	Rule    Rule
	Refresh bool
	Owner   UserID // who shared the car: with their digits, which the dialogue never sees
}

// FindCities asks for the table of cities; CitiesAre answers it.
type FindCities struct {
	Effect int
	Place  string // "" for all
}

// ShowPage asks for the last report again, to show another part of it; PageIs
// answers it. It never leads to a query.
type ShowPage struct {
	Vehicle Vehicle
	Page    int
}

// Save keeps a vehicle, or renews one that is kept, and has it checked by itself
// from now on; Kept answers it.
type Save struct {
	Saved
	Seen time.Time // of the report that the person has just read
	Rows string    // what it listed, as Report.rows
	Soon bool      // it may have been caught just now
}

// Alter changes what is kept of a saved vehicle but its digits: its name, and
// the dates of its inspection, which it arranges to remind of.
type Alter struct{ Saved }

// ListCars asks how the saved cars stand; CarsAre answers it.
type ListCars struct {
	Page int     // to be shown, from 0
	Only Vehicle // in detail; the zero Vehicle: all of them
}

// ListData asks for everything that is held of the person; DataIs answers it.
type ListData struct{}

// CheckSoon has a car checked on the days after it may have been caught; SoonIs
// answers it.
type CheckSoon struct{ Vehicle }

// Invite makes a code that shares a car once; Invited answers it.
type Invite struct {
	Vehicle Vehicle
	City    string
}

// Accept takes up an invitation; Accepted answers it.
type Accept struct{ Code string }

// Unshare ends the sharing of a car, and the invitations to it.
type Unshare struct{ Vehicle }

// FindPaused asks which cars are not checked for want of digits; PausedAre
// answers it.
type FindPaused struct{}

// TryLater arranges that a query is made by itself once the city answers again,
// and that the person is told.
type TryLater struct {
	Vehicle Vehicle
	Rule    Rule
	Owner   UserID
	After   time.Duration // how long asking makes no sense; 0: not known
}

// NoLater ends all of that.
type NoLater struct{}

// Drop stops keeping a vehicle, and checking it.
type Drop struct{ Vehicle }

// Forget deletes everything that is kept of the person.
type Forget struct{}

// Collect asks for the person's cars with what is listed for them, to hand them
// out as tables or, with Calendar, as a calendar; Collected answers it.
type Collect struct{ Calendar bool }

func (Collect) effect()    {}
func (Say) effect()        {}
func (FindRule) effect()   {}
func (Lookup) effect()     {}
func (FindCities) effect() {}
func (ShowPage) effect()   {}
func (Save) effect()       {}
func (Alter) effect()      {}
func (ListCars) effect()   {}
func (ListData) effect()   {}
func (CheckSoon) effect()  {}
func (Invite) effect()     {}
func (Accept) effect()     {}
func (Unshare) effect()    {}
func (FindPaused) effect() {}
func (TryLater) effect()   {}
func (NoLater) effect()    {}
func (Drop) effect()       {}
func (Forget) effect()     {}
