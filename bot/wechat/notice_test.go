package wechat_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// news is what a notice tells with everything known.
func news() bot.Summary {
	fine, points := 20000, 3
	return bot.Summary{
		Plate: "苏E54321", Count: 1, Fine: &fine, Points: &points,
		At:    time.Date(2026, 11, 20, 8, 5, 0, 0, bot.China),
		Place: "学府路与和平路路口\n东进口第二个信号灯以北一百五十米处", Act: "遇行人正在通过人行横道时未停车让行的", Note: "请尽快处理",
	}
}

// notify pushes news under an id to somebody who has not written for long.
func (s *stage) notify(t *testing.T, id string, news bot.Summary) error {
	t.Helper()
	return s.adapter.Push(t.Context(), toUser, id, []bot.Reply{{Text: "有新违章", News: &news}})
}

func noticeStage(t *testing.T, fields map[string]string) *stage {
	t.Helper()
	return newStage(t, wechat.Service, wechattest.Safe, func(c *wechat.Config) {
		c.Template = wechat.Template{ID: "TPL", URL: "https://example.com/", Fields: fields}
	})
}

// Each value as its field's rule has it.
func TestNotice(t *testing.T) {
	s := noticeStage(t, map[string]string{
		"car_number1": "plate", "time2": "time", "thing3": "place", "thing4": "act", "amount5": "money",
		"character_string6": "points", "number7": "count", "phrase8": "note", "thing9": "points", "const10": "note", "short_thing11": "note", "date12": "time",
	})
	if err := s.notify(t, "n1", news()); err != nil {
		t.Fatal(err)
	}
	sent := s.api.Sent("template")
	if len(sent) != 1 || sent[0].To != driver || sent[0].Template != "TPL" || sent[0].ClientID != "n1" || sent[0].URL != "https://example.com/" {
		t.Fatalf("%+v", sent)
	}
	want := map[string]string{
		"car_number1": "苏E54321", "time2": "2026年11月20日 08:05", "thing3": "学府路与和平路路口 东进口第二个信号灯…",
		"thing4": "遇行人正在通过人行横道时未停车让行的", "amount5": "200元", "character_string6": "3", "number7": "1",
		"phrase8": "请尽快处理", "thing9": "3", "const10": "请尽快处理", "short_thing11": "请尽快处理", "date12": "2026年11月20日 08:05",
	}
	if diff := cmp.Diff(want, sent[0].Data); diff != "" {
		t.Error(diff)
	}
}

// What is not known is said in words, or, where a field takes none, not sent as
// a template: an unknown fine is not 0.
func TestNoticeOfUnknown(t *testing.T) {
	for field, tt := range map[string]struct{ source, want string }{
		"thing1": {"money", "未提供"}, "thing2": {"time", "未提供"}, "character_string3": {"points", "-"}, "phrase4": {"note", "未提供"},
		"amount5": {"money", ""}, "number6": {"points", ""}, "time7": {"time", ""}, "const8": {"note", ""}, "car_number9": {"plate", ""},
	} {
		t.Run(field, func(t *testing.T) {
			s := noticeStage(t, map[string]string{field: tt.source})
			err := s.notify(t, "n1", bot.Summary{Note: "\x00 \n"})
			if tt.want == "" {
				if !errors.Is(err, bot.ErrParked) || !strings.Contains(err.Error(), field) || s.api.Calls("template/send") != 0 {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := s.api.Sent("template")[0].Data[field]; got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Values that nobody expected never lead to 47003.
func TestNoticeOfAnything(t *testing.T) {
	odd := []string{"", " ", "\x00", strings.Repeat("长", 300), "a\nb\tc", "👍", "\xff", "<b>", "京A·12345(临)", strings.Repeat("9", 50)}
	for _, value := range odd {
		s := noticeStage(t, map[string]string{"thing1": "place", "thing2": "act", "short_thing3": "note", "phrase4": "note", "character_string5": "money"})
		huge := 1 << 60
		if err := s.notify(t, strings.Repeat("n", 99), bot.Summary{Place: value, Act: value, Note: value, Fine: &huge}); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// A repetition under the same id reaches nobody twice, whatever became of the
// first.
func TestNoticeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := noticeStage(t, map[string]string{"car_number1": "plate"})
		s.api.Delay("template/send", time.Minute)
		if got := outcome(s.notify(t, "n1", news())); got != "again" {
			t.Errorf("timed out: %s", got)
		}
		s.api.Delay("template/send", 0)
		for range 2 {
			if err := s.notify(t, "n1", news()); err != nil {
				t.Error(err)
			}
		}
		if n := len(s.api.Sent("template")); n != 1 {
			t.Errorf("%d were sent", n)
		}
	})
}

func TestNoticeOutcomes(t *testing.T) {
	for code, tt := range map[int]struct{ want, next string }{
		-1: {"again", "sent"}, 40001: {"sent", "sent"}, 40003: {"gone", "sent"}, 43004: {"gone", "sent"}, 43019: {"gone", "sent"}, 43101: {"parked", "sent"},
		45009: {"parked", "parked"}, 45011: {"in 1m0s", "sent"}, 47003: {"parked", "sent"}, 40037: {"parked", "sent"}, 48001: {"parked", "parked"},
		502: {"again", "sent"},
	} {
		s := noticeStage(t, map[string]string{"car_number1": "plate"})
		s.api.Fail("template/send", code, 1)
		if got := outcome(s.notify(t, "n1", news())); got != tt.want {
			t.Errorf("%d: %s, want %s", code, got, tt.want)
		}
		if got := outcome(s.notify(t, "n1", news())); got != tt.next {
			t.Errorf("%d: then %s, want %s", code, got, tt.next)
		}
		s.says(driver, "你好")
		if got := outcome(s.adapter.Push(t.Context(), toUser, "1", hello(1))); got != "sent" {
			t.Errorf("%d: a customer message is %s", code, got)
		}
	}
	s := newStage(t, wechat.Service, wechattest.Safe)
	if got := outcome(s.notify(t, "n1", news())); got != "parked" {
		t.Errorf("without a template: %s", got)
	}
}

// Which road a push takes: the text where it may be sent, else the form, but
// never a form beside a text that may have arrived, nor one that says less.
func TestPushRoads(t *testing.T) {
	form := news()
	for name, tt := range map[string]struct {
		before      func(*stage)
		replies     []bot.Reply
		want        string
		texts, form int
	}{
		"somebody who wrote": {func(s *stage) { s.says(driver, "你好") }, []bot.Reply{{Text: "新违章", News: &form}}, "sent", 1, 0},
		"somebody silent":    {func(*stage) {}, []bot.Reply{{Text: "新违章", News: &form}}, "sent", 0, 1},
		"quota used up": {func(s *stage) { s.says(driver, "你好"); s.api.Fail("custom/send", 45047, 1) },
			[]bot.Reply{{Text: "新违章", News: &form}}, "sent", 0, 1},
		"the account may not send texts": {func(s *stage) { s.says(driver, "你好"); s.api.Fail("custom/send", 48001, 1) },
			[]bot.Reply{{Text: "新违章", News: &form}}, "sent", 0, 1},
		"the text may have arrived": {func(s *stage) { s.says(driver, "你好"); s.api.Fail("custom/send", 502, 1) },
			[]bot.Reply{{Text: "新违章", News: &form}}, "parked", 0, 0},
		"a part of the text arrived": {func(s *stage) { s.says(driver, "你好"); s.api.FailAfter("custom/send", 45047, 1, 1) },
			[]bot.Reply{{Text: hello(6)[0].Text, News: &form}}, "parked", 1, 0},
		"more than the form says": {func(*stage) {}, []bot.Reply{{Text: "新违章", News: &form}, {Text: "号码不符"}}, "parked", 0, 0},
		"two forms":               {func(*stage) {}, []bot.Reply{{Text: "一", News: &form}, {Text: "二", News: &form}}, "sent", 0, 2},
		"gone": {func(s *stage) { s.says(driver, "你好"); s.api.Fail("custom/send", 43004, 1) },
			[]bot.Reply{{Text: "新违章", News: &form}}, "gone", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := noticeStage(t, map[string]string{"car_number1": "plate"})
			tt.before(s)
			if got := outcome(s.adapter.Push(t.Context(), toUser, "p1", tt.replies)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if n := len(s.pushed(driver)); n != tt.texts {
				t.Errorf("%d texts, want %d", n, tt.texts)
			}
			if n := len(s.api.Sent("template")); n != tt.form {
				t.Errorf("%d forms, want %d", n, tt.form)
			}
		})
	}
}

// Two forms that failed between them go on with the second.
func TestFormsGoOn(t *testing.T) {
	s := noticeStage(t, map[string]string{"car_number1": "plate"})
	form := news()
	replies := []bot.Reply{{Text: "一", News: &form}, {Text: "二", News: &form}}
	s.api.FailAfter("template/send", -1, 1, 1)
	if got := outcome(s.adapter.Push(t.Context(), toUser, "p1", replies)); got != "again" {
		t.Errorf("first: %s", got)
	}
	if got := outcome(s.adapter.Push(t.Context(), toUser, "p1", replies)); got != "sent" || len(s.api.Sent("template")) != 2 {
		t.Errorf("then: %s, %d forms", got, len(s.api.Sent("template")))
	}
}

// A file cannot be sent, and the person reads that.
func TestFilesAreRefusedInWords(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	s.echo.answer = answering(bot.Reply{Text: "导出完成", Files: []bot.File{{Name: "a.csv", Data: []byte("x")}}})
	reads(t, s.says(driver, "导出"), "导出完成", "不能发送文件")
}

// All faults at once, each with its key and what to do, and no secret.
func TestConfig(t *testing.T) {
	good := func() wechat.Config {
		return wechat.Config{AppID: appID, AppSecret: secret, Token: token, AESKey: aesKey, Account: wechat.Service, Bot: &echo{}}
	}
	for name, tt := range map[string]struct {
		change func(*wechat.Config)
		want   []string // "" for none
	}{
		"good":   {func(*wechat.Config) {}, nil},
		"plain":  {func(c *wechat.Config) { c.AESKey = "" }, nil},
		"a fake": {func(c *wechat.Config) { c.APIBase = "http://127.0.0.1:8900" }, nil},
		"basic":  {func(c *wechat.Config) { c.Account, c.AppSecret = wechat.Basic, "" }, nil},
		"empty":  {func(c *wechat.Config) { *c = wechat.Config{} }, []string{"app_id", "token", `account: ""`, "bot: missing"}},
		"everything": {func(c *wechat.Config) {
			c.AppID, c.Token, c.AESKey, c.AppSecret, c.APIBase, c.MaxClockSkew = "a b", "x", "SECRETkey", "", "ftp://x", time.Second
		}, []string{"app_id", "token", "aes_key", "app_secret", "api_base", "max_clock_skew"}},
		"http far away": {func(c *wechat.Config) { c.APIBase = "http://example.com" }, []string{"api_base: must be https"}},
		"a password":    {func(c *wechat.Config) { c.APIBase = "https://u:SECRETpw@example.com" }, []string{"api_base: must be a URL"}},
		"aes_key":       {func(c *wechat.Config) { c.AESKey = aesKey + "=" }, []string{"aes_key: must be the 43"}},
		"no such field": {func(c *wechat.Config) {
			c.Template = wechat.Template{ID: "x", Fields: map[string]string{"first": "plate"}}
		}, []string{"template.fields.first: no kind"}},
		"no such value": {func(c *wechat.Config) {
			c.Template = wechat.Template{ID: "x", Fields: map[string]string{"thing1": "colour"}}
		}, []string{`template.fields.thing1: "colour" is none of`}},
		"does not fit": {func(c *wechat.Config) {
			c.Template = wechat.Template{ID: "x", Fields: map[string]string{"amount1": "place", "time2": "plate"}}
		}, []string{"template.fields.amount1", "only money", "template.fields.time2", "only time"}},
		"no fields": {func(c *wechat.Config) { c.Template = wechat.Template{ID: "x"} }, []string{"template.fields: missing"}},
		"wrong account": {func(c *wechat.Config) {
			c.Account = wechat.Subscription
			c.Template = wechat.Template{ID: "x", Fields: map[string]string{"thing1": "plate"}}
		}, []string{"template.id: only a certified"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := good()
			tt.change(&c)
			a, err := wechat.New(c)
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				a.Close(t.Context())
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "wechat: ") {
					t.Errorf("line %q", line)
				}
			}
			if strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), secret) {
				t.Errorf("a secret is told: %v", err)
			}
		})
	}
}
