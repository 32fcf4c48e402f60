package bot_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// operated plays a story with an admin, in a bubble of time.
func operated(t *testing.T, story func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		w.stop()
		w.admins = []bot.UserID{"test:admin"}
		w.start(t)
		story(t, w)
	})
}

func (w *world) block(t *testing.T, who string, on bool) bot.BlockState {
	t.Helper()
	s, err := w.office.Block(t.Context(), who, on)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const barred = "您暂时不能使用本服务"

// Who is blocked reads so once a day, whatever they say and whatever restarts;
// nothing is looked up, and what is kept of them stays.
func TestBlocked(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.Say(t, "a", full)
		w.Say(t, "a", "订阅")
		if s := w.block(t, "test:a", true); !s.Blocked || !s.Changed || !s.Known {
			t.Errorf("%+v", s)
		}
		paid := w.Paid()
		if got := w.says(t, "a", "苏E11111 发动机号123456 车架号654321"); !strings.Contains(got, barred) {
			t.Errorf("they read %q", got)
		}
		for _, words := range []string{"刷新", "我的车", "/help", "确认删除", "/admin block test:admin", strings.Repeat("一", 3000)} {
			if got := w.says(t, "a", words); got != "" {
				t.Errorf("%q is answered by %q", words, got)
			}
		}
		w.Do(t, []string{"restart"})
		if got := text(w.handle(t, bot.Message{User: "test:a", Key: "met", Event: bot.Followed})); got != "" {
			t.Errorf("after a restart they read %q", got)
		}
		w.clock.add(24 * time.Hour)
		again := message("a", "the next day", "查违章")
		if got := text(w.handle(t, again)); !strings.Contains(got, barred) {
			t.Errorf("the next day they read %q", got)
		}
		if got := text(w.handle(t, again)); !strings.Contains(got, barred) {
			t.Errorf("the same message again reads %q", got)
		}
		if w.Paid() != paid {
			t.Errorf("%d were paid, %d before", w.Paid(), paid)
		}
		if s := w.block(t, "test:a", true); s.Changed {
			t.Errorf("blocked twice: %+v", s)
		}
		w.block(t, "test:a", false)
		if got := w.says(t, "a", "我的车"); !strings.Contains(got, "苏E54321") {
			t.Errorf("after the block they read %q", got)
		}
		if s := w.block(t, "test:a", false); s.Changed {
			t.Errorf("unblocked twice: %+v", s)
		}
	})
}

// Whoever is blocked may still read what is kept of them, and have it deleted; the
// open confirmation lets nothing else in.
func TestBlockedMayHaveEverythingDeleted(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.Say(t, "a", full)
		w.Say(t, "a", "订阅")
		w.block(t, "test:a", true)
		if got := w.says(t, "a", "我的数据"); !strings.Contains(got, "苏E54321") {
			t.Errorf("their data: %q", got)
		}
		if got := w.says(t, "a", "隐私"); got == "" || strings.Contains(got, barred) {
			t.Errorf("the notice: %q", got)
		}
		if got := w.says(t, "a", "忘记我"); !strings.Contains(got, "确认删除") {
			t.Errorf("asked to be forgotten: %q", got)
		}
		if got := w.says(t, "a", "苏E11111 发动机号123456 车架号654321"); !strings.Contains(got, barred) || w.Paid() != 1 {
			t.Errorf("a plate meanwhile: %q, %d paid", got, w.Paid())
		}
		if got := w.says(t, "a", "确认删除"); !strings.Contains(got, "全部删除") {
			t.Errorf("confirmed: %q", got)
		}
		if got := w.record(t, "a"); strings.Contains(got, "苏E54321") {
			t.Errorf("kept: %s", got)
		}
		if got := w.says(t, "a", "我的车"); got != "" {
			t.Errorf("still blocked, they read %q", got)
		}
	})
}

// The cars of who is blocked are not checked, and nothing is pushed; after it
// they are.
func TestBlockedIsNotChecked(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.Say(t, "a", full)
		w.Say(t, "a", "订阅")
		w.block(t, "test:a", true)
		w.Do(t, []string{"violation", "苏E54321"})
		w.pass(8 * 24 * time.Hour)
		if got := w.Pushed(t, "a"); len(got) > 0 || w.Paid() != 1 {
			t.Errorf("pushed %+v, %d paid", got, w.Paid())
		}
		w.block(t, "test:a", false)
		w.pass(8 * 24 * time.Hour)
		if got := text(bot.Answer{Replies: w.Pushed(t, "a")}); !strings.Contains(got, "新违章 1 条") || w.Paid() != 2 {
			t.Errorf("pushed %q, %d paid", got, w.Paid())
		}
	})
}

// What waits to be pushed when somebody is blocked is not.
func TestBlockedWhileANoticeWaits(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.Say(t, "a", "你好")
		w.notify(t, "a", "沪A11111")
		w.block(t, "test:a", true)
		if got := w.Pushed(t, "a"); len(got) > 0 {
			t.Errorf("pushed %+v", got)
		}
		w.notify(t, "a", "沪A22222")
		if got := w.Pushed(t, "a"); len(got) > 0 {
			t.Errorf("pushed %+v", got)
		}
		w.block(t, "test:a", false)
		if got := w.says(t, "a", "谢谢"); !strings.Contains(got, "沪A11111") || !strings.Contains(got, "沪A22222") {
			t.Errorf("after the block they read %q", got)
		}
	})
}

// A query that is out, and one that waits for its city, end with the block:
// their outcome finds nobody, and whoever waits for it gets nothing.
func TestBlockEndsWhatIsUnderWay(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.Do(t, []string{"fault", "maintenance"})
		w.Say(t, "a", full) // waits until its city is back
		w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: time.Second})
		m := message("a", "slow", "沪C12345 发动机号LFV1234567 车架号123456")
		if a := w.handleWithin(t, 100*time.Millisecond, m); !a.Pending {
			t.Fatalf("not slow: %q", text(a))
		}
		w.block(t, "test:a", true)
		paid := w.Paid()
		if got := text(w.handle(t, m)); got != "" {
			t.Errorf("they read %q", got)
		}
		w.juhe.Set(juhetest.Faults{})
		w.pass(24 * time.Hour)
		if got := w.Pushed(t, "a"); len(got) > 0 {
			t.Errorf("pushed %+v", got)
		}
		w.block(t, "test:a", false)
		if got := w.says(t, "a", "结果"); !strings.Contains(got, "没有等待中的结果") {
			t.Errorf("after the block they read %q", got)
		}
		if w.Paid() > paid+1 { // the one that was out
			t.Errorf("%d were paid, %d before", w.Paid(), paid)
		}
	})
}

// Leaving deletes what is kept, and does not end the block; coming back does not
// either.
func TestBlockOutlivesLeaving(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.Say(t, "a", full)
		w.Say(t, "a", "订阅")
		w.block(t, "test:a", true)
		w.handle(t, bot.Message{User: "test:a", Key: "left", Event: bot.Left})
		if n := w.users(t); n != 0 {
			t.Errorf("%d people are kept", n)
		}
		if got := w.says(t, "a", "/start"); !strings.Contains(got, barred) {
			t.Errorf("they read %q", got)
		}
		w.pass(48 * time.Hour)
		sweep(t, w)
		if n := w.users(t); n != 0 {
			t.Errorf("%d people are kept of whom nothing is", n)
		}
		if got := w.says(t, "a", full); !strings.Contains(got, barred) || w.Paid() != 1 {
			t.Errorf("they read %q, %d paid", got, w.Paid())
		}
	})
}

// An admin cannot be blocked; who becomes one is not any more.
func TestAdminIsNotBlocked(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		if _, err := w.office.Block(t.Context(), "test:admin", true); !errors.Is(err, bot.ErrAdmin) {
			t.Errorf("%v", err)
		}
		w.Say(t, "b", "你好")
		w.block(t, "test:b", true)
		w.admins = append(w.admins, "test:b")
		w.Do(t, []string{"restart"})
		if got := w.says(t, "b", "帮助"); strings.Contains(got, barred) || got == "" {
			t.Errorf("they read %q", got)
		}
		if err := w.mail.Alarm(t.Context(), bot.AlarmKey, ""); err != nil {
			t.Fatal(err)
		}
		if got := text(bot.Answer{Replies: w.Pushed(t, "b")}); !strings.Contains(got, "运维提醒") {
			t.Errorf("pushed %q", got)
		}
		if w.bot.Refuses(t.Context(), "test:b") {
			t.Error("their photos are not read")
		}
	})
}

// Somebody can be named as the log names them, and nobody by anything else.
func TestBlockByTheLogsName(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		for _, name := range []string{"a", "b", "c"} {
			w.Say(t, name, "你好")
		}
		if s := w.block(t, "alias-b", true); !s.Known {
			t.Errorf("%+v", s)
		}
		if !w.bot.Refuses(t.Context(), "test:b") || w.bot.Refuses(t.Context(), "test:a") {
			t.Error("somebody else is blocked")
		}
		for _, who := range []string{"", "nobody", "alias-d", ":", "test:", "TEST:a"} {
			if _, err := w.office.Block(t.Context(), who, true); !errors.Is(err, bot.ErrNobody) {
				t.Errorf("%q: %v", who, err)
			}
		}
		if s := w.block(t, "test:stranger", true); s.Known || !s.Changed {
			t.Errorf("of somebody who is not known: %+v", s)
		}
	})
}
