package deliver

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// Ended is what became of a parcel.
type Ended struct {
	Parcel  bot.Parcel
	Job     string // holds the person's id
	Outcome string
	Took    time.Duration // of the last push; 0: there was none

	attempt int // of the job: a run before this one died when it is not the first
}

// The outcomes.
const (
	OutcomeDelivered = "delivered"
	OutcomeParked    = "parked" // nothing may reach the person: their next message brings it
	OutcomeGone      = "gone"   // the person left or blocked the bot
	OutcomeFailed    = "failed" // given up after the last try; their next message brings it
)
