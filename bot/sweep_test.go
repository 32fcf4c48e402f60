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

// Somebody with cars that nothing checks is warned after a year of silence, and
// forgotten a month later; a word in between keeps everything.
func TestSweepOfTheSilent(t *testing.T) {
	const year, month = 365 * 24 * time.Hour, 30 * 24 * time.Hour
	for _, c := range []struct {
		name   string
		waits  []time.Duration // a sweep after each
		speaks int             // after which of them they write; 0: never
		warned bool
		left   int
	}{
		{"not yet", []time.Duration{year - time.Hour}, 0, false, 1},
		{"warned", []time.Duration{year + time.Hour}, 0, true, 1},
		{"forgotten", []time.Duration{year + time.Hour, month + time.Hour}, 0, true, 0},
		{"warned first, however late", []time.Duration{2 * year}, 0, true, 1},
		{"they write", []time.Duration{year + time.Hour, month + time.Hour}, 1, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			record := `{"v":1,"seen":"` + w.clock.now().Format(time.RFC3339) + `","garage":[{"plate":"沪A12345","type":"02","engine":"123456","notice":2}]}`
			w.update(t, "test:a", func(tx storage.Tx) error { return tx.Put("user", "test:a", []byte(record)) })
			for i, wait := range c.waits {
				w.clock.add(wait)
				if err := w.bot.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					if raw := w.raw(t, "test:a"); (raw["warned"] != nil) != c.warned {
						t.Errorf("warned: %s", raw["warned"])
					}
				}
				if i+1 == c.speaks {
					got := text(w.handle(t, message("a", "1", "我的车")))
					if !strings.Contains(got, "一个月后删除") || !strings.Contains(got, "沪A12345") {
						t.Errorf("they read %q", got)
					}
				}
			}
			if got := w.users(t); got != c.left {
				t.Errorf("%d people are kept, want %d", got, c.left)
			}
		})
	}
}
