package lookup

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const outageBucket = "outage" // city → outage

const (
	// A city that is down is asked again after firstOutage, then after twice as
	// long each time, at most after longestOutage.
	firstOutage   = 30 * time.Minute
	longestOutage = 2 * time.Hour
	// outageFor is how long an outage is remembered when nobody asks.
	outageFor = 24 * time.Hour
	// reloadTime bounds the reading of rules that follows the first sign of an
	// outage: somebody waits for the answer.
	reloadTime = 5 * time.Second
)

// An outage is a city whose police do not answer.
type outage struct {
	City  string        `json:"city,omitempty"` // its name, for showing
	Next  time.Time     `json:"next"`           // when somebody may find out whether it is back
	Step  time.Duration `json:"step"`
	Until time.Time     `json:"until"`
}

// cityIsUp refuses while a city is down and nobody may find out yet. probe tells
// that it was down, and that whoever goes now finds out.
func (b *books) cityIsUp(city string) (probe bool, err error) {
	o, down, err := b.outage(city)
	if err != nil || !down {
		return false, err
	}
	if left := o.Next.Sub(b.now); left > 0 && left <= longestOutage {
		return false, &bot.Error{Kind: bot.Maintenance, After: left}
	}
	return true, nil
}

// probing keeps others from finding out, for as long as a call may take.
func (b *books) probing(city string) error {
	o, _, err := b.outage(city)
	if err != nil {
		return err
	}
	o.Next = b.now.Add(lease)
	return b.putOutage(city, o)
}

// hear learns from an answer how the city is. Whatever comes from the police
// ends an outage; what went wrong on the way there says nothing. a.Next becomes
// the time to ask again.
func (b *books) hear(c call, a *answer) error {
	city := c.request.Rule.City
	o, down, err := b.outage(city)
	switch {
	case err != nil:
		return err
	case a.State == done || a.Kind == bot.WrongData:
		return b.tx.Put(outageBucket, cityKey(city), nil)
	case a.Kind != bot.Maintenance:
		return nil
	case !down:
		o.Step, a.first = firstOutage, true
	case c.probe:
		o.Step = min(2*o.Step, longestOutage)
	case o.Next.After(b.now): // it was asked before the outage was known
		a.Next = o.Next
		return nil
	}
	o.City, o.Next = c.request.Rule.Name, b.now.Add(o.Step)
	a.Next = o.Next
	return b.putOutage(city, o)
}

func (b *books) outage(city string) (o outage, down bool, err error) {
	down, err = get(b.tx, outageBucket, cityKey(city), &o)
	if down = down && o.Until.After(b.now); !down {
		return outage{}, false, err
	}
	return o, down, err
}

func (b *books) putOutage(city string, o outage) error {
	o.Until = o.Next.Add(outageFor)
	return b.putUntil(outageBucket, cityKey(city), o.Until, o)
}

// reload reads the rules anew after the first sign of an outage, which is also
// how a city answers that has another code now. It is free, and best effort.
func (d *Desk) reload(ctx context.Context, r bot.Request) {
	ctx, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	_, _ = d.askRule(ctx, r.Vehicle.Prefix(), r.Vehicle.NewEnergy())
	_, _ = d.askCities(ctx)
}

func cityKey(city string) string { return short("city\x00" + city) }
