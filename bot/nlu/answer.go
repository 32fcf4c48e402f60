package nlu

import (
	"slices"
	"strings"
)

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
		if _, plain := fixedTable[key]; !plain && f.intent == Subscribe && r.accepts() {
			return r.set(Confirm, "")
		}
		return r.set(f.intent, f.act)
	}
	return short && r.answered(a)
}

// accepts tells whether a message takes the offer to watch a car and names it:
// 好的，订阅, 那就盯着吧.
func (r *reader) accepts() bool {
	if r.open.Question != OfferSubscribe {
		return false
	}
	if !r.about.any(keeping) && r.is.any(tell) && r.strange <= 1 && !r.is.any(not|stop|query|asksHow|only|periodic|offence) {
		return true
	}
	a := r.opening()
	if a == noAnswer {
		a, _ = leading([]rune(r.whole()))
	}
	return a == yes || a == okay
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
	case !r.open.yesNo() && (r.numeral() || r.is.any(tell)):
		return false
	case r.open.yesNo():
		return r.set(Deny, "")
	case r.open.Question == Push && (a == decline || a == drop):
		return r.set(Unsubscribe, "")
	case a == none && r.open.asking():
		return r.set(Help, NoDigits)
	case a == drop, a == decline && r.open.asking():
		return r.set(Cancel, "")
	case a == mistaken && r.open.asking():
		return r.set(Correct, "")
	}
	return r.set(Deny, "")
}

// byYesNo reads longer answers to a yes-or-no question.
func (r *reader) byYesNo() bool {
	if !r.open.yesNo() {
		return false
	}
	switch {
	case r.is.any(wrong|not|lacking) || r.hasRole(negation) || r.hasRole(refusal):
		return r.set(Deny, "")
	case r.opening() == yes || r.opening() == okay:
		return r.set(Confirm, "")
	case r.open.Question == ConfirmDelete && r.is.any(remove), r.open.Question == ConfirmQuery && r.is.any(look):
		return r.set(Confirm, "")
	}
	return false
}

// opening is the answer that the first clause is: 是的，就是它.
func (r *reader) opening() answer {
	end := slices.IndexFunc(r.tokens, func(t token) bool { return t.kind == punct || t.kind == space })
	if end <= 0 || r.tokens[end].start > longestAnswer {
		return noAnswer
	}
	key := string(r.text[:r.tokens[end].start])
	a, ok := lookup(answerTable, key)
	if !ok {
		a, _ = r.inParts(key)
	}
	return a
}

// weight orders answers: of several in one message the heaviest counts, a no
// more than a yes.
var weight = [...]int{yes: 3, okay: 2, no: 6, decline: 6, drop: 7, none: 4, mistaken: 5, leave: 8, halt: 8, tee: 0, nod: 1}

// inParts reads a message that is a chain of answers (好的没问题, 不对不对), or
// that ends in one: 太麻烦了，算了.
func (s *scanner) inParts(key string) (answer, bool) {
	if s.is.any(able | place) {
		return noAnswer, false
	}
	best, rest := noAnswer, []rune(key)
	for len(rest) > 0 {
		a, n := leading(rest)
		if n == 0 {
			break
		}
		if weight[a] > weight[best] {
			best = a
		}
		rest = rest[n:]
	}
	if len(rest) == 0 && best != noAnswer {
		return best, true
	}
	if s.pointsAtCar() {
		return noAnswer, false // 第一辆不要了
	}
	if s.is.any(asksHow | tell | bind | remove | able | wait | only | sold) {
		return noAnswer, false
	}
	all := []rune(strings.TrimSuffix(key, "谢谢"))
	for n := min(longestAnswer, len(all)-1); n >= 2; n-- {
		if all[len(all)-n-1] == '不' {
			continue // 6不是1
		}
		switch a := answerTable[string(all[len(all)-n:])]; a {
		case drop, decline, leave:
			return a, true
		case yes, no, mistaken:
			return a, s.open.yesNo()
		}
	}
	return noAnswer, false
}

// pointsAtCar tells whether a saved car is named by its position.
func (s *scanner) pointsAtCar() bool {
	return len(s.open.Choices) == 0 && !s.open.yesNo() && slices.ContainsFunc(s.tokens, func(t token) bool { return t.kind == ordinal })
}

// longestAnswer is as much of a chain as may be one answer.
const longestAnswer = 6

// leading is the longest answer, or trimming, that begins a chain.
func leading(r []rune) (answer, int) {
	for n := min(longestAnswer, len(r)); n > 0; n-- {
		part := string(r[:n])
		if a := answerTable[part]; a != noAnswer && a != tee && (a != nod || n > 1) && !isChoice(part) {
			return a, n
		}
		if trimmings[part] {
			return noAnswer, n
		}
	}
	return noAnswer, 0
}

// isChoice tells whether an answer is the number of a menu, which is one only
// alone: 查一查.
func isChoice(part string) bool {
	switch part {
	case "1", "2", "一", "二":
		return true
	}
	return false
}

var trimmings = compileTrimmings()

func compileTrimmings() map[string]bool {
	set := map[string]bool{}
	for _, x := range slices.Concat(prefixes[:], suffixes[:]) {
		set[x] = true
	}
	return set
}
