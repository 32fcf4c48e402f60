package watch

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// An op is one thing that happens in a life of a car.
type op struct {
	Kind string
	N    int // which violation, which failure
	Who  int
	For  time.Duration
}

// opKinds are what can happen; the frequent ones stand there more than once.
var opKinds = []string{
	"offence", "offence", "decide", "settle", "relist", "number", "spell", "less", "full",
	"pass", "pass", "pass", "pass", "hour", "long", "back", "fail", "fail", "mend", "crash", "crash", "restart",
	"begin", "begin", "begin seen", "end", "show", "show cached", "soon", "write", "gone",
}

// aLife generates what happens.
func aLife() *rapid.Generator[[]op] {
	one := rapid.Custom(func(t *rapid.T) op {
		return op{
			Kind: rapid.SampledFrom(opKinds).Draw(t, "kind"),
			N:    rapid.IntRange(0, 8).Draw(t, "n"),
			Who:  rapid.IntRange(0, 2).Draw(t, "who"),
			For:  time.Duration(rapid.IntRange(1, 10*24).Draw(t, "hours")) * time.Hour,
		}
	})
	return rapid.Custom(func(t *rapid.T) []op {
		begun := op{Kind: rapid.SampledFrom([]string{"begin", "begin seen"}).Draw(t, "first"), Who: rapid.IntRange(0, 2).Draw(t, "who")}
		return append([]op{{Kind: "offence"}, begun, {Kind: "offence"}}, rapid.SliceOfN(one, 5, 30).Draw(t, "ops")...)
	})
}

// Whatever the police answer, whatever fails, crashes, restarts, begins, ends
// and is shown: a violation is told exactly once to each who was watching and
// had not read of it, and no check is paid for twice.
func TestEachIsToldExactlyOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ops := aLife().Draw(rt, "ops")
		if err := live(t, ops, func(*model) {}); err != nil {
			rt.Fatal(err)
		}
	})
}

// The property can fail: a door that pays again after a crash is found out.
func TestThePropertyFindsDoublePayment(t *testing.T) {
	fails(t, func(m *model) { m.police.forgetful = true })
}

// Each of these comparisons is wrong in a way that programs were, and is found
// out too.
func TestThePropertyFindsWrongDiffs(t *testing.T) {
	for name, wrong := range map[string]differ{
		"a late number makes a new violation": func(known []row, r bot.Report, misses bool) ([]row, news, bool) {
			for i := range known {
				if known[i].Archive == "" {
					known[i].Archive = "none"
				}
			}
			for i := range r.Violations {
				if r.Violations[i].Archive == "" {
					r.Violations[i].Archive = "none"
				}
			}
			return diff(known, r, misses)
		},
		"what is missing is forgotten": func(known []row, r bot.Report, misses bool) ([]row, news, bool) {
			next, n, changed := diff(known, r, misses)
			return slices.DeleteFunc(slices.Clone(next), func(r row) bool { return !r.listed() }), n, changed
		},
		"only the number of rows counts": func(known []row, r bot.Report, misses bool) ([]row, news, bool) {
			next, n, changed := diff(known, r, misses)
			if len(r.Violations) <= len(known) {
				n.New = nil
			}
			return next, n, changed
		},
		"what was told is not kept": func(known []row, r bot.Report, misses bool) ([]row, news, bool) {
			_, n, _ := diff(known, r, misses)
			return known, n, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			fails(t, func(m *model) { m.diff = wrong })
		})
	}
}

// fails looks for a life that shows what was spoilt.
func fails(t *testing.T, spoil func(*model)) {
	t.Helper()
	for seed := range 400 {
		if err := live(t, aLife().Example(seed), spoil); err != nil {
			t.Logf("life %d: %v", seed, err)
			return
		}
	}
	t.Error("400 lives did not show it")
}

// live plays a life and returns what was wrong with it.
func live(t *testing.T, ops []op, spoil func(*model)) (err error) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	synctest.Test(t, func(*testing.T) {
		m := &model{world: newWorld(dir), sessions: map[bot.UserID]*session{}}
		spoil(m)
		m.police.lists = m.lists
		if err = m.start(nil); err != nil {
			return
		}
		for _, o := range append(slices.Clone(ops), heal...) {
			if err = m.play(o); err != nil {
				err = fmt.Errorf("%+v: %w", o, err)
				break
			}
		}
		if err == nil {
			err = m.complete()
		}
		err = errors.Join(err, m.stop())
	})
	return err
}

// heal ends every life: all is well for long enough that everything listed must
// have been told.
var heal = []op{
	{Kind: "full"}, {Kind: "mend"}, {Kind: "all back"},
	{Kind: "pass", For: 8 * 24 * time.Hour}, {Kind: "all write"}, {Kind: "pass", For: 8 * 24 * time.Hour}, {Kind: "pass", For: 26 * time.Hour},
}

// A model is a world together with what is true in it.
type model struct {
	*world
	deeds     []deed
	hidden    int // bits: the deeds that answers lack for now
	failing   error
	sessions  map[bot.UserID]*session
	wentBack  bool
	lastShown bot.Report
}

// A deed is a violation as it is.
type deed struct {
	bot.Violation
	listed bool
	number string // it has one, which may be left out
	spelt  bool   // with the code in front of the act
}

// A session is one person watching, from Begin to End.
type session struct {
	from    int             // notices before are none of it
	told    map[string]int  // new, by place and number
	shown   map[string]bool // read of before they were told
	decided map[string]int
	gone    map[string]int
}

var people = []bot.UserID{anna, boris, chen}

// deed makes the n-th violation. Two of them differ only in their number.
func newDeed(n int) deed {
	d := deed{listed: true, Violation: v(8+n/2%4, fmt.Sprint("路口", n), "不按规定停放", code("1039"))}
	if n >= 6 {
		d.Place, d.Archive, d.number = "大桥", fmt.Sprint("N", n), fmt.Sprint("N", n)
	}
	return d
}

// key names a deed in what is told.
func key(v bot.Violation) string {
	if v.Place == "大桥" {
		return v.Place + v.Archive
	}
	return v.Place
}

// rows is what an answer lists now.
func (m *model) rows() (rows []bot.Violation) {
	for i, d := range m.deeds {
		if !d.listed || m.hidden&(1<<i) != 0 {
			continue
		}
		v := d.Violation
		v.Archive = d.number
		if d.spelt {
			v.Act, v.Code = v.Code+" : "+v.Act, ""
		}
		rows = append(rows, v)
	}
	newestFirst(rows)
	return rows
}

func (m *model) lists(bot.Vehicle) ([]bot.Violation, error) {
	if m.failing != nil {
		return nil, m.failing
	}
	return m.rows(), nil
}

// failures are how a query can fail.
var failures = []error{
	&bot.Error{Kind: bot.Busy, Again: true}, &bot.Error{Kind: bot.Interrupted}, &bot.Error{Kind: bot.Maintenance},
	&bot.Error{Kind: bot.Budget}, &bot.Error{Kind: bot.Unsaved, Again: true}, &bot.Error{Kind: bot.Unavailable},
	storage.Snooze(2 * time.Second), errors.New("a bug"), &bot.Error{Kind: bot.WrongData},
}

// play lets one thing happen, and looks at what people were told.
func (m *model) play(o op) error {
	if err := errors.Join(m.happen(o), m.recover()); err != nil {
		return err
	}
	m.run()
	if err := m.recover(); err != nil {
		return err
	}
	return m.look()
}

func (m *model) happen(o op) error {
	u := people[o.Who]
	switch o.Kind {
	case "offence":
		if n := len(m.deeds); n < 8 {
			m.deeds = append(m.deeds, newDeed(n))
		}
	case "less":
		m.hidden = 1 << (o.N % len(m.deeds))
	case "full":
		m.hidden = 0
	case "pass":
		for left := o.For; left > 0; left -= 24 * time.Hour {
			m.pass(min(left, 24*time.Hour))
			if err := m.recover(); err != nil {
				return err
			}
		}
	case "long":
		for range 8 {
			m.pass(14 * 24 * time.Hour)
			if err := m.recover(); err != nil {
				return err
			}
		}
	case "hour":
		m.pass(time.Hour)
	case "back":
		m.wentBack = true
		m.pass(-time.Duration(o.N) * 20 * time.Minute)
	case "fail":
		m.failing = failures[o.N]
	case "mend":
		m.failing, m.police.crash = nil, ""
	case "crash":
		m.police.crash, m.down = []string{"before", "after"}[o.N%2], time.Duration(o.N)*time.Hour
	case "restart":
		return m.restart()
	case "begin", "begin seen", "end", "show", "show cached", "soon", "write", "gone", "all write", "all back":
		return m.person(o, u)
	default:
		m.deeds[o.N%len(m.deeds)].change(o.Kind)
	}
	return nil
}

// change is what happens to a deed.
func (d *deed) change(kind string) {
	switch kind {
	case "decide":
		d.State = bot.Decided
	case "settle":
		d.listed = false
	case "relist":
		d.listed = true
	case "spell":
		d.spelt = !d.spelt
	case "number":
		if d.Archive != "" { // one of two that differ in it alone
			return
		}
		if d.number == "" {
			d.number = "N-" + d.Place
		} else {
			d.number = ""
		}
	}
}

// person lets somebody do something.
func (m *model) person(o op, u bot.UserID) error {
	fresh := m.police.report(car, m.now(), m.rows()...)
	s := bot.Saved{Vehicle: car}
	if _, ok := m.state(anna, car); ok && u == boris {
		s = shared(car, anna)
	}
	switch o.Kind {
	case "begin", "begin seen":
		var seen *bot.Report
		if o.Kind == "begin seen" {
			seen = fresh
		}
		if m.sessions[u] == nil {
			m.sessions[u] = &session{
				from: len(m.letters(u).Notices), told: map[string]int{}, shown: map[string]bool{},
				decided: map[string]int{}, gone: map[string]int{},
			}
		}
		m.reads(u, seen)
		return m.share(u, s, seen)
	case "end":
		delete(m.sessions, u)
		return m.end(u, car)
	case "show":
		m.police.last[fmt.Sprintf("%q", car)+car.Plate+car.Engine] = *fresh
		m.lastShown = *fresh
		m.reads(u, fresh)
		return m.shown(u, *fresh)
	case "show cached":
		r := m.lastShown
		if r.At.IsZero() || !near(m.now(), r.At, cacheFor) {
			return nil
		}
		r.Cached = true
		m.reads(u, &r)
		return m.shown(u, r)
	case "soon":
		return m.turn(u, func(tx storage.Tx) error {
			_, err := m.desk.Soon(tx, m.now(), u, car)
			return err
		})
	case "write":
		return m.writes(u)
	case "gone":
		return m.edit(u, func(r *letters) { r.Gone = !r.Gone })
	}
	for _, u := range people {
		err := m.edit(u, func(r *letters) { r.Known, r.Gone, r.Seen = true, false, m.now() })
		if err != nil {
			return err
		}
	}
	return nil
}

// reads notes that somebody reads a report now.
func (m *model) reads(u bot.UserID, r *bot.Report) {
	if s := m.sessions[u]; s != nil && r != nil {
		for _, v := range r.Violations {
			s.shown[key(v)] = s.shown[key(v)] || s.told[key(v)] == 0
		}
	}
}

// look compares what everybody was told with what they may have been told.
func (m *model) look() error {
	for _, u := range people {
		r := m.letters(u)
		if r.Repeats > 0 {
			return fmt.Errorf("%v was to be told the same again: %s", u, m.told(u))
		}
		s := m.sessions[u]
		if _, watching := m.state(u, car); !watching {
			delete(m.sessions, u)
		}
		if s == nil {
			continue
		}
		clear(s.told)
		clear(s.decided)
		clear(s.gone)
		for _, n := range r.Notices[s.from:] {
			for _, l := range []struct {
				told map[string]int
				rows []bot.Violation
			}{{s.told, n.New}, {s.decided, n.Decided}, {s.gone, n.Gone}} {
				for _, v := range l.rows {
					l.told[key(v)]++
					if l.told[key(v)] > 1 {
						return fmt.Errorf("%v was told twice of %s: %s", u, key(v), m.told(u))
					}
				}
			}
		}
		for k := range s.told {
			if s.shown[k] {
				return fmt.Errorf("%v had read of %s: %s", u, k, m.told(u))
			}
		}
	}
	return m.payments()
}

// payments looks for checks that were paid for twice.
func (m *model) payments() error {
	for i := 1; i < len(m.police.paid); i++ {
		before, r := m.police.paid[i-1], m.police.paid[i]
		apart := m.police.paidAt[i].Sub(m.police.paidAt[i-1])
		failed := m.police.paidFor[i-1] != nil
		if firstTime := r.ID[len(r.ID)-1:] == string(first); !firstTime && !failed && !m.wentBack && apart < recentFor {
			return fmt.Errorf("paid again after %v: %s after %s", apart, r.ID, before.ID)
		}
	}
	return nil
}

// complete looks for what was never told.
func (m *model) complete() error {
	for _, u := range people {
		s := m.sessions[u]
		if state, ok := m.state(u, car); s == nil || !ok || state.Paused != bot.NotPaused {
			continue
		}
		for _, v := range m.rows() {
			if k := key(v); s.told[k] == 0 && !s.shown[k] {
				return fmt.Errorf("%v was never told of %s: %s", u, k, m.told(u))
			}
		}
	}
	return nil
}
