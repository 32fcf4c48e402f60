package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Pusher sends replies to a person who is not waiting for them. An adapter
// whose platform allows it is one.
type Pusher interface {
	// Push sends replies in order. id is the same at every try, for platforms
	// that recognise a repetition. It may block as long as ctx allows. Beside
	// nil it returns an error that is ErrParked or ErrGone, one of RetryAfter,
	// or any other, after which it is tried again with a growing pause.
	Push(ctx context.Context, to UserID, id string, replies []Reply) error
}

var (
	// ErrParked: nothing may reach the person now. The replies wait for their
	// next message.
	ErrParked = errors.New("bot: parked until the person writes")
	// ErrGone: the person left or blocked the bot.
	ErrGone = errors.New("bot: the person is gone")
)

// RetryAfter is what Push returns when the platform asks for a pause.
func RetryAfter(d time.Duration) error { return storage.Snooze(d) }

const (
	// pushQueue holds answers that nobody was waiting for any more.
	pushQueue = "send"
	// pushGrace lets those who still wait take the answer first.
	pushGrace = 2 * time.Second
	// pushTries is how often a push is tried before the answer is parked.
	pushTries = 5
)

// A late names a turn whose replies are to be pushed.
type late struct {
	User UserID `json:"user"`
	Turn string `json:"turn"`
}

// pushLater arranges for the replies of a complete turn to be pushed if nobody
// takes them, in the transaction that completed it.
func (x *run) pushLater() error {
	t := x.r.turn(x.key)
	if t == nil || !t.complete() || t.Taken != nobody || x.b.pusher(x.user) == nil {
		return nil
	}
	body, err := json.Marshal(late{User: x.user, Turn: x.key})
	if err != nil {
		return fmt.Errorf("bot: push: %w", err)
	}
	lane := userKey(x.user)
	_, err = x.tx.Enqueue(storage.Job{
		ID: lane + "/" + strconv.FormatUint(hash(x.key), 36), Queue: pushQueue, Key: lane,
		At: x.at.Add(pushGrace), Body: body,
	})
	return err
}

// pusher is how a person is reached; nil: not at all.
func (b *Bot) pusher(u UserID) Pusher {
	channel, _, _ := strings.Cut(string(u), ":")
	return b.push[channel]
}

// pushLate pushes the replies of a turn, unless somebody took them.
func (b *Bot) pushLate(ctx context.Context, j storage.Job, done storage.Done) error {
	var l late
	if err := json.Unmarshal(j.Body, &l); err != nil {
		return fmt.Errorf("bot: push: %w", err)
	}
	p := b.pusher(l.User)
	if p == nil { // the channel was switched off
		return l.settle(done, nobody)
	}
	replies, err := b.takeLate(ctx, l)
	if err != nil || len(replies) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, taskTime)
	defer cancel()
	err = p.Push(ctx, l.User, j.ID, replies)
	switch _, later := storage.Snoozed(err); {
	case err == nil, errors.Is(err, ErrGone):
		return l.settle(done, pushed)
	case errors.Is(err, ErrParked), !later && j.Attempt >= pushTries:
		return l.settle(done, nobody) // the next message brings it
	}
	return err
}

// takeLate takes the replies for the push; a try after the first gets them
// again.
func (b *Bot) takeLate(ctx context.Context, l late) (replies []Reply, err error) {
	err = b.store.Update(ctx, []string{userKey(l.User)}, func(tx storage.Tx) error {
		replies = nil
		r, err := load(tx, l.User)
		if err != nil {
			return err
		}
		t := r.turn(l.Turn)
		if t == nil {
			return nil
		}
		var changed bool
		if replies, changed = t.take(pushing); !changed {
			return nil
		}
		return r.save(tx, l.User)
	})
	return replies, err
}

// settle ends the push and its job: the replies arrived, or are nobody's again.
func (l late) settle(done storage.Done, who taker) error {
	err := done([]string{userKey(l.User)}, func(tx storage.Tx) error {
		r, err := load(tx, l.User)
		if err != nil {
			return err
		}
		t := r.turn(l.Turn)
		if t == nil || t.Taken != pushing {
			return nil
		}
		t.Taken = who
		return r.save(tx, l.User)
	})
	if errors.Is(err, storage.ErrLost) {
		return nil // another run has it
	}
	return err
}
