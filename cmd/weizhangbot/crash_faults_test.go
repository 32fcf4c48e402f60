package main

import (
	"strings"
	"testing"
	"time"
)

// A judge that finds nothing proves nothing: each account here is faultless but
// for one thing.
func TestCrashJudge(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	// One process died at 500 and the next lives on.
	good := func() *account {
		return &account{
			lives: []life{{began: at(0), ended: at(500)}, {began: at(600), ended: at(90_000)}},
			diaries: []diary{{
				who:    "anna",
				wishes: []wish{{said: "one", want: "A1", asked: at(100), answered: true}, {said: "two", want: "A2", asked: at(700), uncertain: true}},
				read:   []reading{{at: at(200), text: "it is A1."}, {at: at(800), text: "nobody knows"}, {at: at(5900), text: "news: N1", again: true}},
			}},
			events:   []happening{{token: "N1", watchers: []string{"anna"}}},
			payments: map[string]payment{"P": {wished: 2, asked: 2}},
			charged:  3,
			ledger:   ledger{charged: 2, unknown: 2, unknownPerson: 1},
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(a *account)
		want  string // "": faultless
	}{
		{"as it should be", func(*account) {}, ""},
		{"no answer", func(a *account) { a.diaries[0].wishes[0].answered = false }, `"one" was not answered`},
		{"an answer that was not read", func(a *account) { a.diaries[0].read[0].text = "" }, "was never read"},
		{"an answer twice", func(a *account) {
			a.diaries[0].read = append(a.diaries[0].read, reading{at: at(300), text: "A1"})
		}, "read 2 times"},
		{"an answer again after a death, though its sender was told", func(a *account) {
			a.diaries[0].read = append(a.diaries[0].read, reading{at: at(800), text: "A1"})
		}, "read 2 times"},
		{"news again after a death", func(a *account) {
			a.diaries[0].read = append([]reading{{at: at(450), text: "N1", again: true}}, a.diaries[0].read...)
		}, ""},
		{"news again without a death", func(a *account) {
			a.diaries[0].read = append(a.diaries[0].read, reading{at: at(5950), text: "N1", again: true})
		}, "read 2 times"},
		{"news again long after the death of another", func(a *account) {
			a.lives[1].ended = at(20_000)
			a.diaries[0].read = append(a.diaries[0].read, reading{at: at(30_000), text: "N1", again: true})
		}, "read 2 times"},
		{"an answer again in the first check of a car with news", func(a *account) {
			a.diaries[0].wishes[0].shared = true
			a.diaries[0].read[2].text = "的首次检查结果: N1, A1"
		}, ""},
		{"an answer again in the first check of one's own car", func(a *account) {
			a.diaries[0].read[2].text = "的首次检查结果: N1, A1"
		}, "read 2 times"},
		{"an answer again in a first check without news", func(a *account) {
			a.diaries[0].wishes[0].shared = true
			a.diaries[0].read = append(a.diaries[0].read, reading{at: at(700), text: "的首次检查结果: A1"})
		}, "read 2 times"},
		{"news to nobody", func(a *account) { a.diaries[0].read = a.diaries[0].read[:2] }, "the news N1 was never read"},
		{"news to somebody unknown", func(a *account) { a.events[0].watchers[0] = "bert" }, "bert: no diary"},
		{"paid twice", func(a *account) { a.payments["P"] = payment{wished: 1, asked: 2} }, "P was asked for 2 times"},
		{"paid and not written down", func(a *account) { a.charged = 5 }, "Juhe charged 5"},
		{"written down and not paid", func(a *account) { a.charged = 1 }, "Juhe charged 1"},
		{"an entry left open", func(a *account) { a.ledger.open = 1 }, "still open"},
		{"unknown and not told", func(a *account) { a.ledger.unknownPerson = 2 }, "1 people read that nobody knows"},
		{"told and not unknown", func(a *account) { a.ledger.unknownPerson = 0 }, "1 of them of a call of their own"},
		{"told of the call of another", func(a *account) { a.ledger.unknownPerson, a.diaries[0].wishes[1].shared = 0, true }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := good()
			tt.spoil(a)
			got := strings.Join(a.faults(), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
	a := good()
	a.diaries[0].read = append(a.diaries[0].read, reading{at: at(5950), text: "N1 A1", again: true})
	if n := a.repeated(); n != 2 {
		t.Errorf("%d repetitions counted, want 2", n)
	}
}
