package bot

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// Programs of two versions serve the same person by turns while one replaces the
// other. What holds for their sessions:
//
//   - A field is added without another version. A program keeps the fields it
//     does not know, of the session and of its forms, and so they may be older
//     than the rest; with a form that is given up they go.
//   - sessionVersion grows when fields mean something else. Every session says
//     which is the oldest version that may go on with it (Fits), and every
//     program goes on with sessions from sessionOldest on, which it converts
//     (renew). So programs a release apart hand a half-finished form to and fro.
//   - A session that is too new or too old is started anew, politely; saved
//     vehicles, watches and what waits to be told are kept elsewhere and stay.
//     A change that the version before cannot stand comes in two releases: the
//     first reads it, the second writes it and raises sessionOldest.
const (
	sessionVersion = 2
	sessionOldest  = 2
)

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
	LastRows string       `json:"rows,omitempty"`    // what it listed, as Report.rows
	LastCity string       `json:"last_city,omitempty"`
	Lang     Lang         `json:"lang,omitempty"`
	Page     int          `json:"page,omitempty"`    // of the last report, from 0
	Noticed  int          `json:"noticed,omitempty"` // version of the privacy notice that was shown
	Drops    []Vehicle    `json:"drops,omitempty"`   // with YesDelete and YesUnshare: which cars
	Then     Then         `json:"then,omitempty"`    // what is to be done with the saved car that is asked for
	Picks    []Vehicle    `json:"picks,omitempty"`   // the saved cars that were offered with it
	Dates    Inspection   `json:"dates,omitzero"`    // with ThenInspect: what was told
	Dating   bool         `json:"dating,omitempty"`  // the date until which the inspection of About holds was asked for
	About    Vehicle      `json:"about,omitzero"`    // the saved car that was talked about last
	CarPage  int          `json:"cars,omitempty"`    // of the saved cars, from 0
	Young    bool         `json:"young,omitempty"`   // they said that they are under 14
	Fits     int          `json:"fits,omitempty"`    // the oldest version that may go on with this; 0: Version

	beyond string // the fields of a later version

	// Privacy is what the operator lets 隐私 say, for one Step; nil: the default.
	Privacy *Privacy `json:"-"`
}

// read makes a report the last one.
func (s *Session) read(r Report) {
	s.Last, s.LastAt, s.LastCity, s.LastRows = r.Vehicle, r.At, r.City, r.rows()
	s.Page, s.CarPage = 0, 0
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
	Soon    bool         `json:"soon,omitempty"`    // and check it on the next days: it may have been caught
	Owner   UserID       `json:"owner,omitempty"`   // who shared the car, and whose digits the query takes
	Photo   bool         `json:"photo,omitempty"`   // read off a photo, not confirmed yet
	Failed  Kind         `json:"failed,omitempty"`  // why the last try brought nothing
	Sent    bool         `json:"sent,omitempty"`    // the query is out
	Why     plate.Reason `json:"why,omitempty"`     // why the plate is asked about
	Partial plate.Parts  `json:"partial,omitzero"`  // what is known of a plate that lacks something
	Choices []string     `json:"choices,omitempty"` // plates offered

	beyond string // the fields of a later version
}

// Yes is what an affirmative answer starts.
type Yes string

// What a yes can start.
const (
	YesQuery   Yes = "query"   // the form, as it stands
	YesPlate   Yes = "plate"   // the form's plate was guessed
	YesVIN     Yes = "vin"     // the VIN's check digit is off
	YesSwap    Yes = "swap"    // engine number and VIN, the other way round
	YesDelete  Yes = "delete"  // drop Drops from the saved vehicles
	YesForget  Yes = "forget"  // delete everything
	YesUnshare Yes = "unshare" // end the sharing of Drops
	YesKeep    Yes = "keep"    // save the vehicle of the last report, and check it soon
)

// Then is what is to be done with a saved car once it is known which.
type Then string

// What can be done.
const (
	ThenSoon    Then = "soon"    // check it on the days after it may have been caught
	ThenInvite  Then = "invite"  // share it
	ThenUnshare Then = "unshare" // end that
	ThenInspect Then = "inspect" // tell when its inspection is due
)

// fresh tells whether the session may be gone on with at t.
func (s Session) fresh(t time.Time) bool {
	return s.known() && t.Sub(s.Seen) < sessionIdle
}

// known tells whether this program may go on with the session.
func (s Session) known() bool {
	if s.Version > sessionVersion {
		return s.Fits != 0 && s.Fits <= sessionVersion
	}
	return s.Version >= sessionOldest
}

// renew makes an older session that is known one of this version. A later one
// stays what it is: its program goes on with it.
func (s *Session) renew() {
	if s.Version <= sessionVersion {
		s.Version, s.Fits = sessionVersion, sessionOldest
	}
}

// open is the question that is open, as the message reader wants it.
func (s Session) open() nlu.Open {
	o := nlu.Open{Question: s.Ask, Plate: s.Form.Plate, Choices: s.Form.Choices, Engine: nlu.Unwanted, VIN: nlu.Unwanted}
	switch {
	case s.Then != "":
		o.Plate, o.Choices = "", plates(s.Picks)
	case len(s.Drops) == 1:
		o.Plate = s.Drops[0].Plate
	}
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

// anew is a session at its beginning: with the person's language, and what keeps
// outcomes that are still under way from being taken for others.
func (s Session) anew() Session {
	return Session{Version: sessionVersion, Fits: sessionOldest, Seen: s.Seen, Lang: s.Lang, Noticed: s.Noticed, Effects: s.Effects}
}

// idle is the session with nothing going on and nothing awaited; what was shown
// last is kept.
func (s Session) idle() Session {
	s = s.closed()
	s.Form, s.Queue, s.Waiting = Form{}, nil, 0
	return s
}

// closed is the session without the question that was open.
func (s Session) closed() Session {
	s.Ask, s.Yes, s.Drops, s.Then, s.Picks, s.Dates = nlu.None, "", nil, "", nil, Inspection{}
	return s
}

// aside tells whether the open question is not about the form, so that a query
// that is out goes on beside it.
func (s Session) aside() bool {
	switch s.Yes {
	case YesDelete, YesForget, YesUnshare, YesKeep:
		return true
	}
	return s.Then != ""
}

// plates are the numbers of cars.
func plates(cars []Vehicle) []string {
	numbers := make([]string, len(cars))
	for i, c := range cars {
		numbers[i] = c.Plate
	}
	return numbers
}
