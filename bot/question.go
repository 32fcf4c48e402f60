package bot

import (
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// ask opens a question and puts it.
func (d *dialog) ask(q nlu.Question, yes Yes) {
	d.s.Ask, d.s.Yes = q, yes
	d.prompt()
}

// askMissing asks for the part of a plate that is missing.
func (d *dialog) askMissing(f Form, p plate.Reading) {
	f.Plate, f.Type = "", ""
	f.Partial = p.Parts
	d.s.Form = f
	switch {
	case p.Reason == plate.MissingProvince && f.Partial.Serial != "":
		d.ask(nlu.AskCity, "")
	case p.Reason == plate.MissingLetter && f.Partial.Province != "":
		d.ask(nlu.AskCityLetter, "")
	default:
		d.askPlate(reasonKey(p.Reason))
	}
}

// askPlate asks for the plate again, for a reason.
func (d *dialog) askPlate(why key) {
	d.s.Ask, d.s.Yes, d.asked = nlu.AskPlate, "", true
	d.tell(d.text(why) + d.text("leave"))
}

// prompt puts the open question, from the session alone: also after a
// digression, and after a restart.
func (d *dialog) prompt() {
	f := d.s.Form
	d.asked = true
	switch d.s.Ask {
	case nlu.AskPlate:
		d.say("ask.plate")
	case nlu.AskCity:
		d.say("ask.province", f.Partial.Letters+f.Partial.Serial)
	case nlu.AskCityLetter:
		d.askLetter(f)
	case nlu.AskDigits:
		d.askDigits(f)
	case nlu.ConfirmPlate:
		d.confirmPlate(f)
	case nlu.ChooseOne:
		if d.s.Then != "" {
			d.offerCars()
			return
		}
		d.choose(f.Choices)
	case nlu.ConfirmVIN:
		d.say("ask.vin", f.VIN)
		d.offer("tap.yes", "tap.cancel")
	case nlu.ConfirmQuery:
		d.confirmQuery(f)
	case nlu.ConfirmDelete:
		d.confirmDelete()
	case nlu.ConfirmOther:
		d.confirmOther()
	}
}

func (d *dialog) askLetter(f Form) {
	if len(f.Partial.Letters) < 2 {
		d.say("ask.letter", f.Partial.Province)
		return
	}
	prefixes := make([]string, len(f.Partial.Letters))
	for i, l := range f.Partial.Letters {
		prefixes[i] = f.Partial.Province + string(l)
		d.tap(prefixes[i])
	}
	d.say("ask.city_letter", strings.Join(prefixes, d.text("and")))
}

func (d *dialog) askDigits(f Form) {
	wants, first := d.wants(f), len(d.said) == 0
	ask := d.text("ask.digits", f.Plate, f.Rule.Name, strings.Join(wants, d.text("and")))
	switch {
	case len(wants) == 1:
		ask += "\n" + d.text("ask.digits.one")
	case first:
		ask += "\n" + d.text("ask.digits.first", d.text("example.engine"), d.text("example.vin"))
	default:
		ask += "\n" + d.text("ask.digits.both")
	}
	d.tell(ask)
	d.offer("tap.where", "tap.back", "tap.cancel")
}

func (d *dialog) confirmPlate(f Form) {
	k := guessKey(f.Why)
	if !d.s.lang().has(k) {
		k = "ask.confirm"
	}
	d.say(k, f.Plate)
	d.offer("tap.yes", "tap.no")
}

func (d *dialog) choose(choices []string) {
	lines := make([]string, len(choices))
	for i, c := range choices {
		lines[i] = numbered(i+1, c)
		d.tap(c)
	}
	d.say("ask.choose", strings.Join(lines, "\n"))
}

func (d *dialog) confirmQuery(f Form) {
	switch {
	case f.Photo:
		d.say("ask.photo", MaskPlate(f.Plate), d.masked(f.Engine), d.masked(f.VIN))
	case f.Plate == "" && len(d.s.Queue) > 0:
		d.say("ask.several", len(d.s.Queue), d.plates(d.s.Queue))
	case f.Failed != "":
		d.say("ask.retry", f.Plate)
	case f.Refresh:
		d.say("ask.refresh", f.Plate, d.age(d.s.LastAt))
	default:
		d.say("ask.query", f.Plate, d.s.lang().typeName(f.Type))
	}
	d.offer("tap.yes", "tap.no")
}

func (d *dialog) confirmOther() {
	switch d.s.Yes {
	case YesSwap:
		d.say("ask.swap")
		d.offer("tap.yes", "tap.no")
	case YesUnshare:
		d.say("ask.unshare", strings.Join(d.names(d.s.Drops), d.text("and")))
		d.offer("tap.yes", "tap.no")
	case YesKeep:
		d.say("ask.keep", d.s.Last.Plate)
		d.offer("tap.yes", "tap.no")
	case YesForget:
		d.say("ask.forget")
		d.offer("forget.phrase", "tap.cancel")
	}
}
