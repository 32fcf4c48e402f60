package lookup

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// What people who are new may cause, alone and together, and what a month.
func TestNewcomers(t *testing.T) {
	const hour = time.Hour
	type ask struct {
		wait  time.Duration // before
		by    string
		want  bot.Kind
		after time.Duration
	}
	tests := map[string]struct {
		config Config
		asks   []ask
	}{
		"three in the first hour": {Config{QueriesPerNewUser: 3}, []ask{
			{0, "a", "", 0},
			{10 * time.Minute, "a", "", 0},
			{10 * time.Minute, "a", "", 0},
			{10 * time.Minute, "a", bot.NewLimit, 30 * time.Minute},
			{0, "b", "", 0},
			{30*time.Minute - time.Second, "a", bot.NewLimit, time.Second},
			{time.Second, "a", "", 0},
			{0, "a", "", 0},
		}},
		"all who are new, in an hour": {Config{QueriesOfNewUsersPerHour: 2}, []ask{
			{0, "old", "", 0},
			{hour, "a", "", 0},
			{time.Minute, "b", "", 0},
			{time.Minute, "c", bot.NewLimit, 58 * time.Minute},
			{0, "a", bot.NewLimit, 58 * time.Minute},
			{0, "old", "", 0}, // whom others do not hold up
			{58 * time.Minute, "c", "", 0},
		}},
		"a month": {Config{QueriesPerUserPerMonth: 2}, []ask{
			{0, "a", "", 0},
			{2 * 24 * hour, "a", "", 0},
			{24 * hour, "a", bot.MonthLimit, (4*24 + 15) * hour},
			{0, "b", "", 0},
			{(4*24 + 15) * hour, "a", "", 0},
		}},
		"the day is named first": {Config{QueriesPerUserPerDay: 1, QueriesPerUserPerMonth: 1, QueriesPerNewUser: 1}, []ask{
			{0, "a", "", 0},
			{0, "a", bot.UserLimit, 15 * hour},
		}},
		"then the month": {Config{QueriesPerUserPerMonth: 1, QueriesPerNewUser: 1}, []ask{
			{0, "a", "", 0},
			{0, "a", bot.MonthLimit, (7*24 + 15) * hour},
		}},
		"no limits": {Config{}, []ask{{0, "a", "", 0}, {0, "a", "", 0}, {0, "a", "", 0}, {0, "a", "", 0}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, test.config)
			paid := 0
			for i, ask := range test.asks {
				s.wait(ask.wait)
				kind, after := s.askAfter(s.wish(ask.by, fmt.Sprintf("苏E1%04d", i)))
				if kind != ask.want || after != ask.after {
					t.Errorf("question %d: %q after %v, want %q after %v", i, kind, after, ask.want, ask.after)
				}
				if kind == "" {
					paid++
				}
			}
			s.wantsCalls(paid)
		})
	}
}

// What is free is given back to those who are new as well, and checks are
// nobody's wish.
func TestNewcomersAreGivenBack(t *testing.T) {
	s := newStory(t, Config{QueriesPerNewUser: 1, QueriesPerUserPerMonth: 1, QueriesOfNewUsersPerHour: 1})
	s.wants(check(s.wish("a", "苏E10000"), 80), "")
	for i := range 3 {
		s.juhe.Set(juhetest.Faults{ForceCode: 225608})
		s.wants(s.wish("a", fmt.Sprintf("苏E2%04d", i)), bot.Busy)
	}
	s.juhe.Set(juhetest.Faults{})
	s.wants(s.wish("a", "苏E22222"), "")
	s.wants(s.wish("a", "苏E33333"), bot.MonthLimit)
	s.wants(s.wish("b", "苏E33333"), bot.NewLimit)
	if told := s.told(); len(told) != 1 || !strings.Contains(told[0], "people who are new have asked 1 times in this hour") {
		t.Errorf("alarms %q", told)
	}
	for key, value := range s.dump() {
		if strings.Contains(key+value, "test:a") {
			t.Errorf("%s = %s names a person", key, value)
		}
	}
}

// A thousand accounts that are minutes old cost no more than the brake allows,
// and who asked yesterday does not notice.
func TestFloodOfNewcomers(t *testing.T) {
	const brake = 20
	s := newStory(t, Config{QueriesPerNewUser: 3, QueriesOfNewUsersPerHour: brake})
	s.wants(s.wish("regular", "苏E99999"), "")
	s.wait(24 * time.Hour)
	answered := 0
	for i := range 1000 {
		kind, _ := s.askAfter(s.wish(fmt.Sprint("p", i), fmt.Sprintf("苏E1%04d", i)))
		switch kind {
		case "":
			answered++
		case bot.NewLimit:
		default:
			t.Fatalf("%q", kind)
		}
	}
	if answered != brake {
		t.Errorf("%d answers, want %d", answered, brake)
	}
	s.wants(s.wish("regular", "苏E88888"), "")
	s.wantsCalls(brake + 2)
}
