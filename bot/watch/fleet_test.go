package watch

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/lookup"
)

var simSize = flag.Int("fleet", 20_000, "how many cars TestFleet simulates; README's figures are of 10000000")

// simNeed is how many checks a day a fleet asks for: one each week, for one in
// ten in four weeks, and 14 more after each of two records a year.
func simNeed(size int) float64 { return float64(size) * (0.9/7 + 0.1/28 + 2*14./365) }

// simOf has a budget in which that share of the checks fits, by its share of
// those of which there are most; people ask for one car in thirty a day, or less
// where even that would not fit into what is kept for them.
func simOf(size int, share float64) simFleet {
	daily := int(simNeed(size) * share * 100 / sharePlain)
	return simFleet{
		size: size, days: 30, perMinute: max(size/1000, 10), asked: min(float64(size)/30, float64(daily)*0.18),
		budget: lookup.Budget{Daily: daily, Monthly: daily * 31},
	}
}

// A month of many cars, by the code that decides: whatever happens, no budget
// is exceeded, nothing that is kept for people is taken, nobody starves.
func TestFleet(t *testing.T) {
	n := *simSize
	const day = 24 * 60
	with := func(f simFleet, change func(*simFleet)) simFleet { change(&f); return f }
	tests := []struct {
		name string
		f    simFleet
		most float64 // days that a car may wait
	}{
		{"enough", simOf(n, 1.5), 7.6},
		{"half the need", with(simOf(n/4, 0.5), func(f *simFleet) { f.days = 90 }), 30},
		{"a tenth", with(simOf(n/10, 0.1), func(f *simFleet) { f.days = 365 }), 100},
		{"a month's budget for ten days", with(simOf(n, 1.5), func(f *simFleet) { f.budget.Monthly = f.budget.Daily * 10 }), 32},
		{"a day's outage", with(simOf(n, 1.5), func(f *simFleet) { f.down = func(m int) bool { return m >= 5*day && m < 6*day } }), 8.6},
		{"many are added", with(simOf(n, 1.5), func(f *simFleet) { f.wave = 3*day + 720 }), 8.6},
		{"the clock is two days ahead for an hour", with(simOf(n, 1.5), func(f *simFleet) {
			f.clock = func(m int) int {
				if m >= 4*day && m < 4*day+60 {
					return 2 * day
				}
				return 0
			}
		}), 9.6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(tt.f)
			k := s.run()
			k.report(t, s)
			k.judge(t, tt.most)
			if peak := k.peak(); s.smooth() && peak > 2 {
				t.Errorf("the busiest hour has %.2f times the average", peak)
			}
		})
	}
}

func (k *simCounts) report(t *testing.T, s *sim) {
	t.Logf("%d cars, %d days, budget %d a day: checks %d a day, at most %d, people %d, turned away %d, refused %d a day, busiest hour %.2f of the mean",
		s.size, s.days, s.budget.Daily, k.checks/s.days, k.mostPerDay, k.people/s.days, k.turnedAway, k.refused/s.days, k.peak())
	for c, name := range []string{"plain", "open", "slow"} {
		h := &k.between[c]
		t.Logf("%s: between checks p50 %.1f, p99 %.1f, most %.1f days", name, inDays(h.at(.5)), inDays(h.at(.99)), inDays(h.most()))
	}
	t.Logf("told after p50 %.1f, p90 %.1f, p99 %.1f, most %.1f days", inDays(k.late.at(.5)), inDays(k.late.at(.9)), inDays(k.late.at(.99)), inDays(k.late.most()))
}

// peak is how many times the average the busiest hour has.
func (k *simCounts) peak() float64 {
	return float64(slices.Max(k.perHour)) * float64(len(k.perHour)) / float64(k.checks)
}

// smooth tells whether nothing happens that has to be caught up with.
func (s *sim) smooth() bool {
	return s.down == nil && s.clock == nil && s.wave == 0 && float64(s.budget.Daily) > simNeed(s.size)
}

func inDays(d time.Duration) float64 { return d.Hours() / 24 }

func (k *simCounts) judge(t *testing.T, most float64) {
	t.Helper()
	if k.overBudget > 0 || k.overReserve > 0 || k.robbed > 0 {
		t.Errorf("%d calls beyond a budget, %d checks into what is kept for people, %d people refused for checks", k.overBudget, k.overReserve, k.robbed)
	}
	if late := inDays(k.late.at(.9)); late > most {
		t.Errorf("one record in ten was told after more than %.1f days", late)
	}
	for c := range k.between {
		h := &k.between[c]
		limit := most
		if plain(c) == simSlow {
			limit = max(limit*slowTurns, 28.6)
		}
		if got := inDays(h.most()); got > limit {
			t.Errorf("a car of class %d waited %.1f days, more than %.1f", c, got, limit)
		}
	}
}

// hours counts by the hour, up to a year.
type hours struct {
	n     [366 * 24]int
	total int
}

func (h *hours) add(d time.Duration) {
	h.n[min(max(int(d/time.Hour), 0), len(h.n)-1)]++
	h.total++
}

// at is the least number of hours below which the share p of all lies.
func (h *hours) at(p float64) time.Duration {
	left := int(p * float64(h.total))
	for i, n := range h.n {
		if left -= n; left < 0 || n > 0 && left == 0 {
			return time.Duration(i+1) * time.Hour
		}
	}
	return 0
}

func (h *hours) most() time.Duration {
	for i := len(h.n) - 1; i >= 0; i-- {
		if h.n[i] > 0 {
			return time.Duration(i+1) * time.Hour
		}
	}
	return 0
}
