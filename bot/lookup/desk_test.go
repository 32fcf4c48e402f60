package lookup

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

const (
	found  = `{"error_code":0,"reason":"查询成功","result":{"province":"JS","city":"JS_SUZHOU","hphm":"苏E54321","hpzl":"02","lists":[{"date":"2026-10-01 08:00:00","area":"人民路","act":"闯红灯","fen":"6","money":"200","handled":"0"},{"date":"2026-11-01 08:00","area":"东环路","act":"超速","fen":"3","money":"100","handled":"1"}]}}`
	wrong  = `{"resultcode":"206","error_code":225606,"reason":"车辆信息错误,请确认输入的信息正确","result":[]}`
	nearly = `{"error_code":225603,"reason":"网络错误请重试","result":null}`
)

// juheFake answers with what it is told, in order; the last answer stays.
type juheFake struct {
	mu      sync.Mutex
	answers []any // string: a body; error
	asked   []juhe.Query
	hold    chan struct{} // when set, an answer waits for it
	held    chan struct{} // gets one for each that waits
}

func (j *juheFake) QueryRaw(_ context.Context, q juhe.Query) ([]byte, error) {
	j.mu.Lock()
	j.asked = append(j.asked, q)
	answer := j.answers[0]
	if len(j.answers) > 1 {
		j.answers = j.answers[1:]
	}
	hold := j.hold
	j.mu.Unlock()
	if hold != nil {
		j.held <- struct{}{}
		<-hold
	}
	if err, ok := answer.(error); ok {
		return nil, err
	}
	body, _ := answer.(string)
	return []byte(body), nil
}

func (j *juheFake) calls() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.asked)
}

func (j *juheFake) Prefix(_ context.Context, prefix string, _ bool) (juhe.City, error) {
	if prefix == "藏K" {
		return juhe.City{}, juhe.ErrNoRule
	}
	return juhe.City{Code: "JS_SUZHOU", Name: "苏州", Province: "江苏", Engine: 6, VIN: juhe.NotNeeded}, nil
}

func (j *juheFake) Cities(context.Context, string) ([]juhe.Province, error) {
	return []juhe.Province{
		{Code: "JS", Name: "江苏", Cities: []juhe.City{
			{Code: "JS_NANJING", Name: "南京", Engine: 6}, {Code: "JS_SUZHOU", Name: "苏州", Engine: 6},
		}},
		{Code: "SC", Name: "四川", Cities: []juhe.City{
			{Code: "SC", Name: "四川"}, {Code: "SC_CHENGDU", Name: "成都"}, {Code: "SC_MIANYANG", Name: "绵阳"},
			{Code: "SC_NER", Name: "四川新能源"},
		}},
		{Code: "SH", Name: "上海", Cities: []juhe.City{{Code: "SH", Name: "上海"}, {Code: "SH_NER", Name: "上海新能源"}}},
		{Code: "SD_LISHI", Name: "山东历史", Cities: []juhe.City{{Code: "SD_LISHI", Name: "山东历史"}}},
	}, nil
}

// A bench is a Desk on a real store, with a clock that is set by hand.
type bench struct {
	*Desk
	juhe  *juheFake
	store *brittle
	at    time.Time
	path  string
}

// brittle is a Store that can be told to fail.
type brittle struct {
	storage.Store
	fail error
}

func (b *brittle) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if b.fail != nil {
		return b.fail
	}
	return b.Store.Update(ctx, keys, fn)
}

func newBench(t *testing.T, answers ...any) *bench {
	t.Helper()
	b := &bench{
		juhe: &juheFake{answers: answers},
		at:   time.Date(2026, 11, 23, 9, 0, 0, 0, bot.China),
		path: filepath.Join(t.TempDir(), "bot.db"),
	}
	store, err := boltstore.Open(b.path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b.store = &brittle{Store: store}
	b.restart()
	return b
}

// restart is another process on the same store.
func (b *bench) restart() {
	b.Desk = New(Config{Client: b.juhe, Store: b.store, Now: func() time.Time { return b.at }, CacheFor: 6 * time.Hour, Alone: true})
}

// wish is somebody asking now.
func (b *bench) wish(id string) bot.Request {
	return bot.Request{
		ID: id, User: "test:" + bot.UserID(id), At: b.at,
		Vehicle: bot.Vehicle{Plate: "苏E54321", Type: "02", Engine: "123456"},
		Rule:    bot.Rule{City: "JS_SUZHOU", Name: "苏州", Engine: 6, VIN: bot.NotNeeded},
	}
}

func (b *bench) query(t *testing.T, r bot.Request) (bot.Report, bot.Kind) {
	t.Helper()
	report, err := b.Query(context.Background(), r)
	return report, bot.KindOf(err)
}

// ledger is every entry, oldest first.
func (b *bench) ledger(t *testing.T) (entries []entry) {
	t.Helper()
	err := b.store.View(context.Background(), func(tx storage.Tx) error {
		kvs, err := tx.Scan(ledgerBucket, "~", storage.End, 0)
		for _, kv := range kvs {
			var e entry
			if _, err := get(tx, ledgerBucket, kv.Key, &e); err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestQueryFinds(t *testing.T) {
	b := newBench(t, found)
	report, kind := b.query(t, b.wish("a"))
	if kind != "" || len(report.Violations) != 2 || report.Cached || report.City != "苏州" {
		t.Fatalf("%q, %+v", kind, report)
	}
	first, second := report.Violations[0], report.Violations[1]
	if first.Place != "东环路" || first.State != bot.Decided || *first.Fine != 10000 {
		t.Errorf("newest first: %+v", first)
	}
	if second.State != bot.Open || *second.Points != 6 {
		t.Errorf("then the older: %+v", second)
	}
	if q := b.juhe.asked[0]; q.City != "JS_SUZHOU" || q.Plate != "苏E54321" || q.Engine != "123456" || q.VIN != "" {
		t.Errorf("asked for %#v", q)
	}
	e := b.ledger(t)
	if len(e) != 1 || e[0].State != done || e[0].Charge != "charged" || strings.Contains(e[0].By, "test") {
		t.Errorf("ledger: %+v", e)
	}
}

// What serves whom without being paid for again.
func TestWhoPays(t *testing.T) {
	refresh := func(r bot.Request) bot.Request { r.Refresh = true; return r }
	tests := map[string]struct {
		answer any
		wait   time.Duration
		second func(b *bench) bot.Request
		calls  int
		kind   bot.Kind
	}{
		"the same request again":         {found, 30 * time.Hour, func(b *bench) bot.Request { r := b.wish("a"); r.At = r.At.Add(-30 * time.Hour); return r }, 1, ""},
		"somebody else, soon":            {found, time.Hour, func(b *bench) bot.Request { return b.wish("b") }, 1, ""},
		"somebody else, later":           {found, 7 * time.Hour, func(b *bench) bot.Request { return b.wish("b") }, 2, ""},
		"a refresh":                      {found, time.Minute, func(b *bench) bot.Request { return refresh(b.wish("b")) }, 2, ""},
		"a refresh wished before":        {found, time.Minute, func(b *bench) bot.Request { r := refresh(b.wish("b")); r.At = r.At.Add(-time.Hour); return r }, 1, ""},
		"other digits":                   {found, time.Minute, func(b *bench) bot.Request { r := b.wish("b"); r.Vehicle.Engine = "654321"; return r }, 2, ""},
		"wrong digits, soon":             {wrong, time.Hour, func(b *bench) bot.Request { return b.wish("b") }, 1, bot.WrongData},
		"wrong digits, refreshed":        {wrong, time.Hour, func(b *bench) bot.Request { return refresh(b.wish("b")) }, 1, bot.WrongData},
		"wrong digits, the next day":     {wrong, 25 * time.Hour, func(b *bench) bot.Request { return b.wish("b") }, 2, bot.WrongData},
		"wrong digits, then right ones":  {wrong, time.Minute, func(b *bench) bot.Request { r := b.wish("b"); r.Vehicle.Engine = "654321"; return r }, 2, bot.WrongData},
		"free and passing, the same one": {nearly, 0, func(b *bench) bot.Request { return b.wish("a") }, 2, bot.Busy},
		"the clock was set back":         {found, -time.Hour, func(b *bench) bot.Request { return b.wish("b") }, 1, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, test.answer)
			b.query(t, b.wish("a"))
			b.at = b.at.Add(test.wait)
			if _, kind := b.query(t, test.second(b)); kind != test.kind {
				t.Errorf("kind %q, want %q", kind, test.kind)
			}
			if got := b.juhe.calls(); got != test.calls {
				t.Errorf("%d calls, want %d", got, test.calls)
			}
		})
	}
}

// Every error of the client has its kind, its place in the ledger, and is
// asked again by itself only when that is free.
func TestFailures(t *testing.T) {
	tests := map[string]struct {
		answer any
		kind   bot.Kind
		again  bool
		charge string
	}{
		"wrong digits, charged": {wrong, bot.WrongData, false, "charged"},
		"wrong digits, free":    {strings.Replace(wrong, "225606", "225607", 1), bot.WrongData, false, "free"},
		"network":               {nearly, bot.Busy, true, "free"},
		"maintenance":           {strings.Replace(wrong, "225606", "225605", 1), bot.Maintenance, false, "free"},
		"internal":              {strings.Replace(wrong, "225606", "225608", 1), bot.Busy, false, "free"},
		"key":                   {strings.Replace(wrong, "225606", "10001", 1), bot.Unavailable, false, "free"},
		"quota":                 {strings.Replace(wrong, "225606", "10012", 1), bot.Unavailable, false, "free"},
		"out of order":          {strings.Replace(wrong, "225606", "10020", 1), bot.Busy, false, "free"},
		"undocumented":          {strings.Replace(wrong, "225606", "225699", 1), bot.Interrupted, false, "unknown"},
		"nonsense":              {"<html>", bot.Interrupted, false, "unknown"},
		"not sent":              {&juhe.TransportError{Endpoint: "query", Err: io.EOF}, bot.Unreachable, true, "free"},
		"interrupted":           {&juhe.TransportError{Endpoint: "query", Sent: true, Err: io.EOF}, bot.Interrupted, false, "unknown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, test.answer)
			_, err := b.Query(context.Background(), b.wish("a"))
			e, ok := errors.AsType[*bot.Error](err)
			if !ok || e.Kind != test.kind || e.Again != test.again {
				t.Errorf("%#v", err)
			}
			if l := b.ledger(t); len(l) != 1 || l[0].State != failed || l[0].Charge != test.charge {
				t.Errorf("ledger: %+v", l)
			}
		})
	}
}

// A documented code always becomes a kind that says something better than
// "broken".
func TestEveryCodeHasAKind(t *testing.T) {
	for _, c := range juhe.Codes() {
		if kind := bot.KindOf(failure(&juhe.Error{Endpoint: "query", Code: c.Code})); kind == bot.Broken {
			t.Errorf("%d %s is %s", c.Code, c.Text, kind)
		}
	}
}

// Those who ask while the question is out wait for its answer.
func TestOneFlight(t *testing.T) {
	b := newBench(t, found)
	b.juhe.hold, b.juhe.held = make(chan struct{}), make(chan struct{}, 3)
	var wg sync.WaitGroup
	for _, id := range []string{"a", "b", "c"} {
		wg.Go(func() {
			if _, kind := b.query(t, b.wish(id)); kind != "" {
				t.Errorf("%s: %s", id, kind)
			}
		})
	}
	<-b.juhe.held
	close(b.juhe.hold)
	wg.Wait()
	if b.juhe.calls() != 1 {
		t.Errorf("%d calls, want 1", b.juhe.calls())
	}
}

// The process dies while the question is out: the entry becomes unknown, and
// nobody asks again by himself; a new wish does.
func TestCrashWhileOut(t *testing.T) {
	b := newBench(t, found)
	r := b.wish("a")
	if _, settled, err := b.open(context.Background(), digest(r.Vehicle), r, nil); settled || err != nil {
		t.Fatal(settled, err)
	}
	joined := b.wish("b")
	b.at = b.at.Add(time.Minute)
	b.restart()
	for _, again := range []bot.Request{r, joined, r} {
		if _, kind := b.query(t, again); kind != bot.Uncertain {
			t.Errorf("%s: %q, want uncertain", again.ID, kind)
		}
	}
	if b.juhe.calls() != 0 {
		t.Errorf("%d calls, want none", b.juhe.calls())
	}
	if l := b.ledger(t); len(l) != 1 || l[0].State != unknown || l[0].Charge != "unknown" {
		t.Errorf("ledger: %+v", l)
	}
	b.at = b.at.Add(time.Minute)
	if _, kind := b.query(t, b.wish("a2")); kind != "" || b.juhe.calls() != 1 {
		t.Errorf("a new wish: %q, %d calls", kind, b.juhe.calls())
	}
}

// With other processes about, an open call is theirs until its lease is over.
func TestCallOfAnotherProcess(t *testing.T) {
	b := newBench(t, found)
	r := b.wish("a")
	if _, _, err := b.open(context.Background(), digest(r.Vehicle), r, nil); err != nil {
		t.Fatal(err)
	}
	b.restart()
	b.alone = false
	_, err := b.Query(context.Background(), b.wish("b"))
	if _, later := storage.Snoozed(err); !later {
		t.Errorf("%v, want to be asked later", err)
	}
	b.at = b.at.Add(2 * lease)
	if _, kind := b.query(t, r); kind != bot.Uncertain {
		t.Errorf("%q, want uncertain", kind)
	}
}

// An answer that could not be stored is not lost, and not paid for again.
func TestAnswerThatCannotBeStored(t *testing.T) {
	b := newBench(t, found)
	b.juhe.hold, b.juhe.held = make(chan struct{}), make(chan struct{}, 3)
	result := make(chan bot.Kind)
	go func() {
		_, kind := b.query(t, b.wish("a"))
		result <- kind
	}()
	<-b.juhe.held
	b.store.fail = storage.ErrFull
	close(b.juhe.hold)
	if kind := <-result; kind != bot.Unsaved {
		t.Fatalf("%q, want unsaved", kind)
	}
	b.store.fail = nil
	if report, kind := b.query(t, b.wish("a")); kind != "" || len(report.Violations) != 2 || b.juhe.calls() != 1 {
		t.Errorf("%q, %d calls", kind, b.juhe.calls())
	}
}

// When nothing can be written, nothing is asked.
func TestNothingIsAskedWithoutALedger(t *testing.T) {
	b := newBench(t, found)
	b.store.fail = storage.ErrFull
	if _, kind := b.query(t, b.wish("a")); kind != bot.StoreFull || b.juhe.calls() != 0 {
		t.Errorf("%q, %d calls", kind, b.juhe.calls())
	}
}

// Answers go when their time has come.
func TestAnswersExpire(t *testing.T) {
	b := newBench(t, found)
	old := b.wish("a")
	b.query(t, old)
	b.at = b.at.Add(7 * time.Hour)
	other := b.wish("b")
	other.Vehicle.Plate = "苏E11111"
	b.query(t, other)
	err := b.store.View(context.Background(), func(tx storage.Tx) error {
		gone, err := tx.Get(answerBucket, digest(old.Vehicle))
		if gone != nil {
			t.Error("an answer is kept for ever")
		}
		kept, _ := tx.Get(answerBucket, digest(other.Vehicle))
		if kept == nil {
			t.Error("a fresh answer is gone")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRulesAndCities(t *testing.T) {
	b := newBench(t, found)
	ctx := context.Background()
	rule, err := b.FetchRule(ctx, "苏E", false)
	if err != nil || rule.Name != "苏州" || rule.Engine != 6 || rule.VIN != bot.NotNeeded {
		t.Fatalf("%+v, %v", rule, err)
	}
	if _, err := b.FetchRule(ctx, "藏K", false); bot.KindOf(err) != bot.NoRule {
		t.Errorf("unknown prefix: %v", err)
	}
	cities, err := b.FetchCities(ctx)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]bot.City{}
	for _, c := range cities {
		byName[c.Name] = c
	}
	if len(cities) != 8 || byName["山东历史"].Name != "" || !byName["四川"].Whole || byName["上海"].Whole || !byName["四川新能源"].NewEnergy {
		t.Errorf("%+v", cities)
	}
	err = b.store.View(ctx, func(tx storage.Tx) error {
		for _, test := range []struct {
			wait time.Duration
			want bool
		}{{time.Hour, true}, {25 * time.Hour, false}} {
			at := b.at.Add(test.wait)
			if got, ok, err := b.Rule(tx, at, "苏E", false); ok != test.want || got != rule && ok || err != nil {
				t.Errorf("after %v: %+v, %v, %v", test.wait, got, ok, err)
			}
			if _, ok, err := b.Cities(tx, at); ok != test.want || err != nil {
				t.Errorf("cities after %v: %v, %v", test.wait, ok, err)
			}
		}
		if _, ok, _ := b.Rule(tx, b.at, "苏E", true); ok {
			t.Error("the rule of ordinary plates serves new-energy ones")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
