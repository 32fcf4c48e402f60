package lookup

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// outcomes is what may become of a call: a fault of the service, of the line, or
// the end of the process.
var outcomes = map[string]struct {
	fault juhetest.Faults
	line  string
}{
	"report":       {},
	"wrong":        {fault: juhetest.Faults{WrongDigits: true}},
	"wrong, free":  {fault: juhetest.Faults{WrongDigits: true, WrongDigitsCode: 225607}},
	"network":      {fault: juhetest.Faults{ForceCode: 225603}},
	"down":         {fault: juhetest.Faults{ForceCode: 225605}},
	"internal":     {fault: juhetest.Faults{ForceCode: 225608}},
	"undocumented": {fault: juhetest.Faults{ForceCode: 225699}},
	"nonsense":     {fault: juhetest.Faults{Nonsense: juhetest.NonsenseTruncated}},
	"not sent":     {line: "unreachable"},
	"lost":         {line: "cut"},
	"dies before":  {line: "before"},
	"dies after":   {line: "after"},
}

// A ledgerModel is what the books must say: it counts from outside, by what the
// fake service saw.
type ledgerModel struct {
	*story
	sent     map[string]int // by request: calls that were charged, or may have been
	days     map[string]int // by day: likewise
	charged  int
	unknown  int
	requests []bot.Request
}

// TestBooks: for any sequence of requests, outcomes, crashes and days, no budget
// is exceeded, what is counted as charged is what the service charged and what
// nobody knows, and no request is paid for twice.
func TestBooks(t *testing.T) {
	names := make([]string, 0, len(outcomes))
	for _, name := range []string{
		"report", "report", "wrong", "wrong, free", "network", "down", "internal",
		"undocumented", "nonsense", "not sent", "lost", "dies before", "dies after",
	} {
		if _, ok := outcomes[name]; !ok {
			t.Fatal(name)
		}
		names = append(names, name)
	}
	rapid.Check(t, func(rt *rapid.T) {
		daily, monthly := rapid.IntRange(1, 6).Draw(rt, "daily"), rapid.IntRange(3, 12).Draw(rt, "monthly")
		m := &ledgerModel{
			story: newStory(t, Config{DailyBudget: daily, MonthlyBudget: monthly, QueriesPerUserPerDay: 4}),
			sent:  map[string]int{}, days: map[string]int{},
		}
		defer func() { _ = m.store.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"ask": func(rt *rapid.T) {
				m.call(m.draw(rt), rapid.SampledFrom(names).Draw(rt, "outcome"))
			},
			"ask again under the same name": func(rt *rapid.T) {
				if len(m.requests) == 0 {
					rt.Skip()
				}
				r := rapid.SampledFrom(m.requests).Draw(rt, "request")
				if r.Check && expired(r.At, m.now(), rememberFor) {
					rt.Skip() // a check so old is another one
				}
				m.call(r, rapid.SampledFrom(names).Draw(rt, "outcome"))
			},
			"wait": func(rt *rapid.T) {
				m.wait(rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 7 * time.Hour, 40 * time.Hour, 10 * 24 * time.Hour}).Draw(rt, "wait"))
			},
			"restart": func(*rapid.T) { m.restart() },
			"sweep": func(rt *rapid.T) {
				if err := m.Sweep(context.Background()); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) { m.holds(rt, daily, monthly) },
		})
	})
}

// draw is somebody's wish, or a check.
func (m *ledgerModel) draw(rt *rapid.T) bot.Request {
	user := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "user")
	r := m.wish(user, fmt.Sprintf("苏E1000%d", rapid.IntRange(0, 2).Draw(rt, "plate")))
	r.Vehicle.Engine = rapid.SampledFrom([]string{"111111", "222222", "333333"}).Draw(rt, "digits")
	r.Refresh = rapid.Bool().Draw(rt, "refresh")
	if rapid.IntRange(0, 3).Draw(rt, "check") == 0 {
		r = check(r, rapid.IntRange(0, 100).Draw(rt, "share"))
	}
	m.requests = append(m.requests, r)
	return r
}

// call lets a request meet an outcome, if it goes out at all.
func (m *ledgerModel) call(r bot.Request, outcome string) {
	o := outcomes[outcome]
	m.juhe.Set(o.fault)
	m.line.set(o.line)
	before, day := m.line.count(), dayOf(m.now())
	paid := m.juhe.Meter().Charged
	kind := m.ask(r)
	m.juhe.Set(juhetest.Faults{})
	went := m.line.count() - before
	if kind == died {
		m.restart()
	}
	m.line.set("")
	if went == 0 {
		return
	}
	switch outcome {
	case "report", "wrong":
		m.charged += m.juhe.Meter().Charged - paid
	case "undocumented", "nonsense", "lost", "dies before", "dies after":
		m.unknown++
	default:
		return
	}
	m.sent[r.ID] += went
	m.days[day] += went
}

// holds compares the books with the model.
func (m *ledgerModel) holds(rt *rapid.T, daily, monthly int) {
	for id, n := range m.sent {
		if n > 1 {
			rt.Fatalf("%s was paid for %d times", id, n)
		}
	}
	var charged, open, known, out int
	c := m.costs(m.now().AddDate(-1, 0, 0), m.now())
	for _, d := range c.Days {
		day := dayOf(d.Day)
		if n := m.days[day]; n > daily {
			rt.Fatalf("%s: %d calls, budget %d", day, n, daily)
		}
		charged += d.Charged
		known += d.Unknown
		held := d.Calls - d.Free // what is out is neither charged nor unknown yet
		open += held
		out += held - d.Charged - d.Unknown
		sum := 0
		for _, n := range d.Codes {
			sum += n
		}
		if closed := d.Charged + d.Free + d.Unknown; sum != closed {
			rt.Fatalf("%s: %d codes of %d calls", day, sum, closed)
		}
	}
	if charged != m.charged || known+out != m.unknown || open != m.charged+m.unknown {
		rt.Fatalf("counted %d charged, %d unknown and %d out; want %d and %d", charged, known, out, m.charged, m.unknown)
	}
	if c.Today > daily || c.Month > monthly {
		rt.Fatalf("held %d of %d today, %d of %d in the month", c.Today, daily, c.Month, monthly)
	}
	if c.Today != m.days[dayOf(m.now())] {
		rt.Fatalf("held %d today, want %d", c.Today, m.days[dayOf(m.now())])
	}
}
