package wechat_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

const (
	driver  = "oDRIVER0123456789abcdefghijk"
	ask     = "查违章 苏E54321"
	digits  = "发动机号123456 车架号654321"
	result  = "查询时间" // stands in every report, and nowhere else
	pending = "正在查询，请稍候。"
	fetch   = "稍后发「结果」查看"
)

// A timing story: the bot runs longer than WeChat's memory, the person has said
// which car, and the police take a while.
func story(t *testing.T, account wechat.Account, police time.Duration, tell func(t *testing.T, w *world)) {
	t.Helper()
	for _, mode := range []wechattest.Mode{wechattest.Plain, wechattest.Safe} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, account, mode)
				time.Sleep(20 * time.Second)
				reads(t, w.says(driver, ask), "发动机号后6位")
				w.slow(police)
				tell(t, w)
				if w.paid() != 1 {
					t.Errorf("%d queries were paid for, want 1", w.paid())
				}
			})
		})
	}
}

// seen fails unless the person has read the result exactly n times.
func (w *world) seen(n int, answers ...wechattest.Outcome) {
	w.t.Helper()
	got := strings.Count(strings.Join(w.pushed(driver), "\n"), result)
	for _, o := range answers {
		got += strings.Count(o.Text, result)
	}
	if got != n {
		w.t.Errorf("the person has read the result %d times, want %d:\n%q\n%v\n%s", got, n, w.pushed(driver), answers, w.logged)
	}
}

func TestInTime(t *testing.T) {
	for _, account := range []wechat.Account{wechat.Service, wechat.Subscription, wechat.Basic} {
		t.Run(string(account), func(t *testing.T) {
			story(t, account, 4*time.Second, func(t *testing.T, w *world) {
				o := w.says(driver, digits)
				reads(t, o, result)
				time.Sleep(time.Minute)
				w.seen(1, o)
				if o.Tries != 1 {
					t.Errorf("after %d tries", o.Tries)
				}
			})
		})
	}
}

func TestLateOnCertifiedAccount(t *testing.T) {
	for _, account := range []wechat.Account{wechat.Service, wechat.Subscription} {
		t.Run(string(account), func(t *testing.T) {
			story(t, account, 12*time.Second, func(t *testing.T, w *world) {
				began := time.Now()
				o := w.says(driver, digits)
				reads(t, o, pending)
				if took := time.Since(began); took > 4600*time.Millisecond || o.Tries != 1 {
					t.Errorf("acknowledged after %v and %d tries", took, o.Tries)
				}
				if typing := w.api.Sent("typing"); len(typing) != 1 {
					t.Errorf("typing was shown %d times", len(typing))
				}
				time.Sleep(time.Minute)
				w.seen(1, o)
				reads(t, w.says(driver, "结果"), "没有等待中的结果")
				w.seen(1, o)
			})
		})
	}
}

// Without a right to push the tries are stretched: a result within 15 s still
// comes as the answer to the message itself.
func TestLateOnBasicAccount(t *testing.T) {
	for name, tt := range map[string]struct {
		police time.Duration
		tries  int
	}{
		"second try": {7 * time.Second, 2},
		"third try":  {12 * time.Second, 3},
		"between":    {4700 * time.Millisecond, 2},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, wechat.Basic, tt.police, func(t *testing.T, w *world) {
				o := w.says(driver, digits)
				reads(t, o, result)
				if o.Tries != tt.tries {
					t.Errorf("after %d tries, want %d", o.Tries, tt.tries)
				}
				time.Sleep(time.Minute)
				w.seen(1, o)
				if n := len(w.api.Sent("")); n != 0 {
					t.Errorf("%d messages were sent without the right to", n)
				}
			})
		})
	}
}

// Later than that the last try tells how to fetch it, and a tap does.
func TestFetchOnBasicAccount(t *testing.T) {
	for name, next := range map[string]wechattest.Message{
		"tap": wechattest.Tap("结果", "1"), "tap without an id": wechattest.Text("结果"),
		"any text": wechattest.Text("你好"), "a picture": wechattest.Image("http://mmbiz.qpic.cn/1"),
		"a click": wechattest.Click("help"), "a place": wechattest.Location(),
	} {
		t.Run(name, func(t *testing.T) {
			story(t, wechat.Basic, 20*time.Second, func(t *testing.T, w *world) {
				began := time.Now()
				o := w.says(driver, digits)
				reads(t, o, fetch)
				if taps := wechattest.Show(o.Text).Taps; len(taps) != 1 || taps[0].Sends != "结果" {
					t.Errorf("to tap: %v", taps)
				}
				if took := time.Since(began); o.Tries != 3 || took > 14600*time.Millisecond {
					t.Errorf("after %d tries and %v", o.Tries, took)
				}
				if early := w.says(driver, "结果"); strings.Contains(early.Text, result) {
					t.Error("there before it came")
				} else {
					reads(t, early, "正在查询")
				}
				time.Sleep(10 * time.Second)
				fetched := w.sends(driver, next)
				reads(t, fetched, result)
				w.seen(1, o, fetched)
				again := w.says(driver, "结果")
				if strings.Contains(fetched.Text, "还有内容") { // it came with a long answer
					again = w.says(driver, "结果")
				}
				reads(t, again, "没有等待中的结果")
				w.seen(1, o, fetched, again)
			})
		})
	}
}

// What a person reads at once, when the answer to an earlier message and that
// to the present one come together, is not lost in a try nobody heard.
func TestLateAnswersOfTwoMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechat.Basic, wechattest.Safe)
		time.Sleep(20 * time.Second)
		w.says(driver, ask)
		w.slow(16 * time.Second)
		reads(t, w.says(driver, digits), fetch)
		time.Sleep(10 * time.Second)
		w.slow(8 * time.Second)
		// This one first brings the late result, and then takes 8 s by itself.
		o := w.says(driver, "查违章 苏E66666 发动机号666666 车架号666666")
		reads(t, o, "苏E54321 · 苏州", result, "苏E66666 · 苏州", "还有内容")
		if o.Tries != 2 {
			t.Errorf("after %d tries", o.Tries)
		}
		// Both do not fit into one message: the rest comes with the next.
		rest := w.says(driver, "结果")
		reads(t, rest, result)
		w.seen(2, o, rest)
		if w.paid() != 2 {
			t.Errorf("%d paid", w.paid())
		}
	})
}

// WeChat may deliver again what was answered: the answer got lost on its way.
func TestRedelivered(t *testing.T) {
	for name, tt := range map[string]struct {
		account wechat.Account
		police  time.Duration
		want    string
	}{
		"after the answer":               {wechat.Service, time.Second, result},
		"after the answer, basic":        {wechat.Basic, time.Second, result},
		"after the acknowledgement":      {wechat.Service, 6 * time.Second, result},
		"and the result is slow as well": {wechat.Service, 20 * time.Second, pending},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, tt.account, tt.police, func(t *testing.T, w *world) {
				r, err := w.platform.Prepare(driver, wechattest.Text(digits))
				if err != nil {
					t.Fatal(err)
				}
				w.platform.Try(t.Context(), r, 0)
				o := w.platform.Try(t.Context(), r, 1)
				reads(t, o, tt.want)
				time.Sleep(time.Minute)
				w.seen(1, o)
			})
		})
	}
}

// After the push a redelivery has nothing to add: the result was read.
func TestRedeliveredAfterPush(t *testing.T) {
	story(t, wechat.Service, 6*time.Second, func(t *testing.T, w *world) {
		r, err := w.platform.Prepare(driver, wechattest.Text(digits))
		if err != nil {
			t.Fatal(err)
		}
		w.platform.Try(t.Context(), r, 0)
		time.Sleep(10 * time.Second)
		o := w.platform.Try(t.Context(), r, 1)
		if o.Banner != "" || o.Raw != "success" {
			t.Errorf("%+v", o)
		}
		w.seen(1, o)
	})
}

// WeChat hangs up at once, and the bot works on.
func TestHungUp(t *testing.T) {
	story(t, wechat.Service, 3*time.Second, func(t *testing.T, w *world) {
		r, err := w.platform.Prepare(driver, wechattest.Text(digits))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		w.platform.Try(ctx, r, 0)
		cancel()
		time.Sleep(4 * time.Second)
		o := w.platform.Try(t.Context(), r, 1)
		reads(t, o, result)
		time.Sleep(time.Minute)
		w.seen(1, o)
	})
}

// The process restarts between two tries; the answer is still one, and paid
// for once.
func TestRestarted(t *testing.T) {
	for name, tt := range map[string]struct {
		account wechat.Account
		want    string
	}{
		"certified": {wechat.Service, result},
		"basic":     {wechat.Basic, result},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, tt.account, 2*time.Second, func(t *testing.T, w *world) {
				r, err := w.platform.Prepare(driver, wechattest.Text(digits))
				if err != nil {
					t.Fatal(err)
				}
				reads(t, w.platform.Try(t.Context(), r, 0), result)
				w.restart()
				o := w.platform.Try(t.Context(), r, 1)
				reads(t, o, tt.want)
				time.Sleep(time.Minute)
				w.seen(1, o)
			})
		})
	}
}

// The process ends while the first try is held; the next one meets another.
func TestStoppedWhileHeld(t *testing.T) {
	story(t, wechat.Basic, 12*time.Second, func(t *testing.T, w *world) {
		r := prepare(t, w, digits)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.platform.Try(ctx, r, 0)
		w.restart() // lets the query end: what it brings is kept
		o := w.platform.Try(t.Context(), r, 2)
		reads(t, o, result)
		time.Sleep(time.Minute)
		w.seen(1, o)
	})
}

// A process that has just started cannot know how many tries an earlier one
// left unanswered: it tells how to fetch the answer rather than risk the banner.
func TestBasicAccountJustStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechat.Basic, wechattest.Safe)
		w.says(driver, ask)
		w.slow(20 * time.Second)
		began := time.Now()
		o := w.says(driver, digits)
		reads(t, o, fetch)
		if took := time.Since(began); o.Tries != 1 || took > 4600*time.Millisecond {
			t.Errorf("after %d tries and %v", o.Tries, took)
		}
	})
}

// An account that turns out to be less than configured is treated as what it is.
func TestAccountWithoutTheRight(t *testing.T) {
	story(t, wechat.Service, 6*time.Second, func(t *testing.T, w *world) {
		w.api.Fail("custom/send", 48001, 100)
		o := w.says(driver, digits)
		reads(t, o, pending)
		time.Sleep(30 * time.Second)
		if w.adapter.Pushes() {
			t.Error("still believed to be able to push")
		}
		fetched := w.says(driver, "结果")
		reads(t, fetched, result)
		w.seen(1, o, fetched)
		if n := w.api.Calls("custom/send"); n != 1 {
			t.Errorf("tried %d times", n)
		}
	})
}

// Nothing may reach the person now: the next contact of any kind brings it.
func TestParked(t *testing.T) {
	for name, code := range map[string]int{"window over": 45015, "count used up": 45047} {
		t.Run(name, func(t *testing.T) {
			story(t, wechat.Service, 6*time.Second, func(t *testing.T, w *world) {
				w.api.Fail("custom/send", code, 1)
				o := w.says(driver, digits)
				time.Sleep(30 * time.Second)
				w.seen(0, o)
				fetched := w.sends(driver, wechattest.Scan("7"))
				reads(t, fetched, result)
				time.Sleep(time.Minute)
				w.seen(1, o, fetched)
			})
		})
	}
}

// Passing faults of WeChat's do not lose the answer, and do not double it.
func TestPushTriedAgain(t *testing.T) {
	for name, fail := range map[string]func(*wechattest.API){
		"busy":           func(a *wechattest.API) { a.Fail("custom/send", -1, 2) },
		"token expired":  func(a *wechattest.API) { a.Expire() },
		"no token":       func(a *wechattest.API) { a.Fail("stable_token", -1, 2); a.Expire() },
		"token too fast": func(a *wechattest.API) { a.Fail("custom/send", 45011, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, wechat.Service, 6*time.Second, func(t *testing.T, w *world) {
				fail(w.api)
				o := w.says(driver, digits)
				time.Sleep(5 * time.Minute)
				w.seen(1, o)
			})
		})
	}
}

// A send whose fate is unknown is not repeated blindly: the person's next
// message brings the answer.
func TestUnknownFate(t *testing.T) {
	story(t, wechat.Service, 6*time.Second, func(t *testing.T, w *world) {
		w.api.Delay("custom/send", time.Minute)
		o := w.says(driver, digits)
		time.Sleep(2 * time.Minute)
		w.seen(0, o)
		w.api.Delay("custom/send", 0)
		fetched := w.says(driver, "结果")
		reads(t, fetched, result)
		time.Sleep(time.Minute)
		w.seen(1, o, fetched)
	})
}

// The platform demands that whoever leaves is forgotten, and what is still on
// its way reaches nobody.
func TestUnsubscribed(t *testing.T) {
	story(t, wechat.Service, 8*time.Second, func(t *testing.T, w *world) {
		w.says(driver, digits)
		if o := w.sends(driver, wechattest.Unsubscribe()); o.Raw != "success" {
			t.Errorf("%+v", o)
		}
		time.Sleep(time.Minute)
		w.seen(0)
		reads(t, w.sends(driver, wechattest.Subscribe("")), "您好")
		reads(t, w.says(driver, "我的数据"), "没有保存您的任何车辆")
	})
}

// Close answers what is under way before it returns.
func TestCloseDrains(t *testing.T) {
	story(t, wechat.Service, 3*time.Second, func(t *testing.T, w *world) {
		answered := make(chan wechattest.Outcome)
		go func() { answered <- w.says(driver, digits) }()
		time.Sleep(time.Second)
		if err := w.adapter.Close(t.Context()); err != nil {
			t.Error(err)
		}
		reads(t, <-answered, result)
		if o := w.platform.Try(t.Context(), prepare(t, w, "你好"), 0); o.Status != 503 {
			t.Errorf("after Close: %+v", o)
		}
		if err := w.adapter.Push(t.Context(), wechat.Channel+":"+driver, "1", []bot.Reply{{Text: "x"}}); err == nil {
			t.Error("pushed after Close")
		}
	})
}

func prepare(t *testing.T, w *world, text string) wechattest.Request {
	t.Helper()
	r, err := w.platform.Prepare(driver, wechattest.Text(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
