package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Paid is what the day cost, or may have cost.
func (d DayCosts) Paid() int { return d.Charged + d.Unknown }

// Total is the days together; its Day is zero and People are left out, whose
// pseudonyms may change from day to day.
func (c Costs) Total() DayCosts {
	sum := DayCosts{Codes: map[int]int{}}
	for _, d := range c.Days {
		sum.Calls += d.Calls
		sum.Charged += d.Charged
		sum.Free += d.Free
		sum.Unknown += d.Unknown
		sum.Checks += d.Checks
		sum.Spared += d.Spared
		for code, n := range d.Codes {
			sum.Codes[code] += n
		}
	}
	return sum
}

const (
	// costLines is how many days a view lists one by one. It is also over how
	// many the one in the chat adds up: it reads within a turn's transaction,
	// and everybody else waits meanwhile.
	costLines = 7
	// costPeople is how many people a view names, and costName how much of a
	// pseudonym: enough to tell them apart.
	costPeople = 5
	costName   = 8
)

// A CostReport is the cost view of an operator, over some days up to now.
type CostReport struct {
	At    time.Time `json:"at"`
	Over  int       `json:"over_days"`                // the present one included
	Price float64   `json:"yuan_per_query,omitempty"` // 0: not known
	Costs
}

// Costs is what was paid in so many days, the present one included.
func (f *Fleet) Costs(ctx context.Context, days int) (CostReport, error) {
	r := CostReport{At: f.now(), Over: days, Price: f.Price}
	err := f.Store.View(ctx, func(tx storage.Tx) (err error) {
		r.Costs, err = f.Desk.Costs(tx, r.first(), day(r.At))
		return err
	})
	return r, err
}

// first is the first of the days.
func (r CostReport) first() time.Time { return day(r.At).AddDate(0, 0, 1-r.Over) }

// Text is the report for people: what was paid today and in the month, what is
// left of the budgets, over the days of the report the outcomes, for whom, and
// how often an earlier answer served, and the last days one by one.
func (r CostReport) Text(l Lang) string {
	sum := r.Total()
	lines := []string{
		l.say("cost.today", r.paid(l, r.Today), r.left(l, r.Today, r.DailyBudget)),
		l.say("cost.month", r.paid(l, r.Month), r.left(l, r.Month, r.MonthlyBudget)),
		"",
		l.say("cost.over", r.Over, r.paid(l, sum.Paid())),
		l.say("cost.whom", sum.Paid()-sum.Checks, sum.Checks),
		l.say("cost.calls", sum.Calls, sum.Charged, sum.Free, sum.Unknown),
	}
	if outcomes := r.outcomes(l, sum.Codes); outcomes != "" {
		lines = append(lines, l.say("cost.outcomes", outcomes))
	}
	if people := r.people(l); people != "" {
		lines = append(lines, l.say("cost.people", people))
	}
	spared := l.say("cost.spared", sum.Spared)
	if r.Price > 0 {
		spared = l.say("cost.spared.money", sum.Spared, r.money(sum.Spared))
	}
	lines = append(lines, spared, "", l.say("cost.days"))
	return strings.Join(append(lines, r.last(l)...), "\n")
}

// paid is a number of paid queries, with the money when the price is known.
func (r CostReport) paid(l Lang, n int) string {
	if r.Price <= 0 {
		return l.say("cost.paid", n)
	}
	return l.say("cost.paid.money", n, r.money(n))
}

// money is what n paid queries cost, in yuan.
func (r CostReport) money(n int) string { return fmt.Sprintf("%.2f", float64(n)*r.Price) }

func (r CostReport) left(l Lang, used, budget int) string {
	if budget == 0 {
		return l.say("cost.nobudget")
	}
	return l.say("cost.left", max(0, budget-used), budget)
}

// outcomes counts the calls by what came of them, most first.
func (r CostReport) outcomes(l Lang, codes map[int]int) string {
	order := slices.SortedFunc(maps.Keys(codes), func(a, b int) int {
		if codes[a] != codes[b] {
			return codes[b] - codes[a]
		}
		return a - b
	})
	var parts []string
	for _, code := range order {
		name := strconv.Itoa(code)
		switch code {
		case 0:
			name = l.say("cost.answer")
		case -1:
			name = l.say("cost.none")
		}
		parts = append(parts, l.say("cost.outcome", name, codes[code]))
	}
	return strings.Join(parts, l.say("and"))
}

// people are those for whom most was paid, by their pseudonyms.
func (r CostReport) people(l Lang) string {
	var parts []string
	for _, u := range r.People[:min(costPeople, len(r.People))] {
		parts = append(parts, l.say("cost.outcome", head(u.By, costName), u.Paid))
	}
	return strings.Join(parts, l.say("and"))
}

// last are the lines of the last days, also of those without a call.
func (r CostReport) last(l Lang) []string {
	byDay := map[time.Time]DayCosts{}
	for _, d := range r.Days {
		byDay[day(d.Day)] = d
	}
	var lines []string
	for i := range min(costLines, r.Over) {
		at := day(r.At).AddDate(0, 0, -i)
		d := byDay[at]
		lines = append(lines, l.say("cost.day", at.Format("01-02"), d.Paid(), d.Paid()-d.Checks, d.Checks, d.Spared))
	}
	return lines
}
