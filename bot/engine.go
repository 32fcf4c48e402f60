package bot

import (
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// Step is the dialogue: where a person stands and what happened, to where they
// stand then and what is to be done about it. It is pure: no clock, no I/O, no
// randomness; the same arguments give the same results. Every Heard is
// answered by a Say, or by an effect whose outcome will be.
func Step(s Session, in Input) (Session, []Effect) {
	d := &dialog{s: s, privacy: s.Privacy.or()}
	d.s.Privacy = nil
	switch in := in.(type) {
	case Heard:
		d.at, d.garage, d.room, d.later = in.At, in.Garage, in.Room, in.Later
		d.wake(in.Lang)
		d.heard(in)
	case Met:
		d.at, d.garage = in.At, in.Garage
		d.wake(in.Lang)
		d.met()
	case Odd:
		d.at = in.At
		d.wake(in.Lang)
		d.odd(in.Event)
	case Shown:
		d.at, d.garage = in.At, in.Garage
		d.wake(in.Lang)
		d.shown(in.Licence)
	default:
		d.outcome(in)
	}
	d.notice()
	return d.s, d.effects()
}

// outcome goes on with what an effect led to.
func (d *dialog) outcome(in Input) {
	switch in := in.(type) {
	case RuleIs:
		d.at, d.garage = in.At, in.Garage
		d.ruleIs(in)
	case Found:
		d.at, d.garage, d.room = in.At, in.Garage, in.Room
		d.later, d.retries, d.unwatched = in.Later, in.Retries, in.Idle
		d.found(in)
	case CitiesAre:
		d.at = in.At
		d.citiesAre(in)
	case PageIs:
		d.at, d.garage, d.unwatched = in.At, in.Garage, in.Idle
		d.pageIs(in)
	case Collected:
		d.at = in.At
		d.collected(in)
	case Kept:
		d.at = in.At
		d.kept(in)
	case CarsAre:
		d.at = in.At
		d.carsAre(in)
	case DataIs:
		d.at = in.At
		d.dataIs(in)
	case SoonIs:
		d.at, d.garage = in.At, in.Garage
		d.soonIs(in)
	case Invited:
		d.at, d.garage = in.At, in.Garage
		d.invited(in)
	case Accepted:
		d.at = in.At
		d.accepted(in)
	case PausedAre:
		d.at, d.garage = in.At, in.Garage
		d.pausedAre(in)
	}
}

// maxQueue bounds how many vehicles one message can put in line.
const maxQueue = 10

// waitLimit is how long the outcome of an effect is waited for before the
// session goes on without it: longer than a query with its retries takes while
// the program runs. One that comes later is told all the same.
const waitLimit = 10 * time.Minute

// A dialog is one Step under way.
type dialog struct {
	s      Session
	at     time.Time
	garage []Saved
	room   int

	privacy *Privacy

	later     []Vehicle // whose query waits until their city answers again
	retries   int       // how many more may
	unwatched bool      // the report's vehicle is saved, and could be checked by itself, but is not

	asked   bool     // the question that is open was put in this step
	said    []string // paragraphs of the one reply of this step
	options []Option
	files   []File
	wanted  []Effect
}

// effects is the reply, if anything was said, and then what is wanted.
func (d *dialog) effects() []Effect {
	if len(d.said) == 0 {
		return d.wanted
	}
	reply := Reply{Text: strings.Join(d.said, "\n\n"), Options: d.options, Files: d.files}
	return append([]Effect{Say{reply}}, d.wanted...)
}

// say adds a sentence as a paragraph of the reply.
func (d *dialog) say(k key, args ...any) { d.tell(d.text(k, args...)) }

// tell adds a paragraph that is made already.
func (d *dialog) tell(paragraph string) {
	if paragraph != "" {
		d.said = append(d.said, paragraph)
	}
}

func (d *dialog) text(k key, args ...any) string { return d.s.lang().say(k, args...) }

// offer sets what can be tapped under the reply: sentences whose text is both
// the label and what is sent.
func (d *dialog) offer(keys ...key) {
	d.options = d.options[:0:0]
	for _, k := range keys {
		d.tap(d.text(k))
	}
}

func (d *dialog) tap(label string) { d.options = append(d.options, Option{Label: label, Send: label}) }

// want asks for an effect whose outcome comes back under the returned number.
func (d *dialog) want(numbered func(effect int) Effect) {
	d.s.Effects++
	d.s.Waiting, d.s.Since = d.s.Effects, d.at
	d.wanted = append(d.wanted, numbered(d.s.Effects))
}

// heard reacts to a message.
func (d *dialog) heard(in Heard) {
	r := in.Reading
	d.s.Dating = false
	if d.young(in) {
		return
	}
	if isSaid(in.Text, "tap.result") {
		d.result(in.Late)
		return
	}
	switch {
	case d.s.Yes == YesForget && d.forgetPhrase(in), d.s.Then != "" && d.picked(r):
	case d.garageWord(in), d.garageAct(r):
		if len(d.wanted) == 0 && !d.asked {
			d.prompt()
		}
	case d.querying() && d.busy(r):
	default:
		d.intent(r)
	}
	if r.Sensitive && r.Act != nlu.Sensitive {
		d.say("sensitive.dropped")
	}
	if len(d.said) == 0 && len(d.wanted) == 0 {
		d.waitOrAsk()
	}
}

// intent reacts to what a message wants.
func (d *dialog) intent(r nlu.Reading) {
	switch r.Intent {
	case nlu.Query:
		d.query(r)
	case nlu.ProvideInfo:
		d.provide(r)
	case nlu.Correct:
		d.correct(r)
	case nlu.Confirm:
		d.yes()
	case nlu.Deny:
		d.no()
	case nlu.Cancel:
		d.cancel(r)
	case nlu.Subscribe:
		d.subscribe(r)
	case nlu.Unsubscribe, nlu.DeleteVehicle:
		d.unsubscribe(r)
	case nlu.ForgetMe:
		d.asideOf(nil, nlu.ConfirmOther, YesForget)
	default:
		d.digress(r)
	}
}

// wake starts a session that is new, old or of another version, and gives up
// an outcome that will not come any more.
func (d *dialog) wake(lang Lang) {
	d.s.Lang = lang
	if !d.s.fresh(d.at) {
		stale := d.s.known() && d.s.Form.Plate != ""
		d.s = Session{Version: sessionVersion, Fits: sessionOldest, Lang: d.s.Lang, Noticed: d.s.Noticed, Effects: d.s.Effects}
		if stale {
			d.say("session.old")
		}
	}
	d.s.renew()
	d.s.Seen = d.at
	if d.s.Waiting != 0 && d.at.Sub(d.s.Since) > waitLimit {
		d.s = d.s.idle()
		d.say("wait.gone")
	}
}

// met greets. Whoever comes back in the middle of a form finds it open.
func (d *dialog) met() {
	d.say("welcome")
	d.offer("tap.query", "tap.cars", "tap.help", "tap.privacy")
	if d.s.Ask != nlu.None {
		d.prompt()
	}
}

// odd answers a message without words.
func (d *dialog) odd(e Event) {
	k := key("odd." + string(e))
	if !d.s.lang().has(k) {
		k = "odd.other"
	}
	d.say(k)
	d.prompt()
}

// result answers who asks for an answer that was late. If there was one it
// goes out now, and nothing needs to be added.
func (d *dialog) result(late bool) {
	switch {
	case late:
	case d.querying():
		d.say("wait.query", d.s.Form.Plate)
		d.offer("tap.result")
	default:
		d.say("result.none")
		d.prompt()
	}
}

// digress answers what is not about the form, and repeats the open question.
func (d *dialog) digress(r nlu.Reading) {
	switch r.Intent {
	case nlu.Help:
		d.help(r)
	case nlu.Cities:
		d.cities(r)
	case nlu.ListVehicles:
		d.listOrTakeAway(r)
	case nlu.Smalltalk:
		d.talk(r)
	default:
		d.lost(r)
	}
	if len(d.wanted) == 0 {
		d.prompt()
	}
}

// waitOrAsk says what the session is waiting for.
func (d *dialog) waitOrAsk() {
	if d.s.Waiting != 0 && d.s.Form.Plate != "" {
		d.say("wait.rule", d.s.Form.Plate)
		return
	}
	if d.s.Ask == nlu.None || d.s.Ask == nlu.ResultShown {
		d.say("unknown")
		return
	}
	d.prompt()
}

// querying tells whether the paid query of the form is out.
func (d *dialog) querying() bool { return d.s.Waiting != 0 && d.s.Form.Sent }

// busy reacts to what would touch the form while its query is out; false means
// that the message has nothing to do with it.
func (d *dialog) busy(r nlu.Reading) bool {
	plate := d.s.Form.Plate
	switch r.Intent {
	case nlu.Query:
		if r.Act == nlu.NextPage || r.Act == nlu.PrevPage {
			return false
		}
		d.queue(r, plate)
	case nlu.Cancel:
		if d.s.aside() {
			d.no()
			return true
		}
		d.s.Queue = nil
		d.say("wait.cancel", plate)
	case nlu.ProvideInfo, nlu.Correct:
		if d.s.Yes == YesDelete {
			return false
		}
		d.say("wait.change", plate)
	case nlu.Subscribe:
		d.keepQueried(r)
	case nlu.Confirm, nlu.Deny:
		if d.s.aside() {
			return false
		}
		d.say("wait.query", plate)
	default:
		return false
	}
	return true
}

// keepQueried has the vehicle saved whose query is out, or those a message names
// queried after it and then saved.
func (d *dialog) keepQueried(r nlu.Reading) {
	working, before := d.s.Form.Plate, len(d.s.Queue)
	forms := d.formsOf(r.Vehicles)
	if len(forms) == 0 {
		d.s.Form.Keep = true
	}
	for i := range forms {
		forms[i].Keep = true
		d.s.Form.Keep = d.s.Form.Keep || forms[i].Plate == working
	}
	d.lineUp(forms, working)
	if len(d.s.Queue) > before {
		d.say("wait.queued", working, d.plates(d.s.Queue[before:]))
	}
	d.say("save.form")
}

// queue puts further vehicles behind the query that is out.
func (d *dialog) queue(r nlu.Reading, plate string) {
	before := len(d.s.Queue)
	switch {
	case r.Act == nlu.All:
		d.lineUp(d.garageForms(), plate)
	case refers(r):
		if v, ok := d.referred(r); ok {
			d.lineUp([]Form{d.known(Form{Vehicle: v, Sure: true})}, plate)
		}
	default:
		d.lineUp(d.formsOf(r.Vehicles), plate)
	}
	if len(d.s.Queue) == before {
		d.say("wait.query", plate)
		return
	}
	d.say("wait.queued", plate, d.plates(d.s.Queue[before:]))
}

// notice adds the line about personal data to the first reply, and to the first
// after the notice has changed; to its end, so not while more is to come.
func (d *dialog) notice() {
	if len(d.said) == 0 || d.s.Waiting != 0 || d.s.Noticed == d.privacy.Version {
		return
	}
	d.s.Noticed = d.privacy.Version
	d.say("notice")
}
