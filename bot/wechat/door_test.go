package wechat_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// An echo is a bot that repeats what it is told, and keeps it.
type echo struct {
	mu     sync.Mutex
	heard  []bot.Message
	answer func(context.Context, bot.Message) (bot.Answer, error) // nil: repeats
}

func (e *echo) Handle(ctx context.Context, m bot.Message) (bot.Answer, error) {
	e.mu.Lock()
	e.heard = append(e.heard, m)
	e.mu.Unlock()
	if e.answer != nil {
		return e.answer(ctx, m)
	}
	return bot.Answer{Replies: []bot.Reply{{Text: "你说：" + m.Text + string(m.Event)}}}, nil
}

// answering is a bot that always says the same.
func answering(replies ...bot.Reply) func(context.Context, bot.Message) (bot.Answer, error) {
	return func(context.Context, bot.Message) (bot.Answer, error) { return bot.Answer{Replies: replies}, nil }
}

func (e *echo) last(t testing.TB) bot.Message {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.heard) == 0 {
		t.Fatal("the bot heard nothing")
	}
	return e.heard[len(e.heard)-1]
}

func (e *echo) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}

// A stage is an adapter in front of an echo.
type stage struct {
	*world
	echo *echo
}

func newStage(t testing.TB, account wechat.Account, mode wechattest.Mode, change ...func(*wechat.Config)) *stage {
	t.Helper()
	s := &stage{world: &world{t: t, account: account, logged: &journal{}}, echo: &echo{}}
	s.added.Store(int64(time.Until(worldBegins)))
	s.api = wechattest.NewAPI(appID, secret, s.now)
	s.platform = &wechattest.Platform{URL: "http://bot.example/wechat", Account: "gh_0123456789ab", AppID: appID, Token: token, AESKey: aesKey, Mode: mode, Now: s.now, API: s.api}
	key := s.platform.AESKey
	if mode == wechattest.Plain {
		s.platform.AESKey = ""
	}
	c := s.settings(s.echo)
	for _, f := range change {
		f(&c)
	}
	s.platform.AESKey = key
	var err error
	if s.adapter, err = wechat.New(c); err != nil {
		t.Fatal(err)
	}
	s.door = s.adapter
	s.platform.Client = wechattest.Direct(s.adapter)
	t.Cleanup(func() {
		if err := s.adapter.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// do posts what is given to the door.
func (s *stage) do(method, query, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, httptest.NewRequest(method, "/wechat?"+query, strings.NewReader(body)))
	return w
}

func (s *stage) signed(at time.Time) url.Values {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return url.Values{"timestamp": {stamp}, "nonce": {"n"}, "signature": {wechattest.Sign(token, stamp, "n")}}
}

const plainText = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUSER]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[沪C12345]]></Content><MsgId>1</MsgId></xml>`

func TestURLVerification(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	for _, tt := range []struct {
		name   string
		change func(url.Values)
		want   int
	}{
		{"signed", func(url.Values) {}, 200},
		{"not signed", func(q url.Values) { q.Del("signature") }, 403},
		{"signed by another token", func(q url.Values) { q.Set("signature", wechattest.Sign("other", q.Get("timestamp"), "n")) }, 403},
		{"no echostr", func(q url.Values) { q.Del("echostr") }, 403},
		{"markup for an echo", func(q url.Values) { q.Set("echostr", "<script>") }, 403},
		{"a long echo", func(q url.Values) { q.Set("echostr", strings.Repeat("1", 65)) }, 403},
		{"yesterday's", func(q url.Values) {
			stamp := strconv.FormatInt(s.now().Add(-24*time.Hour).Unix(), 10)
			q.Set("timestamp", stamp)
			q.Set("signature", wechattest.Sign(token, stamp, "n"))
		}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := s.signed(s.now())
			q.Set("echostr", "4375120948345356249")
			tt.change(q)
			resp := s.do(http.MethodGet, q.Encode(), "")
			body, _ := io.ReadAll(resp.Body)
			if resp.Code != tt.want || (tt.want == 200) != (string(body) == "4375120948345356249") {
				t.Errorf("%d %q", resp.Code, body)
			}
			if resp.Header().Get("Content-Type") != "text/plain; charset=utf-8" || resp.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", resp.Header())
			}
		})
	}
}

// Whatever is not WeChat's changes nothing.
func TestRefused(t *testing.T) {
	safe, plain := newStage(t, wechat.Service, wechattest.Safe), newStage(t, wechat.Service, wechattest.Plain)
	sealed := func(s *stage, appID, xml string) (query, body string) {
		p := &wechattest.Platform{URL: "http://x", AppID: appID, Token: token, AESKey: aesKey, Mode: wechattest.Safe, Now: s.now}
		r, err := p.Envelop("oUSER", xml)
		if err != nil {
			t.Fatal(err)
		}
		_, query, _ = strings.Cut(r.URL, "?")
		return query, r.Body
	}
	query, body := sealed(safe, appID, plainText)
	foreignQuery, foreign := sealed(safe, "wxffffffffffffffff", plainText)
	dtdQuery, dtd := sealed(safe, appID, `<!DOCTYPE x>`+plainText)
	without := func(query string, names ...string) string {
		q, _ := url.ParseQuery(query)
		for _, n := range names {
			q.Del(n)
		}
		return q.Encode()
	}
	ok := plain.signed(plain.now()).Encode()
	for _, tt := range []struct {
		name, method string
		s            *stage
		query, body  string
		want         int
	}{
		{"no signature", "POST", plain, "", plainText, 403},
		{"wrong signature", "POST", plain, strings.Replace(ok, "signature=", "signature=0", 1), plainText, 403},
		{"stale", "POST", plain, plain.signed(plain.now().Add(-6 * time.Minute)).Encode(), plainText, 403},
		{"of 1970", "POST", plain, plain.signed(time.Unix(1, 0)).Encode(), plainText, 403},
		{"from the future", "POST", plain, plain.signed(plain.now().Add(6 * time.Minute)).Encode(), plainText, 403},
		{"no number for a time", "POST", plain, url.Values{"timestamp": {"soon"}, "nonce": {"n"}, "signature": {wechattest.Sign(token, "soon", "n")}}.Encode(), plainText, 403},
		{"65 KiB", "POST", plain, ok, strings.Replace(plainText, "沪C12345", strings.Repeat("x", 65<<10), 1), 413},
		{"DTD", "POST", plain, ok, `<!DOCTYPE x>` + plainText, 400},
		{"no XML", "POST", plain, ok, `{"Content":"x"}`, 400},
		{"nobody's", "POST", plain, ok, strings.Replace(plainText, "oUSER", "", 1), 400},
		{"an openid that is none", "POST", plain, ok, strings.Replace(plainText, "oUSER", "../x", 1), 400},
		{"sealed without a key here", "POST", plain, query, body, 403},
		{"PUT", "PUT", plain, ok, plainText, 405},
		{"plain in safe mode", "POST", safe, ok, plainText, 403},
		{"plain in safe mode, called aes", "POST", safe, ok + "&encrypt_type=aes&msg_signature=x", plainText, 403},
		{"downgraded", "POST", safe, without(query, "encrypt_type"), body, 403},
		{"without msg_signature", "POST", safe, without(query, "msg_signature"), body, 403},
		{"tampered with", "POST", safe, query, strings.Replace(body, "<Encrypt><![CDATA[", "<Encrypt><![CDATA[A", 1), 403},
		{"of another app", "POST", safe, foreignQuery, foreign, 403},
		{"DTD within", "POST", safe, dtdQuery, dtd, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := tt.s.echo.count()
			resp := tt.s.do(tt.method, tt.query, tt.body)
			if body, _ := io.ReadAll(resp.Body); resp.Code != tt.want || len(body) > 0 {
				t.Errorf("%d %q, want %d", resp.Code, body, tt.want)
			}
			if tt.s.echo.count() != before {
				t.Error("the bot heard it")
			}
		})
	}
	if resp := safe.do("POST", query, body); resp.Code != 200 || safe.echo.count() != 1 {
		t.Errorf("the same untouched: %d", resp.Code)
	}
}

// A seal that cannot be right, under a signature that is.
func TestBrokenSeals(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	whole, err := wechattest.Seal(aesKey, appID, plainText)
	if err != nil {
		t.Fatal(err)
	}
	for name, sealed := range map[string]string{
		"empty": "", "no base64": "!!!!", "one block": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"half a block": "AAAA", "cut": whole[:44], "other key": strings.ToLower(whole),
	} {
		q := s.signed(s.now())
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", wechattest.Sign(token, q.Get("timestamp"), "n", sealed))
		if resp := s.do("POST", q.Encode(), "<xml><Encrypt>"+sealed+"</Encrypt></xml>"); resp.Code != 403 {
			t.Errorf("%s: %d", name, resp.Code)
		}
	}
	if s.echo.count() != 0 {
		t.Error("the bot heard something")
	}
}

// The three modes as the platform's console has them; in compatible mode only
// what is sealed counts.
func TestModes(t *testing.T) {
	for _, mode := range []wechattest.Mode{wechattest.Plain, wechattest.Compatible, wechattest.Safe} {
		t.Run(string(mode), func(t *testing.T) {
			s := newStage(t, wechat.Service, mode)
			o := s.says("oUSER", "沪C12345 ]]> <b>&amp;")
			reads(t, o, "你说：沪C12345 ]]> <b>&amp;")
			if sealed := strings.Contains(o.Raw, "<Encrypt>"); sealed != (mode != wechattest.Plain) {
				t.Errorf("sealed: %v", sealed)
			}
			m := s.echo.last(t)
			if m.Channel != "wechat" || m.User != "wechat:oUSER" || m.Lang != bot.Chinese || !m.At.After(s.now().Add(-time.Minute)) {
				t.Errorf("%+v", m)
			}
		})
	}
	t.Run("compatible, and no key here", func(t *testing.T) {
		s := newStage(t, wechat.Service, wechattest.Plain)
		s.platform.Mode = wechattest.Compatible
		reads(t, s.says("oUSER", "你好"), "你说：你好")
	})
	t.Run("compatible, the clear part changed", func(t *testing.T) {
		s := newStage(t, wechat.Service, wechattest.Compatible)
		r, _ := s.platform.Prepare("oUSER", wechattest.Text("沪C12345"))
		r.Body = strings.Replace(r.Body, "沪C12345", "沪C99999", 1)
		reads(t, s.platform.Try(t.Context(), r, 0), "你说：沪C12345")
	})
}

// Other people's test clients (webot-cli) send milliseconds, an echostr with
// every message, a constant MsgId, and no Content-Type.
func TestOddSenders(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Plain)
	stamp := strconv.FormatInt(s.now().UnixMilli(), 10)
	q := url.Values{"timestamp": {stamp}, "nonce": {"n"}, "signature": {wechattest.Sign(token, stamp, "n")}, "echostr": {"123"}}
	resp := s.do("POST", q.Encode(), plainText)
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), "你说：沪C12345") {
		t.Errorf("%d %q", resp.Code, body)
	}
	s.do("POST", q.Encode(), strings.Replace(plainText, "oUSER", "oOTHER", 1))
	s.do("POST", q.Encode(), strings.Replace(plainText, "<CreateTime>1<", "<CreateTime>2<", 1))
	keys := map[string]bool{}
	for _, m := range s.echo.heard {
		keys[m.Key] = true
	}
	if len(keys) != 3 {
		t.Errorf("keys %v", keys)
	}
}

// What is said when the bot has nothing to say, fails, or panics.
func TestAnswersOfTheBot(t *testing.T) {
	broken, full := bot.UserText(bot.Chinese, bot.Broken), bot.UserText(bot.Chinese, bot.StoreFull)
	for _, tt := range []struct {
		name   string
		answer func(context.Context, bot.Message) (bot.Answer, error)
		text   string
		raw    string
	}{
		{"nothing", func(context.Context, bot.Message) (bot.Answer, error) { return bot.Answer{}, nil }, "", "success"},
		{"white space", func(context.Context, bot.Message) (bot.Answer, error) {
			return bot.Answer{Replies: []bot.Reply{{Text: " \n\x00 "}}}, nil
		}, "", "success"},
		{"an error with its sentence", func(context.Context, bot.Message) (bot.Answer, error) {
			return bot.Answer{Replies: []bot.Reply{{Text: broken}}}, &bot.Error{Kind: bot.Broken, Err: errors.New("disk")}
		}, broken, ""},
		{"a panic", func(context.Context, bot.Message) (bot.Answer, error) { panic("沪C12345") }, broken, ""},
		{"a store that is too slow three times", func(context.Context, bot.Message) (bot.Answer, error) {
			return bot.Answer{}, context.DeadlineExceeded
		}, broken, ""},
		{"a full store", func(context.Context, bot.Message) (bot.Answer, error) {
			return bot.Answer{Replies: []bot.Reply{{Text: full}}}, &bot.Error{Kind: bot.StoreFull, Err: errors.New("disk")}
		}, full, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, wechat.Service, wechattest.Safe)
			s.echo.answer = tt.answer
			o := s.says("oUSER", "沪C12345")
			reads(t, o, tt.text)
			if tt.raw != "" && o.Raw != tt.raw {
				t.Errorf("raw %q", o.Raw)
			}
			if strings.Contains(s.logged.String(), "C12345") || strings.Contains(s.logged.String(), "oUSER") {
				t.Errorf("logged: %s", s.logged)
			}
		})
	}
}

// A deletion that failed is asked for again.
func TestLeavingIsNotLost(t *testing.T) {
	s := newStage(t, wechat.Service, wechattest.Safe)
	s.echo.answer = func(context.Context, bot.Message) (bot.Answer, error) {
		return bot.Answer{}, errors.New("disk")
	}
	r, _ := s.platform.Prepare("oUSER", wechattest.Unsubscribe())
	if o := s.platform.Try(t.Context(), r, 0); o.Status != 500 {
		t.Errorf("%+v", o)
	}
	s.echo.answer = func(context.Context, bot.Message) (bot.Answer, error) { return bot.Answer{}, nil }
	if o := s.platform.Try(t.Context(), r, 1); o.Raw != "success" {
		t.Errorf("%+v", o)
	}
}

// What failed comes again where that may help: nobody is told of a fault that has
// passed by then, and of one that has not, the last time.
func TestWhatFailedComesAgain(t *testing.T) {
	for failed, elsewhere := range map[error]bool{
		context.DeadlineExceeded: false, context.Canceled: true,
		&bot.Error{Kind: bot.Broken, Err: errors.New("no database")}: true,
	} {
		s := newStage(t, wechat.Service, wechattest.Safe, func(c *wechat.Config) { c.Elsewhere = elsewhere })
		r, _ := s.platform.Prepare("oUSER", wechattest.Text("沪C12345"))
		s.echo.answer = func(context.Context, bot.Message) (bot.Answer, error) {
			return bot.Answer{Replies: []bot.Reply{{Text: "早先的"}, {Text: "故障"}}}, failed
		}
		if o := s.platform.Try(t.Context(), r, 0); o.Status != 500 {
			t.Errorf("%+v", o)
		}
		lost, _ := s.platform.Prepare("oUSER", wechattest.Text("沪C54321"))
		for try, want := range []int{500, 500, 200} {
			if o := s.platform.Try(t.Context(), lost, try); o.Status != want || want == 200 && !strings.Contains(o.Text, bot.UserText(bot.Chinese, bot.Broken)) {
				t.Errorf("%d: %+v", try, o)
			}
		}
		s.echo.answer = func(context.Context, bot.Message) (bot.Answer, error) {
			return bot.Answer{Replies: []bot.Reply{{Text: "回答"}}}, nil
		}
		o := s.platform.Try(t.Context(), r, 1)
		reads(t, o, "回答")
		reads(t, o, "早先的")
		if told := errors.As(failed, new(*bot.Error)); told && strings.Contains(o.Text, "故障") {
			t.Errorf("%q", o.Text)
		}
	}
}
