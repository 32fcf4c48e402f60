package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// users counts the records of people.
func (w *world) users(t *testing.T) (n int) {
	t.Helper()
	err := w.store.View(context.Background(), func(tx storage.Tx) error {
		kvs, err := tx.Scan("user", "", storage.End, 0)
		n = len(kvs)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Nothing of a conversation that is over stays but what the person asked to
// keep; whoever keeps nothing is forgotten.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("passing", "1", full))
	w.handle(t, message("keeping", "1", full))
	w.handle(t, message("keeping", "2", "订阅"))
	for i := range 450 { // more than two pages
		w.handle(t, bot.Message{User: bot.UserID("test:other" + strings.Repeat("+", i)), Key: "1", Text: "你好"})
	}
	w.clock.add(40 * time.Hour)
	w.handle(t, message("talking", "1", "苏E54321"))
	if err := w.bot.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := w.users(t); got != 2 {
		t.Errorf("%d people are kept, want the one with a car and the one who talks", got)
	}
	if got := text(w.handle(t, message("keeping", "3", "我的数据"))); !strings.Contains(got, "苏E54321") || strings.Contains(got, "最近查询") {
		t.Errorf("%q", got)
	}
	if got := text(w.handle(t, message("talking", "2", "123456 654321"))); !strings.Contains(got, "查询时间") {
		t.Errorf("%q", got)
	}
}

// A message that does not say when it arrived arrived now: its conversation is
// not over.
func TestSweepLeavesWhatHasNoDate(t *testing.T) {
	w := newWorld(t)
	if _, err := w.bot.Handle(context.Background(), bot.Message{User: "test:a", Key: "1", Text: "苏E54321"}); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := text(w.handle(t, message("a", "2", "123456 654321"))); !strings.Contains(got, "查询时间") {
		t.Errorf("%q", got)
	}
}

// An answer that nobody has read yet survives the end of its conversation.
func TestSweepKeepsWhatIsUnread(t *testing.T) {
	box := newMailbox(bot.ErrParked)
	w := late(t, box)
	box.wait(t)
	w.clock.add(40 * time.Hour)
	if err := w.bot.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := text(w.handle(t, message("a", "9", "谢谢"))); !strings.Contains(got, "查询时间") {
		t.Errorf("%q", got)
	}
}
