package nlu

// bySubject reads the wishes that have words of their own and no part in the
// rules.
func (r *reader) bySubject() bool {
	if r.keepsOn() {
		return true
	}
	if r.about == 0 {
		return false
	}
	return r.byDate() || r.invites() || r.asksFile() || r.asksPage() || r.asksInspection()
}

// keepsOn reads that a car is still to be watched.
func (r *reader) keepsOn() bool {
	wished := r.about.any(keeping) && !r.open.yesNo() && !r.is.any(not|stop|asksHow|remove)
	if wished || r.open.Question == Push && r.speaksOnly(keepAnswers) {
		r.refersTo()
		return r.set(Subscribe, KeepOn)
	}
	return false
}

// keepAnswers mean so as an answer to a notification.
var keepAnswers = phraseSet(`还要 还要的 要 要的 要啊 继续 继续吧 继续发 接着发 保留 留着 保留吧 先留着 还在 还在用 还在开 在开 还用 还开 还需要 需要 需要的 还需要的 还是要 当然要 不删 别删 不要停 别停 不停 keep keep_it keep_on continue yes_keep still_need still_needed stay`)

// invites reads that somebody else is to watch a car, too.
func (r *reader) invites() bool {
	if !r.about.any(sharing|codeWord) || r.is.any(asksHow|help|what|stop|not|remove|data|privacy|offTopic) {
		return false
	}
	r.refersTo()
	return r.set(Subscribe, Invite)
}

// asksFile reads the wish for a table or a calendar.
func (r *reader) asksFile() bool {
	switch {
	case r.is.any(asksHow | help | what | not | stop | look), r.is.any(offTopic) && !r.about.any(inspection):
		return false
	case r.about.any(calendar):
		r.refersTo()
		return r.set(ListVehicles, Calendar)
	case r.about.any(exporting) && (!r.is.any(data) || r.is.any(offence|car)) && r.strange <= farOff:
		r.refersTo()
		return r.set(ListVehicles, Export)
	}
	return false
}

// asksPage reads the wish for more of the list of cars. With a result on the
// screen the pages are its own, unless the cars are named.
func (r *reader) asksPage() bool {
	if r.page == 0 && !r.about.any(paging) || r.is.any(offence|tell|bind|remove|not|asksHow) || len(r.Vehicles) > 0 {
		return false
	}
	switch {
	case r.strange > 1:
		return false
	case r.about.any(garage):
		r.Page = r.page
		return r.set(ListVehicles, MoreCars)
	case r.page == 0:
		return false
	case r.open.Question == ResultShown:
		return r.set(Query, NextPage)
	case r.open.Question == None:
		r.Page = r.page
		return r.set(ListVehicles, MoreCars)
	}
	return false
}

// asksInspection reads questions about the inspection. With a plate they must
// ask for a time, else the car is meant to be looked up; 提醒我 is a wish to
// watch it.
func (r *reader) asksInspection() bool {
	switch {
	case !r.about.any(inspection), r.about.any(telling) && !r.is.any(long), r.is.any(offence | fine | score | police):
		return false
	case len(r.Vehicles) > 0 && !r.is.any(long|tell|where|how):
		return false
	}
	r.refersTo()
	return r.set(Help, Inspection)
}

// refersTo notes the saved car that is meant, if no plate is.
func (r *reader) refersTo() {
	if len(r.Vehicles) > 0 {
		return
	}
	r.ordinals()
	if r.Ref == 0 && r.is.any(last) {
		r.Ref = LastRef
	}
}

// justCaught tells whether somebody fears that a camera saw them a moment ago:
// 刚刚好像被拍了. A question for what there is already is a query.
func justCaught(r *reader) bool {
	if r.about.any(whether) && r.is.any(query) {
		return false
	}
	return r.about.any(caught) && (!r.is.any(query) || r.about.any(unsure)) || r.happened()
}

// happened tells 昨天违章了 from 昨天的违章.
func (r *reader) happened() bool {
	for _, t := range r.tokens {
		if t.kind == word && t.phrase.is.any(offence) && t.end < len(r.text) && r.text[t.end] == '了' {
			return !r.is.any(query)
		}
	}
	return false
}
