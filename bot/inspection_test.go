package bot

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func date(t testing.TB, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, China)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestInspectionCorpus(t *testing.T) {
	text, err := os.ReadFile("testdata/inspection.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		var row struct {
			Registered, Today, Kind, Note string
			Due                           string `json:"next_due"`
			Opens                         string `json:"window_opens"`
			Year                          int
			InWindow                      bool `json:"in_window"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		n++
		t.Run(row.Note, func(t *testing.T) {
			today := date(t, row.Today)
			for _, hour := range []time.Duration{0, 23*time.Hour + 59*time.Minute} {
				got, ok := NextInspection(Inspection{Registered: date(t, row.Registered)}, today.Add(hour).UTC())
				want := InspectionPlan{
					Due: date(t, row.Due), Opens: date(t, row.Opens), Kind: InspectionKind(row.Kind),
					Year: row.Year, InWindow: row.InWindow, Computed: true, Past: got.Past,
				}
				if !ok || got != want {
					t.Errorf("at %v: got %+v, want %+v", hour, got, want)
				}
			}
		})
	}
	if n != 13 {
		t.Errorf("%d rows, want 13", n)
	}
}

func TestNextInspection(t *testing.T) {
	for _, tt := range []struct {
		name, registered, until, today string
		due, past, kind                string
		year                           int
		window, computed, none         bool
	}{
		{name: "nothing told", today: "2026-11-23", none: true},
		{name: "a slip of a year", registered: "0026-01-01", today: "2026-11-23", none: true},
		{name: "told, and preferred", registered: "2020-05-20", until: "2027-01-31", today: "2026-11-23", due: "2027-01-31", window: true},
		{name: "told, in the schedule", registered: "2020-05-20", until: "2028-05-31", today: "2026-11-23", due: "2028-05-31", kind: "claim_mark", year: 8},
		{name: "told alone, on its last day", until: "2026-11-30", today: "2026-11-30", due: "2026-11-30", window: true},
		{name: "told alone, a day late: said, not rolled on", until: "2026-11-30", today: "2026-12-01", due: "2026-11-30", past: "2026-11-30"},
		{name: "told, passed, and the next can be computed", registered: "2020-05-20", until: "2026-05-31", today: "2026-11-23", due: "2028-05-31", past: "2026-05-31", kind: "claim_mark", year: 8, computed: true},
		{name: "year six was missed", registered: "2020-05-20", today: "2026-11-23", due: "2028-05-31", past: "2026-05-31", kind: "claim_mark", year: 8, computed: true},
		{name: "a new car has nothing behind it", registered: "2025-05-20", today: "2026-11-23", due: "2027-05-31", kind: "claim_mark", year: 2, computed: true},
		{name: "registered tomorrow", registered: "2026-11-24", today: "2026-11-23", due: "2028-11-30", kind: "claim_mark", year: 2, computed: true},
		{name: "after fifteen years still yearly", registered: "2005-03-31", today: "2026-11-23", due: "2027-03-31", past: "2026-03-31", kind: "on_site", year: 22, computed: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var i Inspection
			var want InspectionPlan
			for s, to := range map[*string]*time.Time{&tt.registered: &i.Registered, &tt.until: &i.Until, &tt.due: &want.Due, &tt.past: &want.Past} {
				if *s != "" {
					*to = date(t, *s)
				}
			}
			got, ok := NextInspection(i, date(t, tt.today))
			want.Kind, want.Year, want.InWindow, want.Computed = InspectionKind(tt.kind), tt.year, tt.window, tt.computed
			want.Opens = got.Opens
			if ok == tt.none || got != want {
				t.Errorf("got %+v, %v, want %+v", got, ok, want)
			}
		})
	}
}

// The rule is one for small cars.
func TestLargeCarsFollowOnlyTheirDate(t *testing.T) {
	at := date(t, "2026-11-23")
	for hpzl, want := range map[string]bool{"02": true, "52": true, "01": false, "51": false} {
		s := Saved{Vehicle: Vehicle{Type: hpzl}, Inspection: Inspection{Registered: date(t, "2020-05-20")}}
		if _, ok := s.NextInspection(at); ok != want {
			t.Errorf("%s: %v", hpzl, ok)
		}
		if _, ok := s.NextReminder(at); ok != want {
			t.Errorf("%s: a reminder: %v", hpzl, ok)
		}
		s.Inspection.Until = date(t, "2027-05-31")
		if plan, ok := s.NextInspection(at); !ok || !plan.Due.Equal(s.Inspection.Until) {
			t.Errorf("%s: %+v", hpzl, plan)
		}
	}
}

func TestNextReminder(t *testing.T) {
	i := Inspection{Until: date(t, "2026-11-30")}
	var got []string
	at := date(t, "2026-01-01")
	for range 10 {
		when, ok := NextReminder(i, at)
		if !ok {
			break
		}
		if m := when.Hour()*60 + when.Minute(); m < 9*60 || m >= 9*60+50 {
			t.Errorf("at %v", when)
		}
		got = append(got, when.Format(time.DateOnly))
		at = when
	}
	if s := strings.Join(got, " "); s != "2026-09-01 2026-10-31 2026-11-23" {
		t.Errorf("reminders %s", s)
	}
	// After the last one of a year the next one's follow.
	when, ok := NextReminder(Inspection{Registered: date(t, "2015-11-30")}, date(t, "2026-11-25"))
	if !ok || when.Format(time.DateOnly) != "2027-09-01" {
		t.Errorf("the next year's: %v, %v", when, ok)
	}
}

func aDay(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" told") {
		return time.Date(rapid.IntRange(-20, 12000).Draw(t, label+" year"), 1, rapid.IntRange(-40, 800).Draw(t, label+" day"), rapid.IntRange(0, 23).Draw(t, label+" hour"), 0, 0, 0, China)
	}
	return time.Date(rapid.IntRange(1995, 2045).Draw(t, label+" year"), 1, rapid.IntRange(1, 366).Draw(t, label+" day"), 0, 0, 0, 0, China)
}

// Whatever was told: a window before its due date, a due date that never goes
// back, reminders that go on, and sentences without a hole.
func TestInspectionHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var i Inspection
		if rapid.Bool().Draw(t, "registered") {
			i.Registered = aDay(t, "registered")
		}
		if rapid.Bool().Draw(t, "until") {
			i.Until = aDay(t, "until")
		}
		at := aDay(t, "at")
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(20*365*24*time.Hour)).Draw(t, "later")))
		first, ok := NextInspection(i, at)
		second, still := NextInspection(i, later)
		if ok != still {
			t.Fatalf("known at %v: %v, at %v: %v", at, ok, later, still)
		}
		if when, ok := NextReminder(i, at); ok && !when.After(at) {
			t.Fatalf("a reminder at %v, asked at %v", when, at)
		}
		if !ok {
			return
		}
		if first.Opens.After(first.Due) || second.Due.Before(first.Due) {
			t.Fatalf("%+v, and later %+v", first, second)
		}
		if first.Due.Before(day(at)) != first.Past.Equal(first.Due) {
			t.Fatalf("passed and not said: %+v", first)
		}
		for lang := range catalogue {
			if text := first.Text(lang); strings.Contains(text, "%!") || text == "" {
				t.Fatalf("%s: %q", lang, text)
			}
		}
	})
}

func TestInspectionText(t *testing.T) {
	at := date(t, "2026-11-23")
	for _, tt := range []struct {
		name string
		lang Lang
		i    Inspection
		want []string
		not  string
	}{
		{"computed, with the rule's limits", Chinese, Inspection{Registered: date(t, "2020-11-05")}, []string{"2026年11月30日前", "按现行规则推算", "第6年", "现在就可以办理", "上线检验", "非营运小微型载客汽车", "12123", "2024年11月30日"}, "有效期至 "},
		{"told", Chinese, Inspection{Until: date(t, "2027-05-31")}, []string{"检验有效期至 2027年5月31日", "2027年3月1日起", "行驶证"}, "推算"},
		{"told and passed", Chinese, Inspection{Until: date(t, "2026-10-31")}, []string{"2026年10月31日的检验日期已经过了"}, "起可以办理"},
		{"in English", English, Inspection{Registered: date(t, "2024-11-30")}, []string{"by 30 November 2026", "computed", "claimed in the 12123 app", "no minivans"}, "年"},
		{"nothing told", Chinese, Inspection{}, []string{""}, "检验"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := InspectionText(tt.lang, Saved{Vehicle: Vehicle{Type: "02"}, Inspection: tt.i}, at)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			if strings.Contains(got, tt.not) {
				t.Errorf("%q in\n%s", tt.not, got)
			}
		})
	}
}

// The rule, written out year by year, as the announcement has it.
func TestInspectionAgainstTheSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		registered := time.Date(rapid.IntRange(1990, 2030).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 31).Draw(t, "day"), 0, 0, 0, 0, China)
		today := registered.AddDate(0, 0, rapid.IntRange(-100, 45*365).Draw(t, "days later"))
		var want InspectionPlan
		for n := 1; want.Due.IsZero(); n++ {
			var kind InspectionKind
			switch n {
			case 2, 4, 8:
				kind = ClaimMark
			case 6:
				kind = OnSite
			default:
				if n < 10 {
					continue
				}
				kind = OnSite
			}
			first := time.Date(registered.Year()+n, registered.Month(), 1, 0, 0, 0, 0, China)
			due := first.AddDate(0, 1, -1)
			if due.Before(today) {
				want.Past = due
				continue
			}
			past := want.Past
			want = InspectionPlan{Due: due, Opens: first.AddDate(0, -2, 0), Kind: kind, Year: n, Computed: true, Past: past}
			want.InWindow = !today.Before(want.Opens)
		}
		if got, ok := NextInspection(Inspection{Registered: registered}, today); !ok || got != want {
			t.Fatalf("registered %v, on %v: got %+v, want %+v", registered, today, got, want)
		}
	})
}

// Reminders of a car go on for ever, in order, none twice, each on its day.
func TestRemindersGoOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := Inspection{Registered: time.Date(rapid.IntRange(2000, 2026).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 15, 0, 0, 0, 0, China)}
		at := time.Date(2026, 1, rapid.IntRange(1, 300).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), 30, 0, 0, China)
		for range 12 {
			when, ok := NextReminder(i, at)
			if !ok || !when.After(at) {
				t.Fatalf("after %v: %v, %v", at, when, ok)
			}
			plan, _ := NextInspection(i, when)
			left := int(plan.Due.Sub(day(when)) / (24 * time.Hour))
			if !day(when).Equal(plan.Opens) && left != remindEarly && left != remindLate {
				t.Fatalf("at %v, %d days before %v", when, left, plan.Due)
			}
			at = when
		}
	})
}
