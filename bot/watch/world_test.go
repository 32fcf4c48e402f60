package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// A world is the whole of watching on one machine: the desk, a sealed bbolt
// file, people's records, and a police that tests make up. Its clock is moved by
// hand.
type world struct {
	dir    string
	files  int
	every  time.Duration
	diff   differ
	police *police
	mail   post
	faults []error
	down   time.Duration // how long it takes to start again after a crash

	mu    sync.Mutex
	clock time.Time

	store storage.Store
	desk  *Desk
	stop  func() error
}

// story runs fn in a world of its own.
func story(t *testing.T, fn func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t.TempDir())
		if err := w.start(nil); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := w.stop(); err != nil {
				t.Error(err)
			}
		}()
		fn(t, w)
	})
}

func newWorld(dir string) *world {
	w := &world{dir: dir, every: 7 * 24 * time.Hour, diff: diff, clock: day(0)}
	w.police = &police{world: w, answers: map[string]answer{}, last: map[string]bot.Report{}, rule: bot.Rule{City: "SH", Name: "上海", Engine: 6, VIN: bot.NotNeeded}}
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

// start opens the store, from a copy if there is one, and works on it.
func (w *world) start(copied []byte) error {
	path := filepath.Join(w.dir, fmt.Sprint(w.files, ".db"))
	if copied != nil {
		w.files++
		path = filepath.Join(w.dir, fmt.Sprint(w.files, ".db"))
		if err := os.WriteFile(path, copied, 0o600); err != nil {
			return err
		}
	}
	bolt, err := boltstore.Open(path, boltstore.Options{Clock: w.now})
	if err != nil {
		return err
	}
	if w.store, err = sealed.New(context.Background(), bolt, make([]byte, sealed.KeySize)); err != nil {
		return err
	}
	w.desk = New(Config{
		Store: w.store, Desk: w.police, Mail: w.mail, Now: w.now, Every: w.every,
		NextReminder: yearly,
		Fault: func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.faults = append(w.faults, err)
		},
	})
	w.desk.diff = w.diff
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	desk, store := w.desk, w.store
	go func() { ended <- desk.Work(ctx, 2) }()
	w.stop = func() error {
		cancel()
		return errors.Join(<-ended, store.Close())
	}
	synctest.Wait()
	return nil
}

// restart stops the program in order and starts it again.
func (w *world) restart() error {
	if err := w.stop(); err != nil {
		return err
	}
	return w.start(nil)
}

// recover starts the program again from the disk as it was when it crashed.
func (w *world) recover() error {
	copied := w.police.wreck
	if copied == nil {
		return nil
	}
	w.police.wreck, w.police.dead = nil, false
	_ = w.stop() // what still ran then writes into a file that nobody will read
	w.clock = w.clock.Add(w.down)
	return w.start(copied)
}

// pass moves the clock and lets everything happen that is due then.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.clock = w.clock.Add(d)
	w.mu.Unlock()
	w.run()
}

// days passes days, one after the other.
func (w *world) days(n int) {
	for range n {
		w.pass(24 * time.Hour)
	}
}

// run lets everything happen that is due. The sleep passes in no time, and is
// longer than workers trust their timers.
func (w *world) run() {
	time.Sleep(16 * time.Second)
	synctest.Wait()
}

// turn is a transaction of one person's message. No two come at the same time.
func (w *world) turn(u bot.UserID, fn func(tx storage.Tx) error) error {
	w.mu.Lock()
	w.clock = w.clock.Add(time.Millisecond)
	w.mu.Unlock()
	return w.store.Update(context.Background(), []string{bot.UserKey(u)}, func(tx storage.Tx) error {
		if err := w.mail.edit(tx, u, func(r *letters) { r.Known, r.Gone, r.Seen = true, false, w.now() }); err != nil {
			return err
		}
		return fn(tx)
	})
}

func (w *world) begin(u bot.UserID, v bot.Vehicle, seen *bot.Report) error {
	return w.share(u, bot.Saved{Vehicle: v}, seen)
}

// share begins what belongs to somebody else, or not.
func (w *world) share(u bot.UserID, s bot.Saved, seen *bot.Report) error {
	return w.turn(u, func(tx storage.Tx) error {
		if err := w.mail.edit(tx, u, func(r *letters) { r.Garage = append(r.Garage, s) }); err != nil {
			return err
		}
		return w.desk.Begin(tx, w.now(), u, s, seen)
	})
}

func (w *world) end(u bot.UserID, v bot.Vehicle) error {
	return w.turn(u, func(tx storage.Tx) error { return w.desk.End(tx, w.now(), u, v) })
}

func (w *world) shown(u bot.UserID, r bot.Report) error {
	return w.turn(u, func(tx storage.Tx) error { return w.desk.Shown(tx, w.now(), u, r) })
}

func (w *world) writes(u bot.UserID) error {
	return w.turn(u, func(storage.Tx) error { return nil })
}

// edit changes a person's record behind their back.
func (w *world) edit(u bot.UserID, fn func(*letters)) error {
	return w.store.Update(context.Background(), nil, func(tx storage.Tx) error { return w.mail.edit(tx, u, fn) })
}

func (w *world) letters(u bot.UserID) (r letters) {
	_ = w.store.View(context.Background(), func(tx storage.Tx) (err error) {
		r, err = w.mail.load(tx, u)
		return err
	})
	return r
}

func (w *world) state(u bot.UserID, v bot.Vehicle) (s bot.Watched, ok bool) {
	_ = w.store.View(context.Background(), func(tx storage.Tx) (err error) {
		s, ok, err = w.desk.State(tx, w.now(), u, v)
		return err
	})
	return s, ok
}

// count is how many entries a bucket has.
func (w *world) count(bucket string) (n int) {
	_ = w.store.View(context.Background(), func(tx storage.Tx) error {
		kvs, err := tx.Scan(bucket, "~", storage.End, 0)
		n = len(kvs)
		return err
	})
	return n
}

// told spells the notices of a person, in order: kind, then +new ~decided -gone.
func (w *world) told(u bot.UserID) string {
	var all []string
	for _, n := range w.letters(u).Notices {
		all = append(all, string(n.Kind)+spell(news{New: n.New, Decided: n.Decided, Gone: n.Gone}))
	}
	return strings.Join(all, " ")
}

// yearly is a rule for reminders that is easy to foretell.
func yearly(s bot.Saved, at time.Time) (time.Time, bool) {
	for n := -2; n <= 0; n++ { // two months before, one, and the day itself
		if next := s.Inspection.Until.AddDate(0, n, 0); !s.Inspection.Until.IsZero() && next.After(at) {
			return next, true
		}
	}
	return time.Time{}, false
}

// letters is the record of one person.
type letters struct {
	bot.Person
	Notices []bot.Notice
	Repeats int // notices that were there already: what is told is told once, so none are
}

// post keeps people's records in the store, as bot.Mail does: a notice is there
// if and only if the transaction that left it was committed.
type post struct{}

func (post) load(tx storage.Tx, u bot.UserID) (r letters, err error) {
	_, err = get(tx, "user", bot.UserKey(u), &r)
	return r, err
}

func (p post) edit(tx storage.Tx, u bot.UserID, fn func(*letters)) error {
	r, err := p.load(tx, u)
	if err != nil {
		return err
	}
	fn(&r)
	return put(tx, "user", bot.UserKey(u), r)
}

func (p post) Notify(tx storage.Tx, u bot.UserID, n bot.Notice) error {
	r, err := p.load(tx, u)
	if err != nil || !r.Known {
		return err
	}
	if slices.ContainsFunc(r.Notices, func(m bot.Notice) bool { return m.ID == n.ID }) {
		return p.edit(tx, u, func(r *letters) { r.Repeats++ })
	}
	return p.edit(tx, u, func(r *letters) { r.Notices = append(r.Notices, n) })
}

func (p post) Person(tx storage.Tx, u bot.UserID) (bot.Person, error) {
	r, err := p.load(tx, u)
	return r.Person, err
}

func (p post) Release(tx storage.Tx, u bot.UserID, v bot.Vehicle) error {
	return p.edit(tx, u, func(r *letters) {
		r.Garage = slices.DeleteFunc(r.Garage, func(s bot.Saved) bool { return s.Same(v) })
	})
}

// An answer is what the police remembers of a request.
type answer struct {
	report bot.Report
	err    error
}

// A police answers queries, and is the outside of the program: it outlives its
// crashes. Like the paid door it asks once for a request.
type police struct {
	bot.Desk
	world *world

	mu      sync.Mutex
	rule    bot.Rule
	lists   func(v bot.Vehicle) ([]bot.Violation, error) // what it answers now
	answers map[string]answer                            // by request
	last    map[string]bot.Report                        // by vehicle with digits
	paid    []bot.Request                                // that were charged, in order
	paidAt  []time.Time
	paidFor []error // what came of it
	asked   int     // also for nothing

	forgetful bool // it asks again for the same request, as the paid door must not

	crash string // "before" or "after" the next payment
	wreck []byte // the disk at that moment
	dead  bool   // the program of the wreck goes on, and reaches nobody
}

// cacheFor is how long an answer is fresh.
const cacheFor = 6 * time.Hour

func (p *police) Rule(storage.Tx, time.Time, string, bool) (bot.Rule, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rule, p.rule.City != "", nil
}

func (p *police) FetchRule(context.Context, string, bool) (bot.Rule, error) {
	return bot.Rule{}, &bot.Error{Kind: bot.NoRule}
}

func (p *police) Stored(_ storage.Tx, at time.Time, v bot.Vehicle) (bot.Report, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.last[fmt.Sprintf("%q", v)+v.Plate+v.Engine]
	r.Cached = ok
	return r, ok && near(at, r.At, cacheFor), nil
}

func (p *police) Query(ctx context.Context, r bot.Request) (bot.Report, error) {
	if !r.Check || r.Share < 1 || r.Share > 80 || r.User == "" {
		return bot.Report{}, fmt.Errorf("a request that a check does not make: %+v", r)
	}
	if report, fresh, _ := p.Stored(nil, p.world.now(), r.Vehicle); fresh {
		return report, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return bot.Report{}, errors.New("the program is gone")
	}
	p.asked++
	if p.crash == "before" {
		return bot.Report{}, p.die(ctx)
	}
	a, ok := p.answers[r.ID]
	if !ok {
		a = p.answer(r)
	}
	if p.crash == "after" {
		return bot.Report{}, p.die(ctx)
	}
	return a.report, a.err
}

// answer asks the police itself.
func (p *police) answer(r bot.Request) answer {
	now := p.world.now()
	var a answer
	rows, err := p.lists(r.Vehicle)
	a.err = err
	if err == nil {
		a.report = bot.Report{Vehicle: r.Vehicle, City: p.rule.Name, Violations: rows, At: now}
		if !p.forgetful {
			p.last[fmt.Sprintf("%q", r.Vehicle)+r.Vehicle.Plate+r.Vehicle.Engine] = a.report
		}
	}
	switch bot.KindOf(err) {
	case "", bot.WrongData, bot.Interrupted:
		p.paid, p.paidAt, p.paidFor = append(p.paid, r), append(p.paidAt, now), append(p.paidFor, err)
	}
	e, ok := errors.AsType[*bot.Error](err)
	if _, snoozed := storage.Snoozed(err); !snoozed && !p.forgetful && (!ok || !e.Again) {
		p.answers[r.ID] = a
	}
	return a
}

// die keeps the disk as it is now; the program that asked gets no answer.
func (p *police) die(ctx context.Context) error {
	var disk bytes.Buffer
	if err := p.world.store.Backup(ctx, &disk); err != nil {
		return err
	}
	p.crash, p.wreck, p.dead = "", disk.Bytes(), true
	return errors.New("the program is gone")
}

// says has the police answer with these rows from now on.
func (p *police) says(rows ...bot.Violation) {
	p.lists = func(bot.Vehicle) ([]bot.Violation, error) { return rows, nil }
}

// fails has it fail.
func (p *police) fails(err error) {
	p.lists = func(bot.Vehicle) ([]bot.Violation, error) { return nil, err }
}

func (p *police) report(v bot.Vehicle, at time.Time, rows ...bot.Violation) *bot.Report {
	return &bot.Report{Vehicle: v, City: "上海", Violations: rows, At: at}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func asJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
