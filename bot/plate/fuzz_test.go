package plate_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

func addSeeds(f *testing.F) {
	for _, path := range []string{"testdata/plates.jsonl", "testdata/more.jsonl"} {
		for _, line := range readCorpus[corpusLine](f, path) {
			f.Add(line.Input)
		}
	}
	f.Add("京A12345,02,AB123456,LZZTEST090A123456\n沪B67890,02,654321,")
	f.Add("粤B\xff12345\r\n\u2028沪")
}

// FuzzParse: no input panics, a plate that may be queried reads as itself, and
// every reading has what its action promises.
func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		r := plate.Parse(s)
		checkPromises(t, &r)
		if r.Action == plate.Query {
			again := plate.Parse(r.Normalized)
			if again.Normalized != r.Normalized || again.Action != plate.Query {
				t.Errorf("%q reads as %s, which reads as %s %s", s, r.Normalized, again.Action, again.Normalized)
			}
		}
		if p := r.Parts.Reading(); r.Action == plate.Query && p.Normalized != r.Normalized {
			t.Errorf("the parts of %s make %q", r.Normalized, p.Normalized)
		}
	})
}

// FuzzFind: matches lie in the text, in order, without overlap, and folding is
// idempotent.
func FuzzFind(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		text := plate.Fold(s)
		if !utf8.ValidString(text.String()) {
			t.Errorf("%q folds to invalid UTF-8", s)
		}
		if again := plate.Fold(text.String()); !slices.Equal(again.Runes(), text.Runes()) {
			t.Errorf("%q folds to %q, that to %q", s, text, again)
		}
		end := 0
		for _, m := range plate.Find(text) {
			if m.Start < end || m.End <= m.Start || m.End > text.Len() {
				t.Fatalf("%q: match [%d:%d] after %d in %d runes", s, m.Start, m.End, end, text.Len())
			}
			end = m.End
			checkPromises(t, &m.Reading)
		}
	})
}

func checkPromises(t *testing.T, r *plate.Reading) {
	t.Helper()
	queried := r.Kind == plate.Small || r.Kind == plate.Large || r.Kind == plate.NEVSmall || r.Kind == plate.NEVLarge
	switch r.Action {
	case plate.Query, plate.Confirm:
		if !queried || r.Normalized == "" || r.HPZL == "" || r.Province == "" || r.Prefix == "" {
			t.Errorf("incomplete: %#v", r)
		}
	case plate.Unsupported:
		if queried || r.Normalized == "" {
			t.Errorf("unsupported, yet: %#v", r)
		}
	case plate.Choose:
		if len(r.Candidates) < 2 || r.Normalized != "" {
			t.Errorf("no choice: %#v", r)
		}
		for _, c := range r.Candidates {
			if a := plate.Parse(c).Action; a != plate.Query && a != plate.Confirm && a != plate.Unsupported {
				t.Errorf("offers %s, which is %s", c, a)
			}
		}
	case plate.Ask:
		if r.Reason == plate.NoPlate || reflect.ValueOf(r.Parts).IsZero() || r.Normalized != "" {
			t.Errorf("asks for nothing: %#v", r)
		}
	case plate.Reject:
		if r.Normalized != "" {
			t.Errorf("rejects %s", r.Normalized)
		}
	default:
		t.Errorf("no action: %#v", r)
	}
}

// FuzzParseVIN: what is accepted is a VIN and reads as itself.
func FuzzParseVIN(f *testing.F) {
	for _, line := range readCorpus[vinLine](f, "testdata/vin.jsonl") {
		f.Add(line.Input)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := plate.ParseVIN(s)
		if !v.Valid() {
			return
		}
		if len(v.Number) != 17 || strings.ContainsAny(v.Number, "IOQ") {
			t.Errorf("%q gives %s", s, v.Number)
		}
		if again := plate.ParseVIN(v.Number); again.Number != v.Number || again.CheckOK != v.CheckOK {
			t.Errorf("%s reads as %s", v.Number, again.Number)
		}
	})
}

// TestEnormousMessages: the worst message of 100 kB takes no longer than its
// length allows, whatever it repeats.
func TestEnormousMessages(t *testing.T) {
	const size = 100_000
	for _, unit := range []string{
		"沪", "沪A", "沪A1", "沪A1234", "A", "1", "1 ", "沪 A ", "一", "护A", "guang dong ", "jing", "JI", "临", "使1", "WJ", "·", "*",
		"内蒙古自治区", "粤B12345", "黄牌", "更新", "\n", "a\u0301", "沪A1*", "应急京",
	} {
		text := strings.Repeat(unit, size/len(unit))
		start := time.Now()
		plate.Parse(text)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%q repeated to %d bytes took %v", unit, size, d)
		}
	}
	if text := plate.Fold(strings.Repeat("沪A12345 ", size)); !text.Cut() || text.Len() != plate.MaxRunes {
		t.Errorf("%d runes kept of an enormous message, cut %t", text.Len(), text.Cut())
	}
}
