package bot

import (
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// garageWord reacts to the words about saved cars that are no command of package
// nlu.
func (d *dialog) garageWord(in Heard) bool {
	switch {
	case begins(in.Text, "tap.unshare"):
		d.pointed(in.Reading, ThenUnshare)
	case begins(in.Text, "tap.detail"):
		d.listVehicles(in.Reading)
	case isSaid(in.Text, "tap.mend") && !d.querying():
		d.s = d.s.idle()
		d.wanted = append(d.wanted, FindPaused{})
	default:
		return false
	}
	return true
}

// garageAct reacts to what is about saved cars and not about the form; false
// means that the message is about something else.
func (d *dialog) garageAct(r nlu.Reading) bool {
	switch r.Act {
	case nlu.JustCaught:
		d.pointed(r, ThenSoon)
	case nlu.Invite:
		d.pointed(r, ThenInvite)
	case nlu.Inspection:
		d.inspection(r)
	case nlu.Accept:
		if r.Code == "" {
			d.say("share.code")
			return true
		}
		d.wanted = append(d.wanted, Accept{Code: r.Code})
	case nlu.KeepOn:
		d.say("keep.on")
	case nlu.Rename:
		d.rename(r)
	default:
		return false
	}
	return true
}

// pointed does something with the car that a message is about: the one it names,
// else the only one; else it asks which.
func (d *dialog) pointed(r nlu.Reading, then Then) {
	switch cars := d.meant(r, then); {
	case len(cars) == 1:
		d.do(then, cars[0])
	case len(cars) > 1:
		if d.querying() {
			d.s = d.s.closed()
		} else {
			d.s = d.s.idle()
		}
		d.s.Then, d.s.Picks = then, cars
		d.ask(nlu.ChooseOne, "")
	case then == ThenSoon:
		d.caughtUnsaved(r)
	case len(r.Vehicles) > 0:
		d.say("garage.unsaved", r.Vehicles[0].Plate.Normalized)
	case refers(r):
		d.referred(r) // says what is wrong
	case len(d.garage) > 0:
		d.say("share.viewer")
	default:
		d.say("garage.none")
	}
}

// meant is the saved cars that a message may be about; none, when it names one
// that is not saved.
func (d *dialog) meant(r nlu.Reading, then Then) (cars []Vehicle) {
	own := then == ThenInvite || then == ThenUnshare
	switch {
	case len(r.Vehicles) > 0:
		if v, ok := d.owned(r.Vehicles[0]); ok {
			cars = append(cars, v)
		}
	case r.Ref == nlu.LastRef:
		if d.position(d.s.Last) > 0 {
			cars = append(cars, d.s.Last)
		}
	case r.Ref > 0:
		if r.Ref <= len(d.garage) {
			cars = append(cars, d.garage[r.Ref-1].Vehicle)
		}
	case r.Name != "":
		return d.called(r.Name)
	default:
		for _, c := range d.garage {
			if !own || c.Owner == "" {
				cars = append(cars, c.Vehicle)
			}
		}
	}
	return cars
}

// do does it with a car.
func (d *dialog) do(then Then, v Vehicle) {
	dates := d.s.Dates
	if d.s.Then != "" {
		d.s = d.s.closed()
	}
	c, _ := d.saved(v)
	d.s.About = c.Vehicle
	switch {
	case then == ThenSoon:
		d.wanted = append(d.wanted, CheckSoon{c.Vehicle})
	case then == ThenInspect && dates != Inspection{}:
		d.dated(c, dates)
	case then == ThenInspect:
		d.inspectionOf(c)
	case c.Owner != "":
		d.say("share.viewer")
	case then == ThenInvite:
		d.wanted = append(d.wanted, Invite{Vehicle: c.Vehicle, City: c.City})
	case then == ThenUnshare:
		d.asideOf([]Vehicle{c.Vehicle}, nlu.ConfirmOther, YesUnshare)
	}
}

// offerCars asks which of several saved cars is meant.
func (d *dialog) offerCars() {
	cars := d.s.Picks[:min(listed, len(d.s.Picks))]
	lines := d.names(cars)
	for i := range lines {
		lines[i] = numbered(i+1, lines[i])
		d.tap(cars[i].Plate)
	}
	if more := len(d.s.Picks) - len(cars); more > 0 {
		lines = append(lines, d.text("garage.more", more))
	}
	d.say("ask.car", strings.Join(lines, "\n"))
}

// picked takes the answer to that; false means that the message is none.
func (d *dialog) picked(r nlu.Reading) bool {
	if r.Act != "" || r.Intent != nlu.ProvideInfo && r.Intent != nlu.Query {
		return false
	}
	then := d.s.Then
	switch {
	case r.Choice > 0 && r.Choice <= len(d.s.Picks):
		d.do(then, d.s.Picks[r.Choice-1])
		return true
	case len(r.Vehicles) == 0 && !refers(r):
		return false
	}
	cars := d.meant(r, then)
	if len(cars) != 1 {
		return false
	}
	d.do(then, cars[0])
	return true
}

// caughtUnsaved offers to save a car that may have been caught, so that it can
// be checked by itself.
func (d *dialog) caughtUnsaved(r nlu.Reading) {
	last := d.s.Last.Plate
	switch {
	case len(r.Vehicles) == 0 && refers(r) && r.Ref != nlu.LastRef:
		d.referred(r)
	case last != "" && (len(r.Vehicles) == 0 || r.Vehicles[0].Plate.Normalized == last) && d.position(d.s.Last) == 0:
		d.asideOf(nil, nlu.ConfirmOther, YesKeep)
	case d.querying():
		d.s.Form.Keep, d.s.Form.Soon = true, true
		d.say("save.form")
	case len(r.Vehicles) > 0:
		d.say("soon.after", r.Vehicles[0].Plate.Normalized)
		d.s = d.s.idle()
		d.s.Form.Keep, d.s.Form.Soon = true, true
		d.start(r.Vehicles[0], r.Unlabelled)
	default:
		d.s = d.s.idle()
		d.s.Form.Keep, d.s.Form.Soon = true, true
		d.askPlate("soon.first")
	}
}

// soonIs says when a car that may have been caught is checked.
func (d *dialog) soonIs(in SoonIs) {
	if len(in.Days) == 0 {
		d.say("soon.none", d.name(in.Vehicle))
	} else {
		d.say("soon.days", d.name(in.Vehicle), d.days(in.Days))
	}
	d.prompt()
}

// mends takes digits that were given for one of the person's own saved cars, by
// its plate or name: they are tried, and kept when they are right.
func (d *dialog) mends(r nlu.Reading) bool {
	if d.s.Form.Plate != "" || r.Engine == "" && r.VIN == "" || len(r.Vehicles) == 0 && !refers(r) {
		return false
	}
	cars := d.meant(r, "")
	if len(cars) != 1 {
		return false
	}
	d.mend(cars[0], Form{Vehicle: Vehicle{Engine: r.Engine, VIN: r.VIN}, Loose: r.Unlabelled})
	return true
}

// mend looks a saved car up with other digits.
func (d *dialog) mend(v Vehicle, given Form) {
	c, _ := d.saved(v)
	d.s = d.s.idle()
	f := Form{Vehicle: c.Vehicle, Sure: true, Loose: given.Loose}
	if given.Engine != "" {
		f.Engine = given.Engine
	}
	if given.VIN != "" {
		f.VIN = given.VIN
	}
	d.s.Form = f
	d.advance()
}

// pausedAre goes on with digits that came without a plate, or with the wish to
// change some: most likely they are for the car that is not checked for want of
// them.
func (d *dialog) pausedAre(in PausedAre) {
	given := d.s.Form
	some := given.Engine != "" || given.VIN != ""
	switch {
	case len(in.Cars) == 1 && given.Plate == "" && some:
		d.say("pause.try", d.name(in.Cars[0]))
		d.mend(in.Cars[0], given)
		return
	case len(in.Cars) == 1 && given.Plate == "":
		c := in.Cars[0]
		c.Engine, c.VIN = "", ""
		d.s.Form = Form{Vehicle: c, Sure: true}
		d.advance()
		return
	case len(in.Cars) == 0 && !some:
		d.say("pause.none")
		d.prompt()
		return
	case some:
		d.say("digits.first")
	}
	if len(in.Cars) > 1 {
		d.say("pause.which", strings.Join(d.names(in.Cars), d.text("and")))
	}
	d.ask(nlu.AskPlate, "")
}
