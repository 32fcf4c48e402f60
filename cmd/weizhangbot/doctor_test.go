package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// doctor runs the command, and returns its exit code and what it printed. It
// listens for other pollers if told to.
func (o *outside) doctor(file string, args ...string) (code int, printed string) {
	o.t.Helper()
	return o.doctorWith(nil, file, append([]string{"--listen", "0"}, args...)...)
}

// doctorWith is doctor with something in its environment.
func (o *outside) doctorWith(environ []string, file string, args ...string) (code int, printed string) {
	o.t.Helper()
	var out, faults strings.Builder
	code = run(o.t.Context(), append([]string{"doctor", "--config", file}, args...), environ, strings.NewReader(""), &out, &faults)
	if faults.Len() > 0 {
		o.t.Errorf("stderr: %s", faults.String())
	}
	if strings.Contains(out.String(), "anary") {
		o.t.Errorf("a secret:\n%s", out.String())
	}
	return code, out.String()
}

func TestDoctorAllIsWell(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	file := o.config(withSafe, withTelegram)
	code, out := o.doctor(file, "--fix")
	for _, want := range []string{
		"✓ configuration: " + file, "✓ clock: within 1s of Juhe's", "✓ store: " + o.dir, "is made at the first start",
		"✓ juhe: the key works: ", "a query costs money, so none was made: --query PLATE", "✓ wechat account: 认证服务号", "✓ wechat mode: safe", "✓ wechat token: fine",
		"✓ wechat menu: made", "✓ telegram: the token is @weizhang_bot's", "✓ telegram groups: privacy mode is on", "✓ telegram webhook: none",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if code != exitFine {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(o.wechat.Menu(), "query") {
		t.Errorf("the menu is %q", o.wechat.Menu())
	}
	if m := o.juhe.Meter(); m.Queries != 0 || m.Calls["citys"] != 1 {
		t.Errorf("Juhe was asked %v", m.Calls)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "bot.db")); err == nil {
		t.Error("the doctor made a store")
	}
	if code, out := o.doctor(file); code != exitFine || !strings.Contains(out, "✓ wechat menu: fine") {
		t.Errorf("again: %d\n%s", code, out)
	}
}

// What each ailment looks like, and whether the bot can do without.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		ail   func(*outside)
		code  int
		wants string
	}{
		{"a strange key at Juhe", func(o *outside) { o.juhe.Set(juhetest.Faults{ForceCode: 10001}) }, exitFailed, "✗ juhe: "},
		{"Juhe's quota", func(o *outside) { o.juhe.Set(juhetest.Faults{ForceCode: 10012}) }, exitFailed, "buy more calls"},
		{"Juhe talks nonsense", func(o *outside) { o.juhe.Set(juhetest.Faults{Nonsense: juhetest.NonsenseHTML}) }, exitFailed, "✗ juhe: "},
		{"the IP is not on the list", func(o *outside) { o.wechat.Fail("stable_token", 40164, 9) }, exitFailed, "IP白名单"},
		{"a wrong secret", func(o *outside) { o.wechat.Fail("stable_token", 40125, 9) }, exitFailed, "✗ wechat token: "},
		{"no menu", func(*outside) {}, exitFine, "! wechat menu: there is no menu yet: run with --fix"},
		{"an account that may not", func(o *outside) { o.wechat.Fail("menu/get", 48001, 9) }, exitFine, "! wechat menu: "},
		{"a revoked Telegram token", func(o *outside) {
			o.telegram.Fail(telegramtest.Fault{Method: "getMe", Code: http.StatusUnauthorized, Description: "Unauthorized"})
		}, exitFailed, "✗ telegram: Telegram refuses the token"},
		{"Telegram hangs up", func(o *outside) { o.telegram.Fail(telegramtest.Fault{Method: "getMe", DropBefore: true}) }, exitFailed, "✗ telegram: Telegram does not answer"},
		{"somebody's webhook", func(o *outside) {
			fetch(o.t, o.telegramURL+"/bot"+tgToken+"/setWebhook?url=https://elsewhere.example/x")
		}, exitFine, "! telegram webhook: set to elsewhere.example, though updates are to be polled"},
		{"an address that the account does not list", func(o *outside) { o.wechat.Fail("stable_token", 40164, 9) }, exitFailed, "add 203.0.113.7 to 设置与开发"},
		{"less than a 服务号", func(o *outside) { o.wechat.SetAccount(wechattest.Subscription) }, exitFine, "! wechat account: it may not send template messages"},
		{"a bot that hears everything", func(o *outside) { o.telegram.PrivacyOff() }, exitFine, "! telegram groups: privacy mode is off"},
		{"no answer about the webhook", func(o *outside) {
			o.telegram.Fail(telegramtest.Fault{Method: "getWebhookInfo", Code: 500, Description: "Internal"})
		}, exitFine, "! telegram webhook: Telegram does not tell"},
		{"shares that others may open", func(o *outside) { o.leave("bot.db.people", 0o640) }, exitFine, "bot.db.people (mode 0640)"},
		{"no directory", func(o *outside) { o.write("storage: {path: " + filepath.Join(o.dir, "gone", "bot.db") + "}\n") }, exitFailed, "✗ disk: "},
		{"a file that is no store", func(o *outside) { o.leave("bot.db.key", 0o600); o.leave("bot.db", 0o600) }, exitFailed, "✗ store: "},
		{"a database that is not there", func(o *outside) {
			o.write("storage: {driver: postgres, dsn: 'postgres://bot@db/x', encryption_key: '" + other["storage.encryption_key"] + "'}\n")
		}, exitFailed, "✗ database: "},
		{"a store that others may open", func(o *outside) { o.leave("bot.db.key", 0o644) }, exitFine, "bot.db.key (mode 0644)"},
		{"a store without its key", func(o *outside) { o.leave("bot.db", 0o600) }, exitFailed, "✗ store: "},
		{"secrets that others may read", func(o *outside) { o.chmod("config.yaml", 0o644) }, exitFine, "! configuration: others on this machine may open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			file := o.config(withSafe, withTelegram)
			tt.ail(o)
			if code, out := o.doctor(file); code != tt.code || !strings.Contains(out, tt.wants) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, tt.code, tt.wants, out)
			}
		})
	}
}

// write changes a section of the configuration.
func (o *outside) write(section string) {
	o.t.Helper()
	file := filepath.Join(o.dir, "config.yaml")
	name, _, _ := strings.Cut(section, ":")
	text := regexp.MustCompile("(?m)^"+name+": .*\n").ReplaceAllLiteralString(contents(o.t, file), section)
	writeFile(o.t, file, text)
}

func (o *outside) leave(name string, mode os.FileMode) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), []byte("x"), mode); err != nil {
		o.t.Fatal(err)
	}
}

func (o *outside) chmod(name string, mode os.FileMode) {
	o.t.Helper()
	if err := os.Chmod(filepath.Join(o.dir, name), mode); err != nil {
		o.t.Fatal(err)
	}
}

func TestDoctorMendsModes(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	file := o.config(withSafe)
	o.serve(withSafe).end()
	o.chmod("bot.db.key", 0o644)
	o.chmod("config.yaml", 0o640)
	o.chmod("bot.db.people", 0o604)
	code, out := o.doctor(file, "--fix")
	if code != exitFine || !strings.Contains(out, "bot.db.key has now mode 0600") || !strings.Contains(out, "every page and record verified, sealed with ") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for _, name := range []string{"bot.db", "bot.db.key", "bot.db.people", "config.yaml"} {
		if open, mode := openToOthers(filepath.Join(o.dir, name)); open {
			t.Errorf("%s has mode %04o", name, mode)
		}
	}
}

func TestDoctorOfAConfigurationThatCannotBe(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	for section, want := range map[string]string{
		"":                           "✗ configuration: wechat.app_id, telegram.token: nothing to serve",
		"telegram: {tokn: x}\n":      "✗ configuration: telegram.tokn: unknown key",
		"wechat: {app_id: wx123}\n":  "✗ configuration: wechat.token: missing",
		"telegram: {token: '1 2'}\n": "✗ configuration: telegram.token: the value cannot be right",
	} {
		if code, out := o.doctor(o.config(section)); code != exitUsage || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want %q:\n%s", code, want, out)
		}
	}
}

func TestDoctorJSON(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.juhe.Set(juhetest.Faults{ForceCode: 10001})
	code, out := o.doctor(o.config(withTelegram), "--json")
	var found []finding
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	broken := 0
	for _, f := range found {
		if f.Needed && !f.OK {
			broken++
		}
	}
	if code != exitFailed || broken != 1 {
		t.Errorf("exit code %d, %d broken: %+v", code, broken, found)
	}
}

// A basic account calls no API, and needs no secret.
func TestDoctorOfABasicAccount(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	code, out := o.doctor(o.config("wechat: {app_id: " + wxAppID + ", token: " + wxToken + ", account: basic, api_base: 'WECHAT'}\n"))
	if code != exitFine || !strings.Contains(out, "✓ wechat account: 未认证或个人") || !strings.Contains(out, "! wechat mode: plain") || strings.Contains(out, "wechat token") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if n := o.wechat.Calls("stable_token"); n != 0 {
		t.Errorf("%d calls of the API", n)
	}
}
