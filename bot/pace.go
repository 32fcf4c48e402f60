package bot

import "time"

// paceSpan is what a person's messages are counted over.
const paceSpan = time.Minute

// A pace counts a person's messages.
type pace struct {
	Since time.Time `json:"since,omitzero"`
	Count int       `json:"count,omitempty"`
}

// count counts a message, and tells how many too many there are by now; most of
// 0 is no limit.
func (p *pace) count(at time.Time, most int) (over int) {
	if most <= 0 {
		return 0
	}
	if ago := at.Sub(p.Since); ago >= paceSpan || ago < 0 {
		*p = pace{Since: at}
	}
	p.Count++
	return max(0, p.Count-most)
}

// slowed answers a message that is one too many: the first of them politely, the
// others not at all. It is read into nothing.
func (x *run) slowed(m Message) (slowed bool) {
	over := x.r.Pace.count(m.At, x.terms.messages)
	switch {
	case over == 0:
		return false
	case over == 1:
		x.r.begin(m.Key, m.At)
		t := x.r.turn(m.Key)
		t.Replies = []Reply{{Text: Sentence(m.Lang, TextBusy)}}
	default:
		x.r.pass(m.Key)
	}
	return true
}
