package bot_test

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

// What the operator changes counts from the next message on.
func TestAdjust(t *testing.T) {
	w := newWorld(t)
	privacy, err := bot.ParsePrivacy("这里写着另一份说明。")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(w.handle(t, message("a", "1", "/admin"))); !strings.Contains(got, "没有这个命令") {
		t.Errorf("before: %q", got)
	}
	w.bot.Adjust(bot.Config{Admins: []bot.UserID{message("a", "", "").User}, Messages: 3, Privacy: privacy})
	if got := text(w.handle(t, message("a", "2", "/admin"))); !strings.Contains(got, "/admin cost") {
		t.Errorf("as an admin: %q", got)
	}
	if got := text(w.handle(t, message("a", "3", "隐私"))); !strings.Contains(got, "另一份说明") {
		t.Errorf("the other notice: %q", got)
	}
	w.handle(t, message("a", "4", "帮助"))
	if got := text(w.handle(t, message("a", "5", "帮助"))); got != bot.Sentence(bot.Chinese, bot.TextBusy) {
		t.Errorf("one message too many: %q", got)
	}
	w.bot.Adjust(bot.Config{})
	if got := text(w.handle(t, message("a", "6", "隐私"))); strings.Contains(got, "另一份说明") || got == "" {
		t.Errorf("without limits and with the usual notice: %q", got)
	}
}

// An alarm reaches those who are admins when it is raised.
func TestAdjustWhoHearsAlarms(t *testing.T) {
	w := newWorld(t)
	const anna = bot.UserID("test:anna")
	w.mail.Adjust(bot.MailConfig{Admins: []bot.UserID{anna}})
	if err := w.mail.Alarm(t.Context(), bot.AlarmKey, "10001"); err != nil {
		t.Fatal(err)
	}
	if got := text(w.handle(t, bot.Message{Channel: "test", User: anna, Key: "1", Text: "你好"})); !strings.Contains(got, "10001") {
		t.Errorf("they read %q", got)
	}
}
