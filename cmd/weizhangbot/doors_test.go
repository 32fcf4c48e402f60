package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// A webhook is the configuration in which both platforms have a door.
const withWebhook = "telegram: {token: '" + tgToken + "', api_base: 'TELEGRAM', mode: webhook, webhook_url: 'https://bot.example/telegram', webhook_secret: " + tgSecret + "}\n"

// send makes a request with headers that are written name, value.
func send(t *testing.T, method, address string, body io.Reader, header ...string) (status int, text string, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

// signedNow is the query of a request that WeChat has signed.
func signedNow() string {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	return url.Values{"timestamp": {stamp}, "nonce": {"n"}, "signature": {wechattest.Sign(wxToken, stamp, "n")}}.Encode()
}

// What is not there is not there, by any method, and says nothing of the program.
func TestDoorsAreFew(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe, withWebhook)
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"}
	paths := []string{"/", "/metrics", "/debug/pprof/", "/backup", "/admin", "/import", "/export", "/calendar", "/costs", "/.env", "/.git/config", "/wechat/", "//wechat", "/wechat%2f", "/telegram/../wechat", "/robots.txt"}
	for _, method := range methods {
		for _, path := range paths {
			if method == "CONNECT" && path != "/" {
				continue
			}
			status, text, h := send(t, method, r.url+path, nil)
			if status != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, path, status)
			}
			if all := fmt.Sprint(h) + text; strings.Contains(strings.ToLower(all), "weizhang") || h.Get("Server") != "" || h.Get("Location") != "" {
				t.Errorf("%s %s tells %s", method, path, all)
			}
		}
	}
	r.end()
}

// A flood of forged requests reads statuses alone, costs a few lines in the log, and keeps
// no message of the platform out that comes from the same address.
func TestFloodOfForgedRequests(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe, withWebhook)
	const flood = 1200
	got, heard := map[int]int{}, 0
	began := time.Now()
	for i := range flood {
		path := []string{"/wechat?signature=x&timestamp=1&nonce=n", "/telegram", "/nothing"}[i%3]
		// Nobody trusts this machine, so what it says of others is nothing.
		status, text, _ := send(t, "POST", r.url+path, strings.NewReader("x"), "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i%256), "X-Telegram-Bot-Api-Secret-Token", "guess")
		got[status]++
		if text != "" {
			heard++
		}
	}
	each := time.Since(began) / flood
	if got[403] != flood/3 || got[401] != flood/3 || got[404] != flood/3 || heard > 60 {
		t.Errorf("answers %v, %d of them with a body", got, heard)
	}
	if lines := strings.Count(r.log.String(), "\n"); lines > 60 {
		t.Errorf("%d lines in the log", lines)
	}
	answer, err := o.platform(r, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("帮助"))
	if err != nil || answer.Banner != "" || answer.Text == "" {
		t.Errorf("a driver in the middle of it: %+v, %v", answer, err)
	}
	t.Logf("%d forged requests: %v each, client included; %v", flood, each, got)
	r.end()
}

// Behind a proxy that is trusted, people are told apart.
func TestFloodBehindAProxy(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_SERVER_TRUSTED_PROXIES=127.0.0.1,::1", "WEIZHANG_LIMITS_REFUSALS_PER_ADDRESS_PER_MINUTE=3"}, withSafe)
	knock := func(from string) (heard bool) {
		status, text, _ := send(t, "POST", r.url+"/nothing", nil, "X-Forwarded-For", from)
		if status != http.StatusNotFound {
			t.Errorf("from %s: %d", from, status)
		}
		return text != ""
	}
	for i, heard := range []bool{true, true, true, false, false} {
		if got := knock(fmt.Sprintf("198.51.100.%d, 203.0.113.7", i)); got != heard {
			t.Errorf("knock %d: hears why: %v, want %v", i+1, got, heard)
		}
	}
	if !knock("203.0.113.8") {
		t.Error("somebody else hears nothing")
	}
	r.end()
}

// Bodies that are too big, too deep or not what they say are refused at once,
// and nothing is inflated.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_LIMITS_REFUSALS_PER_ADDRESS_PER_MINUTE=0"}, withWeChat, withWebhook)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(bytes.Repeat([]byte("<xml>"), 4<<20)); err != nil {
		t.Fatal(err)
	}
	_ = z.Close()
	deep := strings.Repeat("<x>", 21_000)
	secret := []string{"X-Telegram-Bot-Api-Secret-Token", tgSecret}
	for _, tt := range []struct {
		name, path, body string
		header           []string
		want             int
	}{
		{"65 KiB at WeChat's", "/wechat?" + signedNow(), strings.Repeat("x", 65<<10), nil, 413},
		{"65 KiB, not signed", "/wechat", strings.Repeat("x", 65<<10), nil, 403},
		{"20 MiB that inflate", "/wechat?" + signedNow(), bomb.String(), []string{"Content-Encoding", "gzip"}, 400},
		{"21,000 levels", "/wechat?" + signedNow(), deep, nil, 400},
		{"a DTD", "/wechat?" + signedNow(), `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml>&b;</xml>`, nil, 400},
		{"2 MiB at Telegram's", "/telegram", strings.Repeat(" ", 2<<20), secret, 413},
		{"2 MiB without the secret", "/telegram", strings.Repeat(" ", 2<<20), nil, 401},
		{"that inflate, at Telegram's", "/telegram", bomb.String(), append([]string{"Content-Encoding", "gzip"}, secret...), 200}, // read as nonsense, and not sent again
		{"21,000 levels at Telegram's", "/telegram", strings.Repeat("[", 21_000), secret, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			most := 50 * time.Millisecond
			if len(tt.body) > 1<<20 {
				most = time.Second // which is read up to its limit
			}
			best := time.Hour
			for try := 0; try < 5 || best > most && try < 100; try++ { // others may be busy here
				began := time.Now()
				status, _, _ := send(t, "POST", r.url+tt.path, strings.NewReader(tt.body), tt.header...)
				best = min(best, time.Since(began))
				if status != tt.want {
					t.Errorf("%d, want %d", status, tt.want)
				}
			}
			if best > most {
				t.Errorf("answered after %v at best", best)
			}
			t.Logf("%v", best.Round(10*time.Microsecond))
		})
	}
	r.end()
}

// Whoever dawdles is hung up on: in the headers after 5 s, in the body after 10.
func TestSlowClientsAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withWeChat)
	for _, tt := range []struct {
		name, begins string
		most         time.Duration
	}{
		{"in the headers", "POST /wechat HTTP/1.1\r\nHost: x\r\n", 8 * time.Second},
		{"in the body", "POST /wechat?" + signedNow() + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<xml>", 13 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			began := time.Now()
			if err := c.SetDeadline(began.Add(tt.most)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, tt.begins); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(c); err != nil {
				t.Errorf("still open after %v: %v", time.Since(began), err)
			}
			t.Logf("closed after %v", time.Since(began).Round(100*time.Millisecond))
		})
	}
}

// The operators' door, with and without a token.
func TestAdminDoor(t *testing.T) {
	t.Parallel()
	const token = "canary-admin-token"
	for _, tt := range []struct {
		name, token, method, path string
		header                    []string
		want                      int
	}{
		{"a browser", "", "GET", "/costs", nil, 401},
		{"a program on this machine", "", "GET", "/costs", []string{admin.Header, "1"}, 200},
		{"a name that leads here", "", "GET", "/costs", []string{admin.Header, "1", "Host", "evil.example"}, 401},
		{"a page that posts", "", "POST", "/import", []string{"Origin", "https://evil.example", "Content-Type", "text/plain"}, 401},
		{"a page that asks first", "", "OPTIONS", "/import", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 401},
		{"a page with the header", "", "POST", "/import", []string{admin.Header, "1", "Origin", "https://evil.example"}, 403},
		{"the token", token, "GET", "/costs", []string{"Authorization", "Bearer " + token}, 200},
		{"another token", token, "GET", "/costs", []string{"Authorization", "Bearer " + token + "x"}, 401},
		{"half of it", token, "GET", "/costs", []string{"Authorization", "Bearer " + token[:9]}, 401},
		{"no token", token, "GET", "/costs", []string{admin.Header, "1"}, 401},
		{"the token in the address", token, "GET", "/costs?token=" + token, nil, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			r := o.serveWith([]string{"WEIZHANG_SERVER_ADMIN_TOKEN=" + tt.token}, withSafe)
			status, _, h := send(t, tt.method, "http://"+adminAt(t, r)+tt.path, nil, tt.header...)
			if status != tt.want {
				t.Errorf("%d, want %d", status, tt.want)
			}
			if h.Get("Access-Control-Allow-Origin") != "" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Errorf("headers %v", h)
			}
			r.end()
		})
	}
}

// Admins ask in private; whoever is none reads what any unknown command leads to,
// and a group reads what any group does.
func TestAdminWordsOfOthers(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe, withTelegram, "admins: ['telegram:42']\n")
	o.telegram.Say(42, "/admin cost")
	o.reads("付费查询")
	said := func(who int64, text string) string {
		before := len(o.telegram.Messages(who))
		o.telegram.Say(who, text)
		until(t, "somebody reads an answer", func() bool { return len(o.telegram.Messages(who)) > before })
		return o.telegram.Messages(who)[before].Text
	}
	said(43, "你好")
	if one, other := said(43, "/admin cost"), said(43, "/nosuchcommand"); one != other {
		t.Errorf("/admin leads to %q, an unknown command to %q", one, other)
	}
	p := o.platform(r, wechattest.Safe)
	req, err := p.Prepare("telegram:42", wechattest.Text("/admin cost"))
	if err != nil {
		t.Fatal(err)
	}
	if forged := p.Try(t.Context(), req, 0); forged.Status != 400 {
		t.Errorf("somebody in WeChat with an admin's name: %+v", forged)
	}
	o.telegram.SayInGroup(-100, 42, "/admin cost")
	until(t, "the group reads an answer", func() bool { return len(o.telegram.Messages(-100)) > 0 })
	for _, m := range o.telegram.Messages(-100) {
		if strings.Contains(m.Text, "付费查询") {
			t.Errorf("the group reads %q", m.Text)
		}
	}
	r.end()
}

// The same bytes twice have one effect, and the same answer; a captured signature
// does not let other bytes in.
func TestReplay(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe)
	p := o.platform(r, wechattest.Safe)
	req, err := p.Prepare(aDriver, wechattest.Text("查违章 沪C12345"+theirDigits))
	if err != nil {
		t.Fatal(err)
	}
	one, two := p.Try(t.Context(), req, 0), p.Try(t.Context(), req, 1)
	if one.Text == "" || one.Text != two.Text || o.juhe.Meter().Queries != 1 {
		t.Errorf("%q, then %q; %d queries", one.Text, two.Text, o.juhe.Meter().Queries)
	}
	_, query, _ := strings.Cut(req.URL, "?")
	plain := `<xml><ToUserName>gh_1</ToUserName><FromUserName>` + anotherDriver + `</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>忘记我</Content><MsgId>9</MsgId></xml>`
	for _, body := range []string{plain, "<xml><Encrypt>AAAA</Encrypt></xml>"} {
		if status, _, _ := send(t, "POST", r.url+"/wechat?"+query, strings.NewReader(body)); status != 403 {
			t.Errorf("other bytes under the same signature: %d", status)
		}
	}
	r.end()
}

// A driver's log is one JSON object a line, whatever strangers send.
func TestStrangersWriteNoLog(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe)
	for _, p := range payloads[:15] {
		send(t, "GET", r.url+"/"+url.PathEscape(p.text), nil, "User-Agent", url.QueryEscape(p.text))
		send(t, "GET", r.url+"/wechat?signature="+url.QueryEscape(p.text)+"&echostr="+url.QueryEscape(p.text), nil)
	}
	r.end()
	for line := range strings.Lines(r.log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("%q", line)
		}
		wantsText(t, payload{name: "the log"}, line)
	}
}
