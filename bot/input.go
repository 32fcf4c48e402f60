package bot

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// An Input is what Step reacts to: Heard, Met, Odd, Shown, or the outcome of an
// Effect.
type Input interface{ input() }

// Heard is a message, read.
type Heard struct {
	At      time.Time
	Lang    Lang
	Text    string // the message itself, for phrases that must be typed exactly
	Reading nlu.Reading
	Garage  []Saved
	Room    int  // how many more vehicles may be saved
	Late    bool // earlier replies, which came too late for their message, go out with the answer
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

// Save keeps a vehicle, or renews one that is kept.
type Save struct{ Saved }

// Drop stops keeping a vehicle.
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
func (Drop) effect()       {}
func (Forget) effect()     {}
