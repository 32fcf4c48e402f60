package lookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// inBubble runs a story on a clock that sleeping moves.
func inBubble(t *testing.T, story func(t *testing.T, s *story)) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, Config{DailyBudget: 100})
		story(t, s)
	})
}

// sleep moves the desk's clock with the bubble's.
func (s *story) sleep(d time.Duration) {
	time.Sleep(d)
	s.wait(d)
}

// Which outcomes open the door's breakers, after how many, for how long, and who
// hears of it.
func TestBreakers(t *testing.T) {
	type outcome struct {
		fault juhetest.Faults
		line  string
	}
	code := func(c int) outcome { return outcome{fault: juhetest.Faults{ForceCode: c}} }
	tests := map[string]struct {
		outcome
		after int // calls until it opens; 0: never
		rest  time.Duration
		kind  bot.Kind
		alarm string // of the opening
	}{
		"a report":        {outcome{}, 0, 0, "", ""},
		"wrong, charged":  {code(225606), 0, 0, "", ""},
		"wrong, free":     {code(225607), 0, 0, "", ""},
		"no rule":         {code(225611), 0, 0, "", ""},
		"network":         {code(225603), 5, 30 * time.Second, bot.Busy, "provider: query: code 225603: 网络错误请重试"},
		"internal":        {code(225608), 5, 30 * time.Second, bot.Busy, "provider: query: code 225608: 内部异常"},
		"out of order":    {code(10020), 5, 30 * time.Second, bot.Busy, "provider: query: code 10020: 接口维护"},
		"nonsense":        {outcome{fault: juhetest.Faults{Nonsense: juhetest.NonsenseHTML}}, 5, 30 * time.Second, bot.Busy, "provider: query: juhe: query: malformed"},
		"never left":      {outcome{line: "unreachable"}, 5, 30 * time.Second, bot.Busy, "provider: query: juhe: query: not sent"},
		"lost on its way": {outcome{line: "cut"}, 5, 30 * time.Second, bot.Busy, "provider: query: juhe: query: interrupted"},
		"undocumented":    {code(225699), 5, 30 * time.Second, bot.Busy, "provider: query: code 225699"},
		"key":             {code(10001), 1, 30 * time.Second, bot.Unavailable, "key: query: code 10001: 错误的请求KEY"},
		"interface off":   {code(10021), 1, 30 * time.Second, bot.Unavailable, "key: query: code 10021: 接口停用"},
		"quota":           {code(10012), 1, 10 * time.Minute, bot.Unavailable, "quota: query: code 10012: 请求超过次数限制"},
		"too fast":        {code(10011), 1, 10 * time.Minute, bot.Unavailable, "quota: query: code 10011: 当前IP请求超过限制"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *story) {
				s.juhe.Set(test.fault)
				s.line.set(test.line)
				ask := func(i int) (bot.Kind, time.Duration) { return s.askAfter(s.wish("a", fmt.Sprintf("苏E1%04d", i))) }
				calls := 7
				for i := range calls {
					ask(i)
				}
				if test.after > 0 {
					calls = test.after
				}
				if day, _ := s.today(); day.Calls != calls {
					t.Fatalf("%d calls, want %d", day.Calls, calls)
				}
				if test.after == 0 {
					return
				}
				if got := s.told(); !slices.ContainsFunc(got, func(a string) bool { return strings.HasPrefix(a, test.alarm) }) {
					t.Errorf("alarms %q, want %q", got, test.alarm)
				}
				before := s.dump()
				if kind, after := ask(90); kind != test.kind || after != test.rest {
					t.Errorf("open: %q after %v, want %q after %v", kind, after, test.kind, test.rest)
				}
				if len(s.dump()) != len(before) {
					t.Error("a stopped call has written something")
				}
				s.sleep(test.rest + time.Millisecond)
				ask(91) // the one that tries
				ask(92)
				if day, _ := s.today(); day.Calls != calls+1 {
					t.Errorf("%d calls, want one more than %d", day.Calls, calls)
				}
				s.juhe.Set(juhetest.Faults{})
				s.line.set("")
				s.sleep(test.rest + time.Millisecond)
				for i := range 7 {
					if kind, _ := ask(93 + i); kind != "" {
						t.Errorf("closed again: %q", kind)
					}
				}
			})
		})
	}
}

// A good answer in between begins the count of failures anew; another kind of
// trouble does not end it.
func TestFailuresInARow(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		for round := range 3 {
			s.juhe.Set(juhetest.Faults{ForceCode: 225608})
			for i := range 4 {
				s.wants(s.wish("a", fmt.Sprintf("苏E%d%04d", round, i)), bot.Busy)
			}
			s.juhe.Set(juhetest.Faults{})
			s.wants(s.wish("a", fmt.Sprintf("苏E%d1000", round)), "")
		}
		if got := s.told(); len(got) != 0 {
			t.Errorf("alarms: %v", got)
		}
	})
}

// While nothing may leave, what is known is answered; and it uses up nothing of
// the one call that tries.
func TestMemoryBehindABreaker(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		s.wants(s.wish("a", "苏E11111"), "")
		s.juhe.Set(juhetest.Faults{ForceCode: 10001, ForceTimes: 1})
		s.wants(s.wish("a", "苏E22222"), bot.Unavailable)
		s.wants(s.wish("b", "苏E11111"), "")
		s.sleep(31 * time.Second)
		for range 3 {
			s.wants(s.wish("b", "苏E11111"), "")
		}
		s.wants(s.wish("a", "苏E22222"), "")
	})
}

// The free calls have a door of their own.
func TestBreakerOfRules(t *testing.T) {
	inBubble(t, func(t *testing.T, s *story) {
		ctx := context.Background()
		s.juhe.Set(juhetest.Faults{Endpoint: "carPre", ForceCode: 10001})
		for range 3 {
			if _, err := s.FetchRule(ctx, "苏E", false); bot.KindOf(err) != bot.Unavailable {
				t.Error(err)
			}
		}
		if n := s.juhe.Meter().Calls["carPre"]; n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
		if _, err := s.FetchCities(ctx); bot.KindOf(err) != bot.Unavailable {
			t.Errorf("the key is the same: %v", err)
		}
		s.wants(s.wish("a", "苏E11111"), "")
		s.juhe.Set(juhetest.Faults{})
		s.sleep(31 * time.Second)
		if _, err := s.FetchRule(ctx, "苏E", false); err != nil {
			t.Error(err)
		}
	})
}

// A call that was not made takes no alarm away from the one that raised it.
func TestUnusedPassesRaiseNoAlarm(t *testing.T) {
	d := newDoor("query")
	p, err := d.admit()
	if err != nil {
		t.Fatal(err)
	}
	d.breakers[0].tripped.Store(true) // by a call that has not told it yet
	if got := p.tell(errUnused); got != nil {
		t.Errorf("alarms %v", got)
	}
	if p, err = d.admit(); err != nil {
		t.Fatal(err)
	}
	if got := p.tell(nil); len(got) != 1 {
		t.Errorf("alarms %v", got)
	}
}

// Every documented code is some kind of trouble or none; a caller who left is
// none of the service's.
func TestTroubles(t *testing.T) {
	want := map[juhe.Fault]trouble{
		juhe.FaultUser: noTrouble, juhe.FaultCity: noTrouble, juhe.FaultOperator: keyTrouble,
		juhe.FaultQuota: quotaTrouble, juhe.FaultProvider: faultTrouble,
	}
	for _, c := range juhe.Codes() {
		if got := troubleOf(failureOf(c.Code)); got != want[c.Fault] {
			t.Errorf("%d %s: %d, want %d", c.Code, c.Text, got, want[c.Fault])
		}
	}
	left := &juhe.TransportError{Endpoint: "query", Sent: true, Err: fmt.Errorf("x: %w", context.Canceled)}
	for _, err := range []error{left, juhe.ErrInvalid, errUnused} {
		if got := troubleOf(err); got != unheard {
			t.Errorf("%v: %d, want nothing", err, got)
		}
	}
	if got := troubleOf(errors.New("anything else")); got != faultTrouble {
		t.Errorf("anything else: %d", got)
	}
}

// Alarms name no plate, no digits, no person, no key, and not the service's own
// words.
func TestAlarmsArePrivate(t *testing.T) {
	for name, fault := range map[string]juhetest.Faults{
		"key echoed":   {ForceCode: 10001, ResultKeyEcho: true},
		"undocumented": {ForceCode: 225699, ResultKeyEcho: true, ReasonSuffix: "苏E11111 demo-key"},
		"nonsense":     {Nonsense: juhetest.NonsenseTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Config{DailyBudget: 4})
			s.juhe.Set(fault)
			for i := range 6 {
				s.ask(s.wish("someone", fmt.Sprintf("苏E1111%d", i)))
			}
			alarms := strings.Join(s.told(), "\n")
			if alarms == "" {
				t.Fatal("nobody was told")
			}
			for _, secret := range []string{"demo-key", "苏E", "123456", "someone"} {
				if strings.Contains(alarms, secret) {
					t.Errorf("%q is told:\n%s", secret, alarms)
				}
			}
		})
	}
}

// A code that is not documented is told each time: whoever is told limits it.
func TestAlarmOfUnknownCode(t *testing.T) {
	s := newStory(t, Config{})
	s.juhe.Set(juhetest.Faults{ForceCode: 225699})
	s.wants(s.wish("a", "苏E11111"), bot.Interrupted)
	s.wants(s.wish("a", "苏E22222"), bot.Interrupted)
	if got := s.told(); len(got) != 2 || got[0] != "code: query: code 225699" {
		t.Errorf("alarms: %q", got)
	}
}
