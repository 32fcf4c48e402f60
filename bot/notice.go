package bot

import "time"

// A Notice is something to tell a person who did not ask just now. It waits in
// their record until the outbox pushes it or their next message takes it: one
// of the two does. Words are made when it is told, in the person's language.
type Notice struct {
	ID      string     `json:"id"` // unique for the person: the same news has the same ID, and is told once
	Kind    NoticeKind `json:"kind"`
	At      time.Time  `json:"at"`
	Vehicle Vehicle    `json:"vehicle,omitzero"` // without digits
	City    string     `json:"city,omitempty"`
	// New, Decided and Gone are what NoticeNews tells, newest first; New also
	// what NoticeFirst does.
	New     []Violation `json:"new,omitempty"`
	Decided []Violation `json:"decided,omitempty"` // decided since, and still unpaid
	Gone    []Violation `json:"gone,omitempty"`    // no longer listed: never "settled"
	Open    int         `json:"open,omitempty"`    // how many rows are listed now
	// Report is what NoticeFound tells; Err why there is none.
	Report     *Report    `json:"report,omitempty"`
	Err        Kind       `json:"err,omitempty"`
	Inspection Inspection `json:"inspection,omitzero"` // of NoticeInspection
	Alarm      Alarm      `json:"alarm,omitempty"`     // of NoticeAlarm
	Detail     string     `json:"detail,omitempty"`    // for admins: no personal data
	// Trace is what the notice came of. It goes with the parcel that carries the
	// notice, unless that was on its way already.
	Trace string `json:"-"`
	// Text, Broadcast and Serial are of NoticeBroadcast: what it says, which one
	// it is, and whose number in it this one has.
	Text      string `json:"text,omitempty"`
	Broadcast string `json:"broadcast,omitempty"`
	Serial    int    `json:"serial,omitempty"`
}

// A NoticeKind is what a Notice is about.
type NoticeKind string

// The notices.
const (
	NoticeNews       NoticeKind = "news"       // a check found something new
	NoticeFirst      NoticeKind = "first"      // the first check of a car whose report was never shown
	NoticeFound      NoticeKind = "found"      // a query that waited for the city, done by itself
	NoticeWrong      NoticeKind = "wrong"      // a check found the digits wrong: paused, and how to mend it
	NoticeLacks      NoticeKind = "lacks"      // the city asks for more digits now: paused
	NoticeStill      NoticeKind = "still"      // nobody reacts: is it still wanted? checked less meanwhile
	NoticeExpiring   NoticeKind = "expiring"   // deleted in a month unless they write
	NoticeExpired    NoticeKind = "expired"    // deleted after a year of silence
	NoticeShared     NoticeKind = "shared"     // somebody else watches the car too, from now on
	NoticeUnshared   NoticeKind = "unshared"   // whoever shared the car no longer does
	NoticeInspection NoticeKind = "inspection" // the inspection can be done, or is due soon
	NoticeAlarm      NoticeKind = "alarm"      // to admins
	NoticeBroadcast  NoticeKind = "broadcast"  // an operator's words to everybody
)

// NoticeKinds lists them all.
func NoticeKinds() []NoticeKind {
	return []NoticeKind{
		NoticeNews, NoticeFirst, NoticeFound, NoticeWrong, NoticeLacks, NoticeStill,
		NoticeExpiring, NoticeExpired, NoticeShared, NoticeUnshared, NoticeInspection, NoticeAlarm, NoticeBroadcast,
	}
}

// An Alarm is a kind of trouble that admins are told of, at most once an hour
// each.
type Alarm string

// The alarms.
const (
	AlarmKey         Alarm = "key"         // Juhe refuses the key
	AlarmQuota       Alarm = "quota"       // Juhe's quota or rate is used up
	AlarmProvider    Alarm = "provider"    // Juhe fails again and again: the breaker is open
	AlarmUnknownCode Alarm = "code"        // a code that is not documented
	AlarmBudget      Alarm = "budget"      // half of a budget is used up
	AlarmChecks      Alarm = "checks"      // so much of it that checks are stopped
	AlarmSpent       Alarm = "spent"       // all of it: people are stopped, too
	AlarmUncertain   Alarm = "uncertain"   // a query whose outcome nobody knows
	AlarmUndelivered Alarm = "undelivered" // a message was given up
)

// Alarms lists them all.
func Alarms() []Alarm {
	return []Alarm{
		AlarmKey, AlarmQuota, AlarmProvider, AlarmUnknownCode, AlarmBudget, AlarmChecks, AlarmSpent, AlarmUncertain, AlarmUndelivered,
	}
}
