package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// update runs a transaction of a person.
func (w *world) update(t *testing.T, u bot.UserID, fn func(storage.Tx) error) {
	t.Helper()
	if err := w.store.Update(context.Background(), []string{bot.UserKey(u)}, fn); err != nil {
		t.Fatal(err)
	}
}

// notify lets test:name be asked whether a car is still wanted.
func (w *world) notify(t *testing.T, name, plate string) {
	t.Helper()
	u := bot.UserID("test:" + name)
	w.update(t, u, func(tx storage.Tx) error {
		return w.mail.Notify(tx, u, bot.Notice{ID: "still-" + plate, Kind: bot.NoticeStill, Vehicle: bot.Vehicle{Plate: plate, Type: "02"}})
	})
}

// A notice in the middle of a form leaves the form as it is: it comes before
// the answer, and the question still stands last.
func TestNoticeLeavesTheFormOpen(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "1", "苏E54321"))
	w.notify(t, "a", "沪A11111")
	got := text(w.handle(t, message("a", "2", "谢谢")))
	if i := strings.Index(got, "沪A11111"); i < 0 || i > strings.Index(got, "不客气") || !strings.Contains(got[i:], "苏E54321") {
		t.Errorf("%q", got)
	}
	if got := text(w.handle(t, message("a", "3", "123456 654321"))); !strings.Contains(got, "查询时间") || strings.Contains(got, "沪A11111") {
		t.Errorf("%q", got)
	}
}

// A message whose answer takes its time brings the notice with the complete
// answer, whatever becomes of the process meanwhile.
func TestNoticeComesWithTheCompleteAnswer(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "0", "苏E54321"))
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 900 * time.Millisecond})
	w.notify(t, "a", "沪A11111")
	if a := w.handleWithin(t, 250*time.Millisecond, message("a", "1", "发动机号123456 车架号654321")); !a.Pending || strings.Contains(text(a), "沪A11111") {
		t.Fatalf("%+v", a)
	}
	w.Do(t, []string{"restart"})
	got := text(w.handle(t, message("a", "1", "发动机号123456 车架号654321")))
	if !strings.Contains(got, "沪A11111") || !strings.Contains(got, "查询时间") {
		t.Errorf("%q", got)
	}
	if got := text(w.handle(t, message("a", "2", "谢谢"))); strings.Contains(got, "沪A11111") {
		t.Errorf("told again: %q", got)
	}
}

// 结果 is answered by what waits; with nothing there, in words.
func TestResultBringsNotices(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "1", "你好"))
	w.notify(t, "a", "沪A11111")
	if got := text(w.handle(t, message("a", "2", "结果"))); !strings.Contains(got, "沪A11111") || strings.Contains(got, "没有等待中的结果") {
		t.Errorf("%q", got)
	}
	if got := text(w.handle(t, message("a", "3", "结果"))); !strings.Contains(got, "没有等待中的结果") {
		t.Errorf("%q", got)
	}
}

// What waits survives a restart, a year's sweep of conversations, and a session
// that no version knows; not its own thirty days.
func TestWaitingNoticesSurvive(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *world){
		"a restart": func(t *testing.T, w *world) { w.Do(t, []string{"restart"}) },
		"the end of the conversation": func(t *testing.T, w *world) {
			w.clock.add(40 * time.Hour)
			sweep(t, w)
		},
		"nearly thirty days": func(t *testing.T, w *world) {
			w.clock.add(30*24*time.Hour - time.Minute)
			sweep(t, w)
		},
		"a session of another version": func(t *testing.T, w *world) { w.session(t, "test:a", `{"v":99,"ask":"new"}`) },
		"a session of another shape":   func(t *testing.T, w *world) { w.session(t, "test:a", `["new"]`) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.handle(t, message("a", "1", "你好"))
			w.notify(t, "a", "沪A11111")
			change(t, w)
			if got := text(w.handle(t, message("a", "2", "谢谢"))); !strings.Contains(got, "沪A11111") {
				t.Errorf("%q", got)
			}
		})
	}
}

// Unread for thirty days, on leaving and on being forgotten, what waits is
// deleted, and nothing is left of who kept nothing.
func TestWaitingNoticesAreDeleted(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *world){
		"thirty days": func(t *testing.T, w *world) {
			w.clock.add(30*24*time.Hour + time.Minute)
			sweep(t, w)
			if n := w.users(t); n != 0 {
				t.Errorf("%d people are kept", n)
			}
		},
		"leaving": func(t *testing.T, w *world) {
			w.handle(t, bot.Message{User: "test:a", Key: "left", Event: bot.Left})
			if n := w.users(t); n != 0 {
				t.Errorf("%d people are kept", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.handle(t, message("a", "1", "你好"))
			w.notify(t, "a", "沪A11111")
			change(t, w)
			if got := text(w.handle(t, message("a", "2", "谢谢"))); strings.Contains(got, "沪A11111") {
				t.Errorf("%q", got)
			}
		})
	}
}

// Who asks to be forgotten has nothing waiting any more, and the same news may
// be told anew afterwards.
func TestForgottenHasNoMail(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "1", "忘记我"))
	w.notify(t, "a", "沪A11111")
	if got := text(w.handle(t, message("a", "2", "确认删除"))); !strings.Contains(got, "全部删除") {
		t.Fatalf("%q", got)
	}
	if raw := w.raw(t, "test:a"); len(raw["notices"])+len(raw["told"]) != 0 {
		t.Errorf("kept %s and %s", raw["notices"], raw["told"])
	}
	w.notify(t, "a", "沪A11111")
	if got := text(w.handle(t, message("a", "3", "谢谢"))); !strings.Contains(got, "沪A11111") {
		t.Errorf("%q", got)
	}
}

// Without an ID nobody could tell that a notice comes again.
func TestNoticeNeedsAnID(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "1", "你好"))
	err := w.store.Update(t.Context(), []string{"test:a"}, func(tx storage.Tx) error {
		return w.mail.Notify(tx, "test:a", bot.Notice{Kind: bot.NoticeStill})
	})
	if err == nil {
		t.Error("taken")
	}
}

// Person and Release, and what they say of somebody unknown.
func TestPersonAndRelease(t *testing.T) {
	w := newWorld(t)
	w.handle(t, message("a", "1", full))
	w.handle(t, message("a", "2", "订阅"))
	read := func(u bot.UserID) (p bot.Person) {
		w.update(t, u, func(tx storage.Tx) (err error) {
			p, err = w.mail.Person(tx, u)
			return err
		})
		return p
	}
	p := read("test:a")
	if !p.Known || p.Gone || len(p.Garage) != 1 || w.clock.now().Sub(p.Seen) > time.Minute {
		t.Errorf("%+v", p)
	}
	w.session(t, "test:a", `["new"]`)
	if again := read("test:a"); !again.Seen.Equal(p.Seen) {
		t.Errorf("with a session that is not known they were seen at %s", again.Seen)
	}
	if p := read("test:nobody"); p.Known || !p.Seen.IsZero() {
		t.Errorf("%+v", p)
	}
	for _, u := range []bot.UserID{"test:a", "test:a", "test:nobody"} {
		w.update(t, u, func(tx storage.Tx) error { return w.mail.Release(tx, u, bot.Vehicle{Plate: "苏E54321", Type: "02"}) })
	}
	if p := read("test:a"); len(p.Garage) != 0 || w.users(t) != 1 {
		t.Errorf("%+v, %d people", p, w.users(t))
	}
}

// An alarm reaches an admin who never wrote, with the next message if nothing
// else; without admins nothing is kept. What cannot be stored is an error.
func TestAlarmWaitsForAnAdmin(t *testing.T) {
	w := newWorld(t)
	m := bot.NewMail(bot.MailConfig{Store: w.store, Now: w.clock.now, Admins: []bot.UserID{"test:admin", "test:other"}})
	for range 2 {
		if err := m.Alarm(t.Context(), bot.AlarmBudget, "80 %"); err != nil {
			t.Fatal(err)
		}
	}
	sweep(t, w)
	got := text(w.handle(t, message("admin", "1", "你好")))
	if strings.Count(got, "运维提醒") != 1 || !strings.Contains(got, "80 %") {
		t.Errorf("%q", got)
	}
	if err := w.mail.Alarm(t.Context(), bot.AlarmKey, ""); err != nil || w.users(t) != 2 {
		t.Errorf("%v, %d people", err, w.users(t))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Alarm(ctx, bot.AlarmKey, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func sweep(t *testing.T, w *world) {
	t.Helper()
	if err := w.bot.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// raw is a person's record as it stands in the store.
func (w *world) raw(t *testing.T, u bot.UserID) (parts map[string]json.RawMessage) {
	t.Helper()
	w.update(t, u, func(tx storage.Tx) error {
		b, err := tx.Get("user", bot.UserKey(u))
		return errors.Join(err, json.Unmarshal(bot.RecordAsJSON(b), &parts))
	})
	return parts
}

// session puts another session into a person's record.
func (w *world) session(t *testing.T, u bot.UserID, session string) {
	t.Helper()
	parts := w.raw(t, u)
	parts["session"] = json.RawMessage(session)
	b, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	w.update(t, u, func(tx storage.Tx) error { return tx.Put("user", bot.UserKey(u), b) })
}
