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
	// retryQueue holds the queries that wait until their city answers again. It
	// has no lanes: one that waits holds up no other.
	retryQueue = "later"
	// retryAfter is the pause when nobody knows how long a city stays away:
	// asking it again costs nothing.
	retryAfter = 30 * time.Minute
	// retryFor is how long a query waits.
	retryFor = 3 * 24 * time.Hour
	// mostRetries is how many queries of one person wait at a time.
	mostRetries = 5
)

// A Retry is a query that waits until its city answers again.
type Retry struct {
	ID      string    `json:"id"`
	Vehicle Vehicle   `json:"vehicle"`
	Rule    Rule      `json:"rule"`
	Owner   UserID    `json:"owner,omitempty"` // whose digits it takes
	Since   time.Time `json:"since"`
	Tries   int       `json:"tries,omitempty"` // that failed for free
}

// A retryJob names a Retry.
type retryJob struct {
	User UserID `json:"user"`
	ID   string `json:"id"`

	trace string // of its run
}

// retry is the one with an id; nil: it was ended.
func (r *record) retry(id string) *Retry {
	for i := range r.Later {
		if r.Later[i].ID == id {
			return &r.Later[i]
		}
	}
	return nil
}

// waiting is the vehicles whose query waits.
func (r *record) waiting() []Vehicle {
	var cars []Vehicle
	for _, l := range r.Later {
		cars = append(cars, l.Vehicle.bare())
	}
	return cars
}

// noLater ends what waits for a vehicle: its job finds nothing to do.
func (r *record) noLater(v Vehicle) {
	r.Later = slices.DeleteFunc(r.Later, func(l Retry) bool { return l.Vehicle.Same(v) })
}

// tryLater lets a query wait, once a vehicle.
func (x *run) tryLater(e TryLater) error {
	waits := slices.ContainsFunc(x.r.Later, func(l Retry) bool { return l.Vehicle.Same(e.Vehicle) })
	if waits || len(x.r.Later) >= mostRetries {
		return nil
	}
	l := Retry{Vehicle: e.Vehicle, Rule: e.Rule, Owner: e.Owner, Since: x.at}
	l.ID = strconv.FormatUint(hash(e.Vehicle.Plate+"/"+e.Vehicle.Type), 36) + "-" + stamp(x.at)
	body, err := json.Marshal(retryJob{User: x.user, ID: l.ID})
	if err != nil {
		return fmt.Errorf("bot: later: %w", err)
	}
	after := e.After
	if after <= 0 {
		after = retryAfter
	}
	x.r.Later = append(x.r.Later, l)
	_, err = x.tx.Enqueue(storage.Job{ID: userKey(x.user) + "/" + l.ID, Queue: retryQueue, At: x.at.Add(after), Body: body})
	return err
}

// tryAgain asks once more for somebody who does not wait. What came of it is
// told in the transaction that ends the job.
func (b *Bot) tryAgain(ctx context.Context, j storage.Job, done storage.Done) (err error) {
	var job retryJob
	if err := json.Unmarshal(j.Body, &job); err != nil {
		return fmt.Errorf("bot: later: %w", storage.ErrCorrupt)
	}
	ctx, cancel := context.WithTimeout(ctx, taskTime)
	defer cancel()
	ctx, ended := b.tracer.Begin(ctx, Stage{Name: "retry"})
	defer func() { ended(err) }()
	job.trace = TraceOf(ctx)
	l, lent, err := b.retryOf(ctx, job)
	switch {
	case err != nil || l == nil:
		return err
	case !lent: // nobody to pay for, or they were told that it is shared no more
		return lost(done([]string{userKey(job.User)}, func(tx storage.Tx) error { return endRetry(tx, job) }))
	}
	report, err := b.desk.Query(ctx, Request{
		ID: j.ID + "/" + strconv.Itoa(l.Tries), User: job.User, At: l.Since, Vehicle: l.Vehicle, Rule: l.Rule,
	})
	if _, later := storage.Snoozed(err); later {
		return err
	}
	if err != nil {
		b.fault(err)
	}
	if after, again := l.again(err, b.now()); again {
		if err := b.countTry(ctx, job); err != nil {
			return err
		}
		return storage.Snooze(after)
	}
	return lost(done([]string{userKey(job.User)}, func(tx storage.Tx) error { return b.tellRetry(tx, job, report, err) }))
}

// lost is the error of a job's end, unless another run has the job.
func lost(err error) error {
	if errors.Is(err, storage.ErrLost) {
		return nil
	}
	return err
}

// endRetry ends a retry of which nothing is told.
func endRetry(tx storage.Tx, job retryJob) error {
	r, err := load(tx, job.User)
	if err != nil {
		return err
	}
	l := r.retry(job.ID)
	if l == nil {
		return nil
	}
	r.noLater(l.Vehicle)
	return r.save(tx, job.User)
}

// retryOf reads what a job is about, with the digits to ask with; nil: it was
// ended. lent is false when whose digits it takes no longer keeps the car, and
// when the person is gone.
func (b *Bot) retryOf(ctx context.Context, job retryJob) (l *Retry, lent bool, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error {
		r, err := load(tx, job.User)
		if err != nil {
			return err
		}
		if l = r.retry(job.ID); l == nil || r.Gone {
			return nil
		}
		x := &run{b: b, terms: b.terms.Load(), tx: tx, user: job.User, r: r}
		l.Vehicle, lent, err = x.lend(l.Vehicle, l.Owner)
		return err
	})
	return l, lent, err
}

// again tells whether a failure may pass, and when to ask once more: only what
// is free is asked again, and not for ever.
func (l *Retry) again(err error, now time.Time) (after time.Duration, again bool) {
	e, known := errors.AsType[*Error](err)
	if !known || now.Sub(l.Since) >= retryFor {
		return 0, false
	}
	switch e.Kind {
	case Maintenance, Busy, Unreachable, Unavailable, UserLimit, MonthLimit, NewLimit, Budget, StoreFull:
	default:
		return 0, false
	}
	if e.After > 0 {
		return e.After, true
	}
	return retryAfter, true
}

// countTry lets the next try be another request: this one has its outcome.
func (b *Bot) countTry(ctx context.Context, job retryJob) error {
	return b.store.Update(ctx, []string{userKey(job.User)}, func(tx storage.Tx) error {
		r, err := load(tx, job.User)
		if err != nil {
			return err
		}
		l := r.retry(job.ID)
		if l == nil {
			return nil
		}
		l.Tries++
		return r.save(tx, job.User)
	})
}

// tellRetry ends a retry, and lets its person be told: what was found, or why
// nothing was. The report is then the last one they read, for 刷新 and 订阅, unless a question is
// open: that may be about the one before.
func (b *Bot) tellRetry(tx storage.Tx, job retryJob, report Report, failure error) error {
	r, err := load(tx, job.User)
	if err != nil {
		return err
	}
	l := r.retry(job.ID)
	if l == nil {
		return nil
	}
	v, owner := l.Vehicle, l.Owner
	n := Notice{ID: "later-" + job.ID, Kind: NoticeFound, At: b.now(), Vehicle: v.bare(), City: l.Rule.Name, Err: KindOf(failure), Trace: job.trace}
	x := &run{b: b, terms: b.terms.Load(), tx: tx, user: job.User, at: b.now(), r: r}
	if failure == nil {
		if report.Cached {
			if err := x.spare(); err != nil {
				return err
			}
		}
		if _, err := x.reported(Found{Report: report}); err != nil {
			return err
		}
		if owner != "" {
			report.Vehicle = report.Vehicle.bare()
		}
		if s := &r.Session; s.fresh(x.at) && !s.asking() {
			s.read(report)
		}
		report.Vehicle = report.Vehicle.bare()
		n.City, n.Report = report.City, &report
	}
	r.noLater(v)
	return b.mail.notify(tx, job.User, r, n)
}
