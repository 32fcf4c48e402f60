package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	// surveyPage bounds one snapshot of a survey: while one is held, pages that
	// are written meanwhile cannot be used again.
	surveyPage = 1000
	// surveyHours is how far a survey looks ahead: a week, the usual period.
	surveyHours = 7 * 24
)

// Survey counts what is watched. It reads all of it, page by page, and pauses
// after each for as long as the page took, so that it takes half of one
// processor at most; a million vehicles take about twenty seconds
// (BenchmarkSurvey). What changes meanwhile may be counted or not.
func (d *Desk) Survey(ctx context.Context) (bot.Survey, error) {
	s, every := bot.Survey{At: d.now(), Hours: make([]int, surveyHours)}, d.period()
	count := func(at time.Time) {
		if h := int(at.Sub(s.At) / time.Hour); h < len(s.Hours) {
			s.Hours[max(h, 0)]++
		}
	}
	err := d.pages(ctx, watcherBucket, func(kv storage.KV) error {
		var w struct { // what the count needs: the rest is not made
			Paused bot.Pause `json:"paused"`
		}
		if err := json.Unmarshal(kv.Value, &w); err != nil {
			return fmt.Errorf("watch: a watcher: %w", storage.ErrCorrupt)
		}
		s.Subscriptions++
		if w.Paused != bot.NotPaused {
			s.Paused++
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	err = d.pages(ctx, stateBucket, func(kv storage.KV) error {
		slot, _, err := splitState(kv.Key)
		if err == nil {
			s.Vehicles++
			count(every.start(every.next(slot, s.At)))
		}
		return err
	})
	if err != nil {
		return s, err
	}
	err = d.pages(ctx, dueBucket, func(kv storage.KV) error {
		var o order
		if err := json.Unmarshal(kv.Value, &o); err != nil {
			return fmt.Errorf("watch: an order: %w", storage.ErrCorrupt)
		}
		if o.Kind != known && o.Kind != served { // those ask nobody
			count(o.At)
		}
		return nil
	})
	return s, err
}

// pages reads a whole bucket.
func (d *Desk) pages(ctx context.Context, bucket string, each func(storage.KV) error) error {
	for from := ""; ; {
		var rows []storage.KV
		began := time.Now()
		err := d.store.View(ctx, func(tx storage.Tx) (err error) {
			rows, err = tx.Scan(bucket, from, storage.End, surveyPage)
			return err
		})
		if err != nil {
			return err
		}
		full := len(rows) == surveyPage
		if len(rows) > 0 && rows[0].Key == from {
			rows = rows[1:]
		}
		for _, kv := range rows {
			if err := each(kv); err != nil {
				return err
			}
		}
		if !full || len(rows) == 0 {
			return nil
		}
		from = rows[len(rows)-1].Key
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Since(began)):
		}
	}
}

// Lag is how late the dispatcher is: how long ago the first vehicle came due
// that is no job yet. It reads two short pages.
func (d *Desk) Lag(tx storage.Tx) (time.Duration, error) {
	now := d.now()
	due, err := tx.Scan(dueBucket, "~", stamp(now), 1)
	if err != nil {
		return 0, err
	}
	var lag time.Duration
	for _, kv := range due {
		var o order
		if err := json.Unmarshal(kv.Value, &o); err != nil {
			return 0, fmt.Errorf("watch: an order: %w", storage.ErrCorrupt)
		}
		lag = now.Sub(o.At)
	}
	first, ok, err := d.firstSlot(tx)
	if err != nil || !ok {
		return max(lag, 0), err
	}
	return max(lag, now.Sub(first), 0), nil
}

// firstSlot is when the first slot with a vehicle began that was not followed; ok
// is false when there is none. Those behind the cursor lie in two periods at
// most.
func (d *Desk) firstSlot(tx storage.Tx) (began time.Time, ok bool, err error) {
	s, err := d.nextSlots(tx)
	if err != nil {
		return began, false, err
	}
	base, rows := s.from/slots*slots, s.rows
	if len(rows) == 0 && s.to < s.end {
		base = s.to
		rows, err = tx.Scan(stateBucket, slotSegment(0), slotSegment(int(s.end%slots)), 1)
	}
	if err != nil || len(rows) == 0 {
		return began, false, err
	}
	place, _, err := splitState(rows[0].Key)
	return s.every.start(base + int64(place)), err == nil, err
}
