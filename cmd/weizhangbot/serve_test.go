package main

import (
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// A driver in WeChat, from thumb to police and back.
func TestServeWeChat(t *testing.T) {
	t.Parallel()
	for mode, section := range map[wechattest.Mode]string{wechattest.Plain: withWeChat, wechattest.Safe: withSafe} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			r := o.serve(section)
			if want := r.url + " serves wechat at /wechat"; r.line != want {
				t.Errorf("first line %q, want %q", r.line, want)
			}
			p := o.platform(r, mode)
			for _, turn := range []struct{ says, reads string }{
				{"查违章 沪C12345", "发动机号"},
				{"发动机号123456 车架号654321", "待交罚款"},
			} {
				got, err := p.Deliver(t.Context(), aDriver, wechattest.Text(turn.says))
				if err != nil || got.Banner != "" || !strings.Contains(got.Text, turn.reads) {
					t.Errorf("%s: %+v, %v", turn.says, got, err)
				}
			}
			if m := o.juhe.Meter(); m.Charged != 1 {
				t.Errorf("charged %d times, want once", m.Charged)
			}
			r.end()
		})
	}
}

func TestServeTelegramByPolling(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withTelegram)
	if want := r.url + " serves telegram by polling"; r.line != want {
		t.Errorf("first line %q, want %q", r.line, want)
	}
	o.telegram.Say(42, "/query 沪C12345")
	o.reads("发动机号")
	o.telegram.Say(42, "发动机号123456 车架号654321")
	o.reads("待交罚款")
	if m := o.juhe.Meter(); m.Charged != 1 {
		t.Errorf("charged %d times, want once", m.Charged)
	}
	if status, _ := get(t, r.url+"/telegram"); status != http.StatusNotFound {
		t.Errorf("/telegram while polling: %d", status)
	}
	r.end()
}

// reads waits until person 42 sees these words in Telegram.
func (o *outside) reads(words string) {
	o.t.Helper()
	if !o.telegram.Wait(60*time.Second, func() bool {
		for _, m := range o.telegram.Messages(42) {
			if strings.Contains(m.Text, words) {
				return true
			}
		}
		return false
	}) {
		o.t.Fatalf("nobody reads %q, but %+v", words, o.telegram.Messages(42))
	}
}

// The webhook is told to Telegram, and its door is on the public listener.
func TestServeTelegramByWebhook(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve("telegram: {token: '" + tgToken + "', api_base: 'TELEGRAM', mode: webhook, webhook_url: 'https://bot.example/telegram', webhook_secret: " + tgSecret + "}\n")
	if want := r.url + " serves telegram at /telegram"; r.line != want {
		t.Errorf("first line %q, want %q", r.line, want)
	}
	until(t, "the webhook is set", func() bool { return len(o.telegram.Calls("setWebhook")) > 0 })
	update := `{"update_id":1,"message":{"message_id":1,"date":1,"text":"/query 沪C12345","chat":{"id":42,"type":"private"},"from":{"id":42,"is_bot":false,"first_name":"x","language_code":"zh"}}}`
	o.telegram.Send(42, "zh", map[string]any{"text": "只是让这个人存在"})
	for secret, want := range map[string]int{"": http.StatusUnauthorized, "guessed": http.StatusUnauthorized, tgSecret: http.StatusOK} {
		req, err := http.NewRequest(http.MethodPost, r.url+"/telegram", strings.NewReader(update))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("secret %q: %d, want %d", secret, resp.StatusCode, want)
		}
	}
	o.reads("发动机号")
	r.end()
}

// SIGTERM while the police think: whoever waits in the door gets an answer, the
// query is paid once, and its result reaches the driver after the next start.
func TestServeDrainsAQueryInFlight(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe, withTelegram)
	if want := r.url + " serves wechat at /wechat, telegram by polling"; r.line != want {
		t.Errorf("first line %q, want %q", r.line, want)
	}
	o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 6 * time.Second})
	waiting := make(chan wechattest.Outcome, 1)
	go func() {
		got, err := o.platform(r, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321"))
		if err != nil {
			t.Error(err)
		}
		waiting <- got
	}()
	o.telegram.Say(42, "/query 沪C54321 发动机号123456 车架号654321")
	until(t, "both queries are out", func() bool { return o.juhe.Meter().Queries == 2 })
	began := time.Now()
	r.stop()
	if got := <-waiting; got.Banner != "" || got.Tries != 1 || !strings.Contains(got.Text, "正在查询") {
		t.Errorf("whoever waited got %+v", got)
	}
	r.end()
	t.Logf("out after %v", time.Since(began).Round(time.Millisecond))
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("out after %v", took)
	}

	o.juhe.Set(juhetest.Faults{})
	again := o.serve(withSafe, withTelegram)
	o.reads("查询时间") // 沪C54321 has a clean record
	got, err := o.platform(again, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("结果"))
	if err != nil {
		t.Error(err)
	}
	all := got.Text
	for _, sent := range o.wechat.Sent("text") {
		all += sent.Text
	}
	if strings.Count(all, "待交罚款") != 1 {
		t.Errorf("the result was read %d times, want once: %q", strings.Count(all, "待交罚款"), all)
	}
	if m := o.juhe.Meter(); m.Queries != 2 || m.Charged != 2 {
		t.Errorf("asked %d times, charged %d times, want 2 and 2", m.Queries, m.Charged)
	}
	again.end()
}

// An unreachable or unwilling Telegram does not stop WeChat.
func TestServeWithoutTelegram(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.telegram.Fail(telegramtest.Fault{Method: "getMe", Code: http.StatusUnauthorized, Description: "Unauthorized"})
	r := o.serve(withSafe, withTelegram)
	until(t, "the loss is told", func() bool { return strings.Contains(r.log.String(), "not served any more") })
	got, err := o.platform(r, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("帮助"))
	if err != nil || got.Banner != "" || got.Text == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if status, _ := get(t, r.url+readyPath); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
	r.end()
}

// With nothing left to serve, the program ends and says why.
func TestServeOnlyARefusedTelegram(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.telegram.Fail(telegramtest.Fault{Method: "getMe", Code: http.StatusUnauthorized, Description: "Unauthorized"})
	r := o.serve(withTelegram)
	<-r.ended
	if log := r.log.String(); r.code != exitFailed || !strings.Contains(log, "weizhangbot: telegram: telegram: Telegram refuses the token") {
		t.Errorf("exit code %d:\n%s", r.code, log)
	}
	r.secretive()
}

// Drivers do not wait for an operator to find another address.
func TestServeWithoutOperators(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + taken.Addr().String()}, withSafe)
	if status, _ := get(t, r.url+readyPath); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
	if log := r.log.String(); !strings.Contains(log, "server.admin_listen: operators cannot ask the running bot") {
		t.Errorf("the log:\n%s", log)
	}
	r.end()
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // after the parallel ones
	for _, tt := range []struct {
		name    string
		section string
		environ string
		code    int
		want    string
	}{
		{"nothing to serve", "", "", exitUsage, "weizhangbot: config: wechat.app_id, telegram.token: nothing to serve"},
		{"a template of an account without", withSafe, "WEIZHANG_WECHAT_ACCOUNT=basic WEIZHANG_WECHAT_TEMPLATE_ID=t", exitUsage, "template.id: only a certified 服务号"},
		{"all of it at once", "telegram: {tokn: x}\n", "WEIZHANG_PRIVACY_FILE=/nowhere/privacy.txt WEIZHANG_LOG_LEVEL=loud", exitUsage, "weizhangbot: config: privacy.file: /nowhere/privacy.txt"},
		{"a path of its own", withSafe, "WEIZHANG_WECHAT_PATH=/healthz", exitUsage, `weizhangbot: config: wechat.path: "/healthz" is the program's own`},
		{"no time for redeliveries", withSafe, "WEIZHANG_WECHAT_MAX_CLOCK_SKEW=10s", exitUsage, "wechat.max_clock_skew: 10s is too short"},
		{"an address that is taken", withSafe, "WEIZHANG_SERVER_LISTEN=" + taken.Addr().String(), exitFailed, "weizhangbot: server.listen: listen: "},
		{"a privacy text that is not there", withSafe, "WEIZHANG_PRIVACY_FILE=/nowhere/privacy.txt", exitUsage, "weizhangbot: config: privacy.file: /nowhere/privacy.txt: no such file"},
		{"a store that is not there", withSafe, "WEIZHANG_STORAGE_PATH=/nowhere/bot.db", exitFailed, "weizhangbot: storage: "},
		{"a database that is not there", withSafe, "WEIZHANG_STORAGE_DRIVER=postgres WEIZHANG_STORAGE_DSN=postgres://bot:canary@127.0.0.1:1/x WEIZHANG_STORAGE_ENCRYPTION_KEY=" + other["storage.encryption_key"], exitFailed, "weizhangbot: storage: pgstore: the database cannot be reached: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			var log journal
			code := run(t.Context(), []string{"serve", "--config", o.config(tt.section)}, strings.Fields(tt.environ), strings.NewReader(""), &log, &log)
			if code != tt.code || !strings.Contains(log.String(), tt.want) {
				t.Errorf("exit code %d, want %d:\n%s", code, tt.code, log.String())
			}
			if strings.Contains(log.String(), "anary") {
				t.Errorf("a secret:\n%s", log.String())
			}
		})
	}
}

// What an operator decides about collecting garbage stands.
func TestCollectorIsPaced(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for _, tt := range []struct {
		environ []string
		want    int
	}{{[]string{"HOME=/", "GOGC=50"}, 100}, {[]string{"GOGC="}, 100}, {[]string{"NOGOGC=50"}, collectAt}} {
		paceCollector(tt.environ)
		if got := debug.SetGCPercent(100); got != tt.want {
			t.Errorf("with %q it is collected at %d %%, want %d", tt.environ, got, tt.want)
		}
	}
}
