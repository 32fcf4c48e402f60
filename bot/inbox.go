package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// An Inbox keeps what a platform delivered from the moment it is acknowledged
// until it is answered, so that nothing is lost when the process dies. It is
// the same for every channel; the bodies are the adapter's own.
//
// Its jobs stand in two queues: one named after the channel, whose lanes are
// persons, and one beside it for what may take long.
type Inbox struct {
	store   storage.Store
	channel string
	tracer  Tracer
}

// NewInbox is the inbox of a channel.
func NewInbox(store storage.Store, channel string) *Inbox {
	return &Inbox{store: store, channel: channel}
}

// Traced is the inbox with its updates shown by t.
func (b *Inbox) Traced(t Tracer) *Inbox {
	return &Inbox{store: b.store, channel: b.channel, tracer: t}
}

// An Inbound is one update of a platform.
type Inbound struct {
	ID      string // what the platform repeats on redelivery
	Lane    UserID // whose updates are handled one at a time and in order
	Body    []byte
	Aside   bool   // the second part of an update: see Settled
	Note    []byte // what the last update of the lane left; nil: nothing
	Attempt int    // counts from 1; runs that were put off do not count

	trace string // from its arrival on
}

// Settled is what handling an Inbound led to, besides what was sent.
type Settled struct {
	// Note is kept for the lane's next update; nil leaves the last one, an
	// empty one deletes it. It goes with everything else of the person, too:
	// when they leave, ask to be forgotten, or keep nothing and fall silent.
	Note []byte
	// Aside, if not nil, is the body of a second part, which is handled beside
	// the lane: what waits for the outside does not hold up what the person
	// says meanwhile. It comes with the same ID and Lane.
	Aside []byte
}

// noteBucket holds a lane's note under the person's key.
const noteBucket = "inbox"

// asideQueue is where the second parts stand.
func (b *Inbox) asideQueue() string { return b.channel + "-aside" }

// letter is an Inbound as a job's body.
type letter struct {
	Lane  UserID `json:"lane"`
	Body  []byte `json:"body"`
	Trace string `json:"trace,omitempty"`
}

func (in Inbound) job(queue string) (storage.Job, error) {
	if in.ID == "" || in.Lane == "" {
		return storage.Job{}, errors.New("bot: inbox: an update without id or lane")
	}
	body, err := json.Marshal(letter{Lane: in.Lane, Body: in.Body, Trace: in.trace})
	if err != nil {
		return storage.Job{}, fmt.Errorf("bot: inbox: %w", err)
	}
	j := storage.Job{ID: in.ID, Queue: queue, Body: body}
	if !in.Aside {
		j.Key = userKey(in.Lane)
	}
	return j, nil
}

// Store keeps updates, in this order, in one transaction. When it returns nil
// they are on disk and may be acknowledged. One whose ID was stored before, by
// anybody, is left out: it is a redelivery.
func (b *Inbox) Store(ctx context.Context, updates []Inbound) error {
	jobs := make([]storage.Job, len(updates))
	for i, in := range updates {
		in.Aside, in.trace = false, TraceOf(ctx)
		if in.trace == "" { // fetched: each is its own
			in.trace = NewTrace()
		}
		var err error
		if jobs[i], err = in.job(b.channel); err != nil {
			return err
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	return b.store.Update(ctx, nil, func(tx storage.Tx) error {
		for _, j := range jobs {
			if _, err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	})
}

// asides is how many second parts are handled for each lane: they mostly wait.
const asides = 4

// Work hands out what was stored: n lanes at a time, and a multiple of that of
// second parts beside them, until ctx ends; then it waits for the handlers that still run,
// whose ctx is not cancelled. A handler's error means again: after the pause of
// RetryAfter, which does not count as an attempt, or a growing one; an update
// that fails storage.MaxAttempts times is set aside.
func (b *Inbox) Work(ctx context.Context, n int, handle func(context.Context, Inbound) (Settled, error)) error {
	beside := make(chan error, 1)
	go func() { beside <- b.store.Work(ctx, b.asideQueue(), asides*n, b.handler(true, handle)) }()
	err := b.store.Work(ctx, b.channel, n, b.handler(false, handle))
	return errors.Join(err, <-beside)
}

func (b *Inbox) handler(aside bool, handle func(context.Context, Inbound) (Settled, error)) storage.Handler {
	return func(ctx context.Context, j storage.Job, done storage.Done) error {
		var l letter
		if err := json.Unmarshal(j.Body, &l); err != nil {
			return fmt.Errorf("bot: inbox: %w", storage.ErrCorrupt)
		}
		in := Inbound{ID: j.ID, Lane: l.Lane, Body: l.Body, Aside: aside, Attempt: j.Attempt, trace: l.Trace}
		err := b.store.View(ctx, func(tx storage.Tx) (err error) {
			in.Note, err = tx.Get(noteBucket, userKey(l.Lane))
			return err
		})
		if err != nil {
			return err
		}
		ctx, ended := b.tracer.Begin(WithTrace(ctx, in.trace), Stage{Name: "update", Channel: b.channel})
		settled, err := handle(ctx, in)
		ended(err)
		if err != nil {
			return err
		}
		if settled.Note == nil && settled.Aside == nil {
			return nil
		}
		return b.settle(in, settled, done)
	}
}

// settle ends an update in the transaction that keeps what it left.
func (b *Inbox) settle(in Inbound, s Settled, done storage.Done) error {
	next, err := Inbound{ID: in.ID, Lane: in.Lane, Body: s.Aside, Aside: true, trace: in.trace}.job(b.asideQueue())
	if err != nil {
		return err
	}
	err = done([]string{userKey(in.Lane)}, func(tx storage.Tx) error {
		if s.Aside != nil {
			if _, err := tx.Enqueue(next); err != nil {
				return err
			}
		}
		return putNote(tx, in.Lane, s.Note)
	})
	if errors.Is(err, storage.ErrLost) {
		return nil // another run has it
	}
	return err
}

// Note changes the lane's note from outside of an update. change gets the last
// one, nil if there is none, may run twice, and returns what Settled.Note takes.
func (b *Inbox) Note(ctx context.Context, lane UserID, change func(last []byte) []byte) error {
	return b.store.Update(ctx, []string{userKey(lane)}, func(tx storage.Tx) error {
		last, err := tx.Get(noteBucket, userKey(lane))
		if err != nil {
			return err
		}
		return putNote(tx, lane, change(last))
	})
}

func putNote(tx storage.Tx, lane UserID, note []byte) error {
	if note == nil {
		return nil
	}
	if len(note) == 0 {
		note = nil
	}
	return tx.Put(noteBucket, userKey(lane), note)
}

// dropNote deletes what an adapter noted of a person.
func dropNote(tx storage.Tx, u UserID) error { return tx.Put(noteBucket, userKey(u), nil) }
