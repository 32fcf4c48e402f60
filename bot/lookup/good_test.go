package lookup

import (
	"context"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A report that was paid for still serves when asking anew has failed; not when
// it has told something else.
func TestRefreshThatFails(t *testing.T) {
	tests := map[string]struct {
		fault juhetest.Faults
		line  string
		keeps bool
	}{
		"network":         {fault: juhetest.Faults{ForceCode: 225603}, keeps: true},
		"maintenance":     {fault: juhetest.Faults{ForceCode: 225605}, keeps: true},
		"key":             {fault: juhetest.Faults{ForceCode: 10001}, keeps: true},
		"nonsense":        {fault: juhetest.Faults{Nonsense: juhetest.NonsenseHTML}, keeps: true},
		"never left":      {line: "unreachable", keeps: true},
		"lost on its way": {line: "cut", keeps: true},
		"died":            {line: "before", keeps: true},
		"wrong, charged":  {fault: juhetest.Faults{WrongDigits: true}},
		"wrong, free":     {fault: juhetest.Faults{WrongDigits: true, WrongDigitsCode: 225607}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Config{})
			s.wants(s.wish("a", "苏E11111"), "")
			paid := s.now()
			s.wait(time.Hour)
			s.juhe.Set(test.fault)
			s.line.set(test.line)
			if kind := s.ask(again(s.wish("a", "苏E11111"))); kind == "" {
				t.Fatal("the refresh did not fail")
			}
			s.restart()
			s.juhe.Set(juhetest.Faults{})
			s.wait(time.Minute)
			calls := s.juhe.Meter().Queries
			report, err := s.Query(context.Background(), s.wish("b", "苏E11111"))
			if test.keeps && (err != nil || !report.Cached || !report.At.Equal(paid)) {
				t.Errorf("%+v, %v; want the report of before", report, err)
			}
			if !test.keeps && bot.KindOf(err) != bot.WrongData {
				t.Errorf("%+v, %v; want what was told last", report, err)
			}
			s.wantsCalls(calls)
			for wait, want := range map[time.Duration]bool{0: test.keeps, 24 * time.Hour: false} {
				if got := s.stored("苏E11111", wait); got != want {
					t.Errorf("after %v: stored %v, want %v", wait, got, want)
				}
			}
			s.wait(7 * time.Hour)
			if err := s.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			if n := s.in(goodBucket); n != 0 {
				t.Errorf("%d reports are kept beyond their time", n)
			}
		})
	}
}

// stored tells whether there is something to show without asking, some time
// from now.
func (s *story) stored(plate string, wait time.Duration) bool {
	s.t.Helper()
	var report bot.Report
	err := s.store.View(context.Background(), func(tx storage.Tx) (err error) {
		report, _, err = s.Stored(tx, s.now().Add(wait), s.wish("x", plate).Vehicle)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return !report.At.IsZero()
}

// A second refresh pays again, and its report takes the place of the one that
// was put aside.
func TestRefreshAfterOneThatFailed(t *testing.T) {
	s := newStory(t, Config{})
	s.wants(s.wish("a", "苏E11111"), "")
	s.wait(time.Hour)
	s.juhe.Set(juhetest.Faults{ForceCode: 225608})
	s.wants(again(s.wish("a", "苏E11111")), bot.Busy)
	s.juhe.Set(juhetest.Faults{})
	s.wait(time.Minute)
	s.wants(again(s.wish("a", "苏E11111")), "")
	s.wantsCalls(3)
	if n := s.in(goodBucket); n != 0 {
		t.Errorf("%d reports are put aside, want none", n)
	}
	report, err := s.Query(context.Background(), s.wish("b", "苏E11111"))
	if err != nil || !report.At.Equal(s.now()) {
		t.Errorf("%v, %v; want the newer one", report.At, err)
	}
}
