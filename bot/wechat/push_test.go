package wechat_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/storage"
)

const toUser = bot.UserID("wechat:" + driver)

func hello(n int) []bot.Reply {
	return []bot.Reply{{Text: strings.Repeat(strings.Repeat("章", 300)+"\n", n)}}
}

// outcome names what an error of Push asks the bot to do.
func outcome(err error) string {
	if d, later := storage.Snoozed(err); later {
		return "in " + d.String()
	}
	switch {
	case err == nil:
		return "sent"
	case errors.Is(err, bot.ErrParked):
		return "parked"
	case errors.Is(err, bot.ErrGone):
		return "gone"
	}
	return "again"
}

// Every errcode that the platform documents for sending, and what comes of it.
func TestPushOutcomes(t *testing.T) {
	for _, tt := range []struct {
		code   int
		want   string
		next   string // what the push after it does
		logged string
	}{
		{0, "sent", "sent", ""},
		{-1, "again", "sent", ""},
		{40001, "sent", "sent", ""}, // with another token
		{40014, "sent", "sent", ""},
		{42001, "sent", "sent", ""},
		{40003, "gone", "sent", "refused"},
		{40164, "again", "sent", "credentials"},
		{40200, "parked", "parked", "cannot send"},
		{43004, "gone", "sent", "refused"},
		{43019, "gone", "sent", "refused"},
		{43101, "parked", "parked", ""},
		{45002, "parked", "sent", "refused"},
		{45009, "parked", "parked", "no more messages today"},
		{45011, "in 1m0s", "sent", ""},
		{45015, "parked", "parked", ""},
		{45047, "parked", "parked", ""},
		{47003, "parked", "sent", "refused"},
		{48001, "parked", "parked", "cannot send"},
		{50002, "parked", "parked", "cannot send"},
		{99999, "again", "sent", ""},
		{502, "parked", "sent", ""}, // HTTP: nobody knows whether it was sent
	} {
		t.Run(strconv.Itoa(tt.code), func(t *testing.T) {
			s := newStage(t, wechat.Service, wechattest.Safe)
			s.says(driver, "你好")
			if tt.code != 0 {
				s.api.Fail("custom/send", tt.code, 1)
			}
			err := s.adapter.Push(t.Context(), toUser, "1", hello(1))
			if got := outcome(err); got != tt.want {
				t.Errorf("%v: %s, want %s", err, got, tt.want)
			}
			if got := outcome(s.adapter.Push(t.Context(), toUser, "2", hello(1))); got != tt.next {
				t.Errorf("the next: %s, want %s", got, tt.next)
			}
			if !strings.Contains(s.logged.String(), tt.logged) {
				t.Errorf("the log lacks %q: %s", tt.logged, s.logged)
			}
			if tt.want == "parked" && tt.next == "parked" && s.api.Calls("custom/send") != 1 {
				t.Errorf("%d calls", s.api.Calls("custom/send"))
			}
		})
	}
}

// What a person's act allows: 5 messages in 48 h after a message, 3 in a minute
// after a click, and nothing beyond.
func TestQuota(t *testing.T) {
	for _, tt := range []struct {
		name  string
		acts  func(*stage)
		after time.Duration
		want  int // of 9 pushes
	}{
		{"a message", func(s *stage) { s.says(driver, "你好") }, time.Hour, 5},
		{"a message, two days on", func(s *stage) { s.says(driver, "你好") }, 48 * time.Hour, 0},
		{"a click", func(s *stage) { s.sends(driver, wechattest.Click("help")) }, 30 * time.Second, 3},
		{"a click, a minute on", func(s *stage) { s.sends(driver, wechattest.Click("help")) }, time.Minute, 0},
		{"following", func(s *stage) { s.sends(driver, wechattest.Subscribe("")) }, time.Second, 3},
		{"a scan", func(s *stage) { s.sends(driver, wechattest.Scan("1")) }, time.Second, 3},
		{"a message and a click", func(s *stage) { s.says(driver, "你好"); s.sends(driver, wechattest.Click("help")) }, time.Second, 8},
		{"a message, and a click a minute ago", func(s *stage) { s.says(driver, "你好"); s.sends(driver, wechattest.Click("help")) }, time.Minute, 5},
		{"left", func(s *stage) {
			s.says(driver, "你好")
			s.sends(driver, wechattest.Unsubscribe())
			s.api.Gone(driver)
		}, time.Second, 0},
		{"somebody else", func(s *stage) { s.says("oOTHER", "你好") }, time.Second, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, wechat.Service, wechattest.Safe)
				tt.acts(s)
				time.Sleep(tt.after)
				sent := 0
				for range 9 {
					if s.adapter.Push(t.Context(), toUser, "x", hello(1)) == nil {
						sent++
					}
				}
				if sent != tt.want || len(s.pushed(driver)) != tt.want {
					t.Errorf("%d of 9 were sent, want %d", sent, tt.want)
				}
				// All but the first of those that are too many stay here.
				if n := s.api.Calls("custom/send"); n > tt.want+1 {
					t.Errorf("WeChat was asked %d times", n)
				}
			})
		})
	}
}

// What does not fit into the quota as a whole is not begun.
func TestPushAsAWhole(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	s.says(driver, "你好")
	if err := s.adapter.Push(t.Context(), toUser, "1", hello(12)); outcome(err) != "parked" || len(s.pushed(driver)) != 0 {
		t.Errorf("%v, %d messages", err, len(s.pushed(driver)))
	}
	if err := s.adapter.Push(t.Context(), toUser, "2", hello(10)); err != nil || len(s.pushed(driver)) != 5 {
		t.Errorf("%v, %d messages", err, len(s.pushed(driver)))
	}
}

// A push that failed in the middle goes on there.
func TestPushGoesOn(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	s.says(driver, "你好")
	if err := s.adapter.Push(t.Context(), toUser, "0", nil); err != nil {
		t.Errorf("nothing to say: %v", err)
	}
	s.api.FailAfter("custom/send", -1, 1, 1)
	if got := outcome(s.adapter.Push(t.Context(), toUser, "1", hello(6))); got != "again" {
		t.Errorf("first: %s", got)
	}
	if got := outcome(s.adapter.Push(t.Context(), toUser, "1", hello(6))); got != "sent" {
		t.Errorf("again: %s", got)
	}
	pages := s.pushed(driver)
	if len(pages) != 3 || !strings.HasPrefix(pages[0], "(1/3)") || !strings.HasPrefix(pages[1], "(2/3)") || !strings.HasPrefix(pages[2], "(3/3)") {
		t.Errorf("%d pages: %.20q", len(pages), pages)
	}
}

// A basic account asks WeChat for nothing.
func TestBasicAccountSendsNothing(t *testing.T) {
	s := newStage(t, wechat.Basic, wechattest.Safe, func(c *wechat.Config) { c.AppSecret = "" })
	s.says(driver, "你好")
	if got := outcome(s.adapter.Push(t.Context(), toUser, "1", hello(1))); got != "parked" || s.adapter.Pushes() {
		t.Errorf("%s", got)
	}
	if err := s.adapter.SetMenu(t.Context()); !errors.Is(err, wechat.ErrNoMenu) {
		t.Errorf("menu: %v", err)
	}
	if checks := s.adapter.Diagnose(t.Context()); len(checks) != 0 {
		t.Errorf("%v", checks)
	}
	if s.api.Calls("stable_token")+s.api.Calls("custom/send") != 0 {
		t.Error("WeChat was called")
	}
}

// A long answer: its first page is the reply, the others follow in order, once.
func TestLongAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, wechat.Service, wechattest.Safe)
		s.echo.answer = answering(hello(6)...)
		r, err := s.platform.Prepare(driver, wechattest.Text("1"))
		if err != nil {
			t.Fatal(err)
		}
		o := s.platform.Try(t.Context(), r, 0)
		reads(t, o, "(1/3)")
		time.Sleep(5 * time.Second)
		if again := s.platform.Try(t.Context(), r, 1); again.Text != o.Text {
			t.Errorf("redelivered: %.30q", again.Text)
		}
		time.Sleep(5 * time.Second)
		if pages := s.pushed(driver); len(pages) != 2 || !strings.HasPrefix(pages[0], "(2/3)") || !strings.HasPrefix(pages[1], "(3/3)") {
			t.Errorf("%d pages followed", len(pages))
		}
	})
}

// Where nothing can follow, the next message brings the rest, and a tap does.
func TestLongAnswerOnBasicAccount(t *testing.T) {
	for name, word := range map[string]string{"tap": "结果", "another message": "你好"} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, wechat.Basic, wechattest.Plain)
			s.echo.answer = answering(hello(4)...)
			o := s.says(driver, "1")
			reads(t, o, "还有内容")
			got := strings.Count(o.Text, "章")
			s.echo.answer = answering(bot.Reply{Text: "好的"})
			o = s.says(driver, word)
			reads(t, o)
			if got += strings.Count(o.Text, "章"); got != 1200 {
				t.Errorf("%d of 1200 characters arrived", got)
			}
			if asked := s.echo.count() == 2; asked != (word != "结果") {
				t.Errorf("the bot was asked: %v", asked)
			}
		})
	}
}

// When WeChat does not take the rest after all, it waits as well.
func TestLongAnswerThatCannotFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, wechat.Service, wechattest.Safe)
		s.echo.answer = answering(hello(6)...)
		s.api.Fail("custom/send", 45047, 1)
		reads(t, s.says(driver, "1"), "(1/3)")
		time.Sleep(5 * time.Second)
		s.echo.answer = answering(bot.Reply{Text: "好的"})
		o := s.says(driver, "结果")
		time.Sleep(5 * time.Second)
		if n := strings.Count(o.Text+strings.Join(s.pushed(driver), ""), "章"); n != 1800-2*300 {
			t.Errorf("%d characters arrived behind the first page", n)
		}
	})
}
