package juhetest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// rows returns what a query for an invented car shows.
func rows(t *testing.T, fake *juhetest.Server, city, plate, hpzl string) []any {
	t.Helper()
	got := read(t, call(fake, "POST", "/query", ask("city", city, "hphm", plate, "hpzl", hpzl)))
	if got.code() != 0 {
		t.Fatalf("%s: error_code %d", plate, got.code())
	}
	return got.result().list("lists")
}

func TestFamousCars(t *testing.T) {
	for _, tt := range []struct {
		city, plate, hpzl string
		want              int
	}{
		{"SH", "沪C12345", "02", 3},
		{"JS_SZ", "苏E12345", "02", 0},
		{"GD_NER", "粤BD12345", "52", 1},
		{"BJ", "京A00000", "02", 30},
	} {
		if got := rows(t, newFake(), tt.city, tt.plate, tt.hpzl); len(got) != tt.want {
			t.Errorf("%s: %d rows, want %d", tt.plate, len(got), tt.want)
		}
	}
	var handled []any
	for _, r := range rows(t, newFake(), "SH", "沪C12345", "02") {
		row, _ := r.(map[string]any)
		handled = append(handled, row["handled"])
	}
	if fmt.Sprint(handled) != "[0 0 1]" {
		t.Errorf("沪C12345 handled: %v", handled)
	}
}

// The same seed and plate always give the same car; another seed another one.
func TestCarsFollowFromTheSeed(t *testing.T) {
	show := func(seed int64) string {
		var b strings.Builder
		for i := range 20 {
			fmt.Fprintln(&b, rows(t, newFake(juhetest.WithSeed(seed)), "JS_SZ", fmt.Sprintf("苏E5%04d", i), "02"))
		}
		return b.String()
	}
	first, again, other := show(7), show(7), show(8)
	if first != again {
		t.Error("the same seed gives different cars")
	}
	if first == other {
		t.Error("different seeds give the same cars")
	}
}

func TestCarsLookReal(t *testing.T) {
	fake := newFake()
	clean, counts := 0, map[int]bool{}
	quirks := map[string]int{}
	for i := range 400 {
		got := rows(t, fake, "JS_SZ", fmt.Sprintf("苏E6%03dA", i), "02")
		counts[len(got)] = true
		if len(got) == 0 {
			clean++
		}
		if len(got) > 30 {
			t.Fatalf("%d rows", len(got))
		}
		last := "9999"
		for _, r := range got {
			row, _ := r.(map[string]any)
			date, _ := row["date"].(string)
			if date >= last || date > "2026-05-20 20:00" {
				t.Errorf("date %s after %s", date, last)
			}
			last = date
			note(quirks, row, date)
		}
	}
	if clean < 120 || clean > 240 || len(counts) < 15 {
		t.Errorf("%d of 400 cars clean, %d different counts", clean, len(counts))
	}
	for _, q := range []string{"money 0 beside points", "cents", "null code", "code in act", "no seconds", "handled empty", "handled 1", "archiveno", "no wzcity", "cjgg", "money empty"} {
		if quirks[q] == 0 {
			t.Errorf("quirk never seen: %s", q)
		}
	}
}

func note(quirks map[string]int, row map[string]any, date string) {
	text := func(name string) string { s, _ := row[name].(string); return s }
	_, hasCity := row["wzcity"]
	for name, seen := range map[string]bool{
		"money 0 beside points": text("money") == "0" && text("fen") == "3",
		"cents":                 strings.HasSuffix(text("money"), ".00"),
		"money empty":           text("money") == "",
		"null code":             row["code"] == nil,
		"code in act":           strings.Contains(text("act"), " : ") && text("code") == "",
		"no seconds":            len(date) == len("2026-05-20 20:00"),
		"handled empty":         row["handled"] == "",
		"handled 1":             row["handled"] == "1",
		"archiveno":             text("archiveno") != "",
		"no wzcity":             !hasCity,
		"cjgg":                  text("cjgg") != "",
	} {
		if seen {
			quirks[name]++
		}
	}
}

// Two queries of one day agree; over the months a new violation comes and the
// oldest goes.
func TestHistoryMovesOn(t *testing.T) {
	now := noon
	fake := juhetest.New(juhetest.WithClock(func() time.Time { return now }))
	before := rows(t, fake, "SH", "沪C12345", "02")
	if again := rows(t, fake, "SH", "沪C12345", "02"); fmt.Sprint(again) != fmt.Sprint(before) {
		t.Error("the same moment shows different rows")
	}
	now = now.AddDate(0, 0, 120)
	after := rows(t, fake, "SH", "沪C12345", "02")
	date := func(r any) any { row, _ := r.(map[string]any); return row["date"] }
	if len(after) != 3 || date(after[1]) != date(before[0]) || date(after[0]) == date(before[0]) {
		t.Errorf("before %v\nafter %v", before, after)
	}
}
