package bot

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Summary shows a plan to an operator: the words as people will read them, how
// many people those are, who cannot be reached, and how long it takes.
func (p BroadcastPlan) Summary(l Lang) string {
	lines := []string{
		l.say("broadcast.preview"), "", l.say(noticeKey(NoticeBroadcast), p.Text), "",
		l.say("broadcast.people", p.People),
	}
	for _, c := range slices.Sorted(maps.Keys(p.Channels)) {
		reach := p.Channels[c]
		lines = append(lines, l.say("broadcast.channel", l.platform(c), reach.People))
		if reach.Waiting > 0 {
			lines[len(lines)-1] += l.say("broadcast.waiting", reach.Waiting, int(broadcastFor.Hours())/24)
		}
	}
	if p.Left+p.Blocked > 0 {
		lines = append(lines, l.say("broadcast.without", p.Left, p.Blocked))
	}
	if p.People > 0 {
		minutes := int(math.Ceil(p.Ends.Sub(p.Begins).Minutes()))
		lines = append(lines, l.say("broadcast.lasts", p.Rate, minutes, moment(p.Begins), moment(p.Ends)))
	}
	return strings.Join(lines, "\n")
}

// moment is a time in China for an operator: 11-26 15:04.
func moment(t time.Time) string { return t.In(China).Format("01-02 15:04") }

// Summary shows an operator how far a broadcast is.
func (r BroadcastReport) Summary(l Lang) string {
	if r.State == BroadcastNone {
		return l.say("broadcast.never")
	}
	return list("\n",
		l.say(key("broadcast.is."+string(r.State)), moment(r.Began), r.Text),
		l.say("broadcast.sent", r.Sent+r.Read, r.People, r.Sent, r.Read),
		l.counted("broadcast.on", r.Waiting),
		l.counted("broadcast.failed", r.Failed),
		r.parked(l),
		l.counted("broadcast.gone", r.Gone),
		l.counted("broadcast.held", r.Stopped),
		l.counted("broadcast.skipped", r.Skipped),
		r.asleep(l),
	)
}

// parked are those whom nothing reaches: until when their message brings it, or
// that it is too late.
func (r BroadcastReport) parked(l Lang) string {
	switch {
	case r.Parked == 0:
		return ""
	case r.Until.IsZero():
		return l.say("broadcast.parked", r.Parked, int(broadcastFor.Hours())/24)
	}
	return l.say("broadcast.parked.until", r.Parked, moment(r.Until))
}

// asleep tells that quiet hours hold it up.
func (r BroadcastReport) asleep(l Lang) string {
	if r.Awake.IsZero() || r.Waiting == 0 {
		return ""
	}
	return l.say("broadcast.asleep", moment(r.Awake))
}

// counted is the sentence k with a number; "" for none.
func (l Lang) counted(k key, n int) string {
	if n == 0 {
		return ""
	}
	return l.say(k, n)
}
