package bot

import (
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// listed is how many saved cars one reply lists.
const listed = 10

// saved is the saved vehicle that is v.
func (d *dialog) saved(v Vehicle) (Saved, bool) {
	if at := d.position(v); at > 0 {
		return d.garage[at-1], true
	}
	return Saved{}, false
}

// position is the place of v among the saved vehicles, from 1; 0: not saved.
func (d *dialog) position(v Vehicle) int {
	for i, c := range d.garage {
		if c.Same(v) {
			return i + 1
		}
	}
	return 0
}

// name is how a car is called before the person: 老婆的车 沪C12345.
func (d *dialog) name(v Vehicle) string { return d.car(v, "") }

func (d *dialog) names(cars []Vehicle) []string {
	names := make([]string, len(cars))
	for i, c := range cars {
		names[i] = d.name(c)
	}
	return names
}

// refers tells whether a message points at a car without its plate.
func refers(r nlu.Reading) bool { return r.Ref != 0 || r.Name != "" }

// refer looks up a saved vehicle, or the one used last.
func (d *dialog) refer(r nlu.Reading) {
	v, ok := d.referred(r)
	if !ok {
		return
	}
	d.s = d.s.idle()
	d.s.Form = d.known(Form{Vehicle: v, Sure: true})
	d.advance()
}

// referred is the vehicle that a message points at; it says so when there is
// none.
func (d *dialog) referred(r nlu.Reading) (Vehicle, bool) {
	named := d.called(r.Name)
	switch {
	case r.Ref == nlu.LastRef && d.s.Last.Plate != "":
		return d.s.Last, true
	case r.Ref == nlu.LastRef:
		d.say("garage.nolast")
	case r.Ref > 0 && r.Ref <= len(d.garage):
		return d.garage[r.Ref-1].Vehicle, true
	case len(d.garage) == 0:
		d.say("garage.none")
	case r.Ref > 0:
		d.say("garage.noref", r.Ref)
	case len(named) == 1:
		return named[0], true
	case len(named) > 1:
		d.say("garage.names", strings.Join(d.names(named), d.text("and")))
	default:
		d.say("garage.noname", r.Name)
	}
	return Vehicle{}, false
}

// called is the saved cars that a name means: 老婆 means 老婆的车, unless a car
// is called just that.
func (d *dialog) called(name string) (cars []Vehicle) {
	if name == "" {
		return nil
	}
	for _, c := range d.garage {
		switch {
		case strings.EqualFold(c.Name, name):
			return []Vehicle{c.Vehicle}
		case c.Name != "" && strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(name)):
			cars = append(cars, c.Vehicle)
		}
	}
	return cars
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

// unsubscribe asks before vehicles are dropped.
func (d *dialog) unsubscribe(r nlu.Reading) {
	var cars []Vehicle
	switch {
	case len(r.Vehicles) > 0:
		for _, c := range r.Vehicles {
			if v, ok := d.owned(c); ok {
				cars = append(cars, v)
			} else {
				d.say("garage.unknown", c.Plate.Normalized)
			}
		}
	case refers(r):
		if v, ok := d.referred(r); ok {
			cars = append(cars, v)
		}
	case len(d.garage) == 0:
		d.say("garage.none")
	case len(d.garage) == 1, r.Act == nlu.All:
		for _, c := range d.garage {
			cars = append(cars, c.Vehicle)
		}
	default:
		d.which()
	}
	if len(cars) > 0 {
		d.asideOf(cars, nlu.ConfirmDelete, YesDelete)
	}
}

// which asks which of several saved vehicles is meant.
func (d *dialog) which() {
	d.say("ask.which", d.garageLines())
	d.options = nil
	for _, c := range d.garage[:min(listed, len(d.garage))] {
		o := Option{Label: c.Plate, Send: d.text("send.drop", c.Plate)}
		d.options = append(d.options, o)
	}
}

// garageLines lists the saved cars, the first of a fleet.
func (d *dialog) garageLines() string {
	lines := make([]string, min(listed, len(d.garage)))
	for i := range lines {
		lines[i] = d.carLine(i+1, d.garage[i])
	}
	if more := len(d.garage) - len(lines); more > 0 {
		lines = append(lines, d.text("garage.more", more))
	}
	return strings.Join(lines, "\n")
}

func (d *dialog) carLine(n int, c Saved) string {
	return numbered(n, list(" ", c.Plate, d.s.lang().typeName(c.Type), c.City, c.Name))
}

// asideOf asks something about saved cars that has nothing to do with the form.
// A query that is out goes on; a form that is not complete is left.
func (d *dialog) asideOf(cars []Vehicle, q nlu.Question, yes Yes) {
	if d.querying() {
		d.s = d.s.closed()
	} else {
		d.s = d.s.idle()
	}
	d.s.Drops = cars
	d.ask(q, yes)
}

// goOn leaves such a question, and goes on with the vehicles in line if their
// turn came meanwhile.
func (d *dialog) goOn() {
	d.s = d.s.closed()
	if d.s.Waiting == 0 {
		d.next()
	}
}

func (d *dialog) confirmDelete() {
	if len(d.s.Drops) == 1 {
		d.say("ask.delete", d.name(d.s.Drops[0]))
	} else {
		d.say("ask.delete.many", len(d.s.Drops), strings.Join(d.names(d.s.Drops), d.text("and")))
	}
	d.offer("tap.yes", "tap.no")
}

// drop stops keeping cars, and checking them.
func (d *dialog) drop(cars []Vehicle) {
	names := strings.Join(d.names(cars), d.text("and"))
	for _, v := range cars {
		d.wanted = append(d.wanted, Drop{v})
		if d.s.Last.Same(v) {
			d.s.Last = Vehicle{}
		}
		if d.s.About.Same(v) {
			d.s.About = Vehicle{}
		}
		if d.s.Form.Same(v) {
			d.s.Form.Keep = false
		}
	}
	d.say("garage.dropped", names)
	d.goOn()
}

// isForgetPhrase tells whether a text is the phrase that forgetting wants typed.
func isForgetPhrase(text string) bool {
	return isSaid(strings.Trim(text, " 。.！!\n"), "forget.phrase")
}

// forgetPhrase deletes everything when the phrase was typed. Any other message
// deletes nothing; handled is false when it is about something else, and is
// still to be answered.
func (d *dialog) forgetPhrase(in Heard) (handled bool) {
	noticed, effects, lang := d.s.Noticed, d.s.Effects, d.s.Lang
	if !isForgetPhrase(in.Text) {
		d.say("forget.no")
		d.goOn()
		switch in.Reading.Intent {
		case nlu.Confirm, nlu.Deny, nlu.Cancel, nlu.Smalltalk, nlu.Unknown:
			return true
		}
		return false
	}
	d.s = Session{Version: sessionVersion, Fits: sessionOldest, Seen: d.at, Noticed: noticed, Effects: effects, Lang: lang}
	d.wanted = append(d.wanted, Forget{})
	d.say("forget.done")
	return true
}
