package bot_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

const full = "苏E54321 发动机号123456 车架号654321"

func message(user, key, text string) bot.Message {
	return bot.Message{User: bot.UserID("test:" + user), Key: key, Text: text}
}

func text(a bot.Answer) string {
	var all []string
	for _, r := range a.Replies {
		all = append(all, r.Text)
	}
	return strings.Join(all, "\n\n")
}

// A platform that did not see the answer sends the message again: the same
// answer, and nothing is paid twice, also after a restart.
func TestRedeliveryGetsTheSameAnswer(t *testing.T) {
	w := newWorld(t)
	first := text(w.handle(t, message("a", "1", full)))
	again := text(w.handle(t, message("a", "1", full)))
	w.Do(t, []string{"restart"})
	later := text(w.handle(t, message("a", "1", full)))
	if first == "" || again != first || later != first {
		t.Errorf("answers differ:\n%s\n--\n%s\n--\n%s", first, again, later)
	}
	if w.Paid() != 1 {
		t.Errorf("%d paid queries, want 1", w.Paid())
	}
}

// Redeliveries that arrive while the query is out join it.
func TestRedeliveryJoinsTheRunningQuery(t *testing.T) {
	w := newWorld(t)
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 300 * time.Millisecond})
	var wg sync.WaitGroup
	answers := make([]string, 3)
	for i := range answers {
		wg.Go(func() { answers[i] = text(w.handle(t, message("a", "1", full))) })
	}
	wg.Wait()
	for _, a := range answers {
		if a == "" || a != answers[0] {
			t.Errorf("answers differ: %q", answers)
		}
	}
	if w.Paid() != 1 {
		t.Errorf("%d paid queries, want 1", w.Paid())
	}
}

// Whoever asks for the same vehicle at the same time shares one paid query.
func TestOneQueryServesEverybody(t *testing.T) {
	w := newWorld(t)
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 300 * time.Millisecond})
	var wg sync.WaitGroup
	for _, user := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			if got := text(w.handle(t, message(user, "1", full))); !strings.Contains(got, "苏E54321") {
				t.Errorf("%s got %q", user, got)
			}
		})
	}
	wg.Wait()
	if w.Paid() != 1 {
		t.Errorf("%d paid queries, want 1", w.Paid())
	}
}

// handleWithin lets the platform hang up after d.
func (w *world) handleWithin(t *testing.T, d time.Duration, m bot.Message) bot.Answer {
	t.Helper()
	m.At = w.clock.now()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	answer, err := w.bot.Handle(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// An answer that came too late for its message waits for the next one, and is
// told once.
func TestLateAnswerComesWithTheNextMessage(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "0", "苏E54321")) // the rule is known from here on
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 400 * time.Millisecond})
	if a := w.handleWithin(t, 100*time.Millisecond, message("a", "1", "发动机号123456 车架号654321")); !a.Pending || len(a.Replies) > 0 {
		t.Fatalf("answered in time: %+v", a)
	}
	if got := text(w.handle(t, message("a", "2", "查违章"))); !strings.Contains(got, "正在查询") {
		t.Errorf("while the query is out: %q", got)
	}
	w.handle(t, message("b", "1", full)) // joins, so it is over afterwards
	var next string
	for i := 0; i < 100 && !strings.Contains(next, "查询时间"); i++ {
		next = text(w.handle(t, message("a", "3"+strings.Repeat("+", i), "谢谢")))
	}
	if !strings.Contains(next, "苏E54321") || !strings.Contains(next, "不客气") {
		t.Errorf("the next message brought %q", next)
	}
	if got := text(w.handle(t, message("a", "1", "发动机号123456 车架号654321"))); strings.Contains(got, "查询时间") {
		t.Errorf("told twice: %q", got)
	}
	if w.Paid() != 1 {
		t.Errorf("%d paid queries, want 1", w.Paid())
	}
}

// Everything of a person goes when they leave, and what was being looked up
// for them is told to nobody.
func TestLeavingDeletesEverything(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "1", full))
	w.handle(t, message("a", "2", "订阅"))
	w.handle(t, bot.Message{User: "test:a", Key: "3", Event: bot.Left})
	if got := text(w.handle(t, message("a", "4", "我的车"))); !strings.Contains(got, "还没有保存的车") {
		t.Errorf("after leaving: %q", got)
	}
}

// A message without a key could not be recognised when it comes again.
func TestMessageWithoutKeyIsRefused(t *testing.T) {
	w := newWorld(t)
	if _, err := w.bot.Handle(context.Background(), bot.Message{User: "test:a", Text: "你好"}); err == nil {
		t.Error("accepted")
	}
}

// A store that is full or broken is told to the person, and to the operator.
func TestStoreFaultsAreTold(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		kind bot.Kind
	}{
		"full":    {storage.ErrFull, bot.StoreFull},
		"corrupt": {storage.ErrCorrupt, bot.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			b := bot.New(bot.Config{Store: failing{test.err}})
			a, err := b.Handle(context.Background(), message("a", "1", "你好"))
			if bot.KindOf(err) != test.kind || text(a) != bot.UserText(bot.Chinese, test.kind) {
				t.Errorf("%v, %q", err, text(a))
			}
		})
	}
}

// failing is a store on which nothing can be done.
type failing struct{ err error }

func (f failing) Update(context.Context, []string, func(storage.Tx) error) error { return f.err }
func (f failing) View(context.Context, func(storage.Tx) error) error             { return f.err }
func (f failing) Work(context.Context, string, int, storage.Handler) error       { return f.err }
func (f failing) Backup(context.Context, io.Writer) error {
	return f.err
}
func (f failing) Close() error { return nil }

// crash is the world as another process finds it after this one was killed
// right now: the same file, the same service, nothing of the memory.
func (w *world) crash(t *testing.T) *world {
	t.Helper()
	after := *w
	after.path = filepath.Join(t.TempDir(), "after.db")
	f, err := os.Create(after.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.store.Backup(context.Background(), f), f.Close(), sealed.MergePeople(after.path+".people", w.path+".people")); err != nil {
		t.Fatal(err)
	}
	after.start(t)
	t.Cleanup(func() { after.stop() })
	return &after
}

// Killed while the query is out: the person is told that the outcome is
// uncertain, nothing is asked again by itself, and a yes asks again.
func TestKilledWhileTheQueryIsOut(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "0", "苏E54321"))
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 900 * time.Millisecond})
	digits := message("a", "1", "发动机号123456 车架号654321")
	w.handleWithin(t, 250*time.Millisecond, digits)
	for w.juhe.Meter().Queries == 0 {
		time.Sleep(time.Millisecond)
	}
	after := w.crash(t)
	if got := text(after.handle(t, digits)); !strings.Contains(got, "结果不确定") {
		t.Errorf("after the crash: %q", got)
	}
	if w.Paid() != 1 {
		t.Errorf("%d paid queries, want 1", w.Paid())
	}
	if got := text(after.handle(t, message("a", "2", "是"))); !strings.Contains(got, "查询时间") || w.Paid() != 2 {
		t.Errorf("after a yes, %d paid: %q", w.Paid(), got)
	}
}

// Killed before the question left, in the middle of a form: the conversation
// goes on where it was.
func TestKilledInAForm(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "1", "苏E54321"))
	w.handle(t, message("a", "2", "发动机号123456"))
	after := w.crash(t)
	if got := text(after.handle(t, message("a", "3", "654321"))); !strings.Contains(got, "苏E54321") || !strings.Contains(got, "查询时间") {
		t.Errorf("after the crash: %q", got)
	}
}

// Replies that a later message brought belong to it: when it comes again, it
// brings them again.
func TestRedeliveryOfWhatBroughtALateAnswer(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "0", "苏E54321"))
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 900 * time.Millisecond})
	w.handleWithin(t, 250*time.Millisecond, message("a", "1", "发动机号123456 车架号654321"))
	w.handle(t, message("b", "1", full)) // joins, so it is over afterwards
	var key, first string
	for i := 0; i < 100 && !strings.Contains(first, "查询时间"); i++ {
		key = "2" + strings.Repeat("+", i)
		first = text(w.handle(t, message("a", key, "谢谢")))
	}
	if again := text(w.handle(t, message("a", key, "谢谢"))); again != first || !strings.Contains(again, "查询时间") {
		t.Errorf("first %q, again %q", first, again)
	}
}

// Whoever left while a question is out, or waits to be tried again, costs
// nothing any more.
func TestNothingIsPaidForWhoHasLeft(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "0", "苏E54321"))
	w.juhe.Set(juhetest.Faults{Endpoint: "query", ForceCode: 225603, ForceTimes: 1})
	w.handleWithin(t, 300*time.Millisecond, message("a", "1", "发动机号123456 车架号654321"))
	w.handle(t, bot.Message{User: "test:a", Key: "2", Event: bot.Left})
	w.Do(t, []string{"restart"}) // all undone jobs are due at once
	w.handle(t, message("b", "1", "粤B12345 发动机号123456 车架号654321"))
	if w.Paid() != 1 {
		t.Errorf("%d paid queries, want that of b only", w.Paid())
	}
}

// A session that this version cannot read starts anew; the vehicles stay.
func TestUnknownSession(t *testing.T) {
	for name, session := range map[string]string{
		"of another version": `{"v":99,"ask":"riddle"}`,
		"of another shape":   `{"v":99,"form":["no","form"]}`,
		"that is none":       `"none"`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			record := `{"v":1,"session":` + session + `,"garage":[{"plate":"沪A12345","type":"02","engine":"123456","notice":1}]}`
			err := w.store.Update(context.Background(), nil, func(tx storage.Tx) error {
				return tx.Put("user", "test:a", []byte(record))
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := text(w.handle(t, message("a", "1", "我的车"))); !strings.Contains(got, "沪A12345") {
				t.Errorf("%q", got)
			}
		})
	}
}

// Pages of an answer can be turned also where answers are never shown again
// instead of paying.
func TestPagesWithoutACache(t *testing.T) {
	w := newWorld(t)
	w.stop()
	w.cache = 0
	w.start(t)
	w.handle(t, message("a", "1", "京A00000 发动机号 1234567 车架号 654321"))
	if got := text(w.handle(t, message("a", "2", "下一页"))); !strings.Contains(got, "第 6–10 条") {
		t.Errorf("%q", got)
	}
	w.handle(t, message("a", "3", "京A00000 发动机号 1234567 车架号 654321"))
	if w.Paid() != 2 {
		t.Errorf("%d paid queries, want 2", w.Paid())
	}
}

// Results of a line of cars come as they are there, not all at its end.
func TestResultsOfALineComeOneByOne(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "0", "查两辆：苏E54321 发动机123456 车架号654321；苏E12345 发动机号 222333 车架号 444555"))
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 900 * time.Millisecond})
	w.handleWithin(t, 250*time.Millisecond, message("a", "1", "是"))
	for w.juhe.Meter().Queries < 2 {
		time.Sleep(5 * time.Millisecond)
	}
	first := text(w.handle(t, message("a", "2", "结果")))
	if !strings.Contains(first, "苏E54321 · 苏州") {
		t.Errorf("while the second is out: %q", first)
	}
	rest := text(w.handle(t, message("a", "1", "是")))
	if !strings.Contains(rest, "苏E12345 · 苏州") || strings.Contains(rest, "苏E54321 · 苏州") {
		t.Errorf("at the end: %q", rest)
	}
}

// What fails behind an answer is told to the operator, without personal data.
func TestFaultsAreReported(t *testing.T) {
	w := newWorld(t)
	faults := make(chan error, 10)
	w.stop()
	w.fault = func(err error) { faults <- err }
	w.start(t)
	w.juhe.Set(juhetest.Faults{Endpoint: "query", ForceCode: 10001})
	w.handle(t, message("a", "1", full))
	select {
	case err := <-faults:
		if got := err.Error(); !strings.Contains(got, "10001") || strings.Contains(got, "54321") || strings.Contains(got, "123456") {
			t.Errorf("%q", got)
		}
	default:
		t.Error("nobody was told")
	}
}
