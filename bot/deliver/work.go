package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A Mailbox holds what parcels name; *bot.Mail is one.
type Mailbox interface {
	// Take hands out what the parcel holds, nothing when somebody else took it.
	// It is the parcel's until Settle: a second Take returns the same.
	Take(ctx context.Context, p bot.Parcel) ([]bot.Reply, error)
	// Settle ends what was taken, in the transaction that ends the job.
	Settle(tx storage.Tx, p bot.Parcel, d bot.Delivery) error
}

var _ Mailbox = (*bot.Mail)(nil)

// pushTime bounds one push.
const pushTime = 45 * time.Second

// Work sends what is due, n parcels of each queue at a time, until ctx ends;
// then it finishes those under way.
func (q *Queue) Work(ctx context.Context, n int, box Mailbox) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := &worker{q: q, box: box}
	var (
		wg      sync.WaitGroup
		digests error
	)
	wg.Go(func() {
		defer stop() // whichever fails ends the other
		digests = q.cfg.Store.Work(ctx, digestQueue, n, w.handle)
	})
	err := q.cfg.Store.Work(ctx, sendQueue, n, w.handle)
	stop()
	wg.Wait()
	return errors.Join(err, digests)
}

// A worker is one call of Work.
type worker struct {
	q   *Queue
	box Mailbox
}

// handle works one job.
func (w *worker) handle(ctx context.Context, j storage.Job, done storage.Done) (err error) {
	var p bot.Parcel
	if err := json.Unmarshal(j.Body, &p); err != nil {
		return fmt.Errorf("deliver: parcel: %w", storage.ErrCorrupt)
	}
	if p.ID == "" { // enqueued by a version that named turns only
		p.ID = j.ID
	}
	ch := w.q.of(p.User)
	if ch == nil { // the channel was switched off
		return w.settle(ctx, done, Ended{Parcel: p, Job: j.ID, Outcome: OutcomeParked}, bot.Parked)
	}
	if due := w.due(ch, j, p); due != nil {
		return w.postpone(j, done, p, *due)
	}
	replies, err := w.box.Take(ctx, p)
	if err != nil || len(replies) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(bot.WithTrace(ctx, p.Trace), pushTime)
	defer cancel()
	ctx, ended := w.q.cfg.Tracer.Begin(ctx, stage(p))
	defer func() { ended(err) }()
	p.Trace = bot.TraceOf(ctx)
	began := time.Now()
	err = ch.pusher.Push(ctx, p.User, j.ID, replies)
	return w.conclude(ctx, done, Ended{Parcel: p, Job: j.ID, Took: time.Since(began), attempt: j.Attempt}, err)
}

// stage is what a trace shows of the sending of a parcel.
func stage(p bot.Parcel) bot.Stage {
	s := bot.Stage{Name: "push", Kind: "answer"}
	if p.Turn == "" {
		s.Kind = "notice"
	}
	s.Channel, _, _ = strings.Cut(string(p.User), ":")
	return s
}

// due is the parcel as it is to be sent later, nil when it may be sent now.
// After a long stop something can become due in quiet hours; and of many
// notices each waits for its turn.
func (w *worker) due(ch *channel, j storage.Job, p bot.Parcel) *bot.Parcel {
	now := w.q.cfg.Now()
	if p.Awake || p.Turn != "" {
		return nil
	}
	if end, quiet := w.q.quiet(p, now); quiet {
		later := w.q.digest(p, end)
		return &later
	}
	if d := ch.turn(j.ID, now); d > 0 {
		p.At = now.Add(d)
		return &p
	}
	return nil
}

// conclude ends a parcel by what its push returned, or has it tried again.
func (w *worker) conclude(ctx context.Context, done storage.Done, e Ended, err error) error {
	pause, asked := storage.Snoozed(err)
	if asked {
		return storage.Snooze(max(pause, 0))
	}
	switch {
	case err == nil:
		w.q.tries.over(e.Job)
		e.Outcome = OutcomeDelivered
		return w.settle(ctx, done, e, bot.Delivered)
	case errors.Is(err, bot.ErrGone):
		w.q.tries.over(e.Job)
		e.Outcome = OutcomeGone
		return w.settle(ctx, done, e, bot.PersonGone)
	case errors.Is(err, bot.ErrParked):
		w.q.tries.over(e.Job)
		e.Outcome = OutcomeParked
		return w.settle(ctx, done, e, bot.Parked)
	}
	w.q.cfg.Fault(fmt.Errorf("deliver: push: %w", err))
	// A run that died may have sent it.
	doubt := w.q.tries.doubted(e.Job, !errors.Is(err, bot.ErrUnsent) || e.attempt > 1)
	pause, more := w.q.tries.failed(e.Job)
	if more {
		return storage.Snooze(pause)
	}
	w.q.tries.over(e.Job)
	e.Outcome = OutcomeFailed
	return w.giveUp(ctx, done, e, !doubt, err)
}

// giveUp ends a round of tries. What has surely not left is tried again later;
// anything else would perhaps be read twice then, and waits for the person.
func (w *worker) giveUp(ctx context.Context, done storage.Done, e Ended, unsent bool, why error) error {
	p := e.Parcel
	last := !unsent || p.Again == outageRounds
	end := func() error { return w.settle(ctx, done, e, bot.Failed) }
	if !last {
		end = func() error { return w.putOff(done, p, w.q.again(p)) }
	}
	if err := end(); err != nil {
		return err
	}
	if p.Again == 0 || last { // in between the same would be told again
		w.q.cfg.GaveUp(context.WithoutCancel(ctx), p, why)
	}
	return nil
}

// settle ends a parcel and its job.
func (w *worker) settle(ctx context.Context, done storage.Done, e Ended, d bot.Delivery) error {
	p := e.Parcel
	err := done([]string{bot.UserKey(p.User)}, func(tx storage.Tx) error { return w.box.Settle(tx, p, d) })
	if errors.Is(err, storage.ErrLost) {
		return nil // another run has it
	}
	if err == nil {
		w.q.cfg.Ended(ctx, e)
	}
	return err
}

// postpone has a parcel sent later. One that stands among the digests waits
// there; any other moves there, so that it does not hold up answers.
func (w *worker) postpone(j storage.Job, done storage.Done, now, later bot.Parcel) error {
	if j.Queue == digestQueue {
		return storage.Snooze(later.At.Sub(w.q.cfg.Now()))
	}
	return w.putOff(done, now, later)
}

// putOff lets later bring what now was to bring, beside the lane of answers.
func (w *worker) putOff(done storage.Done, now, later bot.Parcel) error {
	err := done([]string{bot.UserKey(later.User)}, func(tx storage.Tx) error {
		// What an earlier try has taken is the other parcel's to take.
		if err := w.box.Settle(tx, now, bot.PutOff); err != nil {
			return err
		}
		return enqueue(tx, digestQueue, later)
	})
	if errors.Is(err, storage.ErrLost) {
		return nil // another run has it
	}
	return err
}
