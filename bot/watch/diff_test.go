package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/bot"
)

// day is a morning in November, n days on.
func day(n int) time.Time { return time.Date(2026, 11, 1+n, 9, 30, 0, 0, bot.China) }

// v reads a violation from a line: hour, place, act, then options.
func v(hour int, place, act string, options ...func(*bot.Violation)) bot.Violation {
	out := bot.Violation{At: time.Date(2026, 10, 1, hour, 15, 20, 0, bot.China), Place: place, Act: act, State: bot.Open}
	for _, o := range options {
		o(&out)
	}
	return out
}

func archive(s string) func(*bot.Violation) { return func(v *bot.Violation) { v.Archive = s } }
func code(s string) func(*bot.Violation)    { return func(v *bot.Violation) { v.Code = s } }
func in(s bot.State) func(*bot.Violation)   { return func(v *bot.Violation) { v.State = s } }
func when(s string) func(*bot.Violation) {
	return func(v *bot.Violation) { v.At, v.When = time.Time{}, s }
}
func fine(n int) func(*bot.Violation) { return func(v *bot.Violation) { v.Fine = &n } }

func list(rows ...bot.Violation) []bot.Violation { return rows }

// A sequence of answers, a day apart from the second on, and what each tells.
func TestDiff(t *testing.T) {
	const jam, red = "不按规定停放", "闯红灯"
	a, b := v(8, "中山路", jam), v(9, "延安路", red)
	twice := func(n string) bot.Violation { return v(8, "中山路", jam, archive(n)) }
	for _, tt := range []struct {
		name    string
		answers [][]bot.Violation
		told    string // per answer: +new ~decided -gone
	}{
		{"nothing ever", [][]bot.Violation{{}, {}}, "|"},
		{"one is new, once", [][]bot.Violation{{}, {a}, {a}}, "|+中山路|"},
		{"a second one", [][]bot.Violation{{a}, {b, a}}, "+中山路|+延安路"},
		{"the number comes late", [][]bot.Violation{{a}, {twice("1")}, {twice("1")}}, "+中山路||"},
		{"the number flickers", [][]bot.Violation{{twice("1")}, {a}, {twice("1")}}, "+中山路||"},
		{"another number is another violation", [][]bot.Violation{{twice("1")}, {twice("1"), twice("2")}}, "+中山路|+中山路"},
		{"one of two loses its number", [][]bot.Violation{{twice("1"), twice("2")}, {a, twice("2")}, {twice("1"), twice("2")}}, "+中山路+中山路||"},
		{"the number is lost while a second comes", [][]bot.Violation{{twice("1")}, {a, twice("2")}, {twice("1"), twice("2")}}, "+中山路|+中山路|"},
		{"twins without a number are one", [][]bot.Violation{{a, a}, {a}, {a, a}}, "+中山路||"},
		{"twins with one number are one", [][]bot.Violation{{twice("1"), twice("1")}}, "+中山路"},
		{"with and without a number are one", [][]bot.Violation{{a, twice("1")}, {a}, {twice("1")}, {twice("1"), a}}, "+中山路|||"},
		{"decided, once", [][]bot.Violation{{a}, {v(8, "中山路", jam, in(bot.Decided))}, {v(8, "中山路", jam, in(bot.Decided))}}, "+中山路|~中山路|"},
		{"decided flickers", [][]bot.Violation{{a}, {v(8, "中山路", jam, in(bot.Decided))}, {a}, {v(8, "中山路", jam, in(bot.Decided))}}, "+中山路|~中山路||"},
		{"decided behind an unknown state", [][]bot.Violation{{a}, {v(8, "中山路", jam, in(bot.StateUnknown))}, {v(8, "中山路", jam, in(bot.Decided))}}, "+中山路||~中山路"},
		{"decided from the start is only new", [][]bot.Violation{{v(8, "中山路", jam, in(bot.Decided))}, {v(8, "中山路", jam, in(bot.Decided))}}, "+中山路|"},
		{"an unknown state becoming decided is no change", [][]bot.Violation{{v(8, "中山路", jam, in(bot.StateUnknown))}, {v(8, "中山路", jam, in(bot.Decided))}}, "+中山路|"},
		{"less for a day", [][]bot.Violation{{a, b}, {a}, {a, b}, {a}, {a, b}}, "+中山路+延安路||||"},
		{"gone after two misses a day apart, once", [][]bot.Violation{{a, b}, {a}, {a}, {a}}, "+中山路+延安路||-延安路|"},
		{"back is not new, and gone again is not told", [][]bot.Violation{{a}, {}, {}, {a}, {}, {}, {}}, "+中山路||-中山路||||"},
		{"decided while it was away", [][]bot.Violation{{a}, {}, {}, {v(8, "中山路", jam, in(bot.Decided))}}, "+中山路||-中山路|~中山路"},
		{"back with a number", [][]bot.Violation{{a}, {}, {}, {twice("7")}}, "+中山路||-中山路|"},
		{"the code in front of the act", [][]bot.Violation{
			{v(8, "中山路", "1344 : "+jam)}, {v(8, "中山路", jam, code("1344"))}, {v(8, "中山路", jam)}, {v(8, "中山路", "1344："+jam)},
		}, "+中山路|||"},
		{"another code at the same place", [][]bot.Violation{{v(8, "中山路", jam, code("1344"))}, {v(8, "中山路", jam, code("1344")), v(8, "中山路", jam, code("1039"))}}, "+中山路|+中山路"},
		{"the act's wording with one code", [][]bot.Violation{{v(8, "中山路", jam, code("1344"))}, {v(8, "中山路", "违反禁令标志", code("1344"))}}, "+中山路|"},
		{"blanks and width of a place", [][]bot.Violation{{v(8, "G60 沪昆高速(K12)", jam)}, {v(8, "Ｇ60沪昆高速　（K12）", jam)}}, "+G60 沪昆高速(K12)|"},
		{"seconds differ", [][]bot.Violation{{a}, {v(8, "中山路", jam, func(v *bot.Violation) { v.At = v.At.Add(30 * time.Second) })}}, "+中山路|"},
		{"another minute", [][]bot.Violation{{a}, {a, v(8, "中山路", jam, func(v *bot.Violation) { v.At = v.At.Add(time.Minute) })}}, "+中山路|+中山路"},
		{"a date that cannot be read", [][]bot.Violation{{v(8, "中山路", jam, when("2026年10月"))}, {v(8, "中山路", jam, when("2026年10月 "))}, {v(8, "中山路", jam, when("2026年9月"))}}, "+中山路||+中山路"},
		{"a fine that changes is no news", [][]bot.Violation{{v(8, "中山路", jam, fine(0))}, {v(8, "中山路", jam, fine(20000))}}, "+中山路|"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var known []row
			var told []string
			for i, rows := range tt.answers {
				var n news
				known, n, _ = diff(known, bot.Report{Violations: rows, At: day(i)}, true)
				told = append(told, spell(n))
				again, n, changed := diff(known, bot.Report{Violations: rows, At: day(i)}, true)
				if changed || !n.empty() || len(again) != len(known) {
					t.Errorf("answer %d once more: changed %v, told %q", i, changed, spell(n))
				}
			}
			if got := strings.Join(told, "|"); got != tt.told {
				t.Errorf("told %q, want %q", got, tt.told)
			}
		})
	}
}

func spell(n news) string {
	var b strings.Builder
	for _, l := range []struct {
		mark string
		rows []bot.Violation
	}{{"+", n.New}, {"~", n.Decided}, {"-", n.Gone}} {
		for _, r := range l.rows {
			b.WriteString(l.mark + r.Place)
		}
	}
	return b.String()
}

// Two answers within a day are no proof, however many there are.
func TestLeavesAfterADayOnly(t *testing.T) {
	a := v(8, "中山路", "x")
	known, _, _ := diff(nil, bot.Report{Violations: list(a), At: day(0)}, true)
	for hour := range 24 {
		var n news
		known, n, _ = diff(known, bot.Report{At: day(1).Add(time.Duration(hour) * time.Hour)}, true)
		if !n.empty() {
			t.Fatalf("told %q after %d h", spell(n), hour)
		}
	}
	if _, n, _ := diff(known, bot.Report{At: day(2)}, true); spell(n) != "-中山路" {
		t.Fatalf("told %q after a day", spell(n))
	}
}

// An answer that is not younger than what is known proves nothing about rows it
// lacks, and still tells what it has.
func TestDiffWithoutMisses(t *testing.T) {
	a, b := v(8, "中山路", "x"), v(9, "延安路", "y")
	known, _, _ := diff(nil, bot.Report{Violations: list(a), At: day(0)}, true)
	for i := range 5 {
		var n news
		known, n, _ = diff(known, bot.Report{Violations: list(b), At: day(i)}, false)
		if want := map[bool]string{true: "+延安路"}[i == 0]; spell(n) != want {
			t.Errorf("day %d: told %q, want %q", i, spell(n), want)
		}
	}
}

// The clock that was set back starts the day of a missing row anew.
func TestMissingWhileTheClockGoesBack(t *testing.T) {
	r := row{Violation: v(8, "中山路", "x")}.miss(day(30)).miss(day(2))
	if r.Left || r.Missed != 1 || !r.Since.Equal(day(2)) {
		t.Errorf("got %+v", r)
	}
}

func TestHundredsOfRows(t *testing.T) {
	var rows []bot.Violation
	for i := range 240 {
		rows = append(rows, v(i%24, fmt.Sprint("路口", i), "x"))
	}
	known, n, _ := diff(nil, bot.Report{Violations: rows, At: day(0)}, true)
	if len(n.New) != 240 || len(known) != 240 {
		t.Fatalf("%d new, %d known", len(n.New), len(known))
	}
	if _, n, changed := diff(known, bot.Report{Violations: rows, At: day(1)}, true); changed || !n.empty() {
		t.Fatalf("the same rows: changed %v, told %q", changed, spell(n))
	}
	for i := 1; i < 3; i++ {
		known, n, _ = diff(known, bot.Report{Violations: rows[:100], At: day(i)}, true)
	}
	if len(n.Gone) != 140 {
		t.Fatalf("%d gone", len(n.Gone))
	}
	if len(known) != 100+mostLeft {
		t.Fatalf("%d rows are remembered", len(known))
	}
}

// Whatever is known and whatever comes: the same answer once more is no news,
// nothing is told of twice, and what went in is left as it was.
func TestDiffSettles(t *testing.T) {
	pick := func(t *rapid.T, from ...string) string { return rapid.SampledFrom(from).Draw(t, "text") }
	violation := rapid.Custom(func(t *rapid.T) bot.Violation {
		spelt := rapid.SampledFrom([][2]string{{"停车", ""}, {"停车", "1039"}, {"1039:停车", ""}, {"闯红灯", ""}, {"闯红灯", "1625"}}).Draw(t, "act")
		return v(8+rapid.IntRange(0, 1).Draw(t, "hour"), pick(t, "路口", "大桥"), spelt[0], code(spelt[1]), archive(pick(t, "", "", "1", "2")),
			in(rapid.SampledFrom([]bot.State{bot.Open, bot.Decided, bot.StateUnknown}).Draw(t, "state")))
	})
	rapid.Check(t, func(t *rapid.T) {
		var known []row
		for i := range rapid.IntRange(1, 8).Draw(t, "answers") {
			r := bot.Report{Violations: rapid.SliceOfN(violation, 0, 6).Draw(t, "rows"), At: day(i)}
			misses := rapid.Bool().Draw(t, "misses")
			before := asJSON([]any{known, r})
			next, n, changed := diff(known, r, misses)
			if after := asJSON([]any{known, r}); after != before {
				t.Fatalf("was %s, is %s", before, after)
			}
			if !changed && asJSON(next) != asJSON(known) {
				t.Fatalf("changed without saying so: %s", asJSON(next))
			}
			for _, l := range [][]bot.Violation{n.New, n.Decided, n.Gone} {
				if len(l) > max(len(known), len(r.Violations)) {
					t.Fatal("more is told than there is")
				}
			}
			if again, n, _ := diff(next, r, misses); !n.empty() {
				t.Fatalf("once more: %q, and %s for %s", spell(n), asJSON(again), asJSON(next))
			}
			known = next
		}
	})
}

func TestCutCode(t *testing.T) {
	for _, tt := range []struct{ act, code, rest string }{
		{"16362 : 驾驶", "16362", " 驾驶"},
		{"1352A:停车", "1352A", "停车"},
		{"1039：停车", "1039", "停车"},
		{"停车", "", "停车"},
		{"限速:80", "", "限速:80"},
		{"12:30 停车", "", "12:30 停车"},
		{"ABCD:停车", "", "ABCD:停车"},
		{"123456:停车", "", "123456:停车"},
		{"", "", ""},
	} {
		if code, rest := cutCode(tt.act); code != tt.code || rest != tt.rest {
			t.Errorf("%q: %q, %q", tt.act, code, rest)
		}
	}
}

func TestSqueeze(t *testing.T) {
	for in, want := range map[string]string{
		"Ｇ60　沪昆（Ｋ12＋3）": "G60沪昆(K12+3)", " a\tb\n": "AB", "": "", "\u200b中": "中",
	} {
		if got := squeeze(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
