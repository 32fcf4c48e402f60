// Package deliver sends what people are not waiting for: late answers, notices,
// alarms. It decides when, how fast and how often; adapters know how.
//
//	bot.Mail ──Post──▶ "send"    a lane a person: late answers, alarms, and
//	                             notices in daytime, in order
//	                 ▶ "digest"  a lane a person: what has to wait and is to hold
//	                             up no answer. What is decided in quiet hours is
//	                             one job a morning
//	Work: Take ──▶ Pusher.Push ──▶ Settle
//
// What is sent stays in the person's record until Settle; a parcel only names
// it. A push that fails is tried again under the same ID: after the pause that
// the platform asks for, else after a growing one. After the last try of a round
// it is nobody's again, which means that the person's next message brings it, and
// GaveUp is told. If it has surely not left (bot.ErrUnsent), another round
// follows every hour for a day: platforms come back by themselves.
package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// The queues.
const (
	sendQueue   = "send"
	digestQueue = "digest"
)

// A Channel is how the people of one platform are reached.
type Channel struct {
	Pusher bot.Pusher
	// Window is for how long after their last message people can be reached at
	// all; 0: always.
	Window time.Duration
	// Rate is how many notices a second go out at most; 0: DefaultRate. Answers
	// that somebody waits for are paced by the adapter alone.
	Rate float64
}

// DefaultRate leaves most of Telegram's 30 messages a second
// (https://core.telegram.org/bots/faq) to people who wait for an answer.
const DefaultRate = 10

// Config is what a Queue needs.
type Config struct {
	Store    storage.Store
	Channels map[string]Channel // by the beginning of user ids: telegram, wechat; more by Add
	Quiet    Quiet              // zero: never quiet
	Zone     *time.Location     // of Quiet; nil: bot.China
	Now      func() time.Time   // nil: time.Now
	Fault    func(error)        // hears what failed; nil: nobody. Errors hold no personal data
	// GaveUp is told of a parcel whose first round of tries failed, and why, and
	// again when it is not tried any more; nil: nobody is.
	GaveUp func(ctx context.Context, p bot.Parcel, why error)
	// Ended hears of each parcel when it is over, in a ctx with its trace; nil:
	// nobody does. It must not wait.
	Ended  func(ctx context.Context, e Ended)
	Tracer bot.Tracer
}

// A Queue is the outbox. Any number of them may share a store.
type Queue struct {
	cfg   Config
	terms atomic.Pointer[terms]
	tries tries

	mu       sync.RWMutex
	channels map[string]*channel
}

var _ bot.Outbox = (*Queue)(nil)

// New makes a Queue. Work must run somewhere for anything to be sent.
func New(c Config) *Queue {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Fault == nil {
		c.Fault = func(error) {}
	}
	if c.GaveUp == nil {
		c.GaveUp = func(context.Context, bot.Parcel, error) {}
	}
	if c.Ended == nil {
		c.Ended = func(context.Context, Ended) {}
	}
	q := &Queue{cfg: c, channels: map[string]*channel{}}
	q.Adjust(c)
	for name, ch := range c.Channels {
		q.Add(name, ch)
	}
	return q
}

// terms is what can change while messages go out.
type terms struct {
	quiet Quiet
	zone  *time.Location
}

// Adjust takes Quiet and Zone of c over; the rest of c is not looked at. What
// waits for a morning goes out then. It may be called at any time.
func (q *Queue) Adjust(c Config) {
	t := &terms{quiet: c.Quiet, zone: c.Zone}
	if t.zone == nil {
		t.zone = bot.China
	}
	q.terms.Store(t)
}

// Add lets people of a channel be reached. Adapters need the bot, and the bot
// this Queue: so they are added after it was made.
func (q *Queue) Add(name string, c Channel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.channels[name] = newChannel(c)
}

// of is the channel of a person, nil when there is none.
func (q *Queue) of(u bot.UserID) *channel {
	name, _, _ := strings.Cut(string(u), ":")
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.channels[name]
}

// Reaches implements bot.Outbox.
func (q *Queue) Reaches(u bot.UserID) bool { return q.of(u) != nil }

// Window implements bot.Outbox.
func (q *Queue) Window(u bot.UserID) time.Duration {
	if ch := q.of(u); ch != nil {
		return ch.window
	}
	return 0
}

// Quiet implements bot.Outbox.
func (q *Queue) Quiet(at time.Time) (until time.Time, quiet bool) {
	now := q.terms.Load()
	return now.quiet.until(at.In(now.zone))
}

// Post implements bot.Outbox. What would be due in quiet hours, and is no
// answer and no alarm, joins the morning's digest.
func (q *Queue) Post(tx storage.Tx, p bot.Parcel) error {
	if p.User == "" || p.ID == "" {
		return errors.New("deliver: parcel without user or id")
	}
	if now := q.cfg.Now(); p.At.Before(now) {
		p.At = now
	}
	if end, quiet := q.quiet(p, p.At); quiet {
		return enqueue(tx, digestQueue, q.digest(p, end))
	}
	return enqueue(tx, sendQueue, p)
}

// quiet tells whether the parcel has to wait at t, and until when.
func (q *Queue) quiet(p bot.Parcel, t time.Time) (end time.Time, quiet bool) {
	if p.Awake || p.Turn != "" {
		return time.Time{}, false
	}
	return q.Quiet(t)
}

const (
	// leastSpread keeps a notice that is decided in the last moment of quiet
	// hours from joining a digest that has been sent already.
	leastSpread = time.Minute
	// mostSpread is over what time the digests of a morning go out.
	mostSpread = 10 * time.Minute
)

// digest is the one that brings p after end; of several its trace is that of the
// first.
func (q *Queue) digest(p bot.Parcel, end time.Time) bot.Parcel {
	return bot.Parcel{
		User: p.User, ID: "~" + end.Format("20060102T1504"), At: end.Add(spread(p.User)), Digest: true, Trace: p.Trace,
	}
}

// spread is the person's own place in the morning, always the same.
func spread(u bot.UserID) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(u)) // never fails
	return leastSpread + time.Duration(h.Sum64()%uint64(mostSpread-leastSpread))
}

// enqueue adds the parcel as a job; the same ID again is a no-op.
func enqueue(tx storage.Tx, queue string, p bot.Parcel) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("deliver: parcel: %w", err)
	}
	lane := bot.UserKey(p.User)
	_, err = tx.Enqueue(storage.Job{ID: lane + "/" + p.ID, Queue: queue, Key: lane, At: p.At, Body: body})
	return err
}
