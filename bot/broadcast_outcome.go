package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// outcomeBucket holds what became of a broadcast, a row for each person by their
// number in it: ~broadcast/~number. It names nobody, and so stays right when
// people leave. A row is written by transactions that hold its person's key.
const outcomeBucket = "outcome"

// The outcomes, as they are stored.
const (
	outcomeWaiting = "q" // on its way
	outcomeSent    = "d"
	outcomeRead    = "r" // with a message of theirs
	outcomeParked  = "p" // waits for such a one
	outcomeFailed  = "f" // likewise: given up
	outcomeGone    = "g" // they left, or were blocked
	outcomeStopped = "s"
)

// Outcomes count what became of a broadcast, in people.
type Outcomes struct {
	Sent    int `json:"sent"`    // pushed
	Read    int `json:"read"`    // read with a message of their own
	Waiting int `json:"waiting"` // on its way, or still to be written
	Parked  int `json:"parked"`  // nothing may reach them: their next message brings it
	Failed  int `json:"failed"`  // given up: likewise
	Gone    int `json:"gone"`    // left, or were blocked, before it came
	Stopped int `json:"stopped"` // held back
}

func (o *Outcomes) add(row string) {
	counter := map[string]*int{
		outcomeSent: &o.Sent, outcomeRead: &o.Read, outcomeParked: &o.Parked, outcomeFailed: &o.Failed,
		outcomeGone: &o.Gone, outcomeStopped: &o.Stopped,
	}[row]
	if counter == nil {
		counter = &o.Waiting
	}
	*counter++
}

// written is how many people were written for.
func (o Outcomes) written() int {
	return o.Sent + o.Read + o.Waiting + o.Parked + o.Failed + o.Gone + o.Stopped
}

// A BroadcastReport is how far a broadcast is, or what became of it.
type BroadcastReport struct {
	ID      string         `json:"id,omitempty"`
	State   BroadcastState `json:"state"`
	Text    string         `json:"text,omitempty"`
	Began   time.Time      `json:"began,omitzero"`
	Ended   time.Time      `json:"ended,omitzero"` // when everybody was written for, or it was stopped
	Until   time.Time      `json:"until,omitzero"` // how long it waits for whom it cannot reach; zero: not known yet
	Awake   time.Time      `json:"awake,omitzero"` // quiet hours last until then; zero: there are none now
	People  int            `json:"people"`
	Skipped int            `json:"skipped"` // left out on the way: left, blocked
	Outcomes
}

// Over tells whether nothing more happens by itself.
func (r BroadcastReport) Over() bool { return r.State != BroadcastRunning && r.Waiting == 0 }

// BroadcastReport tells of the broadcast that was begun last. It reads a row for
// each of its people.
func (f *Fleet) BroadcastReport(ctx context.Context) (r BroadcastReport, err error) {
	var b broadcast
	err = f.Store.View(ctx, func(tx storage.Tx) (err error) {
		b, err = loadBroadcast(tx)
		return err
	})
	if err != nil || b.State == BroadcastNone {
		return r, err
	}
	r = BroadcastReport{ID: b.ID, State: b.State, Text: b.Text, Began: b.Began, Ended: b.Ended, People: b.Next, Skipped: b.Skipped}
	now := f.now()
	if wake := f.Mail.awake(now); wake.After(now) {
		r.Awake = wake
	}
	if !b.Ended.IsZero() {
		r.Until = b.Ended.Add(broadcastFor)
	}
	if b.Final != nil {
		r.Outcomes = *b.Final
		return r, nil
	}
	if r.Outcomes, err = outcomes(ctx, f.Store, b.ID); err != nil {
		return r, err
	}
	unwritten := max(0, b.People-r.written())
	switch b.State {
	case BroadcastRunning:
		r.Waiting += unwritten
	case BroadcastStopped: // what has not arrived is held back when its turn comes
		r.Stopped += r.Waiting + r.Parked + unwritten
		r.Waiting, r.Parked = 0, 0
	}
	r.People = r.written()
	return r, nil
}

// outcomes counts the rows of a broadcast.
func outcomes(ctx context.Context, s storage.Store, id string) (o Outcomes, err error) {
	err = eachOutcome(ctx, s, "~"+id+"/", func(_, value string) { o.add(value) })
	return o, err
}

// outcomePage bounds one snapshot.
const outcomePage = 1000

// eachOutcome reads the rows below a prefix, page by page.
func eachOutcome(ctx context.Context, s storage.Store, prefix string, each func(key, value string)) error {
	for from := prefix; ; {
		var rows []storage.KV
		err := s.View(ctx, func(tx storage.Tx) (err error) {
			rows, err = tx.Scan(outcomeBucket, from, prefix+storage.End, outcomePage)
			return err
		})
		if err != nil {
			return err
		}
		full := len(rows) == outcomePage
		if len(rows) > 0 && rows[0].Key == from {
			rows = rows[1:]
		}
		for _, kv := range rows {
			each(kv.Key, string(kv.Value))
			from = kv.Key
		}
		if !full {
			return nil
		}
	}
}

// tally notes what became of a notice, when it is of a broadcast.
func (n *Notice) tally(tx storage.Tx, outcome string) error {
	if n.Kind != NoticeBroadcast {
		return nil
	}
	return tx.Put(outcomeBucket, fmt.Sprintf("~%s/~%08d", n.Broadcast, n.Serial), []byte(outcome))
}

// tally notes it of all that wait.
func (r *record) tally(tx storage.Tx, outcome string) error {
	var faults []error
	for i := range r.Notices {
		faults = append(faults, r.Notices[i].tally(tx, outcome))
	}
	return errors.Join(faults...)
}

// tallyParcel notes what became of a parcel: of what it held, and, when nothing
// gets through, of what is nobody's.
func (r *record) tallyParcel(tx storage.Tx, parcel string, d Delivery) error {
	outcome, ended := map[Delivery]string{
		Delivered: outcomeSent, Parked: outcomeParked, Failed: outcomeFailed, PersonGone: outcomeGone,
	}[d]
	var faults []error
	for i := range r.Notices {
		w := &r.Notices[i]
		if ended && (w.Parcel == parcel || w.Parcel == "" && d != Delivered) {
			faults = append(faults, w.tally(tx, outcome))
		}
	}
	return errors.Join(faults...)
}

// recall takes out of the record what nobody has of broadcasts that were
// stopped, or are old.
func (r *record) recall(tx storage.Tx, now time.Time) error {
	if !slices.ContainsFunc(r.Notices, func(w waiting) bool { return w.Kind == NoticeBroadcast }) {
		return nil
	}
	last, err := loadBroadcast(tx)
	if err != nil {
		return err
	}
	r.Notices = slices.DeleteFunc(r.Notices, func(w waiting) bool {
		if w.Kind != NoticeBroadcast || w.Parcel != "" {
			return false
		}
		if slices.Contains(last.Stops, w.Broadcast) {
			err = errors.Join(err, w.tally(tx, outcomeStopped))
			return true
		}
		return now.Sub(w.At) >= broadcastFor
	})
	return err
}

// hear hands all that nobody has to the person's message.
func (x *run) hear() ([]waiting, error) {
	if err := x.r.recall(x.tx, x.at); err != nil {
		return nil, err
	}
	heard := x.r.hear(x.at)
	var faults []error
	for i := range heard {
		faults = append(faults, heard[i].tally(x.tx, outcomeRead))
	}
	return heard, errors.Join(faults...)
}

// sweepBroadcast counts what became of a broadcast for good once nothing of it
// waits, and removes the rows that are counted.
func (b *Bot) sweepBroadcast(ctx context.Context) error {
	var last broadcast
	err := b.store.View(ctx, func(tx storage.Tx) (err error) {
		last, err = loadBroadcast(tx)
		return err
	})
	if err != nil {
		return err
	}
	if !last.Ended.IsZero() && last.Final == nil && b.now().Sub(last.Ended) >= broadcastFor+sweepEvery {
		r, err := b.terms.Load().fleet.BroadcastReport(ctx)
		if err != nil {
			return err
		}
		r.Parked, r.Waiting = r.Parked+r.Waiting, 0
		err = b.store.Update(ctx, []string{broadcastKey}, func(tx storage.Tx) error {
			now, err := loadBroadcast(tx)
			if err != nil || now.ID != r.ID || now.Final != nil {
				return err
			}
			now.Final, now.Next = &r.Outcomes, r.People
			return now.save(tx)
		})
		if err != nil {
			return err
		}
		last.Final = &r.Outcomes
	}
	var over []string
	err = eachOutcome(ctx, b.store, "", func(key, _ string) {
		if last.Final != nil || !strings.HasPrefix(key, "~"+last.ID+"/") {
			over = append(over, key)
		}
	})
	for err == nil && len(over) > 0 {
		n := min(len(over), sweepPage)
		err = b.store.Update(ctx, nil, func(tx storage.Tx) error {
			var faults []error
			for _, key := range over[:n] {
				faults = append(faults, tx.Put(outcomeBucket, key, nil))
			}
			return errors.Join(faults...)
		})
		over = over[n:]
	}
	return err
}
