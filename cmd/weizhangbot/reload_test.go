package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// aManager is who starts the process in tests.
type aManager struct {
	limit time.Duration

	mu   sync.Mutex
	told []string
}

func (m *aManager) tell(states string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, states)
	return nil
}

func (m *aManager) watchdog() (time.Duration, error) { return m.limit, nil }

// heard is everything it was told, a line a state.
func (m *aManager) heard() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.told, "\n") + "\n"
}

// A hanging is a serve that can be asked to read its configuration again.
type hanging struct {
	*running
	o       *outside
	asked   chan os.Signal
	manager *aManager
	reloads int
}

func (o *outside) serveHanging(environ []string, sections ...string) *hanging {
	o.t.Helper()
	h := &hanging{o: o, asked: make(chan os.Signal, 1), manager: &aManager{}}
	h.running = o.serveOn(machine{manager: h.manager, hangups: func() (<-chan os.Signal, func()) { return h.asked, func() {} }}, environ, sections...)
	return h
}

// reload puts another configuration in the place of the old one, asks, and waits
// for the end of it. It returns what was logged of it.
func (h *hanging) reload(sections ...string) string {
	h.t.Helper()
	h.o.config(sections...)
	before := len(h.log.String())
	h.asked <- syscall.SIGHUP
	h.reloads++
	until(h.t, "the manager is told that it was read", func() bool {
		return strings.Count(h.manager.heard(), "READY=1") == 1+h.reloads
	})
	return h.log.String()[before:]
}

// What an operator may change counts from the SIGHUP on.
func TestReload(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveHanging(nil, withSafe, "limits: {messages_per_user_per_minute: 3}\n")
	p := o.platform(r.running, wechattest.Safe)
	says := func(who, text string) string {
		t.Helper()
		got, err := p.Deliver(t.Context(), who, wechattest.Text(text))
		if err != nil || got.Banner != "" {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		return got.Text
	}
	notice := filepath.Join(o.dir, "privacy.txt")
	writeFile(t, notice, "第一份说明。")
	for range 3 {
		says(aDriver, "帮助")
	}
	if got := says(aDriver, "帮助"); strings.Contains(got, "查违章") {
		t.Errorf("over the limit: %q", got)
	}
	log := r.reload(withSafe, "limits: {messages_per_user_per_minute: 0, vehicles_per_user: 7}\nprivacy: {file: "+notice+"}\npush: {quiet: 'none', every: 48h}\nadmins: ['wechat:"+anotherDriver+"']\n")
	for _, want := range []string{
		`"event":"reload"`, "limits.messages_per_user_per_minute: 3 → 0", "limits.vehicles_per_user: 5 → 7", "push.quiet: 21:00-08:00 → none",
		"push.every: 168h0m0s → 48h0m0s", "the text of privacy.file", "admins",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "restart") {
		t.Errorf("something needs a restart:\n%s", log)
	}
	if got := says(aDriver, "隐私"); !strings.Contains(got, "第一份说明") {
		t.Errorf("without a limit: %q", got)
	}
	if got := says(anotherDriver, "/admin"); !strings.Contains(got, "/admin cost") {
		t.Errorf("an admin: %q", got)
	}

	writeFile(t, notice, "第二份说明。")
	o.logging = "{level: error, format: text}"
	log = r.reload(withSafe, "limits: {messages_per_user_per_minute: 0, vehicles_per_user: 7}\nprivacy: {file: "+notice+"}\npush: {quiet: 'none', every: 48h}\n")
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, `changed="log.level: debug → error, log.format: json → text, admins, the text of privacy.file"`) {
		t.Errorf("the log, as text:\n%s", log)
	}
	quiet := len(r.log.String())
	if got := says(aDriver, "隐私"); !strings.Contains(got, "第二份说明") {
		t.Errorf("the text of the file has changed: %q", got)
	}
	if got := says(anotherDriver, "/admin"); !strings.Contains(got, "没有这个命令") {
		t.Errorf("an admin no more: %q", got)
	}
	if log := r.log.String()[quiet:]; log != "" {
		t.Errorf("log.level error, and this in the log:\n%s", log)
	}
	r.end()
}

// A faulty configuration changes nothing, and all its faults are told.
func TestReloadRefuses(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveHanging(nil, withSafe, "limits: {vehicles_per_user: 3}\n")
	log := r.reload(withSafe, "limits: {vehicles_per_user: 9, queries: 3}\npush: {quiet: noon}\nprivacy: {file: /nowhere/privacy.txt}\n")
	for _, want := range []string{
		"limits.queries: unknown key", "push.quiet: ", "privacy.file: /nowhere/privacy.txt: no such file", `"level":"error"`, "the old one stays",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if !strings.Contains(r.manager.heard(), "STATUS=the new configuration is refused") {
		t.Errorf("the manager heard:\n%s", r.manager.heard())
	}
	for name, section := range map[string]string{
		"nothing to serve":                       "",
		"template.fields.thing1":                 strings.Replace(withSafe, "app_id", "template: {id: t, fields: {thing1: weather}}, app_id", 1),
		"template.fields.amount1: a field of":    strings.Replace(withSafe, "app_id", "template: {id: t, fields: {amount1: plate}}, app_id", 1),
		"config.yaml: no such file or directory": "gone",
	} {
		if section == "gone" {
			file := filepath.Join(o.dir, "config.yaml")
			if err := os.Rename(file, file+".gone"); err != nil {
				t.Fatal(err)
			}
			before := len(r.log.String())
			r.asked <- syscall.SIGHUP
			r.reloads++
			until(t, name, func() bool { return strings.Contains(r.log.String()[before:], name) })
			continue
		}
		if log := r.reload(section); !strings.Contains(log, name) || !strings.Contains(log, "the old one stays") {
			t.Errorf("the log lacks %q:\n%s", name, log)
		}
	}
	// Nothing of the refused ones counts: only this difference is seen.
	if log := r.reload(withSafe, "limits: {vehicles_per_user: 4}\n"); !strings.Contains(log, `"changed":"limits.vehicles_per_user: 3 → 4"`) {
		t.Errorf("the log:\n%s", log)
	}
	r.end()
}

// What holds a connection, a file or a secret is named and stays, each time.
func TestReloadNeedsARestart(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveHanging(nil, withSafe)
	other := strings.Replace(withSafe, wxSecret, "canaryother0123456789abcdef01234", 1)
	for range 2 {
		log := r.reload(other, "telegram: {token: '"+tgToken+"', api_base: 'TELEGRAM'}\nocr: ''\n")
		if !strings.Contains(log, "ocr: unknown key") {
			t.Errorf("the log:\n%s", log)
		}
		log = r.reload(other, withTelegram, "limits: {connections_per_address: 7}\n")
		if !strings.Contains(log, "needs a restart: wechat.app_secret, telegram.token, telegram.api_base") {
			t.Errorf("the log:\n%s", log)
		}
		if strings.Contains(log, "server.listen") {
			t.Errorf("what is the same needs no restart:\n%s", log)
		}
	}
	if told := r.manager.heard(); !strings.HasSuffix(told, "; needs a restart: wechat.app_secret, telegram.token, telegram.api_base\n") {
		t.Errorf("the manager heard:\n%s", told)
	}
	if log := r.reload(withSafe, "limits: {connections_per_address: 7}\n"); !strings.Contains(log, "nothing that counts at once has changed") || strings.Contains(log, "restart") {
		t.Errorf("as it was:\n%s", log)
	}
	r.end()
}

// The public listener goes by the new limits.
func TestReloadTheDoor(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveHanging(nil, withSafe, "limits: {refusals_per_address_per_minute: 0}\n")
	knocks := func() string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/nothing", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", "203.0.113.7")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for range 5 {
		if knocks() == "" {
			t.Error("hung up on without a limit")
		}
	}
	r.reload(withSafe, "limits: {refusals_per_address_per_minute: 2}\n")
	for i, want := range []bool{true, true, false} {
		if heard := knocks() != ""; heard != want {
			t.Errorf("knock %d: %v", i+1, heard)
		}
	}
	if log := r.log.String(); !strings.Contains(log, `"address":"127.0.0.1/32"`) {
		t.Errorf("who knocked is not told:\n%s", log)
	}
	environ := r.reload(withSafe, "limits: {refusals_per_address_per_minute: 1}\n")
	if !strings.Contains(environ, "limits.refusals_per_address_per_minute: 2 → 1") {
		t.Errorf("the log:\n%s", environ)
	}
	r.end()
}

// Drivers write while the configuration changes, and read no nonsense.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveHanging(nil, withSafe, "limits: {messages_per_user_per_minute: 0}\n")
	p := o.platform(r.running, wechattest.Safe)
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for _, who := range []string{aDriver, anotherDriver} {
		writing.Go(func() {
			for _, text := range slices.Repeat([]string{"查违章 沪C12345", "取消", "我的车", "隐私"}, 20) {
				if ctx.Err() != nil {
					return
				}
				if got, err := p.Deliver(t.Context(), who, wechattest.Text(text)); err != nil || got.Banner != "" || got.Text == "" {
					t.Errorf("%s: %+v, %v", text, got, err)
				}
			}
		})
	}
	for i := range 10 {
		r.reload(withSafe, "limits: {messages_per_user_per_minute: 0, vehicles_per_user: "+[]string{"3", "4"}[i%2]+"}\npush: {every: "+[]string{"24h", "48h"}[i%2]+"}\n")
	}
	stop()
	writing.Wait()
	r.end()
}

// What differs is told by key, and with its value where that is short and
// nobody's own.
func TestMerged(t *testing.T) {
	old := defaults()
	old.Admins, old.Server.TrustedProxies = []string{}, []string{"127.0.0.1"}
	wanted := old
	wanted.Admins, wanted.Server.TrustedProxies = nil, []string{"10.0.0.0/8"}
	wanted.Privacy.File, wanted.Juhe.Price, wanted.Push.Quiet = "notice.txt", 0.15, Quiet{}
	wanted.Juhe.Key, wanted.WeChat.Template.Fields, wanted.Storage.Path = "canary", map[string]string{"thing1": "act"}, "other.db"
	now, changed, restart := merged(old, wanted)
	if got, want := strings.Join(changed, ", "), `server.trusted_proxies, juhe.price: 0 → 0.15, push.quiet: 21:00-08:00 → none, privacy.file: "" → notice.txt`; got != want {
		t.Errorf("changed: %s\nwant:    %s", got, want)
	}
	if got, want := strings.Join(restart, ", "), "storage.path, juhe.key, wechat.template.fields"; got != want {
		t.Errorf("restart: %s, want %s", got, want)
	}
	if now.Juhe.Price != 0.15 || now.Juhe.Key != "" || now.Storage.Path != old.Storage.Path || old.Juhe.Price != 0 {
		t.Errorf("merged into %+v", now)
	}
}

// Of what the program can do, the keys that count at once are some.
func TestLiveKeys(t *testing.T) {
	c := defaults()
	live := map[string]bool{}
	for _, k := range keysOf(&c) {
		if isLive(k.path) {
			live[k.path] = true
			if k.secret() {
				t.Errorf("%s: a secret, which log lines would tell of", k.path)
			}
		}
	}
	for _, want := range []string{"log.level", "limits.vehicles_per_user", "push.timezone", "admins", "privacy.file", "juhe.price", "server.trusted_proxies"} {
		if !live[want] {
			t.Errorf("%s needs a restart", want)
		}
	}
	for _, never := range []string{"server.listen", "storage.path", "juhe.key", "juhe.timeout", "telegram.mode", "wechat.account"} {
		if live[never] {
			t.Errorf("%s is taken over, and nobody does so", never)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
