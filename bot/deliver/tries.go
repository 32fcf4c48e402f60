package deliver

import (
	"sync"
	"time"
)

// pauses are those between the tries of a push whose platform asks for none:
// five tries within seven minutes, which outlast a restart of the platform's,
// while the person's next message may bring the same at any time.
var pauses = []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute}

// maxTries bounds how many failing parcels are counted.
const maxTries = 10_000

// tries counts how often parcels failed. It is memory only: after a restart, or
// on another machine, a parcel has all its tries again. A job that takes its
// process down is given up by the store.
type tries struct {
	mu sync.Mutex
	n  map[string]int
}

// failed counts a failure of the job; more tells that it is to be tried again,
// after the pause. A job that is not is forgotten.
func (t *tries) failed(job string) (pause time.Duration, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil || len(t.n) >= maxTries {
		t.n = map[string]int{}
	}
	n := t.n[job]
	if n == len(pauses) {
		delete(t.n, job)
		return 0, false
	}
	t.n[job] = n + 1
	return pauses[n], true
}

// over forgets a job that has ended.
func (t *tries) over(job string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.n, job)
}
