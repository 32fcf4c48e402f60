package nlu

import (
	"slices"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// Read understands one message, given the question that is open. It is
// deterministic, does no I/O, never fails and takes time linear in the length
// of the text, of which plate.MaxRunes characters are read at most.
//
// Phone and ID-card numbers are recognised and dropped: no field of the result
// holds one. What the lexicon does not know is Unknown, never a value.
func Read(text string, open Open) Reading {
	t := plate.Fold(text)
	s := scan(t, open)
	cars, corrected := s.vehicles()
	hpzl, denied := s.kinds(cars)
	s.strange = s.strangers()
	f := s.fill(cars)
	r := &reader{scanner: s, raw: text, corrected: corrected || f.refuted || denied}
	if len(cars) > 0 {
		r.Vehicles = f.cars
		front(r.Vehicles)
		first := r.Vehicles[0]
		r.Engine, r.VIN, r.Type = first.Engine, first.VIN, first.kindOf()
	} else {
		r.Engine, r.VIN, r.Type = f.cars[0].Engine, f.cars[0].VIN, hpzl
	}
	r.Unlabelled = f.used > 0 && !f.sure
	r.Sensitive = f.dropped
	if t.Cut() {
		r.Note = "only the beginning was read"
	}
	r.decide()
	r.tidy()
	return r.Reading
}

// A reader decides what a scanned message wants.
type reader struct {
	*scanner
	Reading
	raw       string // the message as it was typed
	corrected bool   // something is said not to be meant
}

// decide goes from the most certain to the least.
func (r *reader) decide() {
	for _, step := range [...]func(*reader) bool{
		(*reader).byCode, (*reader).byCommand, (*reader).byChoice, (*reader).byName, (*reader).bySubject, (*reader).byPlate, (*reader).byWhole, (*reader).byValue,
		(*reader).byPlace, (*reader).byMeaning, (*reader).byYesNo, (*reader).byTalk, (*reader).byQuestion,
	} {
		if step(r) {
			return
		}
	}
	r.set(Unknown, "")
	if r.Sensitive {
		r.Act = Sensitive
	}
}

// tidy takes back a type that was only mentioned (电车没有发动机号怎么办), and adds
// that all cars are meant.
func (r *reader) tidy() {
	switch r.Intent {
	case ProvideInfo, Correct, Query, Subscribe:
	case Unsubscribe, DeleteVehicle: // 全部退订
		if r.Act == "" && len(r.Vehicles) == 0 && r.Ref == 0 && r.Name == "" && r.is.has(all) {
			r.Act = All
		}
	default:
		if len(r.Vehicles) == 0 {
			r.Type = ""
		}
	}
}

func (r *reader) set(i Intent, a Act) bool {
	r.Intent, r.Act = i, a
	return true
}

// given tells whether the message has a value or a type and no plate.
func (r *reader) given() bool { return r.Engine != "" || r.VIN != "" || r.Type != "" }

// byPlate reads messages that name a plate.
func (r *reader) byPlate() bool {
	if len(r.Vehicles) == 0 {
		return false
	}
	if r.corrected || r.opening() == no || r.is.any(wrong|change) && !r.is.any(police|remove|sold) ||
		r.about.any(apology) && r.hasRole(glue) && !r.is.any(look|offence) {
		return r.set(Correct, "")
	}
	v := r.Vehicles[0]
	if r.accidental(v) {
		r.Vehicles, r.Type = nil, ""
		return r.set(Unknown, "")
	}
	if x := match(platedRules[:], r); x != nil {
		return r.set(x.intent, x.act)
	}
	switch {
	case r.beginning(v):
		return r.set(ProvideInfo, "")
	case r.open.Question == ConfirmPlate && r.open.Plate != "" && v.Plate.Normalized == r.open.Plate:
		return r.set(Confirm, "")
	case r.open.Question == ConfirmPlate && v.Number() != "" && len(r.Vehicles) == 1 && !r.is.any(look|offence):
		return r.set(Correct, "")
	case r.open.Question == AskPlate && !r.is.any(look|offence|query):
		return r.set(ProvideInfo, "")
	}
	act := Act("")
	if r.is.has(lacking) && r.is.any(engine|vin) {
		act = NoDigits
	}
	return r.set(Query, act)
}

// accidental tells whether what might be a plate without its province is a
// part of something else: 苏打水B12345, 京东A12345订单.
func (r *reader) accidental(v Vehicle) bool {
	if len(r.Vehicles) > 1 || v.Plate.Reason != plate.MissingProvince || r.is.any(look|offence|plateWord) {
		return false
	}
	at := slices.IndexFunc(r.tokens, func(t token) bool { return t.kind == numberPlate })
	if at > 0 && r.tokens[at-1].kind == word && r.tokens[at-1].phrase.is.any(contact) {
		return true
	}
	return r.is.any(offTopic) || r.strange > 1 && at > 0 && r.tokens[at-1].kind == han
}

// beginning takes a plate without its serial for an answer to the question
// where it is from: 沪C.
func (r *reader) beginning(v Vehicle) bool {
	p := v.Plate.Parts
	if r.open.Question != AskCity && r.open.Question != AskCityLetter || p.Serial != "" || p.Province == "" {
		return false
	}
	r.Province, r.Letter = plate.ProvinceOf(p.Province), p.Letters
	if len(p.Letters) != 1 {
		r.Letter = ""
	}
	r.Vehicles, r.Type = nil, ""
	return true
}

// byValue reads messages that give something without a plate.
func (r *reader) byValue() bool {
	switch {
	case r.alternative():
		r.Engine, r.VIN, r.Type = "", "", ""
		return r.set(Help, LastN)
	case r.given() && (r.corrected || r.is.any(wrong|change) || r.about.any(apology) && r.open.Question != AskDigits):
		return r.set(Correct, "")
	case r.Engine != "" || r.VIN != "":
		if r.is.any(offence|look) && r.open.Question != AskDigits {
			return r.set(Query, "")
		}
		return r.set(ProvideInfo, "")
	case r.Type != "" && r.open.Question == ResultShown && !r.is.any(asksHow|look|offence):
		return r.set(Correct, "")
	case r.open.Question == AskType:
		if r.Type == "" {
			r.Type = r.color()
		}
		return r.Type != "" && r.set(ProvideInfo, "")
	}
	return false
}

// alternative tells whether a message asks which of two characters is meant:
// 是0还是O.
func (r *reader) alternative() bool {
	const between = "还是"
	for i := 1; i+1 < len(r.tokens); i++ {
		t, before, after := r.tokens[i], r.tokens[i-1], r.tokens[i+1]
		if t.kind == word && string(t.phrase.text) == between && isRun(before.kind) && isRun(after.kind) {
			return before.end-before.start == 1 && after.end-after.start == 1
		}
	}
	return false
}

// color reads the shortest answers to the question for the type: 大的, 蓝.
func (r *reader) color() string {
	const longest = 6
	if len(r.text) > longest {
		return ""
	}
	hpzl := ""
	for _, c := range r.text {
		switch c {
		case '大', '黄':
			hpzl = "01"
		case '小', '蓝':
			hpzl = "02"
		case '绿':
			hpzl = "52"
		}
	}
	if r.hasRole(negation) {
		return map[string]string{"01": "02", "02": "01"}[hpzl] // 不是大车
	}
	return hpzl
}

// byTalk reads what is said to the bot rather than asked of it.
func (r *reader) byTalk() bool {
	switch {
	case r.Sensitive || r.is.any(offTopic):
		return false
	case r.hasRole(greeting):
		return r.set(Smalltalk, Greeting)
	case r.hasRole(thanks):
		return r.set(Smalltalk, Thanks)
	case r.hasRole(who):
		return r.set(Smalltalk, WhoAreYou)
	case r.is.any(social):
		return r.set(Smalltalk, "")
	case r.pictures():
		return r.set(Smalltalk, "")
	}
	return false
}

// byQuestion takes what is left of the questions for a want of help: those
// about the service's things, and every one while a form is open.
func (r *reader) byQuestion() bool {
	if r.Sensitive || r.is.any(offTopic) || !r.is.any(query|able|asksHow|what|which|count|need) {
		return false
	}
	if r.open.Question == AskDigits && r.strange <= farOff ||
		r.is.any(offence|fine|score|pay|handle|licence|engine|vin|plateWord|police|data|missing) {
		return r.set(Help, "")
	}
	return false
}

// farOff is the number of unknown characters of a question that has nothing to
// do with the form.
const farOff = 6

func (r *reader) hasRole(x role) bool {
	return slices.ContainsFunc(r.tokens, func(t token) bool { return t.kind == word && t.phrase.role == x })
}

// pictures tells whether the message is emoji and nothing to read.
func (r *reader) pictures() bool {
	found := false
	for _, t := range r.tokens {
		switch t.kind {
		case emoji:
			found = true
		case space, newline, punct, word:
		default:
			return false
		}
	}
	return found
}

// strangers counts the characters and words that the lexicon does not know.
func (s *scanner) strangers() int {
	n := 0
	for _, t := range s.tokens {
		if t.kind == han || t.kind == latin {
			n++
		}
	}
	return n
}
