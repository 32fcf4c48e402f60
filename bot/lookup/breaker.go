package lookup

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
)

// A trouble is what a call says of the service as a whole.
type trouble int

const (
	noTrouble    trouble = iota // it works; the person, the plate or the city may be wrong
	faultTrouble                // it does not, in passing
	keyTrouble                  // it refuses the key or the account
	quotaTrouble                // it was asked too often
	unheard                     // the call says nothing
)

// errUnused is told of a pass with which no call was made.
var errUnused = errors.New("lookup: no call was made")

func troubleOf(err error) trouble {
	switch {
	case err == nil, errors.Is(err, juhe.ErrWrongData), errors.Is(err, juhe.ErrMaintenance), errors.Is(err, juhe.ErrNoRule):
		return noTrouble
	case errors.Is(err, juhe.ErrKey):
		return keyTrouble
	case errors.Is(err, juhe.ErrQuota):
		return quotaTrouble
	case errors.Is(err, errUnused), errors.Is(err, juhe.ErrInvalid), errors.Is(err, context.Canceled):
		return unheard
	}
	return faultTrouble
}

// A breaker stops calls for one kind of trouble. After its time one call tries.
// It goes by the real clock, as gobreaker does, not by the desk's.
type breaker struct {
	*gobreaker.TwoStepCircuitBreaker[struct{}]
	kind    bot.Kind  // what a stopped call is told
	alarm   bot.Alarm // what the operator is told
	until   atomic.Int64
	tripped atomic.Bool // since the alarm was raised last
}

// A fuse is how a breaker is made.
type fuse struct {
	trouble trouble
	after   uint32        // failures in a row
	rest    time.Duration // until one call tries
	kind    bot.Kind
	alarm   bot.Alarm
}

// fuses: a key that is refused and a quota that is used up stay so for
// everybody, so one answer is enough. A quota comes back by itself, but hardly
// within a minute.
var fuses = [...]fuse{
	{keyTrouble, 1, 30 * time.Second, bot.Unavailable, bot.AlarmKey},
	{quotaTrouble, 1, 10 * time.Minute, bot.Unavailable, bot.AlarmQuota},
	{faultTrouble, 5, 30 * time.Second, bot.Busy, bot.AlarmProvider},
}

func newBreaker(endpoint string, f fuse) *breaker {
	b := &breaker{kind: f.kind, alarm: f.alarm}
	b.TwoStepCircuitBreaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         endpoint,
		MaxRequests:  1,
		Timeout:      f.rest,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= f.after },
		IsSuccessful: func(err error) bool { return troubleOf(err) == noTrouble },
		// The trouble of another breaker neither proves nor refutes this one's.
		IsExcluded: func(err error) bool { t := troubleOf(err); return t != noTrouble && t != f.trouble },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.until.Store(time.Now().Add(f.rest).UnixNano())
				b.tripped.Store(true)
			}
		},
	})
	return b
}

// left is how long the breaker still rests.
func (b *breaker) left() time.Duration { return max(0, time.Until(time.Unix(0, b.until.Load()))) }

// A door stands before one endpoint, or some. It is this process's own: each
// finds out for itself.
type door struct {
	endpoint string
	breakers []*breaker
}

func newDoor(endpoint string) *door {
	d := &door{endpoint: endpoint}
	for _, f := range fuses {
		d.breakers = append(d.breakers, newBreaker(endpoint, f))
	}
	return d
}

// A pass lets one call through a door. tell must be called once, with errUnused
// if there was no call. The zero pass has nobody to tell.
type pass struct {
	door *door
	done []func(error)
}

// admit gives a pass, or a *bot.Error with the time after which one may ask
// again.
func (d *door) admit() (pass, error) {
	p := pass{door: d}
	for _, b := range d.breakers {
		done, err := b.Allow()
		if err != nil {
			p.tell(errUnused)
			return pass{}, &bot.Error{Kind: b.kind, After: b.left(), Err: fmt.Errorf("lookup: %s: %w", d.endpoint, err)}
		}
		p.done = append(p.done, done)
	}
	return p, nil
}

// tell says how the call ended, and returns the alarms of the breakers that
// opened.
func (p pass) tell(err error) (alarms []alarm) {
	if p.door == nil {
		return nil
	}
	for _, done := range p.done {
		done(err)
	}
	if errors.Is(err, errUnused) {
		return nil // what another call tripped is that one's to tell
	}
	for _, b := range p.door.breakers {
		if b.tripped.Swap(false) {
			alarms = append(alarms, alarm{b.alarm, detailOf(p.door.endpoint, err)})
		}
	}
	return alarms
}

// through makes one free call of an endpoint.
func through[T any](ctx context.Context, d *Desk, endpoint string, call func() (T, error)) (out T, err error) {
	p, err := d.free.admit()
	if err != nil {
		return out, err
	}
	told := errUnused
	defer func() { d.ring(p.tell(told)) }()
	began := time.Now()
	out, err = call()
	told = err
	d.called(ctx, Call{Endpoint: endpoint, Took: time.Since(began), Err: err})
	return out, err
}

// detailOf is an error of the client for the operator: by number, without the
// service's own words.
func detailOf(endpoint string, err error) string {
	e, ok := errors.AsType[*juhe.Error](err)
	if !ok {
		return fmt.Sprintf("%s: %v", endpoint, err)
	}
	for _, c := range juhe.Codes() {
		if c.Code == e.Code {
			return fmt.Sprintf("%s: code %d: %s", e.Endpoint, e.Code, c.Text)
		}
	}
	return fmt.Sprintf("%s: code %d", e.Endpoint, e.Code)
}
