package wechat

import (
	"strings"
	"sync"
	"time"
)

// A trigger is what a person did, by what it allows the account to send
// without being asked again (客服消息, 下发条数限制).
type trigger int

const (
	byNothing trigger = iota
	byMessage         // a message: 5 within 48 h
	byEvent           // a menu click, following, a scan: 3 within 1 min
)

// Window is for how long after their last message the platform lets the account
// write to somebody, with a margin for clocks and the way.
const Window = 48*time.Hour - time.Minute

const (
	messageQuota  = 5
	messageWindow = Window
	eventQuota    = 3
	eventWindow   = time.Minute - 3*time.Second
	// unknownQuota is what somebody may get of whom this process has not heard:
	// an earlier one has, or WeChat will say that nobody did.
	unknownQuota = 2
	// maxWindows bounds the memory of whom WeChat lets us write to. Forgetting
	// costs a refused call at most.
	maxWindows = 100_000
)

// A window is how much may still be sent to a person.
type window struct {
	message, event         time.Time // of the last trigger
	messageLeft, eventLeft int
	known                  bool // false: only guessed
}

func (w *window) left(now time.Time) (message, event int) {
	if now.Sub(w.message) < messageWindow {
		message = w.messageLeft
	}
	if now.Sub(w.event) < eventWindow {
		event = w.eventLeft
	}
	return message, event
}

// windows are those of all people, in memory: after a restart WeChat's own
// answers (45015, 45047) tell.
type windows struct {
	mu    sync.Mutex
	byID  map[string]*window
	swept time.Time
}

// note opens a window. A click does not renew what a message allows.
func (w *windows) note(openid string, by trigger, now time.Time) {
	if by == byNothing {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	one := w.of(openid, now)
	one.known = true
	if by == byMessage {
		one.message, one.messageLeft = now, messageQuota
		return
	}
	one.event, one.eventLeft = now, eventQuota
}

// reserve takes n messages off, if there are as many. What runs out first goes
// first.
func (w *windows) reserve(openid string, n int, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	one := w.of(openid, now)
	if !one.known {
		one.known, one.message, one.messageLeft = true, now, unknownQuota
	}
	message, event := one.left(now)
	if message+event < n {
		return false
	}
	one.eventLeft = event - min(n, event)
	one.messageLeft = message - (n - min(n, event))
	return true
}

// release gives back what was reserved and not sent.
func (w *windows) release(openid string, n int, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one := w.of(openid, now)
	one.messageLeft = min(messageQuota, one.messageLeft+n)
}

// exhaust notes that WeChat says nothing is left.
func (w *windows) exhaust(openid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.byID[openid]; one != nil {
		one.known, one.messageLeft, one.eventLeft = true, 0, 0
	}
}

// forget drops what is known of a person.
func (w *windows) forget(openid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.byID, openid)
}

// of is a person's window, made if need be.
func (w *windows) of(openid string, now time.Time) *window {
	if w.byID == nil {
		w.byID = map[string]*window{}
	}
	one := w.byID[openid]
	if one == nil {
		w.sweep(now)
		one = &window{}
		w.byID[strings.Clone(openid)] = one // which shares the memory of a whole delivery
	}
	return one
}

// sweep makes room: by the closed windows at first, by all of them if those
// are not enough.
func (w *windows) sweep(now time.Time) {
	if len(w.byID) < maxWindows {
		return
	}
	if now.Sub(w.swept) > time.Minute {
		w.swept = now
		for id, one := range w.byID {
			if message, event := one.left(now); message+event == 0 {
				delete(w.byID, id)
			}
		}
	}
	if len(w.byID) >= maxWindows {
		clear(w.byID)
	}
}
