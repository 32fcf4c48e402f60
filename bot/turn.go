package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Bot answers messages. It holds no state that matters: everything is in the
// store, and any number of Bots may share one.
type Bot struct {
	store   storage.Store
	desk    Desk
	now     func() time.Time
	terms   atomic.Pointer[terms]
	mail    *Mail
	watch   Watch
	fault   func(error)
	observe func(context.Context, Seen)
	tracer  Tracer
	bell    bell
	saved   atomic.Int64
}

var _ Handler = (*Bot)(nil)

// Config is what a Bot needs.
type Config struct {
	Store    storage.Store
	Desk     Desk
	Now      func() time.Time // nil: time.Now
	Vehicles int              // how many vehicles a person may save; 0: 5
	Mail     *Mail            // what waits for people; nil: one that sends nothing by itself
	Watch    Watch            // nil: nothing is checked by itself
	Admins   []UserID         // who may use /admin
	Every    time.Duration    // how often Watch checks a car as a rule, for saying so; 0: 7 days
	Messages int              // how many messages of a person a minute are answered; 0: all
	Fleet    *Fleet           // what /admin does; nil: one on Store, which knows no figures but the store's
	Price    float64          // yuan that a paid query costs, for /admin; 0: not known
	Privacy  *Privacy         // what 隐私 shows; nil: the default
	// Fault hears what failed behind an answer, for the operator's log; nil:
	// nobody does. The errors hold no personal data.
	Fault func(error)
	// Observe hears of each message when it is answered, in a ctx with its trace;
	// nil: nobody does. It must not wait.
	Observe func(context.Context, Seen)
	Tracer  Tracer
}

// New makes a Bot. Work must run somewhere for queries to be answered.
func New(c Config) *Bot {
	b := &Bot{
		store: c.Store, desk: c.Desk, now: c.Now, mail: c.Mail, watch: c.Watch, fault: c.Fault, observe: c.Observe, tracer: c.Tracer,
	}
	if b.fault == nil {
		b.fault = func(error) {}
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.mail == nil {
		b.mail = NewMail(MailConfig{Store: c.Store, Now: b.now, Admins: c.Admins})
	}
	b.Adjust(c)
	return b
}

// Saved is how many queries of this process were answered without paying,
// because a fresh answer was at hand.
func (b *Bot) Saved() int64 { return b.saved.Load() }

// recheck is how often a waiting Handle looks into the store by itself, for an
// outcome that another process brought.
const recheck = 2 * time.Second

// Handle implements Handler. One transaction reads the message, moves the
// session, and stores replies and jobs together; a query's outcome arrives in
// a second one, for which Handle waits as long as ctx allows.
func (b *Bot) Handle(ctx context.Context, m Message) (answer Answer, err error) {
	if m.User == "" || m.Key == "" {
		return Answer{}, errors.New("bot: message without user or key")
	}
	if m.At.IsZero() {
		m.At = b.now()
	}
	began := time.Now()
	ctx, ended := b.tracer.Begin(ctx, Stage{Name: "turn", Channel: m.Channel})
	seen := Seen{Channel: m.Channel, User: m.User, Trace: TraceOf(ctx)}
	defer func() {
		b.observed(ctx, seen, began, answer, err)
		ended(err)
	}()
	answer, seen, err = b.turn(ctx, m, seen)
	if err == nil && answer.Pending {
		early := answer.Replies
		answer, err = b.await(ctx, m, seen)
		answer.Replies = append(early, answer.Replies...)
	}
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil: // nothing of the message was stored, or await has said so
		return answer, err
	}
	k := kindOfStore(err)
	answer.Replies = append(answer.Replies, Reply{Text: UserText(m.Lang, k)})
	return answer, &Error{Kind: k, Err: err}
}

// await waits for the rest of a turn that was stored. When ctx ends first the
// turn goes on without it. What came before it listens is found by looking.
func (b *Bot) await(ctx context.Context, m Message, seen Seen) (Answer, error) {
	rung := b.bell.listen(m.User, m.Key)
	defer b.bell.leave(m.User, m.Key, rung)
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		complete, err := b.complete(ctx, m)
		if err != nil || complete {
			var answer Answer
			if err == nil {
				answer, _, err = b.turn(ctx, m, seen)
			}
			if err != nil && ctx.Err() != nil {
				return Answer{Pending: true}, nil // stored all the same, and waiting
			}
			return answer, err
		}
		select {
		case <-rung:
		case <-tick.C:
		case <-ctx.Done():
			return Answer{Pending: true}, nil
		}
	}
}

// complete tells whether everything that a turn asked for has come back.
func (b *Bot) complete(ctx context.Context, m Message) (complete bool, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error {
		r, err := load(tx, m.User)
		if err != nil {
			return err
		}
		t := r.turn(m.Key)
		complete = t == nil || t.complete()
		return nil
	})
	return complete, err
}

// turn is Handle's transaction: the first time for a key it does the turn, and
// from then on it takes what the turn led to. seen comes with the trace, which
// is the turn's from the first time on.
func (b *Bot) turn(ctx context.Context, m Message, seen Seen) (Answer, Seen, error) {
	var (
		answer Answer
		saved  int64
	)
	first := seen
	err := b.update(ctx, m.User, func(tx storage.Tx, keys []string) error {
		answer, saved, seen = Answer{}, 0, first
		r, err := load(tx, m.User)
		if err != nil {
			return err
		}
		if t := r.turn(m.Key); t != nil {
			var changed bool
			seen.again(t)
			answer.Pending = !t.complete()
			if answer.Replies, changed = t.take(itself); changed {
				return r.save(tx, m.User)
			}
			return nil
		}
		if r.seen(m.Key) {
			seen.Again = true
			return nil
		}
		x := &run{b: b, terms: b.terms.Load(), tx: tx, keys: keys, user: m.User, key: m.Key, at: m.At, r: r, noted: &seen}
		if m.Event == Left {
			seen.Intent = string(Left)
			return x.vanish()
		}
		if err := x.turn(m); err != nil {
			return err
		}
		t := r.turn(m.Key)
		if t == nil { // one message too many
			return r.save(tx, m.User)
		}
		if answer.Pending = !t.complete(); answer.Pending {
			answer.Replies, t.Early = t.Early, nil
		} else {
			answer.Replies, _ = t.take(itself)
		}
		saved = x.saved
		return r.save(tx, m.User)
	})
	if err == nil {
		b.saved.Add(saved)
	}
	return answer, seen, err
}

// turn does the turn of a message that is new.
func (x *run) turn(m Message) error {
	if refused, err := x.refused(m); refused || err != nil {
		return err
	}
	if x.slowed(m) {
		x.noted.Intent = intentSlowed
		return nil
	}
	t := x.r.begin(m.Key, m.At)
	t.Trace = x.noted.Trace
	x.noted.Intent = intentAdmin
	handled, err := x.admin(m)
	if err != nil || handled {
		return err
	}
	late, err := x.bring(t, m.Lang)
	if err != nil {
		return err
	}
	return x.step(x.input(m, late))
}

// kindOfStore is what a store's error means to the person.
func kindOfStore(err error) Kind {
	if errors.Is(err, storage.ErrFull) {
		return StoreFull
	}
	return KindOf(err)
}

// A run moves one person's session inside a transaction, with everything that
// follows from it and needs no network.
type run struct {
	b     *Bot
	terms *terms // the same for all of it
	tx    storage.Tx
	keys  []string // that the transaction holds
	user  UserID
	key   string // of the message this belongs to
	at    time.Time
	r     *record

	saved int64 // queries that a fresh answer served
	noted *Seen // of the message that this is the turn of; nil: of no message
}

// bring hands what waits for the person to the turn, and tells whether that
// answers who asks for a result: an answer that was late does, a notice does if
// no result is to come.
func (x *run) bring(t *turn, l Lang) (late bool, err error) {
	late = len(t.Early) > 0
	heard, err := x.hear()
	if err != nil {
		return false, err
	}
	if len(heard) > 0 {
		s := x.r.Session
		s.Lang = l
		t.News = append(t.News, tell(s.teller(x.at, x.r.Garage), heard, false)...)
	}
	return late || len(t.News) > 0 && x.r.Session.Waiting == 0, nil
}

// input reads the message with the question that is open.
func (x *run) input(m Message, late bool) (in Input) {
	open := nlu.Open{Engine: nlu.Unwanted, VIN: nlu.Unwanted}
	defer func() { x.noteInput(m, in, open) }()
	switch {
	case m.Licence != nil:
		return Shown{At: m.At, Lang: m.Lang, Licence: *m.Licence}
	case m.Event == Followed:
		return Met{At: m.At, Lang: m.Lang}
	case m.Event != NoEvent:
		return Odd{At: m.At, Lang: m.Lang, Event: m.Event}
	}
	open = x.r.unasked()
	if x.r.Session.fresh(m.At) && (open.Question != nlu.Push || x.r.Session.asking()) {
		open = x.r.Session.open()
	}
	for _, c := range x.r.Garage {
		open.Names = append(open.Names, c.Name)
	}
	reading := nlu.Read(m.Text, open)
	if x.r.Session.Dating && reading.Intent == nlu.Unknown { // a bare date: 2027年5月
		if dated := nlu.Read(untilWord+m.Text, open); dated.Until != "" {
			reading = dated
		}
	}
	return Heard{At: m.At, Lang: m.Lang, Text: m.Text, Reading: reading, Late: late}
}

// untilWord names the date behind it to the message reader.
const untilWord = "检验有效期至 "

func (x *run) room() int { return x.terms.vehicles - len(x.r.Garage) }

// maxSteps bounds how many steps one input can lead to: a full line of
// vehicles, each with its rule, its answer in the store and what keeping it
// arranged, beside a message full of saved ones.
const maxSteps = 8 * (maxQueue + 2)

// step gives in to the dialogue and carries out what it wants, until nothing
// more can be done without the outside.
func (x *run) step(in Input) error {
	inputs := []Input{in}
	for n := 0; len(inputs) > 0; n++ {
		if n == maxSteps {
			return errors.New("bot: dialogue does not settle")
		}
		var effects []Effect
		x.r.Session.Privacy = x.terms.privacy
		x.r.Session, effects = Step(x.r.Session, x.informed(inputs[0]))
		inputs = inputs[1:]
		for _, e := range effects {
			next, err := x.apply(e)
			if err != nil {
				return err
			}
			if next != nil {
				inputs = append(inputs, next)
			}
		}
	}
	return nil
}

// apply carries out one effect. Its outcome is returned when the store has it,
// and comes by a job otherwise.
func (x *run) apply(e Effect) (Input, error) {
	switch e := e.(type) {
	case Say:
		t := x.r.turn(x.key)
		t.Replies = append(t.Replies, e.Reply)
	case FindRule:
		rule, ok, err := x.b.desk.Rule(x.tx, x.at, e.Prefix, e.NewEnergy)
		if err != nil || ok {
			return RuleIs{Effect: e.Effect, At: x.at, Prefix: e.Prefix, NewEnergy: e.NewEnergy, Rule: rule}, err
		}
		return nil, x.enqueue(task{Kind: taskRule, Effect: e.Effect, Prefix: e.Prefix, NewEnergy: e.NewEnergy})
	case FindCities:
		table, ok, err := x.b.desk.Cities(x.tx, x.at)
		if err != nil || ok {
			return CitiesAre{Effect: e.Effect, At: x.at, Place: e.Place, Cities: table}, err
		}
		return nil, x.enqueue(task{Kind: taskCities, Effect: e.Effect, Place: e.Place})
	case Lookup:
		return x.lookup(e)
	case ShowPage:
		return x.showPage(e)
	case Collect:
		cars, err := x.cars()
		return Collected{At: x.at, Calendar: e.Calendar, Cars: cars}, err
	case Forget:
		return nil, x.forget()
	case TryLater:
		return nil, x.tryLater(e)
	case NoLater:
		x.r.Later = nil
	default:
		return x.applyToGarage(e)
	}
	return nil, nil
}

// applyToGarage carries out what is about saved cars.
func (x *run) applyToGarage(e Effect) (Input, error) {
	switch e := e.(type) {
	case Save:
		return x.keepCar(e)
	case Alter:
		return nil, x.alter(e.Saved)
	case Drop:
		return nil, x.dropCar(e.Vehicle)
	case ListCars:
		cars, err := x.cars()
		return CarsAre{At: x.at, Page: e.Page, Only: e.Only, Cars: cars}, err
	case ListData:
		return x.data()
	case CheckSoon:
		return x.soon(e.Vehicle)
	case Invite:
		return x.invite(e)
	case Accept:
		return x.accept(e.Code)
	case Unshare:
		return nil, x.unshare(e.Vehicle)
	case FindPaused:
		return x.paused()
	}
	return nil, fmt.Errorf("bot: effect %T", e)
}

// forget deletes everything that is kept of the person, and ends what was
// arranged for them. The record that remains holds the answer to say so, and
// takes another key.
func (x *run) forget() error {
	err := x.leave()
	x.r.forget(x.key)
	return errors.Join(err, dropNote(x.tx, x.user), storage.Forget(x.tx, userKey(x.user)))
}

// vanish is forget without an answer: nothing remains.
func (x *run) vanish() error { return errors.Join(x.leave(), erase(x.tx, x.user)) }

// erase deletes the record of somebody for whom nothing is arranged.
func erase(tx storage.Tx, u UserID) error {
	return errors.Join(tx.Put(userBucket, userKey(u), nil), dropNote(tx, u), storage.Forget(tx, userKey(u)))
}

// lookup asks the store, and then the outside. The digits of a car that somebody
// shared are put in here.
func (x *run) lookup(e Lookup) (Input, error) {
	v, ok, err := x.lend(e.Vehicle, e.Owner)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return Found{Effect: e.Effect, At: x.at, Vehicle: e.Vehicle, Err: WrongData}, nil
	}
	if !e.Refresh {
		report, fresh, err := x.b.desk.Stored(x.tx, x.at, v)
		if err != nil {
			return nil, err
		}
		if fresh {
			if err := x.spare(); err != nil {
				return nil, err
			}
			return x.found(Found{Effect: e.Effect, At: x.at, Report: report}, e.Owner)
		}
	}
	return nil, x.enqueue(task{Kind: taskQuery, Effect: e.Effect, Vehicle: v, Rule: e.Rule, Refresh: e.Refresh, Owner: e.Owner})
}

// spare counts a query that an earlier answer served.
func (x *run) spare() error {
	x.saved++
	return x.b.desk.Spare(x.tx, x.at, x.user)
}

// found is an outcome on its way to the dialogue, which never sees the digits of
// another.
func (x *run) found(f Found, owner UserID) (Input, error) {
	f, err := x.reported(f)
	if owner != "" {
		f.Vehicle, f.Report.Vehicle = f.Vehicle.bare(), f.Report.Vehicle.bare()
	}
	return f, err
}

func (x *run) showPage(e ShowPage) (Input, error) {
	v := e.Vehicle
	s, ok := x.r.saved(v)
	if ok && v.Engine == "" && v.VIN == "" {
		var err error
		if v, _, err = x.lend(v, s.Owner); err != nil {
			return nil, err
		}
	}
	report, _, err := x.b.desk.Stored(x.tx, x.at, v)
	if err != nil {
		return nil, err
	}
	report.Vehicle = e.Vehicle
	in := PageIs{At: x.at, Page: e.Page, Report: report, OK: !report.At.IsZero()}
	if ok {
		p, err := x.plan(v)
		in.Idle = p.Every > 0 && !p.On
		return in, err
	}
	return in, nil
}
