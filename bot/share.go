package bot

import (
	"strings"
	"time"
)

// An Invitation shares one car with whoever sends its code first.
type Invitation struct {
	Code    string    `json:"code"`
	Vehicle Vehicle   `json:"vehicle"` // without digits
	City    string    `json:"city,omitempty"`
	Until   time.Time `json:"until"`
}

// A Refusal is why an invitation was not taken up.
type Refusal string

// The refusals.
const (
	NotRefused    Refusal = ""
	CodeUnknown   Refusal = "unknown" // or withdrawn, or its time is long past
	CodeUsed      Refusal = "used"
	CodeExpired   Refusal = "expired"
	CodeOwn       Refusal = "own"     // of the person themselves
	CodeKept      Refusal = "kept"    // they have the car already
	GarageFull    Refusal = "full"    // they have as many cars as they may
	CodeCrowded   Refusal = "crowded" // the car has as many watchers as it may
	SharerMissing Refusal = "gone"    // who invited no longer keeps the car
	SharingOff    Refusal = "off"     // cars are not checked here
)

// Refusals lists them all.
func Refusals() []Refusal {
	return []Refusal{
		CodeUnknown, CodeUsed, CodeExpired, CodeOwn, CodeKept, GarageFull, CodeCrowded, SharerMissing, SharingOff,
	}
}

func refusalKey(r Refusal) key { return key("refused." + string(r)) }

// invited tells the owner the code, and what it allows.
func (d *dialog) invited(in Invited) {
	if in.Code == "" {
		d.say("share.crowded", d.name(in.Vehicle))
	} else {
		d.say("share.made", d.name(in.Vehicle), spaced(in.Code), d.moment(in.Until))
	}
	d.prompt()
}

// spaced writes a code so that it can be read out: K7M2-9QXP.
func spaced(code string) string {
	if len(code) != codeLength {
		return code
	}
	return code[:codeLength/2] + "-" + code[codeLength/2:]
}

// codeOf reads a code that came without a word for it, written as spaced does:
// where no number is asked for it is hardly an engine number.
func codeOf(s string) (code string, ok bool) {
	a, b, _ := strings.Cut(s, "-")
	code = a + b
	return code, len(a) == codeLength/2 && len(b) == codeLength/2 && strings.Trim(code, codeLetters) == ""
}

// moment is a date with its time in China.
func (d *dialog) moment(t time.Time) string {
	t = t.In(China)
	return d.text("date", t.Month(), t.Day(), t.Format("15:04"))
}

// accepted tells who took up an invitation what they have now.
func (d *dialog) accepted(in Accepted) {
	if in.Why != NotRefused {
		d.say(refusalKey(in.Why))
		d.prompt()
		return
	}
	d.s.About = in.Saved.Vehicle
	d.say("share.accepted", in.Saved.Plate, d.cadence(in.Plan), in.Place)
	d.options = []Option{
		{Label: d.text("tap.nth", in.Place), Send: d.text("send.nth", in.Place)},
		{Label: d.text("tap.cars"), Send: d.text("tap.cars")},
	}
	d.prompt()
}

// unshare ends the sharing of cars.
func (d *dialog) unshare(cars []Vehicle) {
	for _, v := range cars {
		d.wanted = append(d.wanted, Unshare{v})
	}
	d.say("share.ended", strings.Join(d.names(cars), d.text("and")))
	d.goOn()
}
