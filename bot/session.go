package bot

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// sessionVersion is the version of Session's shape. A session of another
// version is started anew; saved vehicles are kept elsewhere and survive.
const sessionVersion = 1

// sessionIdle is how long a half-finished form waits. A day of silence and a
// little more: whoever comes back the next evening goes on.
const sessionIdle = 36 * time.Hour

// A Session is where a person stands in the dialogue. Only Step changes it.
type Session struct {
	Version  int          `json:"v"`
	Seen     time.Time    `json:"seen,omitzero"` // the last message
	Ask      nlu.Question `json:"ask,omitempty"` // the question that is open
	Yes      Yes          `json:"yes,omitempty"` // with a yes/no question: what a yes starts
	Form     Form         `json:"form,omitzero"` // the vehicle that is being looked up
	Queue    []Form       `json:"queue,omitempty"`
	Effects  int          `json:"n,omitempty"`       // how many effects were numbered so far
	Waiting  int          `json:"waiting,omitempty"` // the effect whose outcome is awaited; 0 none
	Since    time.Time    `json:"since,omitzero"`    // when it was asked for
	Last     Vehicle      `json:"last,omitzero"`     // the vehicle of the last report
	LastAt   time.Time    `json:"last_at,omitzero"`  // when that report was made
	LastCity string       `json:"last_city,omitempty"`
	Lang     Lang         `json:"lang,omitempty"`
	Page     int          `json:"page,omitempty"`    // of the last report, from 0
	Noticed  int          `json:"noticed,omitempty"` // version of the privacy notice that was shown
}

// A Form is a vehicle on its way to a query.
type Form struct {
	Vehicle
	Rule    Rule         `json:"rule,omitzero"`     // Rule.City is "" until it is known
	Sure    bool         `json:"sure,omitempty"`    // the plate is certain or was confirmed
	Loose   bool         `json:"loose,omitempty"`   // digits came without a label
	Checked bool         `json:"checked,omitempty"` // the VIN's check digit was waved through
	Refresh bool         `json:"refresh,omitempty"` // an earlier answer will not do
	Keep    bool         `json:"keep,omitempty"`    // save the vehicle when the query succeeds
	Photo   bool         `json:"photo,omitempty"`   // read off a photo, not confirmed yet
	Failed  Kind         `json:"failed,omitempty"`  // why the last try brought nothing
	Sent    bool         `json:"sent,omitempty"`    // the query is out
	Why     plate.Reason `json:"why,omitempty"`     // why the plate is asked about
	Partial plate.Parts  `json:"partial,omitzero"`  // what is known of a plate that lacks something
	Choices []string     `json:"choices,omitempty"` // plates offered
}

// Yes is what an affirmative answer starts.
type Yes string

// What a yes can start.
const (
	YesQuery  Yes = "query"  // the form, as it stands
	YesPlate  Yes = "plate"  // the form's plate was guessed
	YesVIN    Yes = "vin"    // the VIN's check digit is off
	YesSwap   Yes = "swap"   // engine number and VIN, the other way round
	YesDelete Yes = "delete" // drop the form's vehicle from the saved ones
	YesForget Yes = "forget" // delete everything
)

// fresh tells whether the session may be gone on with at t.
func (s Session) fresh(t time.Time) bool {
	return s.Version == sessionVersion && t.Sub(s.Seen) < sessionIdle
}

// open is the question that is open, as the message reader wants it.
func (s Session) open() nlu.Open {
	o := nlu.Open{Question: s.Ask, Plate: s.Form.Plate, Choices: s.Form.Choices, Engine: nlu.Unwanted, VIN: nlu.Unwanted}
	if s.Ask != nlu.AskDigits {
		return o
	}
	if _, fit := s.Form.engine(); fit != Fits {
		o.Engine = int(s.Form.Rule.Engine)
	}
	if _, fit := s.Form.vin(); fit != Fits {
		o.VIN = int(s.Form.Rule.VIN)
	}
	return o
}

// engine is the part of the engine number to send, and how it fits the rule.
func (f Form) engine() (string, Fit) { return f.Rule.Engine.Cut(f.Engine, ShortestEngine) }

// vin is the part of the VIN to send, and how it fits the rule.
func (f Form) vin() (string, Fit) { return f.Rule.VIN.Cut(f.VIN, VINLength) }

// cut is the form's vehicle with no more of its digits than the rule asks for.
func (f Form) cut() Vehicle {
	v := f.Vehicle
	v.Engine, _ = f.engine()
	v.VIN, _ = f.vin()
	return v
}

// lang is the language of the person.
func (s Session) lang() Lang {
	if s.Lang == "" {
		return Chinese
	}
	return s.Lang
}

// idle is the session with nothing going on and nothing awaited; what was shown
// last is kept.
func (s Session) idle() Session {
	s.Ask, s.Yes, s.Form, s.Queue, s.Waiting = nlu.None, "", Form{}, nil, 0
	return s
}
