package bot

import (
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// position is the place of v among the saved vehicles, from 1; 0: not saved.
func (d *dialog) position(v Vehicle) int {
	for i, c := range d.garage {
		if c.Same(v) {
			return i + 1
		}
	}
	return 0
}

// refer looks up a saved vehicle, or the one used last.
func (d *dialog) refer(r nlu.Reading) {
	v, ok := d.referred(r)
	if !ok {
		return
	}
	d.s = d.s.idle()
	d.s.Form = Form{Vehicle: v, Sure: true}
	d.advance()
}

// referred is the vehicle that a message points at; it says so when there is
// none.
func (d *dialog) referred(r nlu.Reading) (Vehicle, bool) {
	switch {
	case r.Ref == nlu.LastRef && d.s.Last.Plate != "":
		return d.s.Last, true
	case r.Ref == nlu.LastRef:
		d.say("garage.nolast")
	case r.Ref > 0 && r.Ref <= len(d.garage):
		return d.garage[r.Ref-1].Vehicle, true
	case len(d.garage) == 0:
		d.say("garage.none")
	default:
		d.say("garage.noref", r.Ref)
	}
	return Vehicle{}, false
}

// listVehicles shows the saved vehicles.
func (d *dialog) listVehicles() {
	if len(d.garage) == 0 {
		d.say("garage.none")
		d.offer("tap.query")
		return
	}
	d.say("garage.list", len(d.garage), d.garageLines())
	d.options = nil
	for i := range d.garage {
		d.options = append(d.options, Option{Label: d.text("tap.nth", i+1), Send: d.text("send.nth", i+1)})
	}
}

func (d *dialog) garageLines() string {
	lines := make([]string, len(d.garage))
	for i, c := range d.garage {
		lines[i] = numbered(i+1, list(" ", c.Plate, d.s.lang().typeName(c.Type), c.City, c.Name))
	}
	return strings.Join(lines, "\n")
}

// subscribe saves a vehicle: the one of the last report at once, any other
// after a query has shown that its digits are right.
func (d *dialog) subscribe(r nlu.Reading) {
	switch {
	case len(r.Vehicles) > 0:
		d.subscribePlate(r)
	case d.s.Ask != nlu.None && d.s.Ask != nlu.ResultShown && d.s.Yes == "":
		d.s.Form.Keep = true
		d.say("save.form")
		d.prompt()
	case d.s.Last.Plate != "":
		d.save()
	default:
		d.s = d.s.idle()
		d.s.Form.Keep = true
		d.askPlate("save.first")
	}
}

func (d *dialog) subscribePlate(r nlu.Reading) {
	v := r.Vehicles[0]
	if d.s.Last.Plate != "" && v.Plate.Normalized == d.s.Last.Plate {
		d.save()
		return
	}
	if at := d.position(d.formOf(v).Vehicle); v.Plate.Action == plate.Query && at > 0 {
		d.say("garage.saved", v.Plate.Normalized, at)
		return
	}
	if v.Plate.Action == plate.Query {
		d.say("save.after", v.Plate.Normalized)
	}
	d.s = d.s.idle()
	d.s.Form.Keep = true
	d.start(v, r.Unlabelled)
}

// save keeps the vehicle of the last report. Asking for it is the consent.
func (d *dialog) save() {
	saved := Saved{Vehicle: d.s.Last, City: d.s.LastCity, Notice: NoticeVersion}
	at := d.position(saved.Vehicle)
	switch {
	case at > 0:
		saved.Name = d.garage[at-1].Name
	case d.room <= 0:
		d.say("garage.full", len(d.garage))
		return
	default:
		at = len(d.garage) + 1
	}
	d.wanted = append(d.wanted, Save{saved})
	d.say("garage.saved", saved.Plate, at)
	d.offer("tap.cars", "tap.query")
}

// unsubscribe asks before a vehicle is dropped.
func (d *dialog) unsubscribe(r nlu.Reading) {
	v, ok := Vehicle{}, false
	switch {
	case len(r.Vehicles) > 0:
		v, ok = d.owned(r.Vehicles[0])
		if !ok {
			d.say("garage.unknown", r.Vehicles[0].Plate.Normalized)
		}
	case r.Ref != 0:
		v, ok = d.referred(r)
	case len(d.garage) == 1:
		v, ok = d.garage[0].Vehicle, true
	case len(d.garage) == 0:
		d.say("garage.none")
	default:
		d.which()
		return
	}
	if ok {
		d.s = d.s.idle()
		d.s.Form = Form{Vehicle: v, Sure: true}
		d.ask(nlu.ConfirmDelete, YesDelete)
	}
}

// which asks which of several saved vehicles is meant.
func (d *dialog) which() {
	d.say("ask.which", d.garageLines())
	d.options = nil
	for _, c := range d.garage {
		o := Option{Label: c.Plate, Send: d.text("send.drop", c.Plate)}
		d.options = append(d.options, o)
	}
}

// owned is the saved vehicle with a plate, whatever its type.
func (d *dialog) owned(v nlu.Vehicle) (Vehicle, bool) {
	for _, c := range d.garage {
		if c.Plate == v.Plate.Normalized && (v.Type == "" || v.Type == v.Plate.HPZL || v.Type == c.Type) {
			return c.Vehicle, true
		}
	}
	return Vehicle{}, false
}

func (d *dialog) drop(v Vehicle) {
	d.wanted = append(d.wanted, Drop{v})
	d.s = d.s.idle()
	if d.s.Last.Same(v) {
		d.s.Last = Vehicle{}
	}
	d.say("garage.dropped", v.Plate)
}

// myData lists everything that is kept of the person.
func (d *dialog) myData() {
	lines := []string{d.text("data.title")}
	for _, c := range d.garage {
		lines = append(lines, d.text("data.car", c.Plate, d.s.lang().typeName(c.Type), d.masked(c.Engine), d.masked(c.VIN)))
	}
	if len(d.garage) == 0 {
		lines = append(lines, d.text("data.none"))
	}
	if d.s.Form.Plate != "" {
		lines = append(lines, d.text("data.form", d.s.Form.Plate))
	}
	if d.s.Last.Plate != "" {
		lines = append(lines, d.text("data.last", d.s.Last.Plate))
	}
	d.tell(strings.Join(append(lines, d.text("data.how")), "\n"))
}

func (d *dialog) masked(digits string) string {
	if digits == "" {
		return d.text("data.blank")
	}
	return MaskDigits(digits)
}

// forgetPhrase deletes everything when the phrase was typed. Any other message
// deletes nothing; handled is false when it is about something else, and is
// still to be answered.
func (d *dialog) forgetPhrase(in Heard) (handled bool) {
	noticed, effects, lang := d.s.Noticed, d.s.Effects, d.s.Lang
	d.s = d.s.idle()
	if !isSaid(strings.Trim(in.Text, " 。.！!\n"), "forget.phrase") {
		d.say("forget.no")
		switch in.Reading.Intent {
		case nlu.Confirm, nlu.Deny, nlu.Cancel, nlu.Smalltalk, nlu.Unknown:
			return true
		}
		return false
	}
	d.s = Session{Version: sessionVersion, Seen: d.at, Noticed: noticed, Effects: effects, Lang: lang}
	d.wanted = append(d.wanted, Forget{})
	d.say("forget.done")
	return true
}
