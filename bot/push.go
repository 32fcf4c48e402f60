package bot

import (
	"context"
	"errors"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Pusher sends replies to a person who is not waiting for them. An adapter
// whose platform allows it is one.
type Pusher interface {
	// Push sends replies in order. id is the same at every try, for platforms
	// that recognise a repetition. It may block as long as ctx allows. Beside
	// nil it returns an error that is ErrParked, ErrGone or ErrUnsent, one of
	// RetryAfter, or any other; after the last and after ErrUnsent it is tried
	// again with a growing pause.
	Push(ctx context.Context, to UserID, id string, replies []Reply) error
}

var (
	// ErrParked: nothing may reach the person now. The replies wait for their
	// next message.
	ErrParked = errors.New("bot: parked until the person writes")
	// ErrUnsent: nothing of it has left, because the platform cannot be reached
	// or takes nothing at all. Another push may bring the same.
	ErrUnsent = errors.New("bot: nothing was sent")
	// ErrGone: the person left or blocked the bot.
	ErrGone = errors.New("bot: the person is gone")
)

// RetryAfter is what Push returns when the platform asks for a pause.
func RetryAfter(d time.Duration) error { return storage.Snooze(d) }
