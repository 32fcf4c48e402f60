package bot

import (
	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// provide reacts to what was asked for, and to what was not.
func (d *dialog) provide(r nlu.Reading) {
	if d.deleting(r) {
		return
	}
	switch {
	case len(r.Vehicles) > 1:
		d.several(r)
	case len(r.Vehicles) == 1:
		d.start(r.Vehicles[0], r.Unlabelled)
	case r.Choice > 0 && d.s.Ask == nlu.ChooseOne:
		d.pick(r.Choice)
	case refers(r):
		d.refer(r)
	case r.Act == nlu.SameAs:
		d.sameAs()
	case r.Engine != "" || r.VIN != "":
		d.fill(r)
	case r.Letter != "" || r.Province != "" || r.City != "":
		d.place(r)
	case r.Type != "":
		d.retype(r.Type)
	default:
		d.lost(r)
		d.prompt()
	}
}

// pick takes one of the plates that were offered.
func (d *dialog) pick(n int) {
	f := d.s.Form
	if n > len(f.Choices) {
		d.prompt()
		return
	}
	v := nlu.Vehicle{Plate: plate.Parse(f.Choices[n-1]), Engine: f.Engine, VIN: f.VIN}
	d.s.Form = Form{Keep: f.Keep}
	d.start(v, f.Loose)
}

// place completes a plate by a province, a city or an agency letter.
func (d *dialog) place(r nlu.Reading) {
	parts := d.s.Form.Partial
	var (
		reading plate.Reading
		ok      bool
	)
	switch {
	case parts.Serial == "":
	case r.Letter != "":
		reading, ok = parts.WithLetter(r.Letter)
	case r.City != "":
		reading, ok = parts.WithProvince(r.City)
	default:
		reading, ok = parts.WithProvince(r.Province)
	}
	if !ok {
		d.prompt()
		return
	}
	loose := d.s.Form.Loose
	d.s.Form.Partial = plate.Parts{}
	d.start(nlu.Vehicle{Plate: reading}, loose)
}

// sameAs fills in the digits used before for this plate.
func (d *dialog) sameAs() {
	f := d.known(Form{Vehicle: Vehicle{Plate: d.s.Form.Plate, Type: d.s.Form.Type}})
	if f.Plate == "" || f.Engine == "" && f.VIN == "" && f.Owner == "" {
		d.say("digits.nosaved")
		d.prompt()
		return
	}
	d.say("digits.same")
	d.s.Form.Engine, d.s.Form.VIN, d.s.Form.Owner = f.Engine, f.VIN, f.Owner
	d.advance()
}

// fill takes digits into the open form. After a report they correct it.
func (d *dialog) fill(r nlu.Reading) {
	f := &d.s.Form
	if f.Plate == "" && f.Partial.Serial == "" && len(f.Choices) == 0 {
		if d.s.Ask == nlu.ResultShown && d.s.Last.Plate != "" {
			d.change(r)
			return
		}
		if code, ok := codeOf(r.Engine); ok {
			d.wanted = append(d.wanted, Accept{Code: code})
			return
		}
		f.Engine, f.VIN, f.Loose = r.Engine, r.VIN, r.Unlabelled
		d.wanted = append(d.wanted, FindPaused{}) // most likely they mend one
		return
	}
	f.Owner = ""
	if r.Engine != "" {
		f.Engine, f.Loose = r.Engine, f.Loose || r.Unlabelled
	}
	if r.VIN != "" {
		f.VIN, f.Loose, f.Checked = r.VIN, f.Loose || r.Unlabelled, false
	}
	if !f.Sure || f.Rule.City == "" {
		d.prompt()
		return
	}
	d.echo(r)
	d.trim()
	d.advance()
}

// echo repeats digits that came while others are still missing, so that a slip
// is seen before it costs.
func (d *dialog) echo(r nlu.Reading) {
	f := d.s.Form
	engine, e := f.engine()
	vin, v := f.vin()
	switch {
	case r.Engine != "" && e == Fits && v != Fits && engine == f.Engine:
		d.say("got.engine", engine)
	case r.VIN != "" && v == Fits && e != Fits && vin == f.VIN:
		d.say("got.vin", vin)
	}
}

// retype sets large or small; the number of a new-energy plate decides itself.
func (d *dialog) retype(hpzl string) {
	f := &d.s.Form
	switch {
	case f.Plate == "":
		d.prompt()
	case len([]rune(f.Plate)) == 8:
		d.say("type.number", f.Plate, d.s.lang().typeName(f.Type))
		d.prompt()
	case hpzl == "01" || hpzl == "02":
		f.Type = hpzl
		d.resume()
	default:
		d.s = d.s.idle()
		d.say("kind.unsupported", f.Plate, d.text(plateKindKey(plate.Motorcycle)))
	}
}

// correct replaces just what was named.
func (d *dialog) correct(r nlu.Reading) {
	if d.deleting(r) {
		return
	}
	switch {
	case r.Act == nlu.Back:
		d.back()
	case r.Act == nlu.Swap:
		d.swap()
	case d.s.Form.Plate == "" && len(d.s.Queue) > 0 && len(r.Vehicles) == 0:
		d.say("correct.what")
		d.prompt()
	case d.mends(r):
	case d.s.Form.Plate == "" && (d.s.Last.Plate == "" || len(d.s.Queue) > 0):
		d.provide(r)
	default:
		d.change(r)
	}
}

// deleting keeps a correction from turning the question whether to drop a
// vehicle into a query: another vehicle is asked about instead.
func (d *dialog) deleting(r nlu.Reading) bool {
	switch {
	case d.s.Yes != YesDelete:
		return false
	case len(r.Vehicles) > 0:
		d.unsubscribe(r)
	default:
		d.prompt()
	}
	return true
}

// change applies a correction to the open form, or to the vehicle of the last
// report; the latter is asked about, as it would be paid for again.
func (d *dialog) change(r nlu.Reading) {
	f := d.changing()
	before := f.Vehicle
	switch {
	case len(r.Vehicles) > 0:
		d.s.Form = f
		d.replate(r.Vehicles[0])
		return
	case r.Province != "" || r.Letter != "":
		if reading, ok := reprefix(f.Plate, r); ok {
			d.s.Form = f
			d.replate(nlu.Vehicle{Plate: reading})
			return
		}
	case r.Engine != "" || r.VIN != "":
		f.Owner = ""
		if r.Engine != "" {
			f.Engine = r.Engine
		}
		if r.VIN != "" {
			f.VIN, f.Checked = r.VIN, false
		}
	case r.Type == "01" || r.Type == "02":
		f.Type = r.Type
	}
	if f.Vehicle == before {
		d.say("correct.what")
		d.prompt()
		return
	}
	d.s.Form = f
	d.echo(r)
	d.resume()
}

// changing is the form that a correction means: the open one, or the vehicle of
// the last report, which is then asked about.
func (d *dialog) changing() Form {
	if d.s.Form.Plate != "" {
		return d.s.Form
	}
	d.s.Ask, d.s.Yes = nlu.ConfirmQuery, YesQuery
	return d.known(Form{Vehicle: d.s.Last, Sure: true})
}

// reprefix is the plate with another province or agency letter.
func reprefix(number string, r nlu.Reading) (plate.Reading, bool) {
	parts := plate.Parse(number).Parts
	if r.Province != "" {
		return parts.WithProvince(r.Province)
	}
	return parts.WithLetter(r.Letter)
}

// replate puts another plate in place of the form's, and keeps the digits.
func (d *dialog) replate(v nlu.Vehicle) {
	f := d.s.Form
	if v.Engine == "" {
		v.Engine = f.Engine
	}
	if v.VIN == "" {
		v.VIN = f.VIN
	}
	if v.Plate.Action != plate.Query || d.s.Yes != YesQuery {
		f.Plate = ""
		d.s.Form = f
		d.start(v, f.Loose)
		return
	}
	d.s.Form = Form{Vehicle: Vehicle{Plate: v.Plate.Normalized, Type: v.Plate.HPZL, Engine: v.Engine, VIN: v.VIN}, Sure: true}
	d.ask(nlu.ConfirmQuery, YesQuery)
}

// resume goes on with a changed form. What would be paid for is asked about.
func (d *dialog) resume() {
	switch {
	case d.s.Yes == YesQuery:
		d.s.Form.Failed, d.s.Form.Refresh = "", false
		d.prompt()
	case !d.s.Form.Sure:
		d.prompt()
	default:
		if d.s.Form.Rule.City != "" {
			d.trim()
		}
		d.advance()
	}
}

// swap exchanges engine number and VIN.
func (d *dialog) swap() {
	if d.s.Form.Plate == "" && d.s.Last.Plate == "" {
		d.say("correct.what")
		return
	}
	f := d.changing()
	f.Engine, f.VIN = f.VIN, f.Engine
	d.s.Form = f
	d.resume()
}

// back undoes the last answer: the newer of the digits, else the plate.
func (d *dialog) back() {
	f := &d.s.Form
	switch {
	case d.s.Ask == nlu.None, d.s.Ask == nlu.ResultShown, d.s.Ask == nlu.AskPlate:
		d.say("back.none")
		d.prompt()
	case d.s.Ask == nlu.AskDigits && f.VIN != "":
		f.VIN = ""
		d.prompt()
	case d.s.Ask == nlu.AskDigits && f.Engine != "":
		f.Engine = ""
		d.prompt()
	default:
		d.s = d.s.idle()
		d.ask(nlu.AskPlate, "")
	}
}

// yes starts what the open question was about.
func (d *dialog) yes() {
	f := &d.s.Form
	switch d.s.Yes {
	case YesPlate:
		f.Sure = true
		d.s.Form = d.known(*f)
		d.advance()
	case YesVIN:
		f.Checked = true
		d.advance()
	case YesQuery:
		if f.Plate == "" {
			d.next()
			return
		}
		f.Photo, f.Failed = false, ""
		d.advance()
	case YesSwap:
		f.Engine, f.VIN = f.VIN, f.Engine
		d.advance()
	case YesDelete:
		d.drop(d.s.Drops)
	case YesUnshare:
		d.unshare(d.s.Drops)
	case YesKeep:
		d.s = d.s.closed()
		d.save(true)
	default:
		if d.s.Ask == nlu.None || d.s.Ask == nlu.ResultShown {
			d.say("yes.nothing")
			return
		}
		d.prompt()
	}
}

// no leaves the open question; a guess that was wrong is typed again.
func (d *dialog) no() {
	switch d.s.Yes {
	case YesPlate:
		d.s.Form.Plate, d.s.Form.Type = "", ""
		d.askPlate("no.plate")
	case YesVIN:
		d.s.Form.VIN = ""
		d.ask(nlu.AskDigits, "")
	case YesQuery:
		d.say("no.query")
		if d.s.Form.Plate == "" {
			d.s = d.s.idle()
			return
		}
		d.s.Ask, d.s.Yes = nlu.None, ""
		d.next()
	case YesSwap:
		d.s.Form.Engine, d.s.Form.VIN = "", ""
		d.ask(nlu.AskDigits, "")
	default:
		d.refused()
	}
}

// refused leaves a question that is not about the form; with none, it ends what
// still waits to be asked.
func (d *dialog) refused() {
	open := d.s.Ask != nlu.None && d.s.Ask != nlu.ResultShown
	switch {
	case d.s.aside():
		d.say("no.fine")
		d.goOn()
	case open:
		d.say("no.fine")
		d.prompt()
	case len(d.later) > 0:
		d.noLater()
	default:
		d.say("no.fine")
	}
}

// cancel leaves the form.
func (d *dialog) cancel(r nlu.Reading) {
	open := d.s.Ask != nlu.None && d.s.Ask != nlu.ResultShown
	waiting := d.s.Waiting != 0
	d.s = d.s.idle()
	switch {
	case r.Act == nlu.Refuse && open:
		d.say("cancel.refuse")
	case open || waiting:
		d.say("cancelled")
	case len(d.later) > 0:
		d.noLater()
	default:
		d.say("cancel.none")
	}
}
