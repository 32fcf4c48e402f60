package lookup

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// The process dies with a query out, before or after the service had it. Nobody
// asks again by himself; who asked reads that it is uncertain, and may ask once
// more, which is another request.
func TestDeathInMidCall(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			s := newStory(t, Config{DailyBudget: 2, QueriesPerUserPerDay: 2})
			r := s.wish("a", "苏E11111")
			s.line.set(when)
			s.wants(r, died)
			before := s.juhe.Meter().Queries
			s.restart()
			s.wait(time.Second)
			s.wants(r, bot.Uncertain)
			s.wants(r, bot.Uncertain)
			s.wantsCalls(before)
			if day, c := s.today(); day.Unknown != 1 || day.Charged != 0 || c.Today != 1 || day.Codes[-1] != 1 {
				t.Errorf("it counts as charged: %+v", day)
			}
			if got := s.told(); !slices.Contains(got, "uncertain: a query was out when its process ended; it counts as charged") {
				t.Errorf("alarms: %q", got)
			}
			s.wait(time.Second)
			s.wants(s.wish("a", "苏E11111"), "")
			s.wantsCalls(before + 1)
			s.wants(s.wish("b", "苏E22222"), bot.Budget)
			s.wants(s.wish("a", "苏E22222"), bot.UserLimit)
		})
	}
}

// A call whose job never comes again is given up by the sweep.
func TestSweepGivesUp(t *testing.T) {
	s := newStory(t, Config{})
	s.line.set("before")
	s.wants(s.wish("a", "苏E11111"), died)
	s.restart()
	for _, step := range []struct {
		wait    time.Duration
		unknown int
		answers int
	}{{time.Second, 0, 1}, {lease, 1, 1}, {25 * time.Hour, 1, 0}} {
		s.wait(step.wait)
		if err := s.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		var unknown int
		for _, d := range s.costs(s.now().AddDate(0, 0, -2), s.now()).Days {
			unknown += d.Unknown
		}
		if unknown != step.unknown || s.in(answerBucket) != step.answers {
			t.Errorf("after %v: %d unknown, %d answers", step.wait, unknown, s.in(answerBucket))
		}
	}
	if got := s.told(); len(got) != 1 {
		t.Errorf("alarms: %q", got)
	}
}

// A process that was thought gone comes back with its answer: the ledger learns
// what it cost, and nothing is counted twice.
func TestLateAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		second bool // somebody has asked again meanwhile, and is out
		err    error
		want   bot.DayCosts
		held   int
	}{
		"charged":                   {false, nil, bot.DayCosts{Calls: 1, Charged: 1}, 1},
		"free":                      {false, failureOf(225608), bot.DayCosts{Calls: 1, Free: 1}, 0},
		"while the next one is out": {true, nil, bot.DayCosts{Calls: 2, Charged: 1}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Config{})
			ctx := context.Background()
			other := s.another()
			first := s.wish("a", "苏E11111")
			key := digest(first.Vehicle)
			late, settled, err := other.open(ctx, key, first, nil)
			if settled || err != nil {
				t.Fatal(settled, err)
			}
			s.wait(2 * lease)
			s.wants(first, bot.Uncertain)
			s.wait(time.Second)
			var next call
			if test.second {
				if next, settled, err = s.Desk.open(ctx, key, s.wish("b", "苏E11111"), nil); settled || err != nil {
					t.Fatal(settled, err)
				}
			}
			late.answer.At, late.answer.Raw, late.err = s.now(), []byte(found), test.err
			for range 2 { // also when the store was not sure of the first time
				if _, err := other.close(ctx, key, late); err != nil {
					t.Fatal(err)
				}
			}
			day, c := s.today()
			if day.Calls != test.want.Calls || day.Charged != test.want.Charged || day.Free != test.want.Free || day.Unknown != 0 || c.Today != test.held {
				t.Errorf("%+v, held %d; want %+v, held %d", day, c.Today, test.want, test.held)
			}
			if !test.second {
				return
			}
			var now answer
			err = s.store.View(ctx, func(tx storage.Tx) error {
				_, err := get(tx, answerBucket, key, &now)
				return err
			})
			if err != nil || now.State != open || now.Ledger != next.answer.Ledger {
				t.Errorf("the call that is out was lost: %+v, %v", now.State, err)
			}
		})
	}
}

// The same request is not paid for again even when its answer is long gone.
func TestRequestIsPaidOnce(t *testing.T) {
	s := newStory(t, Config{})
	r := s.wish("a", "苏E11111")
	s.wants(r, "")
	s.wait(20 * 24 * time.Hour)
	if err := s.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s.in(answerBucket) != 0 {
		t.Fatal("the answer is still there")
	}
	s.wants(r, bot.Uncertain)
	s.wantsCalls(1)
	s.wants(s.wish("a", "苏E11111"), "")
	s.wantsCalls(2)
}

// A person's request of more than a month ago is not paid for: whether it was
// before, nobody knows. A check that was due then is.
func TestOldRequests(t *testing.T) {
	s := newStory(t, Config{})
	wish, due := s.wish("a", "苏E11111"), check(s.wish("a", "苏E22222"), 80)
	s.wait(31 * 24 * time.Hour)
	s.wants(wish, bot.Uncertain)
	s.wants(due, "")
	s.wantsCalls(1)
}

// What failed for free serves nobody but who asked: somebody who has waited since
// before it is not told that it still fails.
func TestFreeFailureServesNobodyElse(t *testing.T) {
	for name, code := range map[string]int{"internal": 225608, "maintenance": 225605, "out of order": 10020, "network": 225603} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Config{})
			waiting := s.wish("a", "苏E11111")
			s.wait(time.Minute)
			s.juhe.Set(juhetest.Faults{ForceCode: code})
			own := s.wish("b", "苏E11111")
			failed := s.ask(own)
			if code == 225608 {
				s.wants(own, failed)
				s.wantsCalls(1)
			}
			s.juhe.Set(juhetest.Faults{})
			s.wait(time.Hour)
			s.wants(waiting, "")
			s.wantsCalls(2)
		})
	}
}

// What failed and may have cost something serves those who asked before it.
func TestPaidFailureServesAll(t *testing.T) {
	s := newStory(t, Config{})
	waiting := s.wish("a", "苏E11111")
	s.wait(time.Minute)
	s.juhe.Set(juhetest.Faults{Nonsense: juhetest.NonsenseHTML})
	s.wants(s.wish("b", "苏E11111"), bot.Interrupted)
	s.wants(waiting, bot.Interrupted)
	s.wantsCalls(1)
}

// What was free and passing may be asked again under the same name, as often as
// the job queue does.
func TestRetries(t *testing.T) {
	s := newStory(t, Config{DailyBudget: 1, QueriesPerUserPerDay: 1})
	r := s.wish("a", "苏E11111")
	s.line.set("unreachable")
	for range 2 {
		_, err := s.Query(context.Background(), r)
		e, ok := errors.AsType[*bot.Error](err)
		if !ok || e.Kind != bot.Unreachable || !e.Again {
			t.Errorf("%v, want to be asked again", err)
		}
		s.wait(time.Second)
	}
	s.line.set("")
	s.wants(r, "")
	if day, c := s.today(); day.Calls != 3 || day.Free != 2 || c.Today != 1 {
		t.Errorf("%+v, held %d", day, c.Today)
	}
}

// No refusal asks the job queue to come again at once, and each says when it
// makes sense.
func TestRefusalsAreNotRetried(t *testing.T) {
	tests := map[bot.Kind]struct {
		config Config
		before func(s *story)
	}{
		bot.Budget:    {Config{DailyBudget: 1}, func(s *story) { s.wants(s.wish("b", "苏E11111"), "") }},
		bot.UserLimit: {Config{QueriesPerUserPerDay: 1}, func(s *story) { s.wants(s.wish("a", "苏E11111"), "") }},
		bot.Locked: {Config{}, func(s *story) {
			for _, zeros := range []string{"000000", "1000000"} {
				s.wants(with(s.wish("b", "苏E22222"), zeros), bot.WrongData)
			}
		}},
		bot.Maintenance: {Config{}, func(s *story) {
			s.juhe.Set(juhetest.Faults{ForceCode: 225605})
			s.wants(s.wish("b", "苏E11111"), bot.Maintenance)
		}},
		bot.Unavailable: {Config{}, func(s *story) {
			s.juhe.Set(juhetest.Faults{ForceCode: 10001})
			s.wants(s.wish("b", "苏E11111"), bot.Unavailable)
		}},
		bot.Busy: {Config{}, func(s *story) {
			s.juhe.Set(juhetest.Faults{ForceCode: 225603})
			for range 5 {
				s.wants(s.wish("b", "苏E11111"), bot.Busy)
			}
		}},
	}
	for kind, test := range tests {
		t.Run(string(kind), func(t *testing.T) {
			s := newStory(t, test.config)
			test.before(s)
			calls := s.juhe.Meter().Queries
			_, err := s.Query(context.Background(), s.wish("a", "苏E22222"))
			if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != kind || e.Again || e.After <= 0 {
				t.Errorf("%#v", err)
			}
			s.wantsCalls(calls)
		})
	}
}
