package lookup

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

func (s *story) costs(from, to time.Time) (c bot.Costs) {
	s.t.Helper()
	err := s.store.View(context.Background(), func(tx storage.Tx) (err error) {
		c, err = s.Costs(tx, from, to)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// spare is a turn that shows an earlier answer: it holds the person's key only.
func (s *story) spare(u bot.UserID) {
	s.t.Helper()
	err := s.store.Update(context.Background(), []string{bot.UserKey(u)}, func(tx storage.Tx) error {
		return s.Spare(tx, s.now(), u)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// by is how the ledger calls somebody.
func (s *story) by(u bot.UserID) (by string) {
	s.t.Helper()
	err := s.update(context.Background(), func(b *books) (err error) {
		by, err = b.pseudonym(u)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return by
}

// A pseudonym stays the same, and is another one in every store: nobody computes
// it from the id alone. What an answer keeps of who asked names nobody either.
func TestPseudonyms(t *testing.T) {
	s, other := newStory(t, Config{}), newStory(t, Config{})
	if a := s.by("test:a"); a != s.by("test:a") || a == s.by("test:b") || a == other.by("test:a") {
		t.Errorf("%s, then %s; another's %s; elsewhere %s", a, s.by("test:a"), s.by("test:b"), other.by("test:a"))
	}
	s.ask(s.wish("somebody", "苏E10001"))
	seen := 0
	err := s.store.View(context.Background(), func(tx storage.Tx) error {
		for _, bucket := range []string{answerBucket, ledgerBucket, askedBucket, expiryBucket, paidBucket, strikeBucket, rightBucket} {
			kvs, err := tx.Scan(bucket, "", storage.End, 0)
			if err != nil {
				return err
			}
			for _, kv := range kvs {
				seen++
				if strings.Contains(kv.Key+string(kv.Value), "somebody") {
					t.Errorf("%s: %s = %s", bucket, kv.Key, kv.Value)
				}
			}
		}
		return nil
	})
	if err != nil || seen < 5 {
		t.Errorf("%d records, %v", seen, err)
	}
}

// Two days with everything in them, as the operator reads them.
func TestCosts(t *testing.T) {
	s := newStory(t, Config{DailyBudget: 100, MonthlyBudget: 1000})
	plate := 0
	ask := func(user string, f juhetest.Faults) bot.Request {
		plate++
		s.juhe.Set(f)
		r := s.wish(user, fmt.Sprintf("苏E1%04d", plate))
		s.ask(r)
		return r
	}
	monday := s.now()
	ask("a", juhetest.Faults{})
	ask("a", juhetest.Faults{})
	ask("b", juhetest.Faults{WrongDigits: true})
	s.wait(24 * time.Hour)
	s.spare("test:c") // a day on which nothing was asked
	s.wait(24 * time.Hour)
	wednesday := s.now()
	ask("b", juhetest.Faults{})
	s.wants(check(s.wish("a", "苏E10001"), 80), "")
	ask("b", juhetest.Faults{ForceCode: 225608})
	ask("b", juhetest.Faults{Nonsense: juhetest.NonsenseHTML})
	r := s.wish("c", "苏E55555")
	s.line.set("before")
	s.wants(r, died)
	s.restart()
	if day, c := s.today(); day.Unknown != 1 || c.Today != 4 {
		t.Errorf("a call that is out is reserved, and not yet unknown: %+v, %d", day, c.Today)
	}
	s.wants(r, bot.Uncertain)
	s.spare("test:a")
	s.spare("test:a")
	s.spare("test:c")

	midnight := func(t time.Time) time.Time { return nextDay(t).AddDate(0, 0, -1) }
	a, b, c := s.by("test:a"), s.by("test:b"), s.by("test:c")
	third := bot.DayCosts{
		Day: midnight(wednesday), Calls: 5, Charged: 2, Free: 1, Unknown: 2, Checks: 1, Spared: 3,
		Codes: map[int]int{0: 2, 225608: 1, -1: 2}, People: paid(t, b, 2, a, 1, c, 1),
	}
	first := bot.DayCosts{
		Day: midnight(monday), Calls: 3, Charged: 3, Codes: map[int]int{0: 2, 225606: 1},
		People: paid(t, a, 2, b, 1),
	}
	for name, test := range map[string]struct {
		from, to time.Time
		want     bot.Costs
	}{
		"all": {monday, wednesday, bot.Costs{Days: []bot.DayCosts{third, first}, People: paid(t, a, 3, b, 3, c, 1)}},
		"from midnight to midnight": {
			midnight(monday), midnight(wednesday),
			bot.Costs{Days: []bot.DayCosts{third, first}, People: paid(t, a, 3, b, 3, c, 1)},
		},
		"the first two days": {monday, monday.AddDate(0, 0, 1), bot.Costs{Days: []bot.DayCosts{first}, People: paid(t, a, 2, b, 1)}},
		"the year":           {monday.AddDate(-1, 0, 0), wednesday.AddDate(1, 0, 0), bot.Costs{Days: []bot.DayCosts{third, first}, People: paid(t, a, 3, b, 3, c, 1)}},
		"a day without":      {monday.AddDate(0, 0, 1), monday.AddDate(0, 0, 1), bot.Costs{}},
		"the wrong way":      {wednesday, monday, bot.Costs{}},
	} {
		t.Run(name, func(t *testing.T) {
			test.want.DailyBudget, test.want.MonthlyBudget = 100, 1000
			test.want.Today, test.want.Month = 4, 7
			if diff := cmp.Diff(test.want, s.costs(test.from, test.to)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

// paid makes a list of costs from pseudonyms and counts, in the order in which
// equal counts stand: by pseudonym.
func paid(t *testing.T, pairs ...any) []bot.UserCosts {
	t.Helper()
	counts := map[string]int{}
	for i := 0; i < len(pairs); i += 2 {
		by, _ := pairs[i].(string)
		counts[by], _ = pairs[i+1].(int)
	}
	return most(counts)
}

// Ten people are named, those who cost most first.
func TestMostPeople(t *testing.T) {
	counts := map[string]int{"none": 0}
	for i := range 15 {
		counts[fmt.Sprintf("p%02d", i)] = i / 2
	}
	got := most(counts)
	if len(got) != mostPeople || got[0] != (bot.UserCosts{By: "p14", Paid: 7}) || got[1].By != "p12" || got[2].By != "p13" {
		t.Errorf("%+v", got)
	}
	if got := most(map[string]int{"given back": 0}); got != nil {
		t.Errorf("%+v, want nobody", got)
	}
}

// Nothing of the counters names a person.
func TestCountersArePrivate(t *testing.T) {
	s := newStory(t, Config{})
	s.wants(s.wish("someone", "苏E11111"), "")
	s.spare("test:someone")
	for _, bucket := range []string{ledgerBucket, dayBucket, monthBucket, paidBucket, sparedBucket, askedBucket} {
		if s.in(bucket) != 1 {
			t.Errorf("%s has %d records, want 1", bucket, s.in(bucket))
		}
	}
	for key, value := range s.dump() {
		if strings.Contains(key+value, "someone") {
			t.Errorf("%s = %s names a person", key, value)
		}
	}
}

// Each record has its time, and then it goes: in pages, not all at once.
func TestRetention(t *testing.T) {
	s := newStory(t, Config{})
	const days = sweepPage + 20
	ctx := context.Background()
	for range days {
		s.wants(s.wish("a", "苏E11111"), "")
		s.spare("test:a")
		s.wait(24 * time.Hour)
	}
	for _, test := range []struct {
		until                                              time.Time
		answer, asked, ledger, day, month, person, strikes int
	}{
		{s.now(), 0, 30, days, days, 5, days, 0},
		{s.now().AddDate(0, 13, 0), 0, 0, days, 0, 1, 0, 0},
		{s.now().AddDate(0, 14, 0), 0, 0, days, 0, 0, 0, 0},
		{s.now().AddDate(2, 0, 0), 0, 0, 0, 0, 0, 0, 0},
	} {
		s.wait(test.until.Sub(s.now()))
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		for bucket, want := range map[string]int{
			answerBucket: test.answer, askedBucket: test.asked, ledgerBucket: test.ledger, dayBucket: test.day,
			monthBucket: test.month, paidBucket: test.person, sparedBucket: test.person, strikeBucket: test.strikes,
		} {
			if got := s.in(bucket); got != want {
				t.Errorf("at %v: %s has %d records, want %d", s.now().Format(time.DateOnly), bucket, got, want)
			}
		}
	}
	if n := len(s.dump()); n != 0 {
		t.Errorf("%d records are left: %v", n, s.dump())
	}
}

// One transaction of the sweep removes no more than a page.
func TestSweepIsBounded(t *testing.T) {
	s := newStory(t, Config{})
	err := s.update(context.Background(), func(b *books) error {
		for i := range 3 * sweepPage {
			if err := b.tx.Put(ledgerBucket, ledgerKey(b.now, fmt.Sprint(i)), []byte("{}")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.wait(3 * 366 * 24 * time.Hour)
	err = s.update(context.Background(), func(b *books) error {
		n, err := b.sweepOld(ledgerBucket, stamp(b.now))
		if n != sweepPage {
			t.Errorf("%d at once, want %d", n, sweepPage)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(context.Background()); err != nil || s.in(ledgerBucket) != 0 {
		t.Errorf("%d are left: %v", s.in(ledgerBucket), err)
	}
}
