package bot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Lease lets one of the processes that share a store do what only one may. The
// one that has it renews it; when it no longer does, another takes it.
//
// Clocks are not compared: whoever waits has seen the record unchanged for
// leaseTime by their own, and whoever has it stops by itself before that, as
// counted from the beginning of its last renewal.
type Lease struct {
	Store storage.Store
	Name  string      // what it is for: a short readable word
	Fault func(error) // hears why it was not renewed; nil: nobody does
}

const (
	leaseBucket = "lease"
	// leaseTime is how long nobody takes a lease from a process that says
	// nothing. A takeover is over within leaseTime and a few leaseLooks.
	leaseTime  = 18 * time.Second
	leaseRenew = leaseTime / 3     // how often it is renewed, and how long that may take
	leaseStop  = 2 * leaseTime / 3 // when who could not renew it stops
	leaseLook  = 2 * time.Second   // how often those who wait look
)

// A leaseRecord says who has a lease.
type leaseRecord struct {
	Holder string `json:"holder"`
	Beat   int    `json:"beat"` // changes with each renewal
}

// Hold runs do whenever this process has the lease, until ctx ends. The ctx of
// do ends when it must stop, and nobody else begins before leaseTime-leaseStop
// after that: do has as long to return. When ctx ends, the next one may begin at
// once.
func (l *Lease) Hold(ctx context.Context, do func(context.Context)) {
	h := holder{lease: l, self: rand.Text()}
	for ctx.Err() == nil {
		began := time.Now()
		taken, err := h.take(ctx)
		switch {
		case err != nil:
			l.fault(ctx, err)
		case taken:
			h.hold(ctx, began, do)
		}
		select {
		case <-ctx.Done():
		case <-time.After(leaseLook):
		}
	}
}

func (l *Lease) fault(ctx context.Context, err error) {
	if l.Fault != nil && ctx.Err() == nil {
		l.Fault(fmt.Errorf("bot: lease %s: %w", l.Name, err))
	}
}

// A holder is one process that wants a lease.
type holder struct {
	lease *Lease
	self  string
	seen  leaseRecord // of somebody else
	since time.Time   // by this process's clock
}

func (h *holder) key() string { return "~" + h.lease.Name }

func (h *holder) load(tx storage.Tx) (r leaseRecord, err error) {
	b, err := tx.Get(leaseBucket, h.key())
	if b == nil || err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("record: %w", storage.ErrCorrupt)
	}
	return r, nil
}

// change lets decide say what the record becomes, from what it is.
func (h *holder) change(ctx context.Context, decide func(leaseRecord) (leaseRecord, bool)) (changed bool, err error) {
	err = h.lease.Store.Update(ctx, []string{leaseBucket + h.key()}, func(tx storage.Tx) error {
		changed = false
		now, err := h.load(tx)
		if err != nil {
			return err
		}
		next, ok := decide(now)
		if !ok {
			return nil
		}
		changed = true
		b, err := json.Marshal(next)
		if err != nil {
			return err
		}
		return tx.Put(leaseBucket, h.key(), b)
	})
	return changed && err == nil, err
}

// take takes the lease if it is free, or its holder has been silent for long
// enough.
func (h *holder) take(ctx context.Context) (taken bool, err error) {
	var now leaseRecord
	err = h.lease.Store.View(ctx, func(tx storage.Tx) (err error) {
		now, err = h.load(tx)
		return err
	})
	if err != nil {
		return false, err
	}
	if now != h.seen || h.since.IsZero() {
		h.seen, h.since = now, time.Now()
	}
	if now.Holder != "" && time.Since(h.since) < leaseTime {
		return false, nil
	}
	return h.change(ctx, func(again leaseRecord) (leaseRecord, bool) {
		return leaseRecord{Holder: h.self, Beat: again.Beat + 1}, again == now
	})
}

// hold runs do for as long as the lease, which was asked for at renewed, is
// renewed.
func (h *holder) hold(ctx context.Context, renewed time.Time, do func(context.Context)) {
	h.seen, h.since = leaseRecord{}, time.Time{}
	if time.Since(renewed) >= leaseStop {
		return // stood still meanwhile
	}
	own, stop := context.WithCancel(ctx)
	defer stop()
	// A renewal may outlast its ctx, where nobody tells what became of a commit:
	// do is stopped in time all the same.
	late := time.AfterFunc(time.Until(renewed.Add(leaseStop)), stop)
	defer late.Stop()
	ended := make(chan struct{})
	go func() { defer close(ended); do(own) }()
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	for mine := true; mine && own.Err() == nil; {
		select {
		case <-ended:
			mine = false
		case <-own.Done():
		case <-tick.C:
			mine = h.renew(ctx, &renewed)
			late.Reset(time.Until(renewed.Add(leaseStop)))
		}
	}
	stop()
	<-ended
	h.release(context.WithoutCancel(ctx))
}

// renew renews the lease, and tells whether do may go on.
func (h *holder) renew(ctx context.Context, renewed *time.Time) bool {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, leaseRenew)
	defer cancel()
	mine, err := h.change(limited, func(now leaseRecord) (leaseRecord, bool) {
		return leaseRecord{Holder: h.self, Beat: now.Beat + 1}, now.Holder == h.self
	})
	switch {
	case err != nil:
		h.lease.fault(ctx, err)
		return time.Since(*renewed) < leaseStop
	case mine:
		*renewed = began
	}
	return mine
}

// release lets the next one begin at once.
func (h *holder) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaseRenew)
	defer cancel()
	_, err := h.change(ctx, func(now leaseRecord) (leaseRecord, bool) {
		return leaseRecord{Beat: now.Beat + 1}, now.Holder == h.self
	})
	if err != nil {
		h.lease.fault(ctx, err)
	}
}
