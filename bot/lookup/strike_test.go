package lookup

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// stubborn is a car that insists on its digits: 654321 and 123456.
const stubborn = "苏E00A01"

func newStubborn(t *testing.T) *story {
	s := newStory(t, Config{})
	s.juhe.AddCar(juhetest.Car{Plate: stubborn, Engine: "B48654321", VIN: "LSVAA11111D123456"})
	return s
}

// A step of a story about guessing: somebody tries an engine number.
type try struct {
	by, engine string
	check      bool
	wait       time.Duration // before
	want       bot.Kind
	calls      int // so far
}

// Six people, one plate: two of them may be wrong.
func TestStrikes(t *testing.T) {
	const right = "654321"
	tests := map[string][]try{
		"two wrong guesses lock, whoever guesses": {
			{by: "a", engine: "111111", want: bot.WrongData, calls: 1},
			{by: "b", engine: "222222", want: bot.WrongData, calls: 2},
			{by: "c", engine: "333333", want: bot.Locked, calls: 2},
			{by: "d", engine: "444444", want: bot.Locked, calls: 2},
			{by: "e", engine: right, want: bot.Locked, calls: 2},
			{by: "f", engine: "555555", wait: 24*time.Hour - time.Second, want: bot.Locked, calls: 2},
			{by: "f", engine: "555555", wait: time.Second, want: bot.WrongData, calls: 3},
		},
		"the same digits again are answered from memory": {
			{by: "a", engine: "111111", want: bot.WrongData, calls: 1},
			{by: "b", engine: "111111", want: bot.WrongData, calls: 1},
			{by: "a", engine: "111111", wait: time.Hour, want: bot.WrongData, calls: 1},
			{by: "a", engine: right, want: "", calls: 2},
		},
		"a slip a day locks nobody": {
			{by: "a", engine: "111111", want: bot.WrongData, calls: 1},
			{by: "a", engine: "222222", wait: 24 * time.Hour, want: bot.WrongData, calls: 2},
			{by: "a", engine: "333333", wait: 24 * time.Hour, want: bot.WrongData, calls: 3},
		},
		"a success clears the strikes": {
			{by: "a", engine: "111111", want: bot.WrongData, calls: 1},
			{by: "a", engine: right, want: "", calls: 2},
			{by: "a", engine: "222222", want: bot.WrongData, calls: 3},
			{by: "a", engine: "333333", want: bot.WrongData, calls: 4},
			{by: "a", engine: "444444", want: bot.Locked, calls: 4},
		},
		"whose digits were right before is not locked out": {
			{by: "owner", engine: right, want: "", calls: 1},
			{by: "a", engine: "111111", want: bot.WrongData, calls: 2},
			{by: "a", engine: "222222", want: bot.WrongData, calls: 3},
			{by: "owner", engine: right, wait: 7 * time.Hour, want: "", calls: 4},
			{by: "a", engine: "333333", want: bot.Locked, calls: 4}, // and unlocks nothing
		},
		"nor weeks after the answer went": {
			{by: "owner", engine: right, want: "", calls: 1},
			{by: "a", engine: "111111", wait: 29 * 24 * time.Hour, want: bot.WrongData, calls: 2},
			{by: "a", engine: "222222", want: bot.WrongData, calls: 3},
			{by: "owner", engine: right, want: "", calls: 4},
		},
		"after more than a month nobody remembers": {
			{by: "owner", engine: right, want: "", calls: 1},
			{by: "a", engine: "111111", wait: 31 * 24 * time.Hour, want: bot.WrongData, calls: 2},
			{by: "a", engine: "222222", want: bot.WrongData, calls: 3},
			{by: "owner", engine: right, want: bot.Locked, calls: 3},
		},
		"a check goes through a lock": {
			{by: "a", engine: "111111", want: bot.WrongData, calls: 1},
			{by: "a", engine: "222222", want: bot.WrongData, calls: 2},
			{by: "owner", engine: right, check: true, want: "", calls: 3},
		},
		"a check that is wrong is no guess": {
			{by: "owner", engine: "999999", check: true, want: bot.WrongData, calls: 1},
			{by: "a", engine: "111111", want: bot.WrongData, calls: 2},
			{by: "a", engine: right, want: "", calls: 3},
		},
	}
	for name, tries := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStubborn(t)
			for i, try := range tries {
				s.wait(try.wait)
				if err := s.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
				r := with(s.wish(try.by, stubborn), try.engine)
				if try.check {
					r = check(r, 80)
				}
				if got := s.ask(r); got != try.want {
					t.Errorf("try %d: %q, want %q", i, got, try.want)
				}
				s.wantsCalls(try.calls)
			}
		})
	}
}

// Wrong digits that cost nothing count as well: otherwise guessing were free.
func TestFreeStrikes(t *testing.T) {
	s := newStubborn(t)
	s.juhe.Set(juhetest.Faults{WrongDigitsCode: 225607})
	s.wants(with(s.wish("a", stubborn), "111111"), bot.WrongData)
	s.juhe.Set(juhetest.Faults{})
	s.wants(with(s.wish("b", stubborn), "222222"), bot.WrongData)
	kind, after := s.askAfter(with(s.wish("c", stubborn), "654321"))
	if kind != bot.Locked || after != 24*time.Hour {
		t.Errorf("%q after %v, want locked for a day", kind, after)
	}
	s.restart()
	s.wants(with(s.wish("c", stubborn), "654321"), bot.Locked)
}

// A plate is locked in its type: the large car of the same number is another.
func TestLockIsOfPlateAndType(t *testing.T) {
	s := newStubborn(t)
	for _, engine := range []string{"111111", "222222"} {
		s.wants(with(s.wish("a", stubborn), engine), bot.WrongData)
	}
	large := with(s.wish("a", stubborn), "333333")
	large.Vehicle.Type = "01"
	s.wants(large, bot.WrongData)
	other := s.wish("a", "苏E00A02")
	s.wants(other, "")
}

// Digits that were right and are not any more lose their standing.
func TestDigitsThatChanged(t *testing.T) {
	s := newStubborn(t)
	s.wants(with(s.wish("a", stubborn), "654321"), "")
	s.juhe.AddCar(juhetest.Car{Plate: stubborn, Engine: "B48999999", VIN: "LSVAA11111D123456"})
	s.wait(time.Minute)
	s.wants(again(with(s.wish("a", stubborn), "654321")), bot.WrongData)
	s.wants(with(s.wish("a", stubborn), "111111"), bot.WrongData)
	s.wait(24 * time.Hour)
	s.wants(with(s.wish("b", stubborn), "654321"), bot.WrongData)
	s.wants(with(s.wish("b", stubborn), "222222"), bot.WrongData)
	s.wants(with(s.wish("b", stubborn), "654321"), bot.WrongData) // known by now
	s.wants(with(s.wish("b", stubborn), "333333"), bot.Locked)
}

// Guessers who come all at once, on two machines, get no more than two guesses.
func TestGuessingAtOnce(t *testing.T) {
	s := newStubborn(t)
	desks := []*Desk{s.Desk, s.another()}
	s.line.hold, s.line.held = make(chan struct{}), make(chan struct{}, 20)
	kinds := make(chan bot.Kind, 20)
	var wg sync.WaitGroup
	for i := range 20 {
		r := with(s.wish(fmt.Sprint("p", i), stubborn), fmt.Sprintf("11%04d", i))
		wg.Go(func() {
			_, err := desks[i%2].Query(context.Background(), r)
			kind, _ := kindOf(err)
			kinds <- kind
		})
	}
	<-s.line.held
	<-s.line.held
	for range 18 {
		if kind := <-kinds; kind != snooze {
			t.Errorf("%q, want to come again when two have been answered", kind)
		}
	}
	close(s.line.hold)
	wg.Wait()
	s.line.hold = nil
	s.wantsCalls(2)
	s.wants(with(s.wish("late", stubborn), "654321"), bot.Locked)
}

// A guess whose process died holds up others no longer than a call may take.
func TestGuessOfADeadProcess(t *testing.T) {
	s := newStubborn(t)
	s.line.set("before")
	s.wants(with(s.wish("a", stubborn), "111111"), died)
	s.restart()
	s.wants(with(s.wish("b", stubborn), "333333"), bot.WrongData)
	s.wants(with(s.wish("b", stubborn), "444444"), snooze)
	s.wait(lease)
	s.wants(with(s.wish("b", stubborn), "444444"), bot.WrongData)
}

// The store knows digits and plates by digests only, and forgets them.
func TestStrikesArePrivateAndPass(t *testing.T) {
	s := newStubborn(t)
	s.wants(with(s.wish("a", stubborn), "654321"), "")
	s.wants(with(s.wish("a", stubborn), "111111"), bot.WrongData)
	s.wants(with(s.wish("a", stubborn), "222222"), bot.WrongData)
	for key, value := range s.dump() {
		if strings.HasPrefix(key, answerBucket) {
			continue // holds what was answered, sealed
		}
		for _, secret := range []string{stubborn, "00A01", "654321", "111111", "222222", "test:a"} {
			if strings.Contains(key+value, secret) {
				t.Errorf("%s = %s names %s", key, value, secret)
			}
		}
	}
	for _, step := range []struct {
		wait          time.Duration
		strike, right int
	}{{0, 1, 1}, {25 * time.Hour, 0, 1}, {30 * 24 * time.Hour, 0, 0}} {
		s.wait(step.wait)
		if err := s.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if strike, right := s.in(strikeBucket), s.in(rightBucket); strike != step.strike || right != step.right {
			t.Errorf("after %v: %d and %d records, want %d and %d", step.wait, strike, right, step.strike, step.right)
		}
	}
	if n := s.in(expiryBucket); n != 0 {
		t.Errorf("%d notes of when something goes are left", n)
	}
}
