package watch

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Mail reaches into people's records; bot.Mail is one. Its methods run in
// transactions that hold the person's key where they write.
type Mail interface {
	// Notify leaves a notice for the person, once for its ID.
	Notify(tx storage.Tx, u bot.UserID, n bot.Notice) error
	// Person is what is known of somebody; it only reads.
	Person(tx storage.Tx, u bot.UserID) (bot.Person, error)
	// Release takes a vehicle out of those the person saved.
	Release(tx storage.Tx, u bot.UserID, v bot.Vehicle) error
}

// defaultEvery is how often a vehicle is checked when nothing is configured:
// violations appear a week or more after the fact (公安部令第157号, articles 19 and 20).
const defaultEvery = 7 * 24 * time.Hour

// Config is what a Desk needs.
type Config struct {
	Store storage.Store
	Desk  bot.Desk
	Mail  Mail
	Now   func() time.Time // nil: time.Now
	Every time.Duration    // how often a vehicle is checked (push.every); 0: a week
	// NextReminder is the first time after at when something is to be said of
	// a car's inspection; ok is false when nothing is left to say. nil: never.
	NextReminder func(s bot.Saved, at time.Time) (next time.Time, ok bool)
	// Random is what places in the rhythm and jitter are drawn from; nil:
	// crypto/rand. Stories that tell of dates fix it.
	Random io.Reader
	// Fault hears what failed behind a check, for the operator's log; nil:
	// nobody does. The errors hold no personal data.
	Fault  func(error)
	Tracer bot.Tracer
}

// A Desk implements bot.Watch. It holds no state: any number may share a store.
type Desk struct {
	store  storage.Store
	desk   bot.Desk
	mail   Mail
	now    func() time.Time
	every  atomic.Int64 // ask period
	remind func(bot.Saved, time.Time) (time.Time, bool)
	chance chance
	fault  func(error)
	tracer bot.Tracer
	diff   differ // diff; a test puts a broken one here, to see itself fail
}

var _ bot.Watch = (*Desk)(nil)

// New makes a Desk. Work must run somewhere for vehicles to be checked.
func New(c Config) *Desk {
	d := &Desk{
		store: c.Store, desk: c.Desk, mail: c.Mail, now: c.Now,
		remind: c.NextReminder, chance: chance{c.Random}, fault: c.Fault, tracer: c.Tracer, diff: diff,
	}
	if d.now == nil {
		d.now = time.Now
	}
	if c.Random == nil {
		d.chance = chance{rand.Reader}
	}
	d.Adjust(c)
	if d.remind == nil {
		d.remind = func(bot.Saved, time.Time) (time.Time, bool) { return time.Time{}, false }
	}
	if d.fault == nil {
		d.fault = func(error) {}
	}
	return d
}

// Adjust takes Every of c over; the rest of c is not looked at. Every vehicle has
// its place in the new period from then on, as after a restart. It may be called
// at any time.
func (d *Desk) Adjust(c Config) {
	if c.Every <= 0 {
		c.Every = defaultEvery
	}
	d.every.Store(int64(c.Every))
}

// period is that in which vehicles are checked. What compares slots asks
// once: those of two periods have nothing to do with each other.
func (d *Desk) period() period { return period(d.every.Load()) }

// Queues of jobs.
const (
	checkQueue = "check" // one vehicle is due
	taskQueue  = "watch" // what follows for other people
)

// dispatchEvery is how often it is looked for what is due.
const dispatchEvery = 10 * time.Second

// Work checks the vehicles that are due, n at a time, until ctx ends; then it
// finishes those under way.
func (d *Desk) Work(ctx context.Context, n int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var (
		wg    sync.WaitGroup
		tasks error
	)
	wg.Go(func() {
		defer stop() // whichever fails ends the other
		tasks = d.store.Work(ctx, taskQueue, 1, d.task)
	})
	wg.Go(func() { d.dispatching(ctx) })
	err := d.store.Work(ctx, checkQueue, n, d.check)
	stop()
	wg.Wait()
	return errors.Join(err, tasks)
}

// dispatching enqueues what becomes due until ctx ends.
func (d *Desk) dispatching(ctx context.Context) {
	tick := time.NewTicker(dispatchEvery)
	defer tick.Stop()
	for {
		if err := d.Dispatch(ctx); err != nil && ctx.Err() == nil {
			d.fault(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
