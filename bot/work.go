package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// lookupQueue holds what a waiting person needs from the outside.
const lookupQueue = "lookup"

// maxTries is how often a question that is free and failed in passing is asked
// by itself; then the person decides.
const maxTries = 3

// taskTime bounds one task: a query of 30 s and the store's share.
const taskTime = 45 * time.Second

// Kinds of tasks.
const (
	taskRule   = "rule"
	taskCities = "cities"
	taskQuery  = "query"
	taskAdmin  = "admin" // what an admin has asked for
)

// A job is read by programs of the version before, while one replaces the other.
// So a field is added to a body only if it may be ignored; what must be understood
// gets a kind of its own, which an earlier program leaves to a later one, or, where
// a body has no kinds, a queue of its own, which an earlier program does not work.

// A task is the body of a lookup job: an effect, and whom its outcome is for.
type task struct {
	Kind      string    `json:"kind"`
	User      UserID    `json:"user"`
	Turn      string    `json:"turn"`
	Effect    int       `json:"effect"`
	At        time.Time `json:"at"`
	Prefix    string    `json:"prefix,omitempty"`
	NewEnergy bool      `json:"nev,omitempty"`
	Place     string    `json:"place,omitempty"`
	Vehicle   Vehicle   `json:"vehicle,omitzero"`
	Rule      Rule      `json:"rule,omitzero"`
	Refresh   bool      `json:"refresh,omitempty"`
	Trace     string    `json:"trace,omitempty"`
	Owner     UserID    `json:"owner,omitempty"` // who shared the vehicle, whose digits are not to be shown

	Admin *adminOrder `json:"admin,omitempty"`
}

// known tells whether this program knows what to do.
func (t task) known() bool {
	switch t.Kind {
	case taskRule, taskCities, taskQuery:
		return true
	case taskAdmin:
		return t.Admin != nil
	}
	return false
}

// enqueue hands a task to the workers, in the transaction that decided it. One
// lane a person: its tasks are worked in order.
func (x *run) enqueue(t task) error {
	t.User, t.Turn, t.At, t.Trace = x.user, x.key, x.at, x.r.turn(x.key).Trace
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("bot: task: %w", err)
	}
	lane := userKey(x.user)
	// The time keeps the IDs of somebody who was forgotten from coming again.
	id := lane + "/" + strconv.FormatUint(hash(x.key), 36) + "/" + strconv.Itoa(t.Effect) + "/" + strconv.FormatInt(x.at.UnixNano(), 36)
	fresh, err := x.tx.Enqueue(storage.Job{ID: id, Queue: lookupQueue, Key: lane, Body: body})
	if err != nil {
		return err
	}
	if !fresh {
		return errors.New("bot: task: enqueued before")
	}
	x.r.turn(x.key).Open++
	return nil
}

// Work asks the outside for what conversations wait for, and for what waits
// until its city answers, n tasks of each at a time, until ctx ends; then it
// finishes those under way. Beside that it sweeps, and goes on with a broadcast.
func (b *Bot) Work(ctx context.Context, n int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var (
		wg                  sync.WaitGroup
		retries, broadcasts error
	)
	wg.Go(func() { b.sweeping(ctx) })
	wg.Go(func() {
		defer stop() // whichever fails ends the others
		retries = b.store.Work(ctx, retryQueue, n, b.tryAgain)
	})
	wg.Go(func() {
		defer stop()
		broadcasts = b.store.Work(ctx, broadcastQueue, 1, b.mail.spread)
	})
	err := b.store.Work(ctx, lookupQueue, n, b.work)
	stop()
	wg.Wait()
	return errors.Join(err, retries, broadcasts)
}

// work does one task: the outside first, then the outcome, the next step of
// the dialogue and the end of the job in one transaction.
func (b *Bot) work(ctx context.Context, j storage.Job, done storage.Done) (err error) {
	var t task
	if err := json.Unmarshal(j.Body, &t); err != nil {
		return fmt.Errorf("bot: task: %w", storage.ErrCorrupt)
	}
	ctx, cancel := context.WithTimeout(WithTrace(ctx, t.Trace), taskTime)
	defer cancel()
	ctx, ended := b.tracer.Begin(ctx, Stage{Name: "lookup", Kind: t.Kind})
	defer func() { ended(err) }()
	if !t.known() {
		return storage.Newer(t.At, b.now())
	}
	if wanted, err := b.wanted(ctx, t); err != nil || !wanted {
		return err
	}
	if t.Kind == taskAdmin {
		return b.act(ctx, t, done)
	}
	in, err := b.outcome(ctx, j, t)
	if err != nil {
		return err
	}
	var saved int64
	err = done([]string{userKey(t.User)}, func(tx storage.Tx) (err error) {
		saved, err = b.deliver(tx, t, in)
		return err
	})
	if errors.Is(err, storage.ErrLost) {
		return nil // another run has it
	}
	if err != nil {
		return err
	}
	b.saved.Add(saved)
	b.bell.ring(t.User, t.Turn)
	return nil
}

// wanted tells whether somebody still waits for the task: whoever was forgotten
// meanwhile, or left, or was blocked, does not, and nothing is paid for them.
func (b *Bot) wanted(ctx context.Context, t task) (wanted bool, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error {
		r, err := load(tx, t.User)
		if err == nil {
			own := r.turn(t.Turn)
			wanted = own != nil && !own.complete()
		}
		return err
	})
	return wanted, err
}

// outcome asks the outside. An error means that the task is to be run again.
func (b *Bot) outcome(ctx context.Context, j storage.Job, t task) (Input, error) {
	now := b.now
	switch t.Kind {
	case taskRule:
		rule, err := b.desk.FetchRule(ctx, t.Prefix, t.NewEnergy)
		kind, err := b.failed(j, err)
		return RuleIs{Effect: t.Effect, At: now(), Prefix: t.Prefix, NewEnergy: t.NewEnergy, Rule: rule, Err: kind}, err
	case taskCities:
		table, err := b.desk.FetchCities(ctx)
		kind, err := b.failed(j, err)
		return CitiesAre{Effect: t.Effect, At: now(), Place: t.Place, Cities: table, Err: kind}, err
	case taskQuery:
		report, err := b.desk.Query(ctx, Request{
			ID: j.ID, User: t.User, At: t.At, Vehicle: t.Vehicle, Rule: t.Rule, Refresh: t.Refresh,
		})
		after := waitOf(err)
		kind, err := b.failed(j, err)
		return Found{Effect: t.Effect, At: now(), Vehicle: t.Vehicle, Report: report, Err: kind, After: after}, err
	}
	return nil, fmt.Errorf("bot: task: unknown kind %q", t.Kind)
}

// waitOf is how long asking again makes no sense after err; 0: not known.
func waitOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.After
	}
	return 0
}

// failed splits an error into the kind that the dialogue hears of, and the error
// that has the job queue ask once more.
func (b *Bot) failed(j storage.Job, err error) (Kind, error) {
	if err == nil {
		return "", nil
	}
	if _, later := storage.Snoozed(err); later {
		return "", err
	}
	b.fault(err)
	if e, ok := errors.AsType[*Error](err); ok && e.Again && j.Attempt < maxTries {
		return "", err
	}
	return KindOf(err), nil
}

// deliver moves the person's session by an outcome, and counts the queries that
// an earlier answer served. Whoever was forgotten or blocked meanwhile gets
// nothing.
func (b *Bot) deliver(tx storage.Tx, t task, in Input) (saved int64, err error) {
	r, err := load(tx, t.User)
	if err != nil {
		return 0, err
	}
	own := r.turn(t.Turn)
	if own == nil || own.complete() {
		return 0, nil
	}
	own.Open--
	x := &run{b: b, terms: b.terms.Load(), tx: tx, user: t.User, key: t.Turn, at: b.now(), r: r}
	if f, ok := in.(Found); ok {
		if f.Report.Cached && f.Err == "" {
			if err := x.spare(); err != nil {
				return 0, err
			}
		}
		if in, err = x.found(f, t.Owner); err != nil {
			return 0, err
		}
	}
	if err := x.step(in); err != nil {
		return 0, err
	}
	if err := b.mail.late(tx, t.User, r, t.Turn); err != nil {
		return 0, err
	}
	return x.saved, r.save(tx, t.User)
}
