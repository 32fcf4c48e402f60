package bot

import (
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// query reacts to a wish to look something up.
func (d *dialog) query(r nlu.Reading) {
	switch {
	case r.Act == nlu.NextPage:
		d.turnPage(+1)
	case r.Act == nlu.PrevPage:
		d.turnPage(-1)
	case r.Act == nlu.Again:
		d.again()
	case r.Act == nlu.All:
		d.all()
	case refers(r) && len(r.Vehicles) == 0:
		d.refer(r)
	case len(r.Vehicles) > 1:
		d.several(r)
	case len(r.Vehicles) == 1:
		d.start(r.Vehicles[0], r.Unlabelled)
		d.aside(r)
	default:
		d.s = d.s.idle()
		d.s.Form.Engine, d.s.Form.VIN, d.s.Form.Loose = r.Engine, r.VIN, r.Unlabelled
		d.ask(nlu.AskPlate, "")
	}
}

// aside answers the question that came along with a plate, as in
// 电车没有发动机号怎么办 粤BD12345.
func (d *dialog) aside(r nlu.Reading) {
	if r.Act != "" && d.s.lang().has(helpKey(r.Act)) {
		d.said = append([]string{d.text(helpKey(r.Act))}, d.said...)
	}
}

// formOf is the form of a vehicle of a message; Plate is "" when the plate is
// not certain.
func (d *dialog) formOf(v nlu.Vehicle) Form {
	f := Form{Vehicle: Vehicle{Engine: v.Engine, VIN: v.VIN}}
	if v.Plate.Action != plate.Query {
		return f
	}
	f.Plate, f.Type, f.Sure = v.Plate.Normalized, v.Plate.HPZL, true
	if v.Type != "" {
		f.Type = v.Type
	}
	return d.known(f)
}

// known fills in digits the person gave before: saved with the vehicle, or
// used for the last report. Those of a car that somebody shared stay with them.
func (d *dialog) known(f Form) Form {
	if f.Engine != "" || f.VIN != "" {
		return f
	}
	if c, ok := d.saved(f.Vehicle); ok {
		f.Engine, f.VIN, f.Owner = c.Engine, c.VIN, c.Owner
		return f
	}
	if d.s.Last.Same(f.Vehicle) {
		f.Engine, f.VIN = d.s.Last.Engine, d.s.Last.VIN
	}
	return f
}

// start begins a form with the one vehicle of a message. Digits that were
// given before the plate was known, or while the same plate was open, are kept.
func (d *dialog) start(v nlu.Vehicle, loose bool) {
	old := d.s.Form
	keep := old.Plate == "" || old.Plate == v.Plate.Normalized
	if n := len(d.s.Queue); n > 0 {
		d.say("queue.dropped", n)
	}
	d.s = d.s.idle()
	f := Form{Vehicle: Vehicle{Engine: v.Engine, VIN: v.VIN}, Loose: loose, Why: v.Plate.Reason}
	if keep {
		f = f.withDigits(old)
	}
	d.read(f, v)
}

// withDigits takes over the digits of old where f has none.
func (f Form) withDigits(old Form) Form {
	if f.Engine == "" {
		f.Engine = old.Engine
	}
	if f.VIN == "" {
		f.VIN = old.VIN
	}
	f.Loose = f.Loose || old.Loose
	f.Keep, f.Soon = old.Keep, old.Soon
	return f
}

// read goes on with f as far as the plate of v allows.
func (d *dialog) read(f Form, v nlu.Vehicle) {
	p := v.Plate
	f.Plate, f.Type = p.Normalized, p.HPZL
	if v.Type != "" {
		f.Type = v.Type
	}
	switch p.Action {
	case plate.Query:
		f.Sure = true
		d.s.Form = d.known(f)
		d.colour(v)
		d.advance()
	case plate.Confirm:
		d.s.Form = f
		d.ask(nlu.ConfirmPlate, YesPlate)
	case plate.Choose:
		f.Plate, f.Type, f.Choices = "", "", p.Candidates
		d.s.Form = f
		d.ask(nlu.ChooseOne, "")
	case plate.Ask:
		d.askMissing(f, p)
	case plate.Unsupported:
		d.unsupported(p)
	default:
		f.Plate, f.Type = "", ""
		d.s.Form = f
		d.askPlate(reasonKey(p.Reason))
	}
}

// colour tells that the number decides when a colour word contradicts it.
func (d *dialog) colour(v nlu.Vehicle) {
	if v.Type == "" || v.Type == v.Plate.HPZL || len([]rune(d.s.Form.Plate)) != 8 {
		return
	}
	d.s.Form.Type = v.Plate.HPZL
	d.say("type.number", d.s.Form.Plate, d.s.lang().typeName(v.Plate.HPZL))
}

// unsupported names the kind of a plate that cannot be queried, and leaves.
func (d *dialog) unsupported(p plate.Reading) {
	d.say("kind.unsupported", p.Normalized, d.text(plateKindKey(p.Kind)))
	if p.Kind == plate.Military {
		d.say("kind.military.ask")
	}
	d.next()
}

// shown starts a form with what was read off a photo, which is shown masked and
// needs a yes.
func (d *dialog) shown(l Licence) {
	if d.querying() {
		d.say("wait.query", d.s.Form.Plate)
		return
	}
	p := plate.Parse(l.Plate)
	if p.Action != plate.Query {
		d.say("odd.picture")
		d.prompt()
		return
	}
	d.s = d.s.idle()
	d.s.Form = Form{
		Vehicle: Vehicle{Plate: p.Normalized, Type: p.HPZL, Engine: readable(l.Engine), VIN: readable(l.VIN)},
		Sure:    true, Photo: true,
	}
	d.ask(nlu.ConfirmQuery, YesQuery)
}

// formsOf is the forms of the vehicles of a message that can go in line. The
// others are named, so that nobody waits for them.
func (d *dialog) formsOf(vehicles []nlu.Vehicle) (forms []Form) {
	var doubtful []string
	for _, v := range vehicles {
		f := d.formOf(v)
		switch {
		case v.Plate.Action == plate.Unsupported:
			d.say("kind.unsupported", v.Plate.Normalized, d.text(plateKindKey(v.Plate.Kind)))
		case f.Plate != "":
			forms = append(forms, f)
		case v.Plate.Normalized != "":
			doubtful = append(doubtful, v.Plate.Normalized)
		}
	}
	if len(doubtful) > 0 {
		d.say("several.doubtful", strings.Join(doubtful, d.text("and")))
	}
	return forms
}

// garageForms is the forms of the saved vehicles.
func (d *dialog) garageForms() (forms []Form) {
	for _, c := range d.garage {
		forms = append(forms, d.known(Form{Vehicle: c.Vehicle, Sure: true}))
	}
	return forms
}

// lineUp puts forms in line, but for the one that is being worked on, and says
// so when there is no room for all of them.
func (d *dialog) lineUp(forms []Form, working string) {
	for _, f := range forms {
		switch {
		case f.Plate == working:
		case len(d.s.Queue) == maxQueue:
			d.say("several.more", maxQueue)
			return
		default:
			d.s.Queue = append(d.s.Queue, f)
		}
	}
}

// plates lists the plates of forms.
func (d *dialog) plates(forms []Form) string {
	plates := make([]string, len(forms))
	for i, f := range forms {
		plates[i] = f.Plate
	}
	return strings.Join(plates, d.text("and"))
}

// several puts the vehicles of one message in line, after one yes: each of
// them is paid for.
func (d *dialog) several(r nlu.Reading) {
	d.s = d.s.idle()
	d.lineUp(d.formsOf(r.Vehicles), "")
	d.line()
}

// all puts every saved vehicle in line.
func (d *dialog) all() {
	if len(d.garage) == 0 {
		d.say("garage.none")
		return
	}
	d.s = d.s.idle()
	d.lineUp(d.garageForms(), "")
	d.line()
}

// line starts with the vehicles that are in line: one at once, more after a yes.
func (d *dialog) line() {
	switch len(d.s.Queue) {
	case 0:
		d.ask(nlu.AskPlate, "")
	case 1:
		d.next()
	default:
		d.ask(nlu.ConfirmQuery, YesQuery)
	}
}

// next goes on with the next vehicle in line, if there is one.
func (d *dialog) next() {
	d.s.Form = Form{}
	if len(d.s.Queue) == 0 {
		return
	}
	d.s.Form, d.s.Queue = d.s.Queue[0], d.s.Queue[1:]
	if len(d.s.Queue) == 0 {
		d.s.Queue = nil
	}
	d.advance()
}

// advance takes the form one step on: to the rule, to the question for what is
// missing, or to the query.
func (d *dialog) advance() {
	d.s = d.s.closed()
	f := &d.s.Form
	if f.Rule.City == "" {
		if d.s.Waiting == 0 {
			d.want(func(n int) Effect {
				return FindRule{Effect: n, Prefix: f.Prefix(), NewEnergy: f.NewEnergy()}
			})
		}
		return
	}
	if f.Owner != "" { // their digits were right when they were saved
		d.lookup()
		return
	}
	_, engine := f.engine()
	_, vin := f.vin()
	if engine != Fits || vin != Fits {
		d.ask(nlu.AskDigits, "")
		return
	}
	if f.Rule.VIN == Whole && !f.Checked && !plate.ParseVIN(f.VIN).CheckOK {
		d.ask(nlu.ConfirmVIN, YesVIN)
		return
	}
	d.lookup()
}

// lookup sends the form's query out.
func (d *dialog) lookup() {
	f := &d.s.Form
	f.Vehicle = f.cut()
	f.Sent = true
	d.want(func(n int) Effect {
		return Lookup{Effect: n, Vehicle: f.Vehicle, Rule: f.Rule, Refresh: f.Refresh, Owner: f.Owner}
	})
}

// ruleIs goes on with the form once its rule is known.
func (d *dialog) ruleIs(in RuleIs) {
	if in.Effect != d.s.Waiting {
		return
	}
	d.s.Waiting = 0
	f := &d.s.Form
	switch {
	case f.Plate == "" || !f.Sure || d.s.Ask != nlu.None:
		return
	case in.Prefix != f.Prefix() || in.NewEnergy != f.NewEnergy():
		d.advance()
		return
	case in.Err != "":
		d.failed(in.Err, 0)
		return
	}
	f.Rule = in.Rule
	d.trim()
	d.advance()
}

// trim cuts the digits to the rule, says so, and drops what is too short.
func (d *dialog) trim() {
	f := &d.s.Form
	f.Engine = d.trimmed(f.Engine, f.Rule.Engine, ShortestEngine, "engine")
	f.VIN = d.trimmed(f.VIN, f.Rule.VIN, VINLength, "vin")
	if f.Rule.VIN == Whole && f.VIN != "" {
		v := plate.ParseVIN(f.VIN)
		if !v.Valid() {
			f.VIN = ""
			d.say("vin.letters")
			return
		}
		f.VIN = v.Number
	}
}

// trimmed is what stays of one number under its need; what names it in keys.
func (d *dialog) trimmed(given string, need Need, shortest int, what string) string {
	cut, fit := need.Cut(given, shortest)
	n := len([]rune(given))
	switch {
	case given == "" || fit == Missing:
		return ""
	case need == NotNeeded:
		return given // another plate of the form may ask for it; it is never sent
	case fit == Garbled:
		d.say("digits.garbled")
		return ""
	case fit == Short && need == Whole && what == "engine":
		d.say("short.whole", n)
		return ""
	case fit == Short:
		wanted := int(need)
		if need == Whole {
			wanted = shortest
		}
		d.say(key("short."+what), wanted, n)
		return ""
	case cut != given:
		d.say(key("cut."+what), int(need), cut)
	}
	return cut
}

// wants lists what the rule asks for and the form lacks: 发动机号后6位.
func (d *dialog) wants(f Form) []string {
	var parts []string
	if _, fit := f.engine(); fit != Fits {
		parts = append(parts, d.need("engine", f.Rule.Engine))
	}
	if _, fit := f.vin(); fit != Fits {
		parts = append(parts, d.need("vin", f.Rule.VIN))
	}
	return parts
}

func (d *dialog) need(what string, n Need) string {
	if n == Whole {
		return d.text(key(what + ".whole"))
	}
	return d.text(key(what+".last"), int(n))
}

// needs lists everything a rule asks for: 发动机号后6位、车架号后6位.
func (d *dialog) needs(r Rule) string {
	parts := d.wants(Form{Rule: r})
	if len(parts) == 0 {
		return d.text("city.nothing")
	}
	return strings.Join(parts, d.text("and"))
}
