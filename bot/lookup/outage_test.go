package lookup

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A city goes down in the morning: who asks is told when to ask again, and one
// of them finds out each time.
func TestOutage(t *testing.T) {
	s := newStory(t, Config{})
	s.juhe.Set(juhetest.Faults{DownCities: []string{"JS_SZ"}})
	plates := 0
	ask := func() (bot.Kind, time.Duration) {
		plates++
		return s.askAfter(s.wish("a", fmt.Sprintf("苏E1%04d", plates)))
	}
	calls := 0
	for _, step := range []struct {
		wait  time.Duration
		call  bool
		after time.Duration
	}{
		{0, true, 30 * time.Minute},
		{time.Minute, false, 29 * time.Minute},
		{28 * time.Minute, false, time.Minute},
		{time.Minute, true, time.Hour},
		{59 * time.Minute, false, time.Minute},
		{time.Minute, true, 2 * time.Hour},
		{2 * time.Hour, true, 2 * time.Hour},
		{2 * time.Hour, true, 2 * time.Hour},
	} {
		s.wait(step.wait)
		if step.call {
			calls++
		}
		if kind, after := ask(); kind != bot.Maintenance || after != step.after {
			t.Errorf("at %v: %q after %v, want maintenance after %v", s.now().Format(time.TimeOnly), kind, after, step.after)
		}
		s.wantsCalls(calls)
	}
	s.juhe.Set(juhetest.Faults{})
	s.wait(2 * time.Hour)
	for range 2 {
		if kind, _ := ask(); kind != "" {
			t.Errorf("%q, want a report: the city is back", kind)
		}
	}
	s.juhe.Set(juhetest.Faults{DownCities: []string{"JS_SZ"}})
	if kind, after := ask(); kind != bot.Maintenance || after != 30*time.Minute {
		t.Errorf("%q after %v: the next outage begins anew", kind, after)
	}
	if day, _ := s.today(); day.Charged != 2 || day.Free != calls+1 {
		t.Errorf("%+v", day)
	}
}

// What ends an outage is an answer of the police, not one on the way to them.
func TestWhatEndsAnOutage(t *testing.T) {
	tests := map[string]struct {
		fault juhetest.Faults
		line  string
		ends  bool
	}{
		"a report":        {ends: true},
		"wrong, charged":  {fault: juhetest.Faults{WrongDigits: true}, ends: true},
		"wrong, free":     {fault: juhetest.Faults{WrongDigits: true, WrongDigitsCode: 225607}, ends: true},
		"still down":      {fault: juhetest.Faults{ForceCode: 225605}},
		"network":         {fault: juhetest.Faults{ForceCode: 225603}},
		"quota":           {fault: juhetest.Faults{ForceCode: 10012}},
		"lost on its way": {line: "cut"},
		"never left":      {line: "unreachable"},
		"died":            {line: "before"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Config{})
			s.juhe.Set(juhetest.Faults{ForceCode: 225605})
			s.wants(s.wish("a", "苏E11111"), bot.Maintenance)
			s.wait(30 * time.Minute)
			s.juhe.Set(test.fault)
			s.line.set(test.line)
			s.ask(s.wish("a", "苏E22222"))
			s.juhe.Set(juhetest.Faults{})
			s.restart()
			kind, after := s.askAfter(s.wish("b", "苏E33333"))
			if test.ends && kind != "" || !test.ends && (kind != bot.Maintenance || after <= 0) {
				t.Errorf("%q after %v", kind, after)
			}
			if test.ends {
				return
			}
			s.wait(after)
			s.wants(s.wish("c", "苏E33333"), "")
		})
	}
}

// While one finds out whether a city is back, nobody else on any machine goes.
func TestOneProbe(t *testing.T) {
	s := newStory(t, Config{})
	other := s.another()
	s.juhe.Set(juhetest.Faults{ForceCode: 225605})
	s.wants(s.wish("a", "苏E11111"), bot.Maintenance)
	s.juhe.Set(juhetest.Faults{})
	s.wait(time.Hour)
	s.line.hold, s.line.held = make(chan struct{}), make(chan struct{}, 1)
	probe, result := s.wish("a", "苏E11111"), make(chan bot.Kind)
	go func() { result <- s.ask(probe) }()
	<-s.line.held
	for i, desk := range []*Desk{s.Desk, other} {
		_, err := desk.Query(context.Background(), s.wish("b", fmt.Sprintf("苏E2222%d", i)))
		if kind, after := kindOf(err); kind != bot.Maintenance || after <= 0 || after > lease {
			t.Errorf("%q after %v, want to wait for the probe", kind, after)
		}
	}
	close(s.line.hold)
	if kind := <-result; kind != "" {
		t.Errorf("the probe: %q", kind)
	}
	s.line.hold = nil
	_, err := other.Query(context.Background(), s.wish("b", "苏E33333"))
	if err != nil {
		t.Errorf("the city is back for all: %v", err)
	}
	s.wantsCalls(3)
}

// A request that waits comes again under its own name, and is then answered.
func TestTheSameRequestWaits(t *testing.T) {
	s := newStory(t, Config{})
	s.juhe.Set(juhetest.Faults{ForceCode: 225605})
	r := s.wish("a", "苏E11111")
	kind, after := s.askAfter(r)
	if kind != bot.Maintenance {
		t.Fatal(kind)
	}
	s.juhe.Set(juhetest.Faults{})
	s.wants(r, bot.Maintenance)
	s.wantsCalls(1)
	s.wait(after)
	s.wants(r, "")
	s.wants(r, "")
	s.wantsCalls(2)
}

// Other cities, and what is known already, are not held up.
func TestOutageIsOfACity(t *testing.T) {
	s := newStory(t, Config{})
	s.wants(s.wish("a", "苏E11111"), "")
	s.juhe.Set(juhetest.Faults{DownCities: []string{"JS_SZ"}})
	s.wants(s.wish("a", "苏E22222"), bot.Maintenance)
	s.wants(s.wish("b", "苏E11111"), "")
	nanjing := s.wish("a", "苏A11111")
	nanjing.Rule.City = "JS_NJ"
	s.wants(nanjing, "")
}

// The first sign of an outage has the rules read anew: the city may have another
// code now. Reading them is free, and done once.
func TestOutageReloadsRules(t *testing.T) {
	s := newStory(t, Config{})
	ctx := context.Background()
	if _, err := s.FetchRule(ctx, "苏E", false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.FetchCities(ctx); err != nil {
		t.Fatal(err)
	}
	s.wait(23 * time.Hour)
	s.juhe.Set(juhetest.Faults{Endpoint: "query", ForceCode: 225605})
	for i, want := range []int{2, 2, 2} {
		s.wants(s.wish("a", fmt.Sprintf("苏E1111%d", i)), bot.Maintenance)
		if m := s.juhe.Meter(); m.Calls["citys"] != want || m.Calls["carPre"] != want {
			t.Errorf("%v, want %d of citys and carPre", m.Calls, want)
		}
		s.wait(time.Hour)
	}
	err := s.store.View(ctx, func(tx storage.Tx) error {
		_, rule, err := s.Rule(tx, s.now(), "苏E", false)
		_, cities, err2 := s.Cities(tx, s.now())
		if !rule || !cities || err != nil || err2 != nil {
			t.Errorf("young again: %v, %v (%v, %v)", rule, cities, err, err2)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An outage that nobody asks about any more is forgotten.
func TestOutagePasses(t *testing.T) {
	s := newStory(t, Config{})
	s.juhe.Set(juhetest.Faults{ForceCode: 225605})
	s.wants(s.wish("a", "苏E11111"), bot.Maintenance)
	s.wait(25 * time.Hour)
	if err := s.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := s.in(outageBucket); n != 0 {
		t.Errorf("%d outages are kept", n)
	}
	if kind, after := s.askAfter(s.wish("a", "苏E11111")); kind != bot.Maintenance || after != 30*time.Minute {
		t.Errorf("%q after %v, want the first step", kind, after)
	}
}
