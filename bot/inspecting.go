package bot

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// inspection answers when a car is to be inspected, and takes the dates from
// which that follows.
func (d *dialog) inspection(r nlu.Reading) {
	given := Inspection{Registered: dayOf(r.Registered), Until: dayOf(r.Until)}
	pointing := len(r.Vehicles) > 0 || refers(r)
	c, asked := d.saved(d.s.About)
	switch cars := d.meant(r, ThenInspect); {
	case given == Inspection{}:
		d.pointed(r, ThenInspect)
	case !pointing && asked:
		d.dated(c, given)
	case len(cars) == 1:
		c, _ := d.saved(cars[0])
		d.dated(c, given)
	default:
		d.pointed(r, ThenInspect)
		if d.s.Then == ThenInspect {
			d.s.Dates = given
		}
	}
}

// dayOf reads a day in China: 2026-05-31; the zero time when it is none.
func dayOf(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, China)
	if err != nil {
		return time.Time{}
	}
	return t
}

// dated keeps the dates of a car, and says what follows from them.
func (d *dialog) dated(c Saved, given Inspection) {
	d.s.About = c.Vehicle
	kept := c.Inspection
	if !given.Registered.IsZero() {
		kept.Registered = given.Registered
	}
	if !given.Until.IsZero() {
		kept.Until = given.Until
	}
	c.Inspection = given
	if _, ok := c.NextInspection(d.at); !ok {
		d.s.Dating = true
		d.say("inspection.odd")
		d.prompt()
		return
	}
	c.Inspection = kept
	d.wanted = append(d.wanted, Alter{c})
	d.say("inspection.noted", d.name(c.Vehicle))
	d.tell(InspectionText(d.s.lang(), c, d.at))
	d.prompt()
}

// inspectionOf tells when a car's inspection is due, or asks for what it follows
// from.
func (d *dialog) inspectionOf(c Saved) {
	text := InspectionText(d.s.lang(), c, d.at)
	if text == "" {
		d.s.Dating = true
		d.say("inspection.ask", d.name(c.Vehicle))
		return
	}
	d.say("inspection.of", d.name(c.Vehicle))
	d.tell(text)
	if c.Inspection.Until.IsZero() {
		d.say("inspection.better")
	}
}

// inspectionLine is the plan in the detail of a car; "" without a date.
func (d *dialog) inspectionLine(c Saved) string {
	p, ok := c.NextInspection(d.at)
	switch {
	case !ok:
		return ""
	case !p.Past.IsZero():
		return d.text("car.overdue", d.day(p.Past))
	}
	return d.text("car.inspection", d.day(p.Due))
}
