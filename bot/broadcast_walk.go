package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	// broadcastQueue holds the next page of people that a broadcast is for: one
	// job, which the transaction of the page before it has left.
	broadcastQueue = "broadcast"
	// broadcastPage is how many people one transaction writes for.
	broadcastPage = 10
)

// A page is the body of its job.
type page struct {
	ID   string `json:"id"`             // of the broadcast
	From string `json:"from,omitempty"` // the last person of the page before
}

// turnPage saves the broadcast and leaves its next page. Its number makes the job's ID: however many
// machines there are, a page is done once.
func (b *broadcast) turnPage(tx storage.Tx, from string, at time.Time) error {
	body, err := json.Marshal(page{ID: b.ID, From: from})
	if err != nil {
		return fmt.Errorf("bot: broadcast: %w", err)
	}
	_, err = tx.Enqueue(storage.Job{ID: "~" + b.ID + "/~" + strconv.Itoa(b.Page), Queue: broadcastQueue, At: at, Body: body})
	b.Page++
	return errors.Join(err, b.save(tx))
}

// spread writes a page of a broadcast: a notice for each person, and where the
// next page begins, in the transaction that ends the job.
func (m *Mail) spread(ctx context.Context, j storage.Job, done storage.Done) error {
	var p page
	if err := json.Unmarshal(j.Body, &p); err != nil {
		return fmt.Errorf("bot: broadcast: %w", storage.ErrCorrupt)
	}
	now := m.now()
	if wake := m.awake(now); wake.After(now) {
		return storage.Snooze(wake.Sub(now))
	}
	people, last, err := m.people(ctx, p.From)
	if err != nil {
		return err
	}
	keys := []string{broadcastKey}
	for _, u := range people {
		keys = append(keys, userKey(u))
	}
	return lost(done(keys, func(tx storage.Tx) error {
		b, err := loadBroadcast(tx)
		if err != nil || b.ID != p.ID || b.State != BroadcastRunning {
			return err
		}
		before := b.Next
		for _, u := range people {
			if err := m.address(tx, u, &b); err != nil {
				return err
			}
		}
		if last {
			b.State, b.Ended = BroadcastSent, m.now()
			return b.save(tx)
		}
		return b.turnPage(tx, string(people[len(people)-1]), now.Add(pageTime(b.Next-before)))
	}))
}

// people are those of the page behind from; last tells that nobody follows.
func (m *Mail) people(ctx context.Context, from string) (people []UserID, last bool, err error) {
	err = m.store.View(ctx, func(tx storage.Tx) error {
		people = nil
		rows, err := tx.Scan(userBucket, from, storage.End, broadcastPage+1)
		if last = len(rows) <= broadcastPage; err != nil {
			return err
		}
		for _, kv := range rows {
			if kv.Key != from && len(people) < broadcastPage {
				people = append(people, UserID(kv.Key))
			}
		}
		return nil
	})
	return people, last, err
}

// address writes a broadcast for one person, unless they are not to have it, or
// have it.
func (m *Mail) address(tx storage.Tx, u UserID, b *broadcast) error {
	r, err := load(tx, u)
	n := Notice{ID: broadcastBucket + "-" + b.ID, Kind: NoticeBroadcast, Text: b.Text, Broadcast: b.ID, Serial: b.Next}
	switch {
	case errors.Is(err, storage.ErrCorrupt), errors.Is(err, storage.ErrNewer): // it keeps nobody else waiting
		b.Skipped++
		return nil
	case err != nil || !r.known || slices.Contains(r.Told, hash(n.ID)):
		return err
	case r.Gone || m.barred(u, r):
		b.Skipped++
		return nil
	}
	b.Next++
	was := outcomeWaiting
	if m.outbox == nil || !m.outbox.Reaches(u) {
		was = outcomeParked
	}
	return errors.Join(m.notify(tx, u, r, n), n.tally(tx, was))
}
