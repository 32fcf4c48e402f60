package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/storage"
)

// later adds a field that only a later program knows behind what v lists.
func later(v fielded, text string) string {
	s := scribe{}
	v.fields(&s)
	s.head(60, kindBytes)
	return string(s.out) + string(rune(len(text))) + text
}

// What a later program adds to a session, to its form or to a turn stays when
// this one writes the record; and goes with the form when that is given up.
func TestLaterFieldsOfParts(t *testing.T) {
	r := &record{Version: recordVersion, Seen: noon, Session: Session{Version: sessionVersion, Seen: noon, Ask: nlu.AskDigits}}
	form := Form{Vehicle: Vehicle{Plate: "沪C12345", Type: "02"}, Rule: Rule{City: "SH", Name: "上海", Engine: 6}}
	s := scribe{reads: true}
	s.read(later(&form, "of the form"), &r.Session.Form)
	s.read(later(&r.Session, "of the session"), &r.Session)
	r.Turns = make([]turn, 1)
	s.read(later(&turn{Key: "k", At: noon}, "of the turn"), &r.Turns[0])
	if s.wrong != nil {
		t.Fatal(s.wrong)
	}
	holds := func(r *record, want ...string) {
		t.Helper()
		again, err := parseRecord(written(r))
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"of the form", "of the session", "of the turn"} {
			wanted := strings.Contains(strings.Join(want, ","), field)
			if got := strings.Contains(string(written(again)), field); got != wanted {
				t.Errorf("%q is there: %v, want %v", field, got, wanted)
			}
		}
	}
	holds(r, "of the form", "of the session", "of the turn")
	heard := func(text string) {
		at := noon.Add(time.Minute)
		r.Session, _ = Step(r.Session, Heard{At: at, Text: text, Reading: nlu.Read(text, r.Session.open())})
	}
	heard("哈哈哈")
	holds(r, "of the form", "of the session", "of the turn")
	heard("取消")
	holds(r, "of the session", "of the turn")
}

// Who is forgotten is forgotten with what a later program kept of them.
func TestLaterFieldsAreForgotten(t *testing.T) {
	r, err := parseRecord([]byte(string(rune(layoutMark)) + later(&record{Version: recordVersion}, "of the person")))
	if err != nil || !strings.Contains(string(written(r)), "of the person") {
		t.Fatalf("%v, or it was not kept", err)
	}
	if r.forget("k"); strings.Contains(string(written(r)), "of the person") {
		t.Error("it is still there")
	}
}

// Whose session a program goes on with: that of the versions it says it can
// convert, and that of a later one which says that it may.
func TestSessionsOfOtherVersions(t *testing.T) {
	const next = sessionVersion + 1
	for name, tt := range map[string]struct {
		version, fits int
		goesOn        bool
		becomes       int
	}{
		"this one":                        {sessionVersion, sessionOldest, true, sessionVersion},
		"of before sessions said":         {sessionVersion, 0, true, sessionVersion},
		"the oldest":                      {sessionOldest, 0, true, sessionVersion},
		"older":                           {sessionOldest - 1, 0, false, sessionVersion},
		"a later one that may go to us":   {next, sessionVersion, true, next},
		"a later one that may not":        {next, next, false, sessionVersion},
		"a later one that does not say":   {next, 0, false, sessionVersion},
		"a much later one that still may": {next + 5, sessionVersion, true, next + 5},
	} {
		s := Session{
			Version: tt.version, Fits: tt.fits, Seen: noon, Ask: nlu.AskDigits, Lang: Chinese, Noticed: NoticeVersion,
			Form: Form{Vehicle: Vehicle{Plate: "沪C12345", Type: "02"}, Rule: Rule{City: "SH", Name: "上海", Engine: 6, VIN: NotNeeded}, Sure: true},
		}
		got, effects := Step(s, Heard{At: noon.Add(time.Minute), Lang: Chinese, Text: "发动机号 123456", Reading: nlu.Read("发动机号 123456", s.open())})
		asks := false
		for _, e := range effects {
			l, ok := e.(Lookup)
			asks = asks || ok && l.Vehicle.Plate == "沪C12345" && l.Vehicle.Engine == "123456"
		}
		if asks != tt.goesOn || got.Version != tt.becomes {
			t.Errorf("%s: asks %v, version %d; want %v, %d", name, asks, got.Version, tt.goesOn, tt.becomes)
		}
		if !tt.goesOn && len(effects) == 0 {
			t.Errorf("%s: no word of it", name)
		}
	}
}

// A job of a kind that only a later program knows is left to that, for an hour;
// nothing of it is done.
func TestTaskOfALaterProgram(t *testing.T) {
	b := New(Config{Now: func() time.Time { return noon }})
	work := func(body task) error {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return b.work(context.Background(), storage.Job{ID: "u/1", Queue: lookupQueue, Key: "u", Body: raw}, nil)
	}
	for _, kind := range []string{"query of tomorrow", ""} {
		_, later := storage.Snoozed(work(task{Kind: kind, User: "u", At: noon.Add(-59 * time.Minute)}))
		if !later {
			t.Errorf("%q is not put back", kind)
		}
		err := work(task{Kind: kind, User: "u", At: noon.Add(-time.Hour)})
		if _, later := storage.Snoozed(err); later || !errors.Is(err, storage.ErrNewer) {
			t.Errorf("%q after an hour: %v", kind, err)
		}
	}
}
