package bot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// What an admin asks for in the chat is done, and said; for anybody else none of
// it is there.
func TestAdminActs(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.says(t, "driver", full, "订阅")
		w.says(t, "other", "你好")
		w.settle()
		for _, tt := range []struct{ name, words, want string }{
			{"figures", "/admin stats", "用户 3 人：test 3"},
			{"with what is watched", "/admin 统计", "自动检查的车 1 辆，订阅 1 份"},
			{"costs of a time", "/admin cost 30", "最近 30 天：付费查询 1 次"},
			{"of too long a time", "/admin cost 367", "/admin cost [天数]"},
			{"alerts", "/admin alerts", "运维提醒：开"},
			{"off", "/admin alerts off", "运维提醒：关"},
			{"still off", "/ADMIN Alerts", "运维提醒：关"},
			{"on", "/admin 提醒 开", "运维提醒：开"},
			{"a block", "/admin block test:driver", "已封禁 test:dr***"},
			{"once more", "/admin block test:driver", "之前已经封禁"},
			{"by the log's name", "/admin unblock alias-driver", "已解封"},
			{"of nobody", "/admin block nobody", "不知道是谁"},
			{"of somebody unknown", "/admin 封禁 test:stranger", "没有保存过这个人的任何内容"},
			{"of an admin", "/admin block test:admin", "管理员不能封禁"},
			{"of two", "/admin block test:a test:b", "管理命令"},
			{"a conversation", "/admin conversation test:driver", "保存的车 1 辆"},
			{"of somebody unknown", "/admin 会话 test:nobody", "没有保存过 test:no***"},
			{"anew", "/admin reset test:driver", "对话已从头开始"},
			{"no broadcast yet", "/admin broadcast", "还没有群发过"},
			{"nothing to stop", "/admin broadcast stop", "没有正在发送的群发"},
			{"nothing to send", "/admin broadcast send 2", "没有等待确认的群发"},
			{"something else", "/admin frobnicate now", "管理命令"},
		} {
			if got := w.says(t, "admin", tt.words); !strings.Contains(got, tt.want) {
				t.Errorf("%s: %q leads to\n%s", tt.name, tt.words, got)
			}
			if got := w.says(t, "other", tt.words); !strings.Contains(got, "没有这个命令") {
				t.Errorf("%s: %q leads others to\n%s", tt.name, tt.words, got)
			}
		}
	})
}

// In English for whose client is.
func TestAdminActsInEnglish(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.lang = bot.English
		w.says(t, "driver", "hello")
		for _, tt := range []struct{ words, want string }{
			{"/admin", "/admin broadcast TEXT"}, {"/admin stats", "People: 2 (test 2)"}, {"/admin block test:driver", "test:dr*** is blocked"},
			{"/admin conversation test:driver", "is blocked"}, {"/admin broadcast Tonight", "A preview, nothing is sent yet"}, {"/admin alerts off", "Alerts: off"},
		} {
			if got := w.says(t, "admin", tt.words); !strings.Contains(got, tt.want) {
				t.Errorf("%q leads to\n%s", tt.words, got)
			}
		}
	})
}

// An admin who wants no alerts gets none, also after a restart and a sweep, and
// the others get theirs.
func TestAlertsOff(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.admins = append(w.admins, "test:other")
		w.Do(t, []string{"restart"})
		off, on := false, true
		if states, err := w.office.Alerts(t.Context(), "test:admin", &off); err != nil || len(states) != 1 || states[0].On {
			t.Fatalf("%+v, %v", states, err)
		}
		w.Do(t, []string{"restart"})
		w.pass(1000 * time.Hour)
		sweep(t, w)
		if err := w.mail.Alarm(t.Context(), bot.AlarmKey, ""); err != nil {
			t.Fatal(err)
		}
		if got := w.Pushed(t, "admin"); len(got) > 0 {
			t.Errorf("pushed %+v", got)
		}
		if got := text(bot.Answer{Replies: w.Pushed(t, "other")}); !strings.Contains(got, "运维提醒") {
			t.Errorf("to the other %q", got)
		}
		if states, err := w.office.Alerts(t.Context(), "", nil); err != nil || len(states) != 2 || states[0].On || !states[1].On {
			t.Errorf("%+v, %v", states, err)
		}
		if _, err := w.office.Alerts(t.Context(), "test:driver", &off); !errors.Is(err, bot.ErrNoAdmin) {
			t.Errorf("of no admin: %v", err)
		}
		if _, err := w.office.Alerts(t.Context(), "test:admin", &on); err != nil {
			t.Fatal(err)
		}
		if err := w.mail.Alarm(t.Context(), bot.AlarmQuota, ""); err != nil {
			t.Fatal(err)
		}
		if got := text(bot.Answer{Replies: w.Pushed(t, "admin")}); !strings.Contains(got, "运维提醒") {
			t.Errorf("pushed %q", got)
		}
	})
}

// The view of a conversation tells where somebody stands and nothing of what
// they said, in any form.
func TestConversationTellsNothing(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.says(t, "driver", full, "订阅", "第1辆改名叫老婆的车", "沪C54321 发动机号 XKV1234567")
		c, err := w.office.Conversation(t.Context(), "test:driver")
		if err != nil {
			t.Fatal(err)
		}
		want := bot.Conversation{
			User: "test:dr***", Known: true, Seen: c.Seen, Ask: "ask_digits",
			Form: bot.Holds{Plate: true, Engine: true}, Cars: 1, Digits: bot.Count{Engine: 1, VIN: 1},
		}
		if c != want {
			t.Errorf("got  %+v\nwant %+v", c, want)
		}
		asJSON, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range []string{string(asJSON), c.Text(bot.Chinese), c.Text(bot.English), fmt.Sprintf("%+v", c), w.says(t, "admin", "/admin conversation test:driver")} {
			for _, own := range []string{"苏E54321", "E543", "沪C54321", "C543", "123456", "654321", "XKV", "老婆", "driver", "苏州", "上海"} {
				if strings.Contains(place, own) {
					t.Errorf("%q is in\n%s", own, place)
				}
			}
		}
	})
}

// A reset has the next message begin anew; cars and their checks are as before.
func TestResetKeepsTheCars(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.says(t, "driver", full, "订阅", "沪C54321")
		c, err := w.office.Reset(t.Context(), "test:driver")
		if err != nil || c.Ask != "" || c.Form.Plate || c.Cars != 1 {
			t.Fatalf("%+v, %v", c, err)
		}
		if got := w.says(t, "driver", "123456"); strings.Contains(got, "沪C54321") {
			t.Errorf("the form goes on: %q", got)
		}
		if got := w.says(t, "driver", "我的车"); !strings.Contains(got, "苏E54321") {
			t.Errorf("the cars: %q", got)
		}
		w.Do(t, []string{"violation", "苏E54321"})
		w.pass(7 * 24 * time.Hour)
		if got := text(bot.Answer{Replies: w.Pushed(t, "driver")}); !strings.Contains(got, "新违章 1 条") {
			t.Errorf("pushed %q", got)
		}
		if c, err := w.office.Reset(t.Context(), "test:nobody"); err != nil || c.Known || w.users(t) != 1 {
			t.Errorf("of nobody: %+v, %v, %d people", c, err, w.users(t))
		}
	})
}

// What an admin asked for is done although the process died before it was said,
// and said once.
func TestAdminActSurvivesARestart(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.says(t, "driver", "你好")
		w.stop()
		w.start(t)
		m := bot.Message{User: "test:admin", Key: "b", Text: "/admin block test:driver"}
		w.handleWithin(t, time.Nanosecond, m) // the platform sends it again
		w.Do(t, []string{"restart"})
		if got := text(w.handle(t, m)); strings.Count(got, "已封禁") != 1 {
			t.Errorf("the admin reads %q", got)
		}
		if !w.bot.Refuses(t.Context(), "test:driver") {
			t.Error("not blocked")
		}
	})
}
