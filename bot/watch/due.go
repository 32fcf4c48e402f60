package watch

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A kind is why a vehicle is due.
type kind string

// The kinds.
const (
	regular kind = "r" // its slot has come
	planned kind = "p" // state.Next: daily after news, or once more after a failure
	soon    kind = "s" // a day of Soon
	first   kind = "f" // somebody watches it who was shown nothing yet
	known   kind = "k" // somebody watches it who has read a report: nothing to ask
	served  kind = "v" // an answer that others have not heard of is in the store
)

// word is a kind as a trace shows it.
func (k kind) word() string {
	switch k {
	case regular:
		return "regular"
	case planned:
		return "planned"
	case soon:
		return "soon"
	case first:
		return "first"
	case known:
		return "known"
	case served:
		return "served"
	}
	return "unknown"
}

// An order is the body of a check job: one vehicle, due once.
type order struct {
	Vehicle bot.Vehicle `json:"vehicle"` // with digits for served
	Kind    kind        `json:"kind"`
	At      time.Time   `json:"at"`
	Made    time.Time   `json:"made,omitzero"` // when it became a job
}

// id makes the job's ID: the same order twice is one job.
func (o order) id() string { return name(o.Vehicle) + "/" + stamp(o.At) + string(o.Kind) }

// enqueue makes a job of it, in the vehicle's lane.
func (o order) enqueue(tx storage.Tx, now time.Time) error {
	o.Made = now
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("watch: an order: %w", err)
	}
	_, err = tx.Enqueue(storage.Job{ID: o.id(), Queue: checkQueue, Key: name(o.Vehicle), Body: body})
	return err
}

// plan puts an order into the index of what is due outside the rhythm. It reads
// nothing, so any transaction may call it. The kind stands in the key: orders
// of one time do not replace each other.
func (o order) plan(tx storage.Tx) error {
	return put(tx, dueBucket, stamp(o.At)+"/"+name(o.Vehicle)+"/~"+string(o.Kind), o)
}

const (
	// daily is how often a vehicle is checked after something new.
	daily = 24 * time.Hour
	// newsFor is for how long: until then the police add what belongs to it.
	newsFor = 15 * 24 * time.Hour
	// downFor is when a city that is down is tried again if nobody says when.
	downFor = 6 * time.Hour
	// firstWithin spreads the first checks of many vehicles that come at once.
	firstWithin = time.Hour
	// recentFor is how long a good check stands for the next one.
	recentFor = 12 * time.Hour
)

// soonDays are the days after something may have happened: a record appears
// within some working days, or later (公安部令第157号, articles 19 and 20).
var soonDays = [...]int{3, 7, 14}

// soonTimes are the times of Soon: by day, at an hour drawn by lot.
func (c chance) soonTimes(at time.Time) []time.Time {
	local := at.In(bot.China)
	times := make([]time.Time, len(soonDays))
	for i, days := range soonDays {
		morning := time.Date(local.Year(), local.Month(), local.Day()+days, 9, 0, 0, 0, bot.China)
		times[i] = micro(morning.Add(c.lot(9 * time.Hour)))
	}
	return times
}

// chance is where lots are drawn from.
type chance struct{ io.Reader }

// lot is a time below most, drawn by lot. A transaction that runs twice may draw
// again. Without chance nothing is spread, and nothing else is lost.
func (c chance) lot(most time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return 0
	}
	return time.Duration(binary.BigEndian.Uint64(b[:])>>1) % max(most, 1)
}

// dueName is V in a key of an index by time.
func dueName(key string) (string, error) {
	_, rest, _ := strings.Cut(key, "/")
	name, _, found := strings.Cut(rest, "/")
	if !found {
		return "", fmt.Errorf("watch: a key of an index: %w", storage.ErrCorrupt)
	}
	return name, nil
}
