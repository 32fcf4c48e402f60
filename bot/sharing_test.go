package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

var invitationCode = regexp.MustCompile(`[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}`)

// says is one message after the other, each answered; the last answer counts.
func (w *world) says(t *testing.T, user string, texts ...string) string {
	t.Helper()
	var last string
	for _, s := range texts {
		last = text(bot.Answer{Replies: w.Say(t, user, s)})
	}
	return last
}

// rows counts what a bucket holds.
func (w *world) rows(t *testing.T, bucket string) (kvs []storage.KV) {
	t.Helper()
	err := w.store.View(context.Background(), func(tx storage.Tx) (err error) {
		kvs, err = tx.Scan(bucket, "", storage.End, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kvs
}

// record is what is stored of a person, as JSON.
func (w *world) record(t *testing.T, user string) (raw string) {
	t.Helper()
	err := w.store.View(context.Background(), func(tx storage.Tx) error {
		b, err := tx.Get("user", bot.UserKey(bot.UserID("test:"+user)))
		raw = string(bot.RecordAsJSON(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A code is good for one: of many who send it at the same time, one gets the
// car, whatever the order.
func TestInvitationIsTakenUpOnce(t *testing.T) {
	w := newWorld(t)
	code := invitationCode.FindString(w.says(t, "owner", full, "订阅", "邀请"))
	if code == "" {
		t.Fatal("no code")
	}
	const people = 8
	answers := make([]string, people)
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			answers[i] = text(w.handle(t, message(fmt.Sprint("p", i), "1", "邀请码 "+code)))
		})
	}
	wg.Wait()
	accepted := 0
	for _, a := range answers {
		switch {
		case strings.Contains(a, "已加入「我的车」"):
			accepted++
		case !strings.Contains(a, "已经用过了"):
			t.Errorf("answered %q", a)
		}
	}
	if accepted != 1 {
		t.Errorf("%d people have the car, want one", accepted)
	}
}

// Redelivered, the message that took up an invitation gets the same answer.
func TestAcceptedTwiceByRedelivery(t *testing.T) {
	w := newWorld(t)
	code := invitationCode.FindString(w.says(t, "owner", full, "订阅", "邀请"))
	first := text(w.handle(t, message("wife", "1", "邀请码 "+code)))
	if again := text(w.handle(t, message("wife", "1", "邀请码 "+code))); first != again || !strings.Contains(first, "已加入") {
		t.Errorf("%q, then %q", first, again)
	}
}

// Codes are what nobody mistypes, and are not guessed.
func TestCodes(t *testing.T) {
	w := newWorld(t)
	w.says(t, "owner", full, "订阅")
	seen := map[string]bool{}
	for range 12 {
		code := invitationCode.FindString(w.says(t, "owner", "邀请"))
		if code == "" || seen[code] {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
	}
	if n := len(w.rows(t, "invite")); n != 10 {
		t.Errorf("%d invitations are open, want the ten youngest", n)
	}
}

// Whoever a car was shared with has no digit of it anywhere, whatever they do;
// they query with the digits of who shared it all the same.
func TestViewerHoldsNoDigits(t *testing.T) {
	w := newWorld(t)
	code := invitationCode.FindString(w.says(t, "owner", "苏E54321 发动机号135246 车架号864219", "订阅", "邀请"))
	for _, said := range []string{
		"邀请码 " + code, "查第1辆", "下一页", "我的数据", "我的车", "刷新", "是", "订阅", "查 苏E54321", "叫它老公的车",
		"查老公的车", "跟上次一样", "上一步", "订阅 苏E54321", "刚刚好像被拍了",
	} {
		answer := w.says(t, "wife", said)
		stored := w.record(t, "wife")
		for _, digits := range []string{"135246", "864219", "****46", "****19"} {
			if strings.Contains(answer, digits) || strings.Contains(stored, digits) {
				t.Fatalf("after %q the answer or the record holds digits:\n%s\n%s", said, answer, stored)
			}
		}
	}
	if w.Paid() != 2 {
		t.Errorf("%d paid queries, want the owner's and the refreshed one", w.Paid())
	}
}

// Forgetting, and leaving, ends everything that was arranged: nothing of the
// person is left in any bucket, and nothing is paid for any more.
func TestForgettingEndsEverything(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, w *world){
		"forget me": func(t *testing.T, w *world) { w.says(t, "a", "忘记我", "确认删除") },
		"left": func(t *testing.T, w *world) {
			w.handle(t, bot.Message{User: "test:a", Key: "left", Event: bot.Left})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t)
				w.says(t, "a", full, "订阅", "邀请", "检验有效期至 2027年2月")
				w.juhe.Set(juhetest.Faults{Maintenance: true})
				w.says(t, "a", "苏E12345 发动机号123456 车架号654321")
				w.juhe.Set(juhetest.Faults{})
				end(t, w)
				for _, bucket := range []string{"watcher", "invite", "reminder", "remind"} {
					if left := w.rows(t, bucket); len(left) > 0 {
						t.Errorf("%s: %d rows are left", bucket, len(left))
					}
				}
				var r struct{ Garage, Later, Invites, Notices []json.RawMessage }
				if raw := w.record(t, "a"); raw != "" {
					if err := json.Unmarshal([]byte(raw), &r); err != nil {
						t.Fatal(err)
					}
				}
				if len(r.Garage)+len(r.Later)+len(r.Invites)+len(r.Notices) > 0 {
					t.Errorf("kept: %+v", r)
				}
				w.pass(200 * time.Hour)
				if pushed := w.Pushed(t, "a"); len(pushed) > 0 || w.Paid() != 1 {
					t.Errorf("pushed %+v, %d paid queries", pushed, w.Paid())
				}
			})
		})
	}
}

// A car that is given up reminds of nothing, and leaves nothing to remind with.
func TestDroppedCarLeavesNoReminder(t *testing.T) {
	w := newWorld(t)
	w.says(t, "a", full, "订阅", "检验有效期至 2027年2月", "退订", "是")
	if left := len(w.rows(t, "reminder")) + len(w.rows(t, "remind")); left > 0 {
		t.Errorf("%d rows are left", left)
	}
}

// Taking up an invitation reads the car of who invited: nobody may change it, or
// take the invitation back, meanwhile.
func TestAcceptHoldsBothPeople(t *testing.T) {
	w := newWorld(t)
	code := invitationCode.FindString(w.says(t, "owner", full, "订阅", "邀请"))
	spy := &locks{Store: w.store}
	b := bot.New(bot.Config{Store: spy, Desk: noDesk{}, Now: w.clock.now, Watch: noWatch{}})
	m := message("wife", "1", "邀请码 "+code)
	m.At = w.clock.now()
	if _, err := b.Handle(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	for _, u := range []bot.UserID{"test:owner", "test:wife"} {
		if !slices.Contains(spy.last, bot.UserKey(u)) {
			t.Errorf("the transaction holds %q, not %s", spy.last, string(u))
		}
	}
}

// locks is a store that remembers the keys of the last transaction.
type locks struct {
	storage.Store
	last []string
}

func (l *locks) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	l.last = keys
	return l.Store.Update(ctx, keys, fn)
}

// noDesk and noWatch are for conversations that ask nothing and check nothing.
type (
	noDesk  struct{ bot.Desk }
	noWatch struct{ bot.Watch }
)

func (noWatch) Begin(storage.Tx, time.Time, bot.UserID, bot.Saved, *bot.Report) error { return nil }

func (noWatch) State(storage.Tx, time.Time, bot.UserID, bot.Vehicle) (bot.Watched, bool, error) {
	return bot.Watched{}, true, nil
}

// Codes that have had their time are swept, after a week in which people are
// told that they are expired.
func TestSweepOfInvitations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		code := invitationCode.FindString(w.says(t, "owner", full, "订阅", "邀请"))
		w.pass(48 * time.Hour)
		<-time.After(2 * time.Hour) // the sweep's own clock
		if got := w.says(t, "wife", "邀请码 "+code); !strings.Contains(got, "已经过期") {
			t.Errorf("%q", got)
		}
		w.pass(8 * 24 * time.Hour)
		<-time.After(2 * time.Hour)
		synctest.Wait()
		if left := w.rows(t, "invite"); len(left) > 0 {
			t.Errorf("%d codes are left", len(left))
		}
		if got := w.says(t, "wife", "邀请码 "+code); !strings.Contains(got, "没有这个邀请码") {
			t.Errorf("%q", got)
		}
	})
}

// The rule holds for small cars: of a large one nothing is reminded after the
// date that its driver told.
func TestLargeCarIsNotRemindedByRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		w.says(t, "a", "苏E54321 大型汽车"+digits, "订阅", "检验有效期至 2026年12月 注册日期 2020-05-12")
		if n := len(w.rows(t, "remind")); n != 1 {
			t.Fatalf("%d reminders", n)
		}
		for range 3 {
			w.pass(15 * 24 * time.Hour)
		}
		if n := len(w.rows(t, "remind")); n != 0 {
			t.Errorf("%d reminders are left", n)
		}
	})
}
