package wechattest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

func TestSeal(t *testing.T) {
	for _, text := range []string{"", "x", strings.Repeat("长", 1000)} {
		sealed, err := Seal(key, "wx1", text)
		if err != nil {
			t.Fatal(err)
		}
		got, id, err := Unseal(key, sealed)
		if err != nil || got != text || id != "wx1" {
			t.Errorf("%q of %q, %v", got, id, err)
		}
	}
	for name, sealed := range map[string]string{"empty": "", "no base64": "!", "nothing sealed": strings.Repeat("A", 44)} {
		if _, _, err := Unseal(key, sealed); err == nil {
			t.Errorf("%s: unsealed", name)
		}
	}
	if _, err := Seal("short", "wx1", "x"); err == nil {
		t.Error("sealed with a key that is none")
	}
}

// The signature of the platform's own example is not published; this one is
// sha1("aaabbbccc").
func TestSign(t *testing.T) {
	if got := Sign("ccc", "aaa", "bbb"); got != Sign("aaa", "bbb", "ccc") || len(got) != 40 {
		t.Error(got)
	}
}

func TestShow(t *testing.T) {
	b := Show(`对吗` + "\u200b" + ` <a href="weixin://bizmsgmenu?msgmenucontent=是&msgmenuid=1">好</a> <a href="http://x">y</a>`)
	if b.Text != `对吗 好 <a href="http://x">y</a>` || len(b.Taps) != 1 || b.Taps[0] != (Link{Label: "好", Sends: "是", ID: "1"}) {
		t.Errorf("%+v", b)
	}
}

// The rules of delivery, with bots that keep to them and bots that do not.
func TestDelivery(t *testing.T) {
	passive := func(text string) string {
		return `<xml><ToUserName>oUSER</ToUserName><FromUserName>gh</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content><![CDATA[` + text + `]]></Content></xml>`
	}
	for _, tt := range []struct {
		name   string
		bot    func(try int, w http.ResponseWriter, r *http.Request)
		tries  int
		text   string
		banner string
		took   time.Duration
	}{
		{"answers", func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, passive("您好")) }, 1, "您好", "", 0},
		{"success", func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "success") }, 1, "", "", 0},
		{"nothing", func(int, http.ResponseWriter, *http.Request) {}, 1, "", "", 0},
		{"always late", func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 3, "", "no answer", 15 * time.Second},
		{"late once", func(try int, w http.ResponseWriter, r *http.Request) {
			if try == 1 {
				<-r.Context().Done()
			}
			io.WriteString(w, passive("您好"))
		}, 2, "您好", "", 5 * time.Second},
		{"500 once", func(try int, w http.ResponseWriter, _ *http.Request) {
			if try == 1 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			io.WriteString(w, passive("您好"))
		}, 2, "您好", "", 5 * time.Second},
		{"crashes", func(int, http.ResponseWriter, *http.Request) { panic("x") }, 3, "", "no answer", 15 * time.Second},
		{"JSON", func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{}`) }, 1, "", "no XML", 0},
		{"empty text", func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, passive("")) }, 1, "", "empty", 0},
		{"too long", func(_ int, w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, passive(strings.Repeat("长", 683)))
		}, 1, "", "2049 bytes", 0},
		{"control character", func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, passive("a\x01")) }, 1, "", "malformed", 0},
		{"for somebody else", func(_ int, w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Replace(passive("a"), "oUSER", "oOTHER", 1))
		}, 1, "", "somebody else", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				try, bodies := 0, map[string]bool{}
				p := &Platform{URL: "http://bot.example/", Account: "gh", AppID: "wx1", Token: "t", Mode: Plain, Client: Direct(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					mu.Lock()
					bodies[r.RequestURI+string(body)] = true
					try++
					this := try
					mu.Unlock()
					tt.bot(this, w, r)
				}))}
				began := time.Now()
				o, err := p.Deliver(context.Background(), "oUSER", Text("x"))
				if err != nil {
					t.Fatal(err)
				}
				if o.Tries != tt.tries || (tt.banner == "") != (o.Banner == "") || !strings.Contains(o.Banner, tt.banner) || tt.banner == "" && o.Text != tt.text {
					t.Errorf("%+v", o)
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v", took)
				}
				mu.Lock()
				defer mu.Unlock()
				if len(bodies) != 1 {
					t.Error("the tries differ")
				}
			})
		})
	}
}

// A caller who does as the documents say, and one who does not.
func TestAPI(t *testing.T) {
	now := time.Now()
	a := NewAPI("wx1", "s", func() time.Time { return now })
	post := func(path, body string) string {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w.Body.String()
	}
	ask := func(appid, secret string) string {
		return post("/cgi-bin/stable_token", `{"grant_type":"client_credential","appid":"`+appid+`","secret":"`+secret+`"}`)
	}
	send := func() string {
		return post("/cgi-bin/message/custom/send?access_token="+a.currentToken(), `{"touser":"o1","msgtype":"text","text":{"content":"x"}}`)
	}
	expect := func(name, got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	expect("before any token", send(), "40001")
	expect("other app", ask("wx2", "s"), "40013")
	expect("other secret", ask("wx1", "x"), "40125")
	first := ask("wx1", "s")
	expect("token", first, `"expires_in":7200`)
	expect("the same token", ask("wx1", "s"), first)
	expect("to a stranger", send(), "45015")
	a.acted("o1", messageQuota)
	for range 5 {
		expect("within the quota", send(), `"errcode":0`)
	}
	expect("one too many", send(), "45047")
	now = now.Add(30 * time.Second)
	a.acted("o1", eventQuota)
	for range 3 {
		expect("after a click", send(), `"errcode":0`)
	}
	expect("one too many", send(), "45047")
	a.acted("o1", messageQuota)
	now = now.Add(48 * time.Hour)
	expect("new token", ask("wx1", "s"), "TOKEN-0002")
	expect("two days later", send(), "45015")
	a.acted("o1", messageQuota)
	a.Gone("o1")
	expect("gone", send(), "45015")
	a.acted("o1", messageQuota)
	a.Expire()
	expect("somebody forced a token", post("/cgi-bin/message/custom/send?access_token=TOKEN-0002-canary", "{}"), "40001")
	a.FailAfter("custom/send", -1, 1, 1)
	expect("the next", send(), `"errcode":0`)
	expect("then", send(), `"errcode":-1`)
	expect("then", send(), `"errcode":0`)
	a.acted("o2", messageQuota)
	typing := func() string {
		return post("/cgi-bin/message/custom/typing?access_token="+a.currentToken(), `{"touser":"o2","command":"Typing"}`)
	}
	expect("typing", typing(), `"errcode":0`)
	expect("typing twice", typing(), "45081")
	now = now.Add(time.Minute)
	expect("typing late", typing(), "45080")
	notice := func(field, value string) string {
		return post("/cgi-bin/message/template/send?access_token="+a.currentToken(), `{"touser":"o1","template_id":"T","data":{"`+field+`":{"value":"`+value+`"}}}`)
	}
	expect("an amount", notice("amount1", "200元"), `"msgid"`)
	expect("no amount", notice("amount1", "二百"), "data.amount1.value invalid")
	expect("no such kind", notice("first", "x"), "47003")
	expect("empty", notice("thing1", ""), "47003")
	expect("21 characters", notice("thing1", strings.Repeat("长", 21)), "47003")
	list := func() string {
		r := httptest.NewRequest(http.MethodGet, "/cgi-bin/template/get_all_private_template?access_token="+a.currentToken(), nil)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w.Body.String()
	}
	expect("no templates", list(), `{"template_list":[]}`)
	a.AddTemplate("U", "{{thing1.DATA}}")
	expect("a template", list(), `"template_id":"U"`)
	expect("another template", notice("thing1", "x"), "40037")
	a.SetAccount(Subscription)
	expect("templates of a 公众号", list(), "48001")
	a.acted("o1", messageQuota)
	expect("customer messages of a 公众号", send(), `"errcode":0`)
	a.SetAccount(Personal)
	expect("customer messages of a person", send(), "48001")
	a.SetAccount(BareService)
	expect("a menu of an uncertified 服务号", post("/cgi-bin/menu/create?access_token="+a.currentToken(), "{}"), `"errcode":0`)
	if len(a.Sent("text")) != 11 || len(a.Sent("typing")) != 1 || len(a.Sent("template")) != 1 {
		t.Errorf("%d sent", len(a.Sent("")))
	}
}
