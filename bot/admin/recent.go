package admin

import (
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// hoursKept is over how many hours turns are shown.
	hoursKept = 24
	// mostAlarms and mostUnread bound what is kept for showing.
	mostAlarms = 50
	mostUnread = 500
)

// An Hour is what happened in one.
type Hour struct {
	At    time.Time
	Turns int
	Late  int // of Turns: the answer came later than the platform waits
}

// An AlarmSeen is one that admins were told of, or would have been.
type AlarmSeen struct {
	At     time.Time
	Kind   bot.Alarm
	Detail string
}

// recent is what this process has seen, in memory.
type recent struct {
	mu     sync.Mutex
	hours  [hoursKept]Hour // by hour modulo
	alarms []AlarmSeen     // newest last
	unread []Unread        // newest last
}

// Turn counts a message.
func (p *Panel) Turn(s bot.Seen) {
	if s.Unread != nil && !s.Again {
		p.recent.addUnread(p.now(), *s.Unread)
	}
	if s.Again {
		return
	}
	intent := s.Intent
	if intent == "" {
		intent = "none" // nothing of it was stored
	}
	p.turns.WithLabelValues(s.Channel, intent).Inc()
	p.took.WithLabelValues(s.Channel).Observe(s.Took.Seconds())
	if s.Pending {
		p.late.WithLabelValues(s.Channel).Inc()
	}
	p.recent.addTurn(p.now(), s.Pending)
}

// Call counts a call of Juhe. code is one of the documented ones, 0 for an
// answer, or a word.
func (p *Panel) Call(endpoint, code, charged string, took time.Duration) {
	p.calls.WithLabelValues(endpoint, code, charged).Inc()
	p.callTook.WithLabelValues(endpoint).Observe(took.Seconds())
	if charged == "unknown" {
		p.unknown.Inc()
	}
}

// Lost counts a query whose process died while it was out.
func (p *Panel) Lost() { p.unknown.Inc() }

// Notice counts a message that nobody waited for.
func (p *Panel) Notice(channel, outcome string) { p.notices.WithLabelValues(channel, outcome).Inc() }

// Alarm keeps an alarm for showing.
func (p *Panel) Alarm(kind bot.Alarm, detail string) {
	r := &p.recent
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alarms = append(r.alarms, AlarmSeen{p.now(), kind, detail})
	r.alarms = r.alarms[max(0, len(r.alarms)-mostAlarms):]
}

func (r *recent) addTurn(at time.Time, late bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	hour := at.Truncate(time.Hour)
	h := &r.hours[int(hour.Unix()/3600)%hoursKept]
	if !h.At.Equal(hour) {
		*h = Hour{At: hour}
	}
	h.Turns++
	if late {
		h.Late++
	}
}

// TurnFigures counts the messages of the last 24 hours.
func (p *Panel) TurnFigures() (t bot.TurnFigures) {
	for _, h := range p.recent.last(p.now()) {
		t.Turns += h.Turns
		t.Late += h.Late
	}
	return t
}

// last is the hours up to now, oldest first.
func (r *recent) last(now time.Time) []Hour {
	r.mu.Lock()
	defer r.mu.Unlock()
	hours := make([]Hour, hoursKept)
	for i := range hours {
		at := now.Truncate(time.Hour).Add(time.Duration(i+1-hoursKept) * time.Hour)
		hours[i] = Hour{At: at}
		if h := r.hours[int(at.Unix()/3600)%hoursKept]; h.At.Equal(at) {
			hours[i] = h
		}
	}
	return hours
}

func (r *recent) addUnread(at time.Time, u bot.Unread) {
	masked := Unread{At: at, Text: MaskText(u.Text), Ctx: u.Open}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread = append(r.unread, masked)
	r.unread = r.unread[max(0, len(r.unread)-mostUnread):]
}

// shown is copies of what is kept, newest first.
func (r *recent) shown() (alarms []AlarmSeen, unread []Unread) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return backwards(r.alarms), backwards(r.unread)
}

func backwards[T any](all []T) []T {
	out := make([]T, len(all))
	for i, v := range all {
		out[len(all)-1-i] = v
	}
	return out
}
