package deliver

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/weizhangbot/weizhangbot/bot"
)

// maxTurns bounds how many parcels with a turn are remembered.
const maxTurns = 100_000

// A channel is how people are reached, and at what pace notices go out there.
// Turns are memory only: after a restart a parcel gets another one.
type channel struct {
	pusher bot.Pusher
	window time.Duration

	mu    sync.Mutex
	pace  *rate.Limiter
	turns map[string]time.Time // by job
}

func newChannel(c Channel) *channel {
	if c.Rate == 0 {
		c.Rate = DefaultRate
	}
	return &channel{
		pusher: c.Pusher, window: c.Window, turns: map[string]time.Time{},
		pace: rate.NewLimiter(rate.Limit(c.Rate), max(1, int(c.Rate))),
	}
}

// turn is how long it is until the job's turn, and 0 once it has come. A job
// keeps its turn while it waits, so that waiting costs a worker nothing.
func (c *channel) turn(job string, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, waits := c.turns[job]
	if waits && !at.After(now) {
		delete(c.turns, job)
		return 0
	}
	if !waits {
		d := c.pace.ReserveN(now, 1).DelayFrom(now)
		if d == 0 {
			return 0
		}
		if len(c.turns) >= maxTurns {
			clear(c.turns)
		}
		at = now.Add(d)
		c.turns[job] = at
	}
	return at.Sub(now)
}
