package wechat

import (
	"net/http"
	"sync"
	"time"
)

const (
	// refusalSpan and mostRefusals bound the lines that strangers cause in the
	// log: whoever knocks, knocks thousands of times.
	refusalSpan  = time.Minute
	mostRefusals = 20
)

// A tally counts what happens within refusalSpan.
type tally struct {
	mu      sync.Mutex
	since   time.Time
	n       int
	skipped int
}

// log tells whether one more line may be written, and how many were not since
// the last one.
func (t *tally) log(now time.Time) (skipped int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.since).Abs() >= refusalSpan {
		t.since, t.n = now, 0
	}
	if t.n++; t.n > mostRefusals {
		t.skipped++
		return 0, false
	}
	skipped, t.skipped = t.skipped, 0
	return skipped, true
}

// refuse answers without reading anything into the dialogue. The log gets the
// reason, the caller only the status.
func (a *Adapter) refuse(w http.ResponseWriter, r *http.Request, status int, reason error) {
	if skipped, ok := a.refused.log(a.cfg.Now()); ok {
		a.log(r.Context()).WithFields(map[string]any{"status": status, "reason": reason.Error(), "unlogged": skipped}).Info("wechat: request refused")
	}
	w.WriteHeader(status)
}
