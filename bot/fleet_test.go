package bot_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// A deskOf answers rules from a table, and costs as they are given; it cannot
// pay.
type deskOf struct {
	bot.Desk // nil: a query would end the test
	rules    map[string]bot.Rule
	err      error
	asked    []string
	costs    bot.Costs
	from, to time.Time
}

func (d *deskOf) Rule(storage.Tx, time.Time, string, bool) (bot.Rule, bool, error) {
	return bot.Rule{}, false, nil
}

func (d *deskOf) FetchRule(_ context.Context, prefix string, _ bool) (bot.Rule, error) {
	d.asked = append(d.asked, prefix)
	if d.err != nil {
		return bot.Rule{}, d.err
	}
	r, ok := d.rules[prefix]
	if !ok {
		return r, &bot.Error{Kind: bot.NoRule}
	}
	return r, nil
}

func (d *deskOf) Costs(_ storage.Tx, from, to time.Time) (bot.Costs, error) {
	d.from, d.to = from, to
	return d.costs, nil
}

// A watchOf keeps in memory who watches what.
type watchOf struct {
	bot.Watch
	cars    map[string]bot.Watched
	begun   []string
	seen    map[string]int // how many violations were known at the last Begin
	crowded string
}

func (w *watchOf) Begin(_ storage.Tx, at time.Time, u bot.UserID, s bot.Saved, seen *bot.Report) error {
	if s.Plate == w.crowded {
		return bot.ErrCrowded
	}
	w.begun = append(w.begun, s.Plate)
	w.seen[s.Plate] = -1
	if seen != nil {
		w.seen[s.Plate] = len(seen.Violations)
	}
	have := w.cars[string(u)+s.Plate]
	have.Since, have.Paused = at, bot.NotPaused
	w.cars[string(u)+s.Plate] = have
	return nil
}

func (w *watchOf) State(_ storage.Tx, _ time.Time, u bot.UserID, v bot.Vehicle) (bot.Watched, bool, error) {
	have, ok := w.cars[string(u)+v.Plate]
	return have, ok, nil
}

const owner = bot.UserID("telegram:1")

// aFleet is one on an empty store.
func aFleet(t testing.TB) (*bot.Fleet, *deskOf, *watchOf) {
	t.Helper()
	store, err := boltstore.Open(t.TempDir()+"/bot.db", boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	desk := &deskOf{rules: map[string]bot.Rule{
		"沪C": {City: "SH", Name: "上海", Engine: 6, VIN: 6},
		"浙A": {City: "ZJ_HZ", Name: "杭州", Engine: bot.NotNeeded, VIN: bot.Whole},
		"苏A": {City: "JS_NER", Name: "江苏", Engine: bot.NotNeeded, VIN: 4},
	}}
	watch := &watchOf{cars: map[string]bot.Watched{}, seen: map[string]int{}}
	f := &bot.Fleet{
		Store: store, Desk: desk, Watch: watch, Every: 7 * 24 * time.Hour,
		Now: func() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 0, bot.China) },
	}
	return f, desk, watch
}

func imported(t testing.TB, f *bot.Fleet, o bot.ImportOrder) bot.ImportReport {
	t.Helper()
	o.User = owner
	r, err := f.Import(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sayTo talks to a bot; it returns the text of the answer.
func sayTo(t testing.TB, b *bot.Bot) func(u bot.UserID, text string) string {
	n := 0
	return func(u bot.UserID, text string) string {
		t.Helper()
		n++
		answer, err := b.Handle(t.Context(), bot.Message{User: u, Key: fmt.Sprint("say", n), Text: text})
		if err != nil || len(answer.Replies) == 0 {
			t.Fatalf("%q: %+v, %v", text, answer, err)
		}
		return answer.Replies[0].Text
	}
}

// invitation is the code in an invitation.
var invitation = regexp.MustCompile(`[A-Z0-9]{4}-[A-Z0-9]{4}`)

func brief(faults []bot.ImportFault) string {
	var b strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&b, "%d %s, ", f.Line, f.Kind)
	}
	return strings.TrimSuffix(b.String(), ", ")
}

// garage is what is saved of a person, by way of the table they may take away.
func garage(t testing.TB, f *bot.Fleet) string {
	t.Helper()
	file, err := f.Export(t.Context(), owner, bot.ExportCars, bot.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	return string(file.Data)
}

func TestImportTellsEveryFault(t *testing.T) {
	for _, tt := range []struct {
		name   string
		table  string
		faults string
		text   string // part of the first fault
		notes  string
		fresh  int
	}{
		{"a good line", "车牌号,类型,发动机号,车架号,名称\n沪C12345,02,123456,654321,老婆的车\n", "", "", "", 1},
		{"English, in another order, with a mark of the file and CRLF", "\ufeffName,VIN,Engine,Plate\r\n\"a, b\",654321,123456,沪C12345\r\n", "", "", "", 1},
		{"semicolons", "plate;engine;vin\n沪C12345;123456;654321\n", "", "", "", 1},
		{"tabs, decorated names, somebody's own column", "车牌号（必填）\t部门\t发动机 号\t车架号\n沪C12345\t一组\t123456\t654321\n", "", "", "", 1},
		{"whole numbers are cut", "plate,engine,vin\n沪C12345,AB-123456,LSVAA4182E2123456\n", "", "", "2 vin_sum", 1},
		{"guarded by a spreadsheet", "plate,engine,vin\n沪C12345,\"=\"\"012345\"\"\",'054321\n", "", "", "", 1},
		{"blank lines", "plate,engine,vin\n\n,,\n沪C12345,123456,654321\n", "", "", "", 1},
		{"new energy by its number", "plate,vin\n苏AD12345,1234\n", "", "", "", 1},
		{"types as spreadsheets leave them", "plate,type,engine,vin\n沪C12345,1,123456,654321\n沪C12346,小型汽车,123456,654321\n", "", "", "", 2},
		{"the same number as a large and a small car", "plate,type,engine,vin\n沪C12345,01,123456,654321\n沪C12345,02,123456,654321\n", "", "", "", 2},

		{"empty", "", "1 file", "empty", "", 0},
		{"GBK", "\xb3\xb5\xc5\xc6\n\xbb\xa6C12345\n", "1 file", "CSV UTF-8", "", 0},
		{"no plate column", "发动机号\n123456\n", "1 file", "no column for the plate", "", 0},
		{"a column twice", "plate,车牌号\n沪C12345,沪C12345\n", "1 file", "mean the same", "", 0},
		{"too many cells", "plate,engine,vin\n沪C12345,123456,654321,x\n", "2 file", "4 columns", "", 0},
		{"a quote that never ends", "plate,engine,vin\n沪C12345,123456,654321\n\"沪C1,1,2\n", "3 file", "were not read", "", 1},
		{"no plate", "plate,engine,vin\n,123456,654321\n", "2 plate", "no plate", "", 0},
		{"an impossible plate", "plate,engine,vin\n沪CABC12,123456,654321\n", "2 plate", "沪CABC12: ", "", 0},
		{"too short", "plate,engine,vin\n沪C1234,123456,654321\n", "2 plate", "沪C1234: ", "", 0},
		{"a kind that is not looked up", "plate,engine,vin\n沪A1234警,123456,654321\n", "2 kind", "police", "", 0},
		{"a type that is not", "plate,type,engine,vin\n沪C12345,07,123456,654321\n", "2 kind", "type 07", "", 0},
		{"a type against the number", "plate,type,engine,vin\n苏AD12345,02,,1234\n", "2 type", "of type 52", "", 0},
		{"a doubtful plate", "plate,engine,vin\n护C12345,123456,654321\n", "2 doubtful", "perhaps 沪C12345", "", 0},
		{"one of several", "plate,engine,vin\n沪C12345 沪C12346,123456,654321\n", "2 doubtful", "one of 沪C12345, 沪C12346", "", 0},
		{"a repaired plate is read, and said", "plate,engine,vin\n沪C1234O,123456,654321\n", "", "", "2 read", 1},
		{"an unknown city", "plate,engine,vin\n沪D12345,123456,654321\n", "2 rule", "沪D", "", 0},
		{"too few digits, and none", "plate,engine,vin\n沪C12345,12345,\n", "2 engine, 2 vin", "5 characters: 上海 asks for the last 6", "", 0},
		{"a VIN with an O", "plate,engine,vin\n沪C12345,123456,65432O\n", "2 vin", "I, O or Q", "", 0},
		{"not the whole VIN", "plate,vin\n浙A12345,123456\n", "2 vin", "the whole of it", "", 0},
		{"garbled", "plate,engine,vin\n沪C12345,12=456,654321\n", "2 engine", "letters and digits", "", 0},
		{"ruined by a spreadsheet", "plate,engine,vin\n沪C12345,1.23457E+16,654321\n", "2 engine", "made a number of it", "", 0},
		{"twice", "plate,engine,vin\n沪C12345,123456,654321\n沪C12345,123456,654321\n", "3 twice", "in line 2", "", 1},
		{"a long name", "plate,engine,vin,name\n沪C12345,123456,654321,一二三四五六七八九十一二三四五六七八九十一\n", "2 name", "20", "", 0},
		{"several faults of a line, and of others", "plate,type,engine,vin,name\n沪C12345,02,1,65432Q,一二三四五六七八九十一二三四五六七八九十一\n护C12345,,,,\n", "2 name, 2 engine, 2 vin, 3 doubtful", "", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, _, watch := aFleet(t)
			got := imported(t, f, bot.ImportOrder{Table: []byte(tt.table), DryRun: true})
			if brief(got.Faults) != tt.faults || brief(got.Notes) != tt.notes || got.New != tt.fresh {
				t.Errorf("got %+v", got)
			}
			if len(got.Faults) > 0 && !strings.Contains(got.Faults[0].Text, tt.text) {
				t.Errorf("no %q in %q", tt.text, got.Faults[0].Text)
			}
			if len(watch.begun) != 0 || strings.Contains(garage(t, f), "沪") {
				t.Error("a dry run saved something")
			}
		})
	}
}

const twoCars = "plate,engine,vin,name\n沪C12345,123456,654321,一号\n沪C12346,123456,654321,\n"

func TestImportTwiceChangesNothing(t *testing.T) {
	f, desk, watch := aFleet(t)
	f.Price = 0.5
	first := imported(t, f, bot.ImportOrder{Table: []byte(twoCars)})
	if first.Imported != 2 || first.New != 2 || first.Checks != 2 || first.First != 2 || first.Money != 1 {
		t.Errorf("first: %+v", first)
	}
	if !slices.Equal(desk.asked, []string{"沪C"}) {
		t.Errorf("rules asked: %v, want one for both", desk.asked)
	}
	before := garage(t, f)
	second := imported(t, f, bot.ImportOrder{Table: []byte(twoCars)})
	if second.Imported != 0 || second.Already != 2 || second.Checks != 0 || second.First != 0 || brief(second.Notes) != "2 saved, 3 saved" {
		t.Errorf("second: %+v", second)
	}
	if len(watch.begun) != 2 || garage(t, f) != before {
		t.Errorf("begun %v:\n%s", watch.begun, garage(t, f))
	}
}

// New digits renew a car; what its watcher was told is no news after that.
func TestImportRenews(t *testing.T) {
	f, _, watch := aFleet(t)
	imported(t, f, bot.ImportOrder{Table: []byte(twoCars)})
	if watch.seen["沪C12345"] != -1 {
		t.Error("a new car's first check has nothing to tell")
	}
	watch.cars[string(owner)+"沪C12345"] = bot.Watched{Checked: f.Now(), Rows: make([]bot.Violation, 3), Paused: bot.WrongDigits}
	got := imported(t, f, bot.ImportOrder{Table: []byte("plate,engine,vin\n沪C12345,999999,654321\n")})
	if got.Renewed != 1 || got.Imported != 1 || brief(got.Notes) != "2 renewed" || watch.seen["沪C12345"] != 3 {
		t.Errorf("%+v, seen %d", got, watch.seen["沪C12345"])
	}
	if table := garage(t, f); !strings.Contains(table, "一号") || strings.Count(table, "沪C") != 2 {
		t.Errorf("a name that was lost, or a car twice:\n%s", table)
	}
	watch.cars[string(owner)+"沪C12345"] = bot.Watched{Paused: bot.WrongDigits}
	if got = imported(t, f, bot.ImportOrder{Table: []byte("plate,engine,vin\n沪C12345,999999,654321\n")}); got.Renewed != 1 {
		t.Errorf("a pause is not ended: %+v", got)
	}
}

func TestImportAllOrNothing(t *testing.T) {
	table := []byte(twoCars + "护C1,1,1,\n")
	f, _, watch := aFleet(t)
	if got := imported(t, f, bot.ImportOrder{Table: table}); got.Imported != 0 || got.New != 2 || got.Faulty != 1 || len(watch.begun) != 0 {
		t.Errorf("with a fault: %+v, begun %v", got, watch.begun)
	}
	if got := imported(t, f, bot.ImportOrder{Table: table, SkipFaulty: true}); got.Imported != 2 || len(watch.begun) != 2 {
		t.Errorf("skipping it: %+v, begun %v", got, watch.begun)
	}
}

func TestImportHoldsTheLimit(t *testing.T) {
	f, _, _ := aFleet(t)
	f.Vehicles = 1
	if got := imported(t, f, bot.ImportOrder{Table: []byte(twoCars), SkipFaulty: true}); got.Imported != 1 || brief(got.Faults) != "3 limit" {
		t.Errorf("%+v", got)
	}
	if got := imported(t, f, bot.ImportOrder{Table: []byte(twoCars)}); got.Already != 1 || brief(got.Faults) != "3 limit" {
		t.Errorf("again: %+v", got)
	}
}

func TestImportOfACrowdedCar(t *testing.T) {
	f, _, watch := aFleet(t)
	watch.crowded = "沪C12345"
	if got := imported(t, f, bot.ImportOrder{Table: []byte(twoCars)}); got.Imported != 2 || brief(got.Notes) != "2 crowded" {
		t.Errorf("%+v", got)
	}
}

// More cars than one transaction takes.
func TestImportOfAFleet(t *testing.T) {
	f, desk, watch := aFleet(t)
	var b strings.Builder
	b.WriteString("plate,engine,vin\n")
	for i := range 250 {
		fmt.Fprintf(&b, "沪C%05d,123456,654321\n", i)
	}
	got := imported(t, f, bot.ImportOrder{Table: []byte(b.String())})
	if got.Imported != 250 || got.Checks != 250 || len(watch.begun) != 250 || len(desk.asked) != 1 {
		t.Errorf("%d imported, %d checks, %d begun, rules asked %v", got.Imported, got.Checks, len(watch.begun), desk.asked)
	}
	f.Every = 48 * time.Hour
	if got := imported(t, f, bot.ImportOrder{Table: []byte(twoCars), DryRun: true}); got.Checks != 7 {
		t.Errorf("two cars every two days: %d checks a week, want 7", got.Checks)
	}
}

// A car that somebody shares with the person is not theirs to change.
func TestImportLeavesSharedCars(t *testing.T) {
	f, desk, watch := aFleet(t)
	imported(t, f, bot.ImportOrder{Table: []byte(twoCars)})
	say := sayTo(t, bot.New(bot.Config{Store: f.Store, Desk: desk, Watch: watch, Now: f.Now}))
	code := invitation.FindString(say(owner, "邀请 沪C12345"))
	if code == "" || !strings.Contains(say("telegram:2", "邀请码 "+code), "沪C12345") {
		t.Fatal("the car was not shared")
	}
	r, err := f.Import(t.Context(), bot.ImportOrder{User: "telegram:2", Table: []byte(twoCars), SkipFaulty: true})
	if err != nil || brief(r.Faults) != "2 shared" || r.Imported != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// A store that fails in the middle of a fleet leaves whole batches, and the same
// table again completes it.
func TestImportGoesOnAfterAFailure(t *testing.T) {
	f, _, watch := aFleet(t)
	whole := f.Store
	f.Store = &filling{Store: whole, after: 1}
	var b strings.Builder
	b.WriteString("plate,engine,vin\n")
	for i := range 250 {
		fmt.Fprintf(&b, "沪C%05d,123456,654321\n", i)
	}
	o := bot.ImportOrder{User: owner, Table: []byte(b.String())}
	if r, err := f.Import(t.Context(), o); !errors.Is(err, storage.ErrFull) || r.Imported != 100 {
		t.Errorf("the first: %d imported, %v", r.Imported, err)
	}
	f.Store = whole
	r, err := f.Import(t.Context(), o)
	if err != nil || r.Already != 100 || r.Imported != 150 || len(watch.cars) != 250 {
		t.Errorf("the second: %+v, %v, %d watched", r, err, len(watch.cars))
	}
}

// A filling store has room for so many transactions.
type filling struct {
	storage.Store
	after int
}

func (s *filling) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if s.after == 0 {
		return storage.ErrFull
	}
	s.after--
	return s.Store.Update(ctx, keys, fn)
}

// Whoever never wrote cannot be told anything, and the operator should know.
func TestImportForTheSilent(t *testing.T) {
	f, desk, watch := aFleet(t)
	o := bot.ImportOrder{Table: []byte(twoCars)}
	if r := imported(t, f, o); !r.Silent {
		t.Error("whoever never wrote is taken for somebody who did")
	}
	if r := imported(t, f, o); !r.Silent {
		t.Error("an import is taken for a message")
	}
	b := bot.New(bot.Config{Store: f.Store, Desk: desk, Watch: watch, Now: f.Now})
	sayTo(t, b)(owner, "帮助")
	if r := imported(t, f, o); r.Silent {
		t.Error("whoever wrote is silent")
	}
}

// An import and a conversation at the same time lose nothing of each other.
func TestImportDuringAConversation(t *testing.T) {
	f, desk, watch := aFleet(t)
	b := bot.New(bot.Config{Store: f.Store, Desk: desk, Watch: watch, Now: f.Now})
	done := make(chan error)
	go func() {
		defer close(done)
		for i := range 20 {
			if _, err := b.Handle(t.Context(), bot.Message{User: owner, Key: fmt.Sprint("talk", i), Text: "帮助"}); err != nil {
				done <- err
				return
			}
		}
	}()
	for i := range 20 {
		imported(t, f, bot.ImportOrder{Table: fmt.Appendf(nil, "plate,engine,vin\n沪C%05d,123456,654321\n", i)})
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(garage(t, f), "沪C"); n != 20 {
		t.Errorf("%d cars, want 20", n)
	}
}

func TestImportWithoutTheOutside(t *testing.T) {
	f, desk, _ := aFleet(t)
	desk.err = &bot.Error{Kind: bot.Unreachable}
	if got := imported(t, f, bot.ImportOrder{Table: []byte(twoCars)}); brief(got.Faults) != "2 rule, 3 rule" || got.Imported != 0 {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Import(ctx, bot.ImportOrder{User: owner, Table: []byte(twoCars)}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Whatever bytes come: no panic, every line is a car, a fault or blank, and what
// a dry run promises is done.
func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		twoCars, "\ufeff车牌号,类型,发动机号,车架号\r\n沪C12345,02,123456,654321\r\n", "plate\n\"", "plate;vin\n浙A1;\n", "\xb3\xb5\xc5\xc6\n",
		"plate,engine,vin\n沪C12345,=1+1,\"a\nb\"\n", "plate,plate\n", ",\n,\n",
	} {
		f.Add([]byte(seed))
	}
	fleet, _, _ := aFleet(f)
	n := 0
	f.Fuzz(func(t *testing.T, table []byte) {
		n++
		u := bot.UserID(fmt.Sprintf("telegram:%d", n))
		dry, err := fleet.Import(t.Context(), bot.ImportOrder{User: u, Table: table, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		wet, err := fleet.Import(t.Context(), bot.ImportOrder{User: u, Table: table, SkipFaulty: true})
		if err != nil || wet.Imported != dry.New+dry.Renewed {
			t.Fatalf("promised %+v, did %+v (%v)", dry, wet, err)
		}
		for _, fault := range append(dry.Faults, dry.Notes...) {
			if fault.Line < 1 || fault.Text == "" || fault.Kind == "" {
				t.Fatalf("%+v", fault)
			}
		}
	})
}
