package lookup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// Who is stopped by which limit, and until when.
func TestLimits(t *testing.T) {
	const hour = time.Hour
	plate := func(i int) string { return fmt.Sprintf("苏E1%04d", i) }
	tests := map[string]struct {
		config Config
		before int // paid queries of other people, one each
		by     string
		check  int           // share; -1: a person asks
		wait   time.Duration // before asking
		want   bot.Kind
		after  time.Duration
	}{
		"no limits":                           {Config{}, 12, "a", -1, 0, "", 0},
		"the last of the day":                 {Config{DailyBudget: 10}, 9, "a", -1, 0, "", 0},
		"one more than the day's":             {Config{DailyBudget: 10}, 10, "a", -1, 0, bot.Budget, 15 * hour},
		"shortly before midnight":             {Config{DailyBudget: 10}, 10, "a", -1, 15*hour - time.Second, bot.Budget, time.Second},
		"the next day":                        {Config{DailyBudget: 10}, 10, "a", -1, 15 * hour, "", 0},
		"one more than the month's":           {Config{MonthlyBudget: 10}, 10, "a", -1, 0, bot.Budget, (7*24 + 15) * hour},
		"the month's, the next day":           {Config{MonthlyBudget: 10}, 10, "a", -1, 24 * hour, bot.Budget, (6*24 + 15) * hour},
		"the month's, the next month":         {Config{MonthlyBudget: 10}, 10, "a", -1, 8 * 24 * hour, "", 0},
		"both: the later counts":              {Config{DailyBudget: 10, MonthlyBudget: 10}, 10, "a", -1, 0, bot.Budget, (7*24 + 15) * hour},
		"a check below its share":             {Config{DailyBudget: 10}, 7, "a", 80, 0, "", 0},
		"a check at its share":                {Config{DailyBudget: 10}, 8, "a", 80, 0, bot.Budget, 15 * hour},
		"a person at the share of checks":     {Config{DailyBudget: 10}, 8, "a", -1, 0, "", 0},
		"a check without a share":             {Config{DailyBudget: 10}, 8, "a", 0, 0, bot.Budget, 15 * hour},
		"a check that wants all":              {Config{DailyBudget: 10}, 8, "a", 100, 0, bot.Budget, 15 * hour},
		"a modest check":                      {Config{DailyBudget: 10}, 5, "a", 50, 0, bot.Budget, 15 * hour},
		"a check at its share of the month":   {Config{MonthlyBudget: 10}, 8, "a", 80, 0, bot.Budget, (7*24 + 15) * hour},
		"the person's last":                   {Config{QueriesPerUserPerDay: 2}, 2, "p1", -1, 0, "", 0},
		"the person's, one more":              {Config{QueriesPerUserPerDay: 1}, 2, "p1", -1, 0, bot.UserLimit, 15 * hour},
		"somebody else's":                     {Config{QueriesPerUserPerDay: 1}, 2, "a", -1, 0, "", 0},
		"a check counts for nobody":           {Config{QueriesPerUserPerDay: 1}, 2, "p1", 80, 0, "", 0},
		"the person's, after midnight":        {Config{QueriesPerUserPerDay: 1}, 2, "p1", -1, 15 * hour, "", 0},
		"the person's, in the last second":    {Config{QueriesPerUserPerDay: 1}, 2, "p1", -1, 15*hour - time.Second, bot.UserLimit, time.Second},
		"a person's own limit is named first": {Config{QueriesPerUserPerDay: 1, DailyBudget: 2}, 2, "p1", -1, 0, bot.UserLimit, 15 * hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, test.config)
			for i := range test.before {
				s.wants(s.wish(fmt.Sprintf("p%d", i), plate(i)), "")
			}
			s.wait(test.wait)
			r := s.wish(test.by, "苏E99999")
			if test.check >= 0 {
				r = check(r, test.check)
			}
			before := s.dump()
			kind, after := s.askAfter(r)
			if kind != test.want || after != test.after {
				t.Errorf("%q after %v, want %q after %v", kind, after, test.want, test.after)
			}
			if kind == "" {
				test.before++
			} else if !maps.Equal(before, s.dump()) {
				t.Error("a refusal has written something")
			}
			s.wantsCalls(test.before)
		})
	}
}

// What is free is given back; what nobody knows is not.
func TestReservations(t *testing.T) {
	tests := map[string]struct {
		fault juhetest.Faults
		line  string
		plate string
		held  int
	}{
		"a report":        {plate: "苏E11111", held: 1},
		"wrong, charged":  {fault: juhetest.Faults{WrongDigits: true}, held: 1},
		"wrong, free":     {fault: juhetest.Faults{WrongDigits: true, WrongDigitsCode: 225607}, held: 0},
		"network":         {fault: juhetest.Faults{ForceCode: 225603}, held: 0},
		"maintenance":     {fault: juhetest.Faults{ForceCode: 225605}, held: 0},
		"internal":        {fault: juhetest.Faults{ForceCode: 225608}, held: 0},
		"key":             {fault: juhetest.Faults{ForceCode: 10001}, held: 0},
		"undocumented":    {fault: juhetest.Faults{ForceCode: 225699}, held: 1},
		"nonsense":        {fault: juhetest.Faults{Nonsense: juhetest.NonsenseHTML}, held: 1},
		"never left":      {line: "unreachable", held: 0},
		"lost on its way": {line: "cut", held: 1},
		"died before":     {line: "before", held: 1},
		"died after":      {line: "after", held: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Config{DailyBudget: 1, MonthlyBudget: 1, QueriesPerUserPerDay: 1})
			s.juhe.Set(test.fault)
			s.line.set(test.line)
			s.ask(s.wish("a", "苏E11111"))
			s.juhe.Set(juhetest.Faults{})
			s.restart()
			s.wait(time.Hour) // no city is down for longer
			if _, c := s.today(); c.Today != test.held || c.Month != test.held {
				t.Errorf("held today %d, this month %d; want %d", c.Today, c.Month, test.held)
			}
			want := map[int]bot.Kind{0: "", 1: bot.UserLimit}[test.held]
			s.wants(s.wish("a", "苏E22222"), want)
		})
	}
}

// What was reserved before midnight is given back there, not to the new day.
func TestGivenBackWhereItWasReserved(t *testing.T) {
	s := newStory(t, Config{DailyBudget: 5, MonthlyBudget: 5, QueriesPerUserPerDay: 5})
	s.wait(7*24*time.Hour + 15*time.Hour - time.Second) // the last second of November
	s.wants(s.wish("a", "苏E11111"), "")
	r := s.wish("a", "苏E22222")
	c, settled, err := s.Desk.open(context.Background(), digest(r.Vehicle), r, nil)
	if err != nil || settled {
		t.Fatal(settled, err)
	}
	s.wait(2 * time.Second)
	s.wants(s.wish("a", "苏E33333"), "")
	c.answer.At, c.answer.Raw = s.now(), []byte(nearly)
	c.err = failureOf(225603)
	if _, err := s.Desk.close(context.Background(), digest(r.Vehicle), c); err != nil {
		t.Fatal(err)
	}
	if _, costs := s.today(); costs.Today != 1 || costs.Month != 1 {
		t.Errorf("the new day has %d, the new month %d; want 1", costs.Today, costs.Month)
	}
	s.wait(-2 * time.Second)
	if day, costs := s.today(); costs.Today != 1 || costs.Month != 1 || day.Calls != 2 || day.Free != 1 {
		t.Errorf("the old day: %+v, %+v; want one of two given back", day, costs)
	}
}

// Each part of a budget that is reached is told once, also when what was
// reserved is given back and reserved again, and after a restart.
func TestBudgetAlarms(t *testing.T) {
	s := newStory(t, Config{DailyBudget: 10})
	ask := func(i int) { s.wants(s.wish("a", fmt.Sprintf("苏E1%04d", i)), "") }
	for i := range 4 {
		ask(i)
	}
	for range 3 {
		s.juhe.Set(juhetest.Faults{ForceCode: 225608})
		s.wants(s.wish("a", "苏E22222"), bot.Busy)
		s.juhe.Set(juhetest.Faults{})
	}
	s.restart()
	for i := range 6 {
		ask(10 + i)
	}
	s.wants(s.wish("a", "苏E33333"), bot.Budget)
	want := []string{
		"budget: 50 % of the daily budget: 5 of 10",
		"checks: 80 % of the daily budget: 8 of 10",
		"spent: 100 % of the daily budget: 10 of 10",
	}
	if got := s.told(); !slices.Equal(got, want) {
		t.Errorf("alarms:\n%s", strings.Join(got, "\n"))
	}
	s.wait(24 * time.Hour)
	for i := range 5 {
		ask(20 + i)
	}
	if got := s.told(); len(got) != 4 {
		t.Errorf("the next day is another budget: %v", got)
	}
}

// Thousands of people on two machines, and a budget of a hundred.
func TestBudgetRace(t *testing.T) {
	const budget, people, each = 100, 40, 60
	s := newStory(t, Config{DailyBudget: budget})
	desks := []*Desk{s.Desk, s.another()}
	s.Desk.alone = false
	var wg sync.WaitGroup
	answered := make([]int, people)
	for p := range people {
		requests := make([]bot.Request, each)
		for i := range requests {
			requests[i] = s.wish(fmt.Sprint("p", p), fmt.Sprintf("苏E%02dA%02d", p, i))
		}
		wg.Go(func() {
			for _, r := range requests {
				_, err := desks[p%len(desks)].Query(context.Background(), r)
				switch kind := bot.KindOf(err); kind {
				case "":
					answered[p]++
				case bot.Budget:
				default:
					t.Errorf("%s: %v", r.ID, err)
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range answered {
		sum += n
	}
	if sum != budget {
		t.Errorf("%d answers, want %d", sum, budget)
	}
	s.wantsCalls(budget)
	if day, c := s.today(); c.Today != budget || day.Charged != budget {
		t.Errorf("counted %+v, %+v", day, c)
	}
}

// Somebody whose queries are used up does not stop those who ask for the same
// car at the same time.
func TestRefusalOfWhoLeads(t *testing.T) {
	s := newStory(t, Config{QueriesPerUserPerDay: 1})
	s.wants(s.wish("a", "苏E11111"), "")
	poor, rich := s.wish("a", "苏E22222"), s.wish("b", "苏E22222")
	lead := flight{leader: poor.ID}
	if !lead.unfit(rich, &bot.Error{Kind: bot.UserLimit}) || lead.unfit(rich, &bot.Error{Kind: bot.Busy}) {
		t.Error("only what was refused to the leader himself is asked again")
	}
	var wg sync.WaitGroup
	for range 8 {
		one := s.wish("a", "苏E22222")
		wg.Go(func() {
			if kind := s.ask(one); kind != bot.UserLimit && kind != "" {
				t.Errorf("a: %q", kind)
			}
		})
	}
	wg.Go(func() {
		if kind := s.ask(rich); kind != "" {
			t.Errorf("b: %q", kind)
		}
	})
	wg.Wait()
	s.wantsCalls(2)
}
