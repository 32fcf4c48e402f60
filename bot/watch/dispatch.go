package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	// page bounds one transaction of the dispatcher: others wait for it.
	page = 500
	// dispatchKey is the key of the dispatcher's transactions.
	dispatchKey = "watch|dispatch"
	// cursorKey holds how far the rhythm was followed.
	cursorKey = "~cursor"
	// backwards is how far the clock may go back before the cursor follows it.
	backwards = time.Hour
	// lag is how far the cursor is left behind over empty slots, to save writes.
	lag = time.Hour
)

// A cursor is the next slot to be followed, as its time, and the last key of it
// that was.
type cursor struct {
	At    time.Time `json:"at"`
	After string    `json:"after,omitempty"`
}

// Dispatch enqueues everything that is due now: the slots that have come since
// it was last called, orders outside the rhythm, reminders. After a stop longer
// than the period every vehicle is due once. It works in bounded transactions,
// and may be called by several processes.
func (d *Desk) Dispatch(ctx context.Context) error {
	return errors.Join(
		d.drain(ctx, dueBucket, d.takeDue),
		d.followSlots(ctx),
		d.drain(ctx, remindBucket, d.takeReminder),
	)
}

// drain takes the entries of a time index that are due, page by page.
func (d *Desk) drain(ctx context.Context, bucket string, take func(storage.Tx, storage.KV) error) error {
	for {
		until := stamp(d.now().Add(time.Microsecond))
		var due []storage.KV
		scan := func(tx storage.Tx) (err error) {
			due, err = tx.Scan(bucket, "~", until, page)
			return err
		}
		if err := d.store.View(ctx, scan); err != nil || len(due) == 0 {
			return err
		}
		keys, err := lockedBy(due)
		if err != nil {
			return err
		}
		err = d.store.Update(ctx, keys, func(tx storage.Tx) error {
			if err := scan(tx); err != nil {
				return err
			}
			for _, kv := range due {
				if name, err := dueName(kv.Key); err != nil || !slices.Contains(keys, vehicleKey(name)) {
					continue // it came meanwhile: next time round
				}
				if err := errors.Join(take(tx, kv), tx.Put(bucket, kv.Key, nil)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// lockedBy is the keys of a transaction that takes those entries.
func lockedBy(due []storage.KV) ([]string, error) {
	keys := []string{dispatchKey}
	for _, kv := range due {
		name, err := dueName(kv.Key)
		if err != nil {
			return nil, err
		}
		keys = append(keys, vehicleKey(name))
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// takeDue turns an entry of the due index into a job. A vehicle that is met for
// the first time gets its state, and with it its place in the rhythm.
func (d *Desk) takeDue(tx storage.Tx, kv storage.KV) error {
	var o order
	if err := json.Unmarshal(kv.Value, &o); err != nil {
		return fmt.Errorf("watch: an order: %w", storage.ErrCorrupt)
	}
	salt, err := ensureSalt(tx, d.chance)
	if err != nil {
		return err
	}
	if err := d.ensureCursor(tx, o.At); err != nil {
		return err
	}
	key := stateKey(place(salt, name(o.Vehicle)), name(o.Vehicle))
	if has, err := tx.Get(stateBucket, key); err != nil {
		return err
	} else if has == nil {
		if err := put(tx, stateBucket, key, state{}); err != nil {
			return err
		}
	}
	if o.Kind == known {
		return nil
	}
	return o.enqueue(tx, d.now())
}

// ensureCursor lets the rhythm begin no later than its first vehicle, which may
// have come before the slots were followed for the first time.
func (d *Desk) ensureCursor(tx storage.Tx, at time.Time) error {
	has, err := tx.Get(dispatchBucket, cursorKey)
	if err != nil || has != nil {
		return err
	}
	every := d.period()
	return put(tx, dispatchBucket, cursorKey, cursor{At: every.start(every.at(at))})
}

// followSlots enqueues the vehicles whose slots have come.
func (d *Desk) followSlots(ctx context.Context) error {
	for more := true; more; {
		var idle bool
		look := func(tx storage.Tx) error {
			step, err := d.nextSlots(tx)
			idle = step.idle
			return err
		}
		if err := d.store.View(ctx, look); err != nil || idle {
			return err
		}
		err := d.store.Update(ctx, []string{dispatchKey}, func(tx storage.Tx) (err error) {
			more, err = d.takeSlots(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A step is a stretch of slots within one period, and who is in it.
type step struct {
	every    period
	from, to int64 // slots; to is not in it
	end      int64 // the first slot that has not come yet
	rows     []storage.KV
	idle     bool // nothing is to be done or noted
}

// stretch is what comes after the cursor, within one period, and no further back
// than one. Where the clock was set back the cursor follows it.
func (c cursor) stretch(every period, now time.Time) step {
	s := step{every: every, from: every.at(c.At), end: every.at(now) + 1}
	if s.from >= s.end {
		s.to = s.from
		if s.idle = c.At.Sub(now) < backwards; !s.idle {
			s.from, s.to = s.end, s.end
		}
		return s
	}
	s.from = max(s.from, s.end-slots)
	s.to = min(s.end, (s.from/slots+1)*slots)
	return s
}

// nextSlots reads what is due after the cursor, one page at most.
func (d *Desk) nextSlots(tx storage.Tx) (step, error) {
	now := d.now()
	s := step{every: d.period()}
	s.end = s.every.at(now) + 1
	var c cursor
	ok, err := get(tx, dispatchBucket, cursorKey, &c)
	if err != nil {
		return step{}, err
	}
	if !ok { // nobody can be in the rhythm yet
		s.from, s.to = s.end, s.end
		return s, nil
	}
	if s = c.stretch(s.every, now); s.from >= s.end {
		return s, nil
	}
	if s.from != s.every.at(c.At) {
		c.After = ""
	}
	first, last := slotSegment(int(s.from%slots)), "~g" // behind every slot
	if s.to%slots != 0 {
		last = slotSegment(int(s.to % slots))
	}
	if strings.HasPrefix(c.After, first) { // not when the period is another now
		first = c.After
	}
	s.rows, err = tx.Scan(stateBucket, first, last, page+1)
	if len(s.rows) > 0 && s.rows[0].Key == c.After {
		s.rows = s.rows[1:]
	}
	s.idle = len(s.rows) == 0 && s.to == s.end && now.Sub(s.every.start(s.from)) < lag
	return s, err
}

// takeSlots enqueues one page and moves the cursor; more tells that slots are
// left that have come.
func (d *Desk) takeSlots(tx storage.Tx) (more bool, err error) {
	if _, err := ensureSalt(tx, d.chance); err != nil {
		return false, err
	}
	s, err := d.nextSlots(tx)
	if err != nil || s.idle {
		return false, err
	}
	next := cursor{At: s.every.start(s.to)}
	more = s.to < s.end
	if len(s.rows) >= page {
		s.rows, more = s.rows[:page], true
		next.After = s.rows[page-1].Key
	}
	base, now := s.from/slots*slots, d.now()
	for _, kv := range s.rows {
		slot, name, err := splitState(kv.Key)
		if err != nil {
			return false, err
		}
		at := micro(s.every.start(base + int64(slot)))
		if next.After != "" {
			next.At = s.every.start(base + int64(slot))
		}
		if err := (order{Vehicle: vehicleOf(name), Kind: regular, At: at}).enqueue(tx, now); err != nil {
			return false, err
		}
	}
	return more, put(tx, dispatchBucket, cursorKey, next)
}

// regularSlot is the slot an order of kind regular was made for.
func (d *Desk) regularSlot(o order, place int) int64 {
	n := d.period().at(o.At.Add(time.Microsecond)) // stamps cut off parts of one
	return n - n%slots + int64(place)
}
