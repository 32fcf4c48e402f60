package bot

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// subscribe saves a vehicle: the one of the last report at once, any other
// after a query has shown that its digits are right.
func (d *dialog) subscribe(r nlu.Reading) {
	switch {
	case len(r.Vehicles) > 1:
		d.subscribeAll(r)
	case len(r.Vehicles) == 1:
		d.subscribePlate(r.Vehicles[0], r.Unlabelled)
	case refers(r):
		if v, ok := d.referred(r); ok {
			d.keepAgain(v)
		}
	case d.s.Ask != nlu.None && d.s.Ask != nlu.ResultShown && d.s.Yes == "" && d.s.Then == "":
		d.s.Form.Keep = true
		d.say("save.form")
		d.prompt()
	case d.s.Last.Plate != "":
		d.save(false)
	default:
		d.s = d.s.idle()
		d.s.Form.Keep = true
		d.askPlate("save.first")
	}
}

func (d *dialog) subscribePlate(v nlu.Vehicle, loose bool) {
	if d.s.Last.Plate != "" && v.Plate.Normalized == d.s.Last.Plate {
		d.save(false)
		return
	}
	f := d.formOf(v)
	if c, ok := d.saved(f.Vehicle); ok && f.Plate != "" && v.Engine == "" && v.VIN == "" {
		d.keepAgain(c.Vehicle)
		return
	}
	if v.Plate.Action == plate.Query {
		d.say("save.after", v.Plate.Normalized)
	}
	d.s = d.s.idle()
	d.s.Form.Keep = true
	d.start(v, loose)
}

// subscribeAll puts the vehicles of one message in line, those that are saved
// aside, to be saved when their query succeeds.
func (d *dialog) subscribeAll(r nlu.Reading) {
	d.s = d.s.idle()
	var fresh []Form
	for _, f := range d.formsOf(r.Vehicles) {
		if c, ok := d.saved(f.Vehicle); ok {
			d.keepAgain(c.Vehicle)
			continue
		}
		f.Keep = true
		fresh = append(fresh, f)
	}
	if len(fresh) > d.room {
		d.say("garage.full", len(d.garage)+max(d.room, 0))
		fresh = fresh[:max(d.room, 0)]
	}
	d.lineUp(fresh, "")
	if len(d.s.Queue) > 0 {
		d.line()
	}
}

// keepAgain has a car that is saved checked by itself, if it is not.
func (d *dialog) keepAgain(v Vehicle) {
	if c, ok := d.saved(v); ok {
		d.wanted = append(d.wanted, Save{Saved: c})
		return
	}
	d.save(false) // the one used last
}

// renewed tells whether the digits that have just proved right are others than
// those that are saved with the person's own car.
func (d *dialog) renewed(v Vehicle) bool {
	c, ok := d.saved(v)
	return ok && c.Owner == "" && (v.Engine != "" || v.VIN != "") && v != c.Vehicle
}

// save keeps the vehicle of the last report. Asking for it is the consent.
func (d *dialog) save(soon bool) {
	s := Saved{Vehicle: d.s.Last, City: d.s.LastCity}
	switch c, ok := d.saved(s.Vehicle); {
	case ok:
		c.City = s.City
		if s.Engine != "" || s.VIN != "" { // digits of their own
			c.Owner, c.Vehicle = "", s.Vehicle
		}
		s = c
	case d.room <= 0:
		d.say("garage.full", len(d.garage))
		return
	}
	s.Notice = d.privacy.Version
	d.wanted = append(d.wanted, Save{Saved: s, Seen: d.s.LastAt, Rows: d.s.LastRows, Soon: soon})
}

// kept says what was arranged for a car that is saved now.
func (d *dialog) kept(in Kept) {
	d.garage = []Saved{in.Saved}
	d.s.About = in.Saved.Vehicle
	name := d.name(in.Saved.Vehicle)
	switch {
	case in.On && in.Renewed:
		d.say("watch.renewed", name, d.cadence(in.Plan))
	case in.On:
		d.say("watch.on", name, d.cadence(in.Plan), in.Place)
	case in.Crowded:
		d.say("garage.saved", name, in.Place)
		d.say("watch.crowded")
	default:
		d.say("garage.saved", name, in.Place)
		d.say("watch.none")
	}
	if len(in.Days) > 0 {
		d.say("soon.days", name, d.days(in.Days))
	}
	if in.Saved.Name == "" && !in.Again && in.Place == 2 { // from the second on, they need telling apart
		d.say("name.hint")
	}
	d.offer("tap.cars", "tap.query")
}

// cadence is how often a car is checked, and when next.
func (d *dialog) cadence(p Plan) string {
	days := max(1, int(p.Every.Hours()+12)/24)
	if p.Watched.Next.IsZero() {
		return d.text("watch.every", days)
	}
	return d.text("watch.next", days, d.monthDay(p.Watched.Next))
}

// monthDay is a date in China: 11月30日.
func (d *dialog) monthDay(t time.Time) string {
	t = t.In(China)
	return d.text("day", t.Month(), t.Day()) // a month is a number by %d, a name by %s
}

func (d *dialog) days(days []time.Time) string {
	dates := make([]string, len(days))
	for i, t := range days {
		dates[i] = d.monthDay(t)
	}
	return strings.Join(slices.Compact(dates), d.text("and"))
}

// rename gives a saved car a name that only this person reads.
func (d *dialog) rename(r nlu.Reading) {
	name := strings.Join(strings.Fields(r.Name), " ")
	c, ok := d.renaming(r)
	switch {
	case !ok:
	case name == "":
		d.say("name.what")
	case utf8.RuneCountInString(name) > longestName:
		d.say("name.long", longestName)
	case d.taken(name, c.Vehicle):
		d.say("name.taken", name)
	default:
		c.Name = name
		d.s.About = c.Vehicle
		d.wanted = append(d.wanted, Alter{c})
		d.say("name.done", c.Plate, name)
	}
}

// renaming is the car that is to be named: the one of the message, the one that
// was talked about, the only one.
func (d *dialog) renaming(r nlu.Reading) (Saved, bool) {
	v := d.s.About
	switch {
	case len(r.Vehicles) > 0:
		var ok bool
		if v, ok = d.owned(r.Vehicles[0]); !ok {
			d.say("garage.unknown", r.Vehicles[0].Plate.Normalized)
			return Saved{}, false
		}
	case r.Ref != 0:
		var ok bool
		if v, ok = d.referred(nlu.Reading{Ref: r.Ref}); !ok {
			return Saved{}, false
		}
	case len(d.garage) == 1:
		v = d.garage[0].Vehicle
	case d.position(d.s.Last) > 0 && d.s.Ask == nlu.ResultShown:
		v = d.s.Last
	}
	c, ok := d.saved(v)
	switch {
	case ok:
	case len(d.garage) == 0:
		d.say("garage.none")
	default:
		d.say("name.which")
	}
	return c, ok
}

// taken tells whether another of the person's cars is called so.
func (d *dialog) taken(name string, v Vehicle) bool {
	return slices.ContainsFunc(d.garage, func(c Saved) bool { return !c.Same(v) && strings.EqualFold(c.Name, name) })
}
