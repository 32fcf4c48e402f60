package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// Over the limit a person reads one polite sentence a minute, then nothing;
// nothing of it is read, and redeliveries keep their answers.
func TestTooManyMessages(t *testing.T) {
	w := newWorld(t)
	w.Do(t, []string{"limit", "messages", "2"})
	w.handle(t, message("a", "1", "苏E54321"))
	second := text(w.handle(t, message("a", "2", "取消")))
	busy := text(w.handle(t, message("a", "3", full)))
	if busy != bot.Sentence(bot.Chinese, bot.TextBusy) {
		t.Errorf("the first one too many: %q", busy)
	}
	for _, key := range []string{"4", "5", "4"} {
		if got := w.handle(t, message("a", key, full)); len(got.Replies) > 0 || got.Pending {
			t.Errorf("message %s: %+v", key, got)
		}
	}
	if got := text(w.handle(t, message("a", "2", "取消"))); got != second {
		t.Errorf("a redelivery got %q, not %q", got, second)
	}
	if got := text(w.handle(t, message("a", "3", full))); got != busy {
		t.Errorf("a redelivery got %q, not %q", got, busy)
	}
	if w.Paid() != 0 {
		t.Errorf("%d paid queries", w.Paid())
	}
	if got := text(w.handle(t, message("b", "1", "你好"))); !strings.Contains(got, "您好") {
		t.Errorf("somebody else: %q", got)
	}
	w.clock.add(time.Minute)
	if got := text(w.handle(t, message("a", "6", "你好"))); !strings.Contains(got, "您好") {
		t.Errorf("a minute later: %q", got)
	}
	if got := w.handle(t, message("a", "5", full)); len(got.Replies) > 0 {
		t.Errorf("what was not read is read when it comes again: %+v", got)
	}
}

// Whoever leaves is let go, however many messages they sent.
func TestLeavingIsNotLimited(t *testing.T) {
	w := newWorld(t)
	w.Do(t, []string{"limit", "messages", "1"})
	w.handle(t, message("a", "1", "你好"))
	w.handle(t, message("a", "2", "你好"))
	w.handle(t, bot.Message{User: "test:a", Key: "3", Event: bot.Left})
	if got := w.record(t, "a"); got != "" {
		t.Errorf("kept %s", got)
	}
}
