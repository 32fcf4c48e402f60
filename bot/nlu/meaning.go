package nlu

import "strings"

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
	if r.is.any(not) && (r.open.yesNo() && !r.is.any(tell) || r.open.Question == OfferSubscribe || r.open.Question == Push) {
		return r.unwanted()
	}
	if r.is.any(tell|bind) && r.accepts() {
		return r.set(Confirm, "")
	}
	if r.open.yesNo() && r.is.any(wait) {
		return r.set(Deny, "")
	}
	if x := match(strongRules[:], r); x != nil {
		return r.set(x.intent, x.act)
	}
	if r.hasRole(refusal) && r.is.has(able|query) {
		return r.set(Help, NoDigits) // 不想给可以吗
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
	if r.open.Question == ConfirmPlate && r.is.any(plateWord) && r.byYesNo() {
		return true
	}
	if r.is.any(wrong|change) && r.is.any(engine|vin|plateWord) && !r.is.any(asksHow) {
		return r.set(Correct, "")
	}
	if r.open.yesNo() && r.byYesNo() {
		return true
	}
	if r.is.any(able|which|look) && !r.is.any(place) && r.locateLatin() {
		r.is |= place
	}
	if r.is.any(able) && !r.is.any(place|offTopic) && r.locatePrefix() {
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

// paging tells whether a message under a result asks for its rest.
func (r *reader) paging() bool {
	if r.strange > 6 || r.is.any(offence|tell|bind|remove|car|not|asksHow) {
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
	if x.intent == Cities {
		r.locate()
	}
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
	case r.is.any(licence) && !r.is.any(wait|look|wrong|change|back|stop):
		return r.set(Help, NoDigits) // 行驶证在老公那里
	case r.is.any(engine|vin) && !r.is.any(wait|look|wrong|change|back|stop|swap|same|earlier):
		return r.set(Help, LastN) // 发动机号末尾有个字母
	}
	return false
}
