package nlu

import (
	"slices"
	"strings"

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
	r := &reader{scanner: s, filler: f, corrected: corrected || f.refuted || denied}
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
	filler    *filler
	corrected bool // something is said not to be meant
}

// decide goes from the most certain to the least.
func (r *reader) decide() {
	for _, step := range [...]func(*reader) bool{
		(*reader).byCommand, (*reader).byChoice, (*reader).byPlate, (*reader).byWhole, (*reader).byValue,
		(*reader).byPlace, (*reader).byMeaning, (*reader).byYesNo, (*reader).byTalk,
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

// tidy takes back a type that was only mentioned: 电车没有发动机号怎么办.
func (r *reader) tidy() {
	switch r.Intent {
	case ProvideInfo, Correct, Query, Subscribe:
	default:
		if len(r.Vehicles) == 0 {
			r.Type = ""
		}
	}
}

// codelike tells whether the message is a piece of markup or a program.
func (r *reader) codelike() bool {
	odd := false
	for _, t := range r.tokens {
		switch t.kind {
		case han, location, tail, ordinal:
			return false
		case markup:
			odd = true
		case punct:
			odd = odd || strings.ContainsRune("<>{}($;`\\|", r.text[t.start])
		case word:
			if isHan(t.phrase.text[0]) {
				return false
			}
		}
	}
	return odd
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
	if r.corrected || r.is.any(wrong|change) && !r.is.any(police) {
		return r.set(Correct, "")
	}
	if x := match(platedRules[:], r); x != nil {
		return r.set(x.intent, x.act)
	}
	v := r.Vehicles[0]
	switch {
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

// byWhole reads messages that are one phrase.
func (r *reader) byWhole() bool {
	key := r.whole()
	if key == "" || r.given() && !r.open.yesNo() {
		return false
	}
	a, short := lookup(answerTable, key)
	if !short {
		a, short = r.inParts(key)
	}
	if short && r.open.yesNo() {
		return r.answered(a)
	}
	if f, ok := lookup(fixedTable, key); ok {
		return r.set(f.intent, f.act)
	}
	return short && r.answered(a)
}

// answered reads a short answer in the light of the open question.
func (r *reader) answered(a answer) bool {
	open := r.open
	switch a {
	case yes, okay:
		switch {
		case open.yesNo(), a == yes && !r.numeral():
			return r.set(Confirm, "")
		case a == yes:
			return false
		}
		return r.set(Smalltalk, "")
	case no, decline, mistaken, none, drop:
		return r.refused(a)
	case halt:
		if open.Question == Push {
			return r.set(Unsubscribe, "")
		}
		return r.set(Cancel, "")
	case tee:
		if open.asking() {
			return false
		}
		return r.set(Unsubscribe, "")
	case nod:
		return r.set(Smalltalk, "")
	}
	return r.set(Cancel, "")
}

// numeral tells whether the message is a number: a choice where there is a
// list, else nothing.
func (r *reader) numeral() bool {
	return r.only(func(t token) bool {
		return t.kind == value || t.kind == space || t.kind == punct || t.kind == ordinal || isDigit(r.text[t.start])
	})
}

// refused reads the kinds of no.
func (r *reader) refused(a answer) bool {
	switch {
	case r.numeral() && !r.open.yesNo():
		return false
	case r.open.yesNo():
		return r.set(Deny, "")
	case a == none && r.open.asking():
		return r.set(Help, NoDigits)
	case a == drop, a == decline && r.open.asking():
		return r.set(Cancel, "")
	case a == mistaken && r.open.asking():
		return r.set(Correct, "")
	}
	return r.set(Deny, "")
}

// byValue reads messages that give something without a plate.
func (r *reader) byValue() bool {
	switch {
	case r.given() && (r.corrected || r.is.any(wrong|change)):
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
	return hpzl
}

// byMeaning reads an intent off the meanings of the words.
func (r *reader) byMeaning() bool {
	if r.codelike() {
		return r.set(Unknown, "")
	}
	if r.refer() {
		return true
	}
	if r.open.Question == ResultShown && r.paging() {
		return r.set(Query, NextPage)
	}
	if r.is.any(not) && (r.open.yesNo() && !r.is.any(tell) || r.open.Question == Push) {
		return r.unwanted()
	}
	if x := match(strongRules[:], r); x != nil {
		return r.set(x.intent, x.act)
	}
	if r.hasRole(refusal) {
		return r.set(Cancel, Refuse)
	}
	if x := match(factRules[:], r); x != nil {
		return r.fact(x)
	}
	if r.open.Question == AskDigits && r.form() {
		return true
	}
	if r.is.any(wrong) && r.is.any(engine|vin|plateWord) || r.is.any(change) && r.is.any(engine|vin|plateWord) {
		return r.set(Correct, "")
	}
	if r.open.yesNo() && r.byYesNo() {
		return true
	}
	if r.is.any(able|which|look) && !r.is.any(place) && r.locateLatin() {
		r.is |= place
	}
	if x := match(plainRules[:], r); x != nil {
		if x.intent == Cities {
			r.locate()
		}
		return r.set(x.intent, x.act)
	}
	if r.Type != "" && r.strange <= 2 {
		return r.set(ProvideInfo, "")
	}
	return false
}

// paging tells whether a message under a result asks for its rest.
func (r *reader) paging() bool {
	if r.strange > 4 || r.is.any(offence|tell|bind|remove|car|not|asksHow) {
		return false
	}
	text := string(r.text)
	return strings.Contains(text, "还有") || strings.Contains(text, "剩下") || strings.Contains(text, "更多") || strings.Contains(text, "下一页")
}

// unwanted reads a refusal of what was offered or is being sent.
func (r *reader) unwanted() bool {
	if r.open.Question == Push {
		return r.set(Unsubscribe, "")
	}
	return r.set(Deny, "")
}

// fact sets what is asked. Where a number is printed depends on which is
// wanted.
func (r *reader) fact(x *rule) bool {
	a := x.act
	if a == WhereEngine && !r.is.any(engine) {
		a = r.whereWanted()
	}
	return r.set(x.intent, a)
}

func (r *reader) whereWanted() Act {
	if r.open.Question == AskDigits && r.open.Engine == Unwanted {
		return WhereVIN
	}
	return WhereEngine
}

// form reads what is said about the number that is asked for without naming
// it: 在哪看, 不知道, 为什么要, 用上次的.
func (r *reader) form() bool {
	switch {
	case r.is.any(offence | tell | bind | region | not):
		return false
	case r.is.any(lacking):
		return r.set(Help, NoDigits)
	case r.is.any(why):
		return r.set(Help, Privacy)
	case r.is.any(where | what):
		return r.set(Help, r.whereWanted())
	case r.is.any(earlier) && !r.is.any(look|wrong|change):
		return r.set(ProvideInfo, SameAs)
	}
	return false
}

// byYesNo reads longer answers to a yes-or-no question.
func (r *reader) byYesNo() bool {
	if !r.open.yesNo() {
		return false
	}
	switch {
	case r.is.any(wrong|not|lacking) || r.hasRole(negation) || r.hasRole(refusal):
		return r.set(Deny, "")
	case r.startsWithYes():
		return r.set(Confirm, "")
	case r.open.Question == ConfirmDelete && r.is.any(remove), r.open.Question == ConfirmQuery && r.is.any(look):
		return r.set(Confirm, "")
	}
	return false
}

// startsWithYes tells whether the first clause is a yes: 是的，就是它.
func (r *reader) startsWithYes() bool {
	end := slices.IndexFunc(r.tokens, func(t token) bool { return t.kind == punct || t.kind == space })
	if end <= 0 {
		return false
	}
	a, _ := lookup(answerTable, string(r.text[:r.tokens[end].start]))
	return a == yes || a == okay
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
