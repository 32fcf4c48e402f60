package deliver

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// pauses are those between the tries of a push whose platform asks for none:
// five tries within seven minutes, which outlast a restart of the platform's,
// while the person's next message may bring the same at any time.
var pauses = []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute}

const (
	// outagePause is how long a platform that fails is left alone after a round
	// of tries. Whatever else waits among the digests of the person waits behind.
	outagePause = time.Hour
	// outageRounds is for how many of them: a day. Then what was not sent waits
	// for the person's message.
	outageRounds = 24
)

// again is the parcel as it is tried after the next pause of an outage. What it
// held is nobody's until then, so that the person's message brings it.
func (q *Queue) again(p bot.Parcel) bot.Parcel {
	base, _, _ := strings.Cut(p.ID, "~again")
	p.At = q.cfg.Now().Add(outagePause)
	p.Again++
	p.ID = base + "~again" + strconv.Itoa(p.Again)
	return p
}

// maxTries bounds how many failing parcels are counted.
const maxTries = 10_000

// tries counts how often parcels failed. It is memory only: after a restart, or
// on another machine, a parcel has all its tries again. A job that takes its
// process down is given up by the store.
type tries struct {
	mu    sync.Mutex
	n     map[string]int
	doubt map[string]bool // of jobs one of whose tries may have reached the person
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

// doubted notes whether a try of the job may have reached the person, and tells
// whether any may have. What is forgotten for want of room is in doubt.
func (t *tries) doubted(job string, this bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.doubt == nil {
		t.doubt = map[string]bool{}
	}
	if this && len(t.doubt) < maxTries {
		t.doubt[job] = true
	}
	return this || t.doubt[job] || len(t.doubt) >= maxTries
}

// over forgets a job that has ended.
func (t *tries) over(job string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.n, job)
	delete(t.doubt, job)
}
