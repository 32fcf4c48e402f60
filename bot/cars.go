package bot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// listVehicles shows the saved cars, or one of them in detail.
func (d *dialog) listVehicles(r nlu.Reading) {
	if len(d.garage) == 0 {
		d.say("garage.none")
		d.offer("tap.query")
		return
	}
	var only Vehicle
	switch {
	case r.Act == nlu.MoreCars:
		d.turnCars(r.Page - 1)
		return
	case len(r.Vehicles) > 0:
		v, ok := d.owned(r.Vehicles[0])
		if !ok {
			d.say("garage.unknown", r.Vehicles[0].Plate.Normalized)
			return
		}
		only = v
	case refers(r):
		v, ok := d.referred(r)
		if !ok {
			return
		}
		only = v
	}
	d.wanted = append(d.wanted, ListCars{Only: only})
}

// turnCars asks for another part of the list.
func (d *dialog) turnCars(page int) {
	switch {
	case page < 0:
		d.say("page.first")
	case page*listed >= len(d.garage):
		d.say("page.end")
	default:
		d.wanted = append(d.wanted, ListCars{Page: page})
	}
}

// carsAre shows how the saved cars stand.
func (d *dialog) carsAre(in CarsAre) {
	d.garage = make([]Saved, len(in.Cars))
	for i, c := range in.Cars {
		d.garage[i] = c.Saved
	}
	if at := d.position(in.Only); at > 0 {
		d.detail(at, in.Cars[at-1])
	} else {
		d.carList(in)
	}
	options := d.options
	d.prompt()
	if len(options) > 0 {
		d.options = options
	}
}

func (d *dialog) carList(in CarsAre) {
	from := in.Page * listed
	to := min(from+listed, len(in.Cars))
	if from >= to {
		d.say("garage.none")
		return
	}
	head := []string{d.text("garage.head", len(in.Cars))}
	if in.Page == 0 {
		head = append(head, d.fleetSum(in.Cars))
	}
	d.tell(list("\n", head...))
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		lines = append(lines, d.standing(i+1, in.Cars[i]))
	}
	d.tell(strings.Join(lines, "\n"))
	if len(in.Cars) > listed {
		k := key("garage.page")
		if to == len(in.Cars) {
			k = "garage.lastpage"
		}
		d.say(k, from+1, to, len(in.Cars))
	}
	d.say("garage.how")
	d.s.CarPage = in.Page + 1
	d.carOptions(from, to, in.Cars)
}

func (d *dialog) carOptions(from, to int, cars []Car) {
	paused := slices.ContainsFunc(cars, func(c Car) bool { return c.Owner == "" && c.On && c.lacks() })
	d.options = nil
	if to < len(cars) {
		d.tap(d.text("tap.next"))
	}
	if from > 0 {
		d.tap(d.text("tap.prev"))
	}
	for i := from; i < to; i++ {
		d.options = append(d.options, Option{Label: d.text("tap.nth", i+1), Send: d.text("send.nth", i+1)})
	}
	if paused {
		d.tap(d.text("tap.mend"))
	}
}

// fleetSum adds up what is listed of all cars that are checked.
func (d *dialog) fleetSum(cars []Car) string {
	var all Report
	checked := 0
	for _, c := range cars {
		if c.On && !c.Watched.Checked.IsZero() {
			checked++
			all.Violations = append(all.Violations, c.Watched.Rows...)
		}
	}
	switch {
	case checked == 0 || len(cars) == 1:
		return ""
	case len(all.Violations) == 0:
		return d.text("garage.clean", checked)
	}
	return d.text("garage.sum", checked, len(all.Violations),
		d.sum(all.Owed(), yuan, "unit.yuan"), d.sum(all.PointsToCome(), strconv.Itoa, "unit.points"))
}

// standing is one car of the list with how it stands.
func (d *dialog) standing(n int, c Car) string {
	return list("\n", d.carLine(n, c.Saved), d.checks(c), d.sharing(c))
}

// checks is when the car was checked, what was listed, and when the next check is;
// or why there is none, and how to mend that.
func (d *dialog) checks(c Car) string {
	w := c.Watched
	switch {
	case !c.On && c.Every > 0:
		return d.text("car.idle", c.Plate)
	case !c.On:
		return ""
	}
	var parts []string
	if w.Checked.IsZero() {
		parts = append(parts, d.text("car.unchecked"))
	} else {
		parts = append(parts, d.text("car.rows", len(w.Rows)), d.text("car.checked", d.age(w.Checked)))
	}
	switch {
	case w.Paused != NotPaused:
		parts = append(parts, d.text(d.pause(c)))
	case !w.Next.IsZero():
		parts = append(parts, d.text("car.next", d.monthDay(w.Next)))
	}
	if len(w.Soon) > 0 {
		parts = append(parts, d.text("car.soon", d.days(w.Soon)))
	}
	return d.text("car.indent") + strings.Join(parts, d.text("semicolon"))
}

// pause is why a car is not checked; whoever it was shared with cannot mend it.
func (d *dialog) pause(c Car) key {
	k := key("pause." + string(c.Watched.Paused))
	if c.Owner != "" && c.Watched.Paused != OwnerMissing {
		k = "pause.viewer"
	}
	return k
}

func (d *dialog) sharing(c Car) string {
	switch {
	case c.Owner != "":
		return d.text("car.viewer")
	case c.Watched.Others > 0:
		return d.text("car.others", c.Watched.Others)
	}
	return ""
}

// detail shows one car with all that is known and can be done.
func (d *dialog) detail(n int, c Car) {
	d.s.About = c.Vehicle
	d.tell(d.standing(n, c))
	if rows := (Report{Violations: c.Watched.Rows}); c.On && len(rows.Violations) > 0 {
		d.tell(d.totals(rows))
	}
	if c.On && !c.Watched.Since.IsZero() {
		d.say("car.since", d.monthDay(c.Watched.Since))
	}
	d.tell(d.inspectionLine(c.Saved))
	d.options = []Option{{Label: d.text("tap.nth", n), Send: d.text("send.nth", n)}}
	d.tapFor("tap.drop", "send.drop", c.Plate)
	if c.Owner != "" {
		return
	}
	d.tapFor("tap.invite", "send.invite", c.Plate)
	if c.Watched.Others > 0 {
		d.tapFor("tap.unshare", "send.unshare", c.Plate)
	}
}

func (d *dialog) tapFor(label, send key, plate string) {
	d.options = append(d.options, Option{Label: d.text(label), Send: d.text(send, plate)})
}

// dataIs lists everything that is held of the person. The digits of a car that
// somebody shared are not theirs to read, and are not held either.
func (d *dialog) dataIs(in DataIs) {
	lines := []string{d.text("data.title")}
	for _, c := range in.Cars {
		lines = append(lines, d.heldCar(c))
	}
	if len(in.Cars) == 0 {
		lines = append(lines, d.text("data.none"))
	}
	for _, i := range in.Invites {
		lines = append(lines, d.text("data.invite", i.Vehicle.Plate, d.moment(i.Until)))
	}
	for _, l := range in.Later {
		lines = append(lines, d.text("data.later", l.Vehicle.Plate, d.moment(l.Since)))
	}
	if in.Notices > 0 {
		lines = append(lines, d.text("data.notices", in.Notices))
	}
	if f := d.s.Form; f.Plate != "" || f.Engine != "" || f.VIN != "" {
		lines = append(lines, d.text("data.form", d.or(f.Plate, "data.blank"), d.masked(f.Engine), d.masked(f.VIN)))
	}
	if n := len(d.s.Queue); n > 0 {
		lines = append(lines, d.text("data.queue", d.plates(d.s.Queue)))
	}
	if d.s.Last.Plate != "" {
		lines = append(lines, d.text("data.last", d.s.Last.Plate))
	}
	d.tell(strings.Join(append(lines, d.text("data.how")), "\n"))
	d.files = append(d.files, DataFile(d.s.lang(), in.At, in.Held))
	d.prompt()
}

func (d *dialog) heldCar(c Car) string {
	name := list(" ", c.Plate, d.s.lang().typeName(c.Type), c.Name)
	parts := []string{d.text("data.car", name, d.masked(c.Engine), d.masked(c.VIN))}
	if c.Owner != "" {
		parts[0] = d.text("data.viewer", name)
	}
	if c.On && !c.Watched.Since.IsZero() {
		parts = append(parts, d.text("data.since", d.monthDay(c.Watched.Since)))
	}
	if t := c.Inspection.Registered; !t.IsZero() {
		parts = append(parts, d.text("data.registered", t.In(China).Format("2006-01-02")))
	}
	if t := c.Inspection.Until; !t.IsZero() {
		parts = append(parts, d.text("data.until", t.In(China).Format("2006-01-02")))
	}
	return strings.Join(parts, d.text("comma"))
}

func (d *dialog) masked(digits string) string {
	if digits == "" {
		return d.text("data.blank")
	}
	return MaskDigits(digits)
}
