package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// One token for all, fetched by one, and fetched again before it ends.
func TestToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, wechat.Service, wechattest.Safe)
		s.api.Delay("stable_token", time.Second)
		var senders sync.WaitGroup
		for i := range 5 {
			senders.Go(func() {
				user := fmt.Sprintf("oUSER%d", i)
				s.says(user, "你好")
				if err := s.adapter.Push(context.Background(), bot.UserID("wechat:"+user), "1", hello(1)); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		if n := s.api.Calls("stable_token"); n != 1 {
			t.Errorf("%d tokens were fetched", n)
		}
		time.Sleep(2 * time.Hour)
		s.says(driver, "你好")
		if err := s.adapter.Push(t.Context(), toUser, "1", hello(1)); err != nil || s.api.Calls("stable_token") != 2 {
			t.Errorf("%v, %d tokens", err, s.api.Calls("stable_token"))
		}
	})
}

// A token that WeChat refuses is replaced once: never more, and never forgotten.
func TestTokenRefused(t *testing.T) {
	for _, code := range []int{40001, 40014, 42001} {
		s := newStage(t, wechat.Service, wechattest.Safe)
		s.says(driver, "你好")
		s.api.Fail("custom/send", code, 2)
		if err := s.adapter.Push(t.Context(), toUser, "1", hello(1)); outcome(err) != "again" || s.api.Calls("custom/send") != 2 {
			t.Errorf("%d twice: %v after %d calls", code, err, s.api.Calls("custom/send"))
		}
		if err := s.adapter.Push(t.Context(), toUser, "1", hello(1)); err != nil {
			t.Errorf("%d: then %v", code, err)
		}
	}
}

// Whoever waits for a token waits as long as their own context, however long
// WeChat takes.
func TestTokenContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, wechat.Service, wechattest.Safe)
		s.says(driver, "你好")
		s.api.Delay("stable_token", time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := s.adapter.Push(ctx, toUser, "1", hello(1))
		if took := time.Since(began); took > 400*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) || outcome(err) != "again" {
			t.Errorf("%v after %v", err, took)
		}
		s.api.Delay("stable_token", 0)
		time.Sleep(15 * time.Second)
		if err := s.adapter.Push(t.Context(), toUser, "1", hello(1)); err != nil {
			t.Error(err)
		}
	})
}

// Answers that are none, and a network that is not there.
func TestFaultsOfTheAPI(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		want   string
	}{
		"no members":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }, "holds none"},
		"a page":        {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) }, "no JSON"},
		"nothing":       {func(http.ResponseWriter, *http.Request) {}, "no JSON"},
		"endless":       {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", 2<<20), `{}`) }, "no JSON"},
		"another shape": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"access_token":[1],"expires_in":7200}`) }, "another shape"},
		"502":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "HTTP status 502"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere/", http.StatusFound)
		}, "HTTP status 302"},
		"cut off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "unexpected EOF"},
		"IP not whitelisted": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"errcode":40164,"errmsg":"invalid ip 192.0.2.1"}`)
		}, "IP白名单"},
		"wrong secret": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"errcode":40125,"errmsg":"invalid appsecret `+secret+`"}`)
		}, "check app_secret"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, wechat.Service, wechattest.Safe, func(c *wechat.Config) {
				c.HTTPClient = wechattest.Direct(http.HandlerFunc(tt.answer))
			})
			s.says(driver, "你好")
			err := s.adapter.Push(t.Context(), toUser, "1", hello(1))
			if outcome(err) != "again" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if strings.Contains(err.Error()+s.logged.String(), secret) {
				t.Errorf("the secret is told: %v", err)
			}
		})
	}
}

// Nobody is at home at the API's address: nothing was sent, so it is tried again.
func TestUnreachable(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe, func(c *wechat.Config) {
		c.HTTPClient, c.APIBase = nil, "http://127.0.0.1:1"
	})
	s.says(driver, "你好")
	err := s.adapter.Push(t.Context(), toUser, "1", hello(1))
	if outcome(err) != "again" || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}

// The menu: three words, set once, and looked at by doctor.
func TestMenu(t *testing.T) {
	s := newStage(t, wechat.Subscription, wechattest.Safe)
	s.api.SetAccount(wechattest.Subscription)
	checks := func() string {
		var all []string
		for _, c := range s.adapter.Diagnose(t.Context()) {
			all = append(all, fmt.Sprintf("%s %v %v", c.Name, c.Err, c.Fixable))
		}
		return strings.Join(all, "; ")
	}
	if got := checks(); got != "token <nil> false; account <nil> false; menu wechat: there is no menu yet true" {
		t.Error(got)
	}
	if err := s.adapter.SetMenu(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"name":"查违章"`, `"name":"我的车"`, `"name":"帮助"`, `"type":"click"`, `"key":"query"`} {
		if !strings.Contains(s.api.Menu(), want) {
			t.Errorf("the menu lacks %s: %s", want, s.api.Menu())
		}
	}
	if got := checks(); got != "token <nil> false; account <nil> false; menu <nil> false" {
		t.Error(got)
	}
	s.api.Fail("menu/create", 48001, 1)
	if err := s.adapter.SetMenu(t.Context()); err == nil || !strings.Contains(err.Error(), "check account") {
		t.Error(err)
	}
	s.api.Fail("menu/get", 48001, 1)
	if got := checks(); !strings.Contains(got, "errcode 48001") || strings.Contains(got, "true") {
		t.Error(got)
	}
	s = newStage(t, wechat.Service, wechattest.Safe, func(c *wechat.Config) { c.AppSecret = "wrong" })
	if got := checks(); !strings.Contains(got, "token wechat: /cgi-bin/stable_token: errcode 40125") {
		t.Error(got)
	}
}

// Two accounts in one process do not take each other's messages for their own.
func TestTwoAccounts(t *testing.T) {
	one, two := newStage(t, wechat.Service, wechattest.Safe), newStage(t, wechat.Service, wechattest.Plain)
	one.says(driver, "你好")
	two.says(driver, "你好")
	var both sync.WaitGroup
	for range 5 {
		both.Go(func() { one.adapter.Push(context.Background(), toUser, "1", hello(1)) })
		both.Go(func() { two.adapter.Push(context.Background(), toUser, "1", hello(1)) })
	}
	both.Wait()
	if n, m := len(one.pushed(driver)), len(two.pushed(driver)); n != 5 || m != 5 {
		t.Errorf("%d and %d", n, m)
	}
}

// No secret and nobody's data in any line of the log, whatever happens.
func TestNothingSecretIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechat.Service, wechattest.Safe)
		w.api.Photo(photo, `"plate_num":"苏E54321","vin":"LZZDEM201JG654321","engine_num":"G4KD123456"`)
		for _, path := range []string{"custom/send", "custom/typing", "cv/ocr/driving", "stable_token"} {
			for _, code := range []int{-1, 40001, 40003, 40164, 45009, 45047, 48001, 502} {
				w.api.Fail(path, code, 1)
			}
		}
		w.slow(7 * time.Second)
		for range 6 {
			w.sends(driver, wechattest.Image(photo))
			w.says(driver, ask+" "+digits)
			time.Sleep(time.Minute)
		}
		w.says("bad openid", "x")
		w.sends(driver, wechattest.Unsubscribe())
		log := w.logged.String()
		if len(log) < 500 {
			t.Errorf("hardly anything was logged: %s", log)
		}
		for _, canary := range []string{secret, token, aesKey, "canary", driver, driver[4:], "54321", "654321", "123456", "qpic"} {
			if i := strings.Index(log, canary); i >= 0 {
				t.Errorf("%s is logged: …%s", canary, log[max(0, i-100):i+20])
			}
		}
	})
}
