package lookup

import (
	"context"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

func viewed[T any](s *story, read func(storage.Tx) (T, error)) (v T) {
	s.t.Helper()
	err := s.store.View(context.Background(), func(tx storage.Tx) (err error) {
		v, err = read(tx)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// Each call that was made is reported once, with what it cost and whose trace it
// is; what is answered without one is not.
func TestCallsAreReported(t *testing.T) {
	var calls []Call
	var traces []string
	s := newStory(t, Config{CacheFor: time.Hour, Called: func(ctx context.Context, c Call) {
		calls, traces = append(calls, c), append(traces, bot.TraceOf(ctx))
	}})
	ctx := bot.WithTrace(context.Background(), "t1")
	first := s.wish("a", "苏E11111")
	if _, err := s.Query(ctx, first); err != nil {
		t.Fatal(err)
	}
	s.wants(s.wish("b", "苏E11111"), "") // the answer is at hand
	s.juhe.Set(juhetest.Faults{WrongDigits: true})
	s.wants(s.wish("a", "苏E22222"), bot.WrongData)
	s.juhe.Set(juhetest.Faults{})
	if _, err := s.FetchRule(ctx, "苏E", false); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 3 || traces[0] != "t1" || traces[1] != "" || traces[2] != "t1" {
		t.Fatalf("%+v under %q", calls, traces)
	}
	for i, want := range []struct {
		endpoint string
		charge   juhe.Charge
	}{{juhe.EndpointQuery, juhe.Charged}, {juhe.EndpointQuery, juhe.Charged}, {juhe.EndpointPrefix, juhe.Charged}} {
		if c := calls[i]; c.Endpoint != want.endpoint || juhe.ChargeOf(c.Err) != want.charge || (c.Err != nil) != (i == 1) {
			t.Errorf("call %d: %+v", i, c)
		}
	}
}

func TestBudgetsAndOutages(t *testing.T) {
	s := newStory(t, Config{DailyBudget: 10})
	s.juhe.Set(juhetest.Faults{DownCities: []string{"JS_SZ"}})
	s.wants(s.wish("a", "苏E11111"), bot.Maintenance)
	down := viewed(s, s.Outages)
	if len(down) != 1 || down[0].City == "" || !down[0].Next.Equal(s.now().Add(30*time.Minute)) {
		t.Errorf("down: %+v", down)
	}
	s.juhe.Set(juhetest.Faults{})
	s.wait(30 * time.Minute)
	s.wants(s.wish("a", "苏E11112"), "")
	if down := viewed(s, s.Outages); len(down) != 0 {
		t.Errorf("still down: %+v", down)
	}
	left := viewed(s, s.Budgets)
	if len(left) != 2 || left[0] != (bot.BudgetLeft{Period: "day", Used: 1, Budget: 10}) || left[1] != (bot.BudgetLeft{Period: "month", Used: 1}) {
		t.Errorf("%+v", left)
	}
}

func TestBreakersAreShown(t *testing.T) {
	s := newStory(t, Config{})
	open := func() (all []string) {
		for _, b := range s.Breakers() {
			if b.State == 2 {
				all = append(all, b.Endpoint+" "+b.Trouble)
			}
		}
		return all
	}
	if n := len(s.Breakers()); n != 6 || len(open()) != 0 {
		t.Errorf("%d breakers, open %v", n, open())
	}
	s.juhe.Set(juhetest.Faults{ForceCode: 10001})
	s.wants(s.wish("a", "苏E11111"), bot.Unavailable)
	if got := open(); len(got) != 1 || got[0] != "query key" {
		t.Errorf("open: %v", got)
	}
}
