package juhetest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func TestAsked(t *testing.T) {
	fake := newFake()
	for _, params := range []string{
		ask("hphm", "苏E11111"),
		ask("hphm", "苏E22222"),
		ask("hphm", "苏E33333", "engineno", "1"), // wrong: nobody saw its violations
		ask("hphm", "苏E12404"),                  // unknown
		ask("hphm", "苏E11111", "hpzl", ""),      // once more; left out it is 02
		ask("hphm", "粤BD12345", "city", "GD_NER", "hpzl", "52"),
	} {
		call(fake, "POST", "/query", params)
	}
	want := []juhetest.Vehicle{{Plate: "苏E22222", Type: "02"}, {Plate: "苏E11111", Type: "02"}, {Plate: "粤BD12345", Type: "52"}}
	got := fake.Asked()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got[0].Plate = "苏E99999"
	if fake.Asked()[0].Plate != "苏E22222" {
		t.Error("Asked must return a copy")
	}
	for i := range 1010 {
		call(fake, "POST", "/query", ask("hphm", fmt.Sprintf("苏E%05d", 50000+i)))
	}
	if got := fake.Asked(); len(got) != 1000 || got[999].Plate != "苏E51009" {
		t.Errorf("%d vehicles, the last %v", len(got), got[len(got)-1])
	}
}

func TestHappen(t *testing.T) {
	fake := newFake()
	added := fake.Happen("苏E12345", "")
	got := rows(t, fake, "JS_SZ", "苏E12345", "02")
	row, _ := got[0].(map[string]any)
	if len(got) != 1 || row["date"] != added.Date || row["area"] != added.Area || row["handled"] != "0" {
		t.Errorf("added %+v, shown %v", added, got)
	}
	second := fake.Happen("苏E12345", "02")
	got = rows(t, fake, "JS_SZ", "苏E12345", "02")
	if row, _ = got[0].(map[string]any); len(got) != 2 || row["date"] != second.Date {
		t.Errorf("the newest comes first: %v", got)
	}
	if n := len(rows(t, fake, "SH", "沪C12345", "02")); n != 3 {
		t.Errorf("another car has %d rows, want its three", n)
	}
}

// However often and whenever it is called: each one is another violation, of
// the last days, in the daytime, and undecided.
func TestHappenIsAlwaysNewAndFresh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1700000000, 1900000000).Draw(t, "now"), 0)
		fake := juhetest.New(
			juhetest.WithClock(func() time.Time { return now }),
			juhetest.WithSeed(rapid.Int64().Draw(t, "seed")),
		)
		seen := map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "times") {
			v := fake.Happen("沪C12345", "02")
			at, err := time.ParseInLocation("2006-01-02 15:04", v.Date[:16], time.FixedZone("UTC+8", 8*60*60))
			if age := now.Sub(at); err != nil || age < 24*time.Hour || age > 8*24*time.Hour {
				t.Fatalf("%s is %v old (%v)", v.Date, age, err)
			}
			if h := at.Hour(); h < 6 || h > 22 {
				t.Fatalf("%s: at night", v.Date)
			}
			if v.Handled != "0" || v.Area == "" || v.Act == "" {
				t.Fatalf("%+v", v)
			}
			id := v.Date[:16] + v.Area + v.Act
			if seen[id] {
				t.Fatalf("twice: %s", id)
			}
			seen[id] = true
			now = now.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "hours")) * time.Hour)
		}
	})
}

// With an end of history a year may pass, and a car is as it was.
func TestHistoryUntil(t *testing.T) {
	now := noon
	fake := juhetest.New(juhetest.WithClock(func() time.Time { return now }), juhetest.WithHistoryUntil(noon))
	before := rows(t, fake, "SH", "沪C12345", "02")
	now = now.AddDate(1, 0, 0)
	if diff := cmp.Diff(before, rows(t, fake, "SH", "沪C12345", "02")); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
	v := fake.Happen("沪C12345", "02")
	if got := rows(t, fake, "SH", "沪C12345", "02"); len(got) != 4 || !strings.HasPrefix(v.Date, "2027-05-") {
		t.Errorf("%d rows, the new one of %s", len(got), v.Date)
	}
	if got := rows(t, newFake(), "SH", "沪C12345", "02"); !cmp.Equal(got, before) {
		t.Errorf("before the end nothing differs: %v, %v", got, before)
	}
}

func TestFailNext(t *testing.T) {
	fake := newFake()
	fake.Set(juhetest.Faults{Nonsense: juhetest.NonsenseEmpty})
	fake.FailNext(225603)
	fake.FailNext(10014)
	call(fake, "POST", "/citys", form())
	call(fake, "GET", "/carPre", form("hphm", "沪C"))
	if n := fake.Failing(); n != 2 {
		t.Errorf("%d to come: only queries fail", n)
	}
	for i, want := range []int{225603, 10014} {
		if got := read(t, call(fake, "POST", "/query", ask())).code(); got != want {
			t.Errorf("query %d: error_code %d, want %d", i+1, got, want)
		}
	}
	fake.Set(juhetest.Faults{})
	if got := read(t, call(fake, "POST", "/query", ask())).code(); got != 0 || fake.Failing() != 0 {
		t.Errorf("afterwards: error_code %d, %d to come", got, fake.Failing())
	}
	if m := fake.Meter(); m.Queries != 3 || m.Charged != 1 {
		t.Errorf("%d queries, %d charged: failures are free", m.Queries, m.Charged)
	}
	if got := fake.Asked(); len(got) != 1 {
		t.Errorf("asked for successfully: %v", got)
	}
}
