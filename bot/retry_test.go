package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

const digits = " 发动机号123456 车架号654321"

// At most five queries of a person wait, each car once.
func TestRetriesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		w.juhe.Set(juhetest.Faults{Maintenance: true})
		for _, plate := range []string{"苏E54321", "苏E54322", "苏E54323", "苏E54324", "苏E54325", "苏E54321"} {
			if got := w.says(t, "a", plate+digits); !strings.Contains(got, "通知您") {
				t.Errorf("%s: %q", plate, got)
			}
		}
		if got := w.says(t, "a", "苏E54326"+digits); !strings.Contains(got, "请过一段时间再试") {
			t.Errorf("a sixth one: %q", got)
		}
		w.juhe.Set(juhetest.Faults{})
		w.pass(2 * time.Hour)
		w.pass(2 * time.Hour)
		told := w.Pushed(t, "a")
		if w.Paid() != 5 {
			t.Errorf("%d paid queries, want 5; told %+v", w.Paid(), told)
		}
	})
}

// A restart loses no query that waits, and doubles none.
func TestRetrySurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		w.juhe.Set(juhetest.Faults{Maintenance: true})
		w.says(t, "a", full)
		w.pass(40 * time.Minute) // one try in vain
		w.Do(t, []string{"restart"})
		w.juhe.Set(juhetest.Faults{})
		w.pass(2 * time.Hour)
		w.Do(t, []string{"restart"})
		w.pass(2 * time.Hour)
		told := w.Pushed(t, "a")
		if len(told) != 1 || !strings.Contains(told[0].Text, "之前等待的查询已有结果") || w.Paid() != 1 {
			t.Errorf("%d paid queries, told %+v", w.Paid(), told)
		}
		if got := w.says(t, "a", "下一页"); !strings.Contains(got, "第 6–7 条") {
			t.Errorf("what was told is not the last report: %q", got)
		}
	})
}

// What is not free is not asked again by itself: the person is told.
func TestRetryThatBecomesUncertain(t *testing.T) {
	for name, test := range map[string]struct {
		faults juhetest.Faults
		told   string
		paid   int
	}{
		"cut off":      {juhetest.Faults{Endpoint: "query", Nonsense: juhetest.NonsenseCut}, "查询中断", 1},
		"wrong digits": {juhetest.Faults{WrongDigits: true, WrongDigitsCode: 225606}, "对不上", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t)
				w.juhe.Set(juhetest.Faults{Maintenance: true})
				w.says(t, "a", full)
				w.juhe.Set(test.faults)
				w.pass(2 * time.Hour)
				w.pass(24 * time.Hour)
				told := w.Pushed(t, "a")
				if len(told) != 1 || !strings.Contains(told[0].Text, test.told) || w.Paid() != test.paid {
					t.Errorf("%d paid queries, told %+v", w.Paid(), told)
				}
			})
		})
	}
}

// The query of a car that somebody shared waits too, with the digits of who
// shared it; when they leave meanwhile, nothing is asked.
func TestRetryWithSharedDigits(t *testing.T) {
	for name, leaves := range map[string]bool{"stays": false, "leaves": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t)
				code := invitationCode.FindString(w.says(t, "owner", full, "订阅", "邀请"))
				w.says(t, "wife", "邀请码 "+code)
				w.pass(2 * time.Hour)
				w.clock.add(7 * time.Hour) // nothing fresh is at hand
				w.Pushed(t, "wife")
				paid := w.Paid()
				w.juhe.Set(juhetest.Faults{Maintenance: true})
				if got := w.says(t, "wife", "查第1辆"); !strings.Contains(got, "自动补查") {
					t.Fatalf("%q", got)
				}
				if leaves {
					w.says(t, "owner", "忘记我", "确认删除")
				}
				w.juhe.Set(juhetest.Faults{})
				w.pass(3 * time.Hour)
				var told []string
				for _, r := range w.Pushed(t, "wife") {
					told = append(told, r.Text)
				}
				found := strings.Contains(strings.Join(told, "\n"), "之前等待的查询已有结果")
				if got := w.says(t, "wife", "我的数据"); strings.Contains(got, "等待补查") {
					t.Errorf("still waiting: %q", got)
				}
				if found == leaves || strings.Contains(w.record(t, "wife"), "654321") {
					t.Errorf("told %q, %d paid", told, w.Paid()-paid)
				}
			})
		})
	}
}

// A result that comes by itself does not become what an open question is about:
// 是 saves the car that was asked about.
func TestRetryLeavesAnOpenQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		w.juhe.Set(juhetest.Faults{Maintenance: true})
		w.says(t, "a", full)
		w.juhe.Set(juhetest.Faults{})
		w.says(t, "a", "粤B11111"+digits)
		if got := w.says(t, "a", "刚刚好像被拍了"); !strings.Contains(got, "订阅 粤B11111") {
			t.Fatalf("%q", got)
		}
		w.pass(2 * time.Hour)
		if told := w.Pushed(t, "a"); len(told) != 1 || !strings.Contains(told[0].Text, "之前等待的查询已有结果") {
			t.Fatalf("told %+v", told)
		}
		if got := w.says(t, "a", "是"); !strings.Contains(got, "粤B11111 已订阅") {
			t.Errorf("%q", got)
		}
	})
}

// A result that comes after the session went on without it does not become what
// an open question is about either.
func TestLateResultLeavesAnOpenQuestion(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 30, 0, 0, bot.China)
	asked, other := bot.Vehicle{Plate: "粤B11111", Type: "02"}, bot.Vehicle{Plate: "苏E54321", Type: "02"}
	s, _ := bot.Step(bot.Session{}, bot.Heard{At: at, Text: "你好"})
	s.Last, s.Ask, s.Yes, s.Effects = asked, nlu.ConfirmOther, bot.YesKeep, 2
	s, _ = bot.Step(s, bot.Found{Effect: 1, At: at, Vehicle: other, Report: bot.Report{Vehicle: other, At: at}})
	if s.Last != asked {
		t.Errorf("是 would save %s", s.Last.Plate)
	}
}
