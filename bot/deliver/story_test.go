package deliver_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A notice in daytime is pushed within seconds, once; the person's next message
// does not bring it again.
func TestNoticeIsPushed(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.notify(driver, still("沪C12345"))
		wait(5 * time.Second)
		got := r.platform.got(driver)
		if len(got) != 1 || !strings.Contains(got[0].text, "继续关注 沪C12345") || len(got[0].r[0].Options) != 2 {
			t.Fatalf("pushed %+v", got)
		}
		if answer := r.says(driver, "谢谢"); strings.Contains(answer, "沪C12345") {
			t.Errorf("told again: %s", answer)
		}
	})
}

// The next message takes what waits, before the outbox does; then nothing is
// pushed, and a redelivery of the message gets the same again.
func TestNextMessageTakesNotice(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.notify(driver, still("沪C12345"))
		if answer := r.says(driver, "谢谢"); !strings.Contains(answer, "沪C12345") || !strings.Contains(answer, "不客气") {
			t.Errorf("answered %s", answer)
		}
		r.sent-- // the same key
		if answer := r.says(driver, "谢谢"); !strings.Contains(answer, "沪C12345") {
			t.Errorf("redelivered %s", answer)
		}
		wait(time.Hour)
		if n := r.platform.tried(); n != 0 {
			t.Errorf("%d pushes", n)
		}
	})
}

// What is said after a push may be about it: 别发了 then ends the watching, where
// otherwise it leaves what is going on. An open question comes first.
func TestAnswerToAPush(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "沪B12345")
		r.says(driver, "订阅")
		const confirm = "确定吗"
		if answer := r.says(driver, "别发了"); strings.Contains(answer, confirm) {
			t.Fatalf("before a push: %s", answer)
		}
		r.notify(driver, news("沪B12345"))
		wait(5 * time.Second)
		if answer := r.says(driver, "别发了"); !strings.Contains(answer, "沪B12345") || !strings.Contains(answer, confirm) {
			t.Errorf("after a push: %s", answer)
		}
		r.notify(driver, still("沪B12345"))
		wait(5 * time.Second)
		if answer := r.says(driver, "不是"); strings.Contains(answer, confirm) || len(r.person(driver).Garage) != 1 {
			t.Errorf("the open question was not the one that was answered: %s", answer)
		}
		if answer := r.says(driver, "别发了"); strings.Contains(answer, confirm) {
			t.Errorf("a message later: %s", answer)
		}
	})
}

// While a push is under way the person writes: the push has it.
func TestPushUnderWayKeepsItsNotices(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.platform.slow = 20 * time.Second
		r.notify(driver, still("沪C12345"))
		wait(10 * time.Second)
		r.notify(driver, still("沪C54321"))
		answer := r.says(driver, "谢谢")
		if strings.Contains(answer, "沪C12345") || !strings.Contains(answer, "沪C54321") {
			t.Errorf("answered %s", answer)
		}
		wait(time.Hour)
		if got := r.platform.got(driver); len(got) != 1 || !strings.Contains(got[0].text, "沪C12345") || strings.Contains(got[0].text, "沪C54321") {
			t.Errorf("pushed %+v", got)
		}
	})
}

// A process that dies between sending and settling sends once more, the same
// under the same id: a platform that recognises it shows it once.
func TestCrashBetweenSendAndSettle(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		t.Run(fmt.Sprintf("forgets=%v", forgets), func(t *testing.T) {
			play(t, func(t *testing.T, r *rig) {
				r.platform.forgets = forgets
				r.says(driver, "你好")
				r.fails = 1
				r.notify(driver, still("沪C12345"))
				wait(2 * time.Second)
				r.restart()
				r.notify(driver, still("沪C54321"))
				wait(time.Minute)
				got := r.platform.got(driver)
				want := 2
				if forgets {
					want = 3
				}
				if len(got) != want || got[0].id == got[len(got)-1].id || strings.Contains(got[0].text, "沪C54321") {
					t.Errorf("pushed %+v", got)
				}
				if forgets && (got[0].id != got[1].id || got[0].text != got[1].text) {
					t.Errorf("the repetition differs: %+v", got)
				}
				if answer := r.says(driver, "谢谢"); strings.Contains(answer, "沪C") {
					t.Errorf("told again: %s", answer)
				}
			})
		})
	}
}

// What cannot be sent waits for the next message. News, which some platforms
// carry as a form, is tried once more by itself.
func TestParked(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.platform.refuse(driver, bot.ErrParked)
		r.notify(driver, still("沪C12345"), news("沪A88888"))
		wait(time.Minute)
		got := r.platform.got(driver)
		if len(got) != 1 || !strings.Contains(got[0].text, "沪A88888") || strings.Contains(got[0].text, "沪C12345") || got[0].r[0].News == nil {
			t.Fatalf("pushed %+v", got)
		}
		answer := r.says(driver, "谢谢")
		if !strings.Contains(answer, "沪C12345") || strings.Contains(answer, "沪A88888") {
			t.Errorf("answered %s", answer)
		}
	})
}

func news(plate string) bot.Notice {
	fine := 20000
	return bot.Notice{
		ID: "news-" + plate, Kind: bot.NoticeNews, Vehicle: bot.Vehicle{Plate: plate, Type: "02"}, City: "上海",
		New: []bot.Violation{{At: time.Date(2026, 11, 1, 8, 0, 0, 0, bot.China), Place: "延安路", Act: "闯红灯", Fine: &fine, State: bot.Open}}, Open: 1,
	}
}

// Whoever is gone gets nothing more pushed, until they write; then they read
// what waited.
func TestGone(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.platform.refuse(driver, bot.ErrGone)
		r.notify(driver, still("沪C12345"))
		wait(time.Minute)
		if !r.person(driver).Gone {
			t.Error("not remembered")
		}
		r.notify(driver, still("沪C54321"))
		wait(time.Hour)
		if n := r.platform.tried(); n != 1 {
			t.Errorf("%d pushes", n)
		}
		if answer := r.says(driver, "你好"); !strings.Contains(answer, "沪C12345") || !strings.Contains(answer, "沪C54321") || r.person(driver).Gone {
			t.Errorf("answered %s, gone %v", answer, r.person(driver).Gone)
		}
	})
}

// What is decided at night comes as one digest in the morning, and holds up no
// answer that comes late meanwhile.
func TestQuietNight(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		wait(14 * time.Hour) // 22:00
		r.says(driver, "你好")
		for i := range 3 {
			r.notify(driver, still(fmt.Sprintf("沪C1234%d", i)))
			wait(time.Hour)
		}
		if n := r.platform.tried(); n != 0 {
			t.Fatalf("%d pushes in the night", n)
		}
		r.desk.slow = 20 * time.Second
		r.says0(driver, "谢谢", time.Minute) // takes the three
		r.notify(driver, still("沪A11111"), still("沪A22222"))
		if a := r.says0(driver, "沪B12345", time.Second); !a.Pending {
			t.Fatalf("not late: %+v", a)
		}
		wait(time.Minute)
		got := r.platform.got(driver)
		if len(got) != 1 || !strings.Contains(got[0].text, "查询时间") || got[0].at.Hour() != 1 {
			t.Fatalf("the late answer: %+v", got)
		}
		// The message took what waited, and told it with its answer.
		if !strings.Contains(got[0].text, "沪A11111") || !strings.Contains(got[0].text, "沪A22222") {
			t.Errorf("the late answer lacks what waited: %s", got[0].text)
		}
		r.notify(driver, still("沪D11111"))
		wait(time.Hour)
		r.notify(driver, still("沪D22222"))
		wait(10 * time.Hour)
		got = r.platform.got(driver)
		if len(got) != 2 || !strings.Contains(got[1].text, "夜间有 2 条消息") || !strings.Contains(got[1].text, "沪D11111") || !strings.Contains(got[1].text, "沪D22222") {
			t.Fatalf("the digest: %+v", got)
		}
		if at := got[1].at; at.Hour() != 8 || at.Minute() > 10 {
			t.Errorf("the digest came at %s", at)
		}
	})
}

// After a long stop nobody is woken by what should have been sent in daytime.
func TestDueInTheNightAfterAStop(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.platform.refuse(driver, bot.RetryAfter(time.Hour))
		r.notify(driver, still("沪C12345"))
		wait(time.Minute) // taken, and put off
		r.notify(driver, still("沪C54321"))
		r.stop()
		wait(15 * time.Hour) // 23:00
		r.start()
		wait(time.Hour)
		if n := r.platform.tried(); n != 1 {
			t.Errorf("%d pushes in the night", n-1)
		}
		wait(10 * time.Hour)
		got := r.platform.got(driver)
		if len(got) != 1 || !strings.Contains(got[0].text, "沪C12345") || !strings.Contains(got[0].text, "沪C54321") || got[0].at.Hour() != 8 {
			t.Errorf("pushed %+v", got)
		}
	})
}

// A digest that becomes due in the next night, after a stop of a day, waits for
// the morning after.
func TestDigestAfterADayOfStop(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		wait(14 * time.Hour) // 22:00
		r.says(driver, "你好")
		r.notify(driver, still("沪C12345"))
		r.stop()
		wait(25 * time.Hour) // 23:00, a day on
		r.start()
		wait(time.Hour)
		if r.platform.tried() != 0 {
			t.Error("pushed in the night")
		}
		wait(9 * time.Hour)
		if got := r.platform.got(driver); len(got) != 1 || got[0].at.Hour() != 8 {
			t.Errorf("pushed %+v", got)
		}
	})
}

// The platform's word is kept: nothing before its pause is over, and what comes
// later stands behind.
func TestRetryAfterAndOrder(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.platform.refuse(driver, bot.RetryAfter(10*time.Minute))
		r.notify(driver, still("沪C12345"))
		wait(time.Minute)
		r.desk.slow = 20 * time.Second
		r.says0(driver, "沪B12345", time.Second)
		wait(8 * time.Minute)
		if n := r.platform.tried(); n != 1 {
			t.Errorf("%d tries before the pause was over", n)
		}
		wait(5 * time.Minute)
		got := r.platform.got(driver)
		if len(got) != 2 || !strings.Contains(got[0].text, "沪C12345") || !strings.Contains(got[1].text, "查询时间") {
			t.Errorf("pushed %+v", got)
		}
	})
}

// One person's outage holds up nobody else.
func TestOthersAreNotHeldUp(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.platform.refuse(driver, errBeforeSending, errBeforeSending)
		for _, u := range []bot.UserID{driver, "test:wife"} {
			r.says(u, "你好")
			r.notify(u, still("沪C12345"))
		}
		wait(3 * time.Second)
		if len(r.platform.got("test:wife")) != 1 || len(r.platform.got(driver)) != 0 {
			t.Errorf("%+v", r.platform.letters)
		}
		wait(time.Minute)
		if len(r.platform.got(driver)) != 1 {
			t.Errorf("%+v", r.platform.letters)
		}
	})
}

// After five tries a push is given up, visibly: the admins are told, and the
// person reads it with their next message.
func TestGivingUp(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		for range 5 {
			r.platform.refuse(driver, errBeforeSending)
		}
		r.notify(driver, still("沪C12345"))
		wait(time.Hour)
		if n := len(r.gaveUp); n != 1 || r.gaveUp[0].User != driver {
			t.Errorf("given up: %v", r.gaveUp)
		}
		alarm := r.platform.got("test:admin")
		if len(alarm) != 1 || !strings.Contains(alarm[0].text, "运维提醒") || strings.Contains(alarm[0].text, "driver") {
			t.Errorf("the alarm: %+v", alarm)
		}
		if n := len(r.platform.got(driver)); n != 0 {
			t.Errorf("%d pushes", n)
		}
		if answer := r.says(driver, "谢谢"); !strings.Contains(answer, "沪C12345") {
			t.Errorf("answered %s", answer)
		}
	})
}

// Alarms come by night too, once an hour a kind, whatever happened between.
func TestAlarms(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		wait(15 * time.Hour) // 23:00
		for range 3 {
			r.must(r.mail.Alarm(t.Context(), bot.AlarmKey, "code 10001"))
			r.must(r.mail.Alarm(t.Context(), bot.AlarmSpent, ""))
			wait(10 * time.Minute)
			r.restart()
		}
		got := r.platform.got("test:admin")
		all := ""
		for _, l := range got {
			all += l.text
		}
		if strings.Count(all, "juhe.key") != 1 || strings.Count(all, "daily_budget") != 1 || !strings.Contains(all, "code 10001") {
			t.Errorf("told %s", all)
		}
		wait(time.Hour)
		r.must(r.mail.Alarm(t.Context(), bot.AlarmKey, ""))
		wait(time.Minute)
		if n := len(r.platform.got("test:admin")); n != len(got)+1 {
			t.Errorf("an hour later: %d", n)
		}
	})
}

// The same notice is told once, also when its ID comes again long after; other
// people have it for themselves; somebody unknown is not told.
func TestNotifyIsIdempotent(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.says("test:wife", "你好")
		for range 3 {
			r.notify(driver, still("沪C12345"), still("沪C12345"))
			r.notify("test:wife", still("沪C12345"))
			r.notify("test:stranger", still("沪C12345"))
			wait(time.Minute)
			r.restart()
		}
		if a, b := len(r.platform.got(driver)), len(r.platform.got("test:wife")); a != 1 || b != 1 {
			t.Errorf("told %d and %d times", a, b)
		}
		if r.platform.tried() != 2 || r.person("test:stranger").Known {
			t.Errorf("%d tries", r.platform.tried())
		}
	})
}

// A channel that nothing can be sent on has its people told with their next
// message; one that was switched off, too.
func TestChannelsWithoutPusher(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		const basic = bot.UserID("basic:a")
		r.says(basic, "你好")
		r.notify(basic, still("沪C12345"))
		wait(time.Hour)
		if r.queue.Reaches(basic) || !r.queue.Reaches(driver) {
			t.Error("Reaches is wrong")
		}
		if answer := r.says(basic, "谢谢"); !strings.Contains(answer, "沪C12345") {
			t.Errorf("answered %s", answer)
		}
	})
}

// A panel of faults that end a push in some way: whatever happens, the notice
// is told exactly once in the end.
func TestEveryOutcomeIsToldOnce(t *testing.T) {
	for name, refusals := range map[string][]error{
		"taken":           nil,
		"refused":         {errBeforeSending},
		"lost answer":     {errAfterSending},
		"both":            {errBeforeSending, errAfterSending, errBeforeSending},
		"too fast":        {bot.RetryAfter(time.Second), bot.RetryAfter(-1), bot.RetryAfter(time.Hour)},
		"parked":          {bot.ErrParked},
		"wrapped parking": {fmt.Errorf("quota: %w", bot.ErrParked)},
		"gone":            {errors.Join(bot.ErrGone)},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, r *rig) {
				r.says(driver, "你好")
				r.platform.refuse(driver, refusals...)
				r.notify(driver, still("沪C12345"))
				wait(3 * time.Hour)
				told := r.says(driver, "谢谢")
				for _, l := range r.platform.got(driver) {
					told += l.text
				}
				if n := strings.Count(told, "沪C12345"); n != 1 {
					t.Errorf("told %d times", n)
				}
			})
		})
	}
}
