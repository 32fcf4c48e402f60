package bot

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// A Seen is what an observer learns of a message that was answered. Intent and
// Channel take few values; whatever is somebody's own is in User and Unread,
// which are for nobody to keep as they are.
type Seen struct {
	Trace   string // as TraceOf has it
	Channel string
	User    UserID
	Intent  string        // an intent of nlu, an Event, or photo, admin, slowed, blocked
	Again   bool          // a redelivery: the turn was seen before
	Pending bool          // the answer comes later than the platform waits
	Took    time.Duration // until Handle returned
	Err     error         // holds no personal data
	Unread  *Unread       // the message, when nothing was understood; nil: it was
}

// An Unread is a message that was not understood, as it came, with the question
// that was open, as nlu.ParseOpen reads it, without the plate.
type Unread struct {
	Text string
	Open string
}

// A Breaker is the state of one circuit breaker of a process.
type Breaker struct {
	Endpoint string // query, or rules
	Trouble  string // key, quota or provider: an Alarm
	State    int    // 0 closed, 1 one call tries, 2 open
}

// An Outage is a city whose police do not answer.
type Outage struct {
	City string    // its name; "" when it was noted without one
	Next time.Time // when somebody may find out whether it is back
}

// A BudgetLeft is how far the paid calls of a period may still go.
type BudgetLeft struct {
	Period string // day or month
	Used   int    // paid, maybe paid, or out just now
	Budget int    // 0: no limit
}

// A Survey is what is watched, counted. Hours[i] is how many checks come due
// within the hour that begins i hours after At; what is due already is in the
// first.
type Survey struct {
	At            time.Time
	Vehicles      int
	Subscriptions int // a vehicle and one who watches it
	Paused        int // of Subscriptions
	Hours         []int
}

// Intents of messages that are no words for the dialogue.
const (
	intentPhoto  = "photo"
	intentAdmin  = "admin"
	intentSlowed = "slowed"
	// intentBlocked is of somebody who is blocked: what it says is not read.
	intentBlocked = "blocked"
)

// noteInput tells the observer what the message was read as.
func (x *run) noteInput(m Message, in Input, open nlu.Open) {
	switch in := in.(type) {
	case Shown:
		x.noted.Intent = intentPhoto
	case Heard:
		x.noted.Intent = string(in.Reading.Intent)
		if in.Reading.Intent == nlu.Unknown {
			x.noted.Unread = &Unread{Text: m.Text, Open: open.Word()}
		}
	default:
		x.noted.Intent = string(m.Event)
	}
}

// again tells of a message that came before, under the trace of then.
func (s *Seen) again(t *turn) {
	s.Again = true
	if t.Trace != "" {
		s.Trace = t.Trace
	}
}

// observed reports a message to whoever watches.
func (b *Bot) observed(ctx context.Context, s Seen, began time.Time, answer Answer, err error) {
	if b.observe == nil {
		return
	}
	s.Took, s.Pending, s.Err = time.Since(began), answer.Pending, err
	b.observe(ctx, s)
}
