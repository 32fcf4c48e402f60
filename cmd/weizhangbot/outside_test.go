package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// Invented credentials. Each holds "canary", which must not be found in a log.
const (
	juheKey       = "canaryjuhe0123456789abcdef012345"
	wxAppID       = "wx0123456789abcdef"
	wxSecret      = "canarysecret0123456789abcdef0123"
	wxToken       = "canarytoken"
	wxAESKey      = "canaryghijklmnopqrstuvwxyz0123456789ABCDEFG"
	tgToken       = "7654321:AAcanary_invented-token"
	tgSecret      = "canary-webhook-secret"
	aDriver       = "oCanary5678901234567890abcd0"
	anotherDriver = "oCanary5678901234567890abcd1"
)

// An outside is everybody the program talks to: Juhe, WeChat and Telegram, as
// servers on this machine.
type outside struct {
	t        *testing.T
	dir      string
	juhe     *juhetest.Server
	wechat   *wechattest.API
	telegram *telegramtest.Server

	juheURL, wechatURL, telegramURL string
	logging                         string // the section log
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{
		t: t, dir: t.TempDir(), logging: "{level: debug}", juhe: juhetest.New(juhetest.WithKeys(juheKey)),
		wechat: wechattest.NewAPI(wxAppID, wxSecret, nil), telegram: telegramtest.New(tgToken).SpeedUp(20),
	}
	j, w, tg := httptest.NewServer(o.juhe), httptest.NewServer(o.wechat), httptest.NewServer(o.telegram)
	o.juheURL, o.wechatURL, o.telegramURL = j.URL, w.URL, tg.URL
	t.Cleanup(func() {
		o.telegram.Close()
		tg.Close()
		w.Close()
		j.Close()
	})
	return o
}

// The sections of a configuration.
const (
	withWeChat   = "wechat: {app_id: " + wxAppID + ", app_secret: " + wxSecret + ", token: " + wxToken + ", api_base: 'WECHAT'}\n"
	withSafe     = "wechat: {app_id: " + wxAppID + ", app_secret: " + wxSecret + ", token: " + wxToken + ", aes_key: " + wxAESKey + ", api_base: 'WECHAT'}\n"
	withTelegram = "telegram: {token: '" + tgToken + "', api_base: 'TELEGRAM'}\n"
)

// config writes a configuration with the sections, and returns its name.
func (o *outside) config(sections ...string) string {
	o.t.Helper()
	text := fmt.Sprintf("server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0}\nlog: %s\nstorage: {path: %s}\njuhe: {key: %s, base_url: %s/sweizhang}\n",
		o.logging, filepath.Join(o.dir, "bot.db"), juheKey, o.juheURL)
	text += strings.NewReplacer("WECHAT", o.wechatURL, "TELEGRAM", o.telegramURL).Replace(strings.Join(sections, ""))
	file, whole := filepath.Join(o.dir, "config.yaml"), filepath.Join(o.dir, "config.whole")
	err := os.WriteFile(whole, []byte(text), 0o600)
	if err == nil {
		err = os.Rename(whole, file) // a process that begins reads one or the other
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return file
}

// run is the program on a machine where nobody sends SIGHUP.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&program{environ: environ, stdin: stdin, stdout: stdout, stderr: stderr}).run(ctx, args)
}

// A running serve, in this process.
type running struct {
	t     *testing.T
	line  string // the first of its output
	url   string
	log   *journal
	stop  context.CancelFunc
	ended chan struct{}
	code  int // once ended
}

// serve starts the command and waits for its first line.
func (o *outside) serve(sections ...string) *running {
	o.t.Helper()
	return o.serveWith(nil, sections...)
}

// serveWith is serve with something in its environment.
func (o *outside) serveWith(environ []string, sections ...string) *running {
	o.t.Helper()
	return o.serveOn(machine{}, environ, sections...)
}

// serveOn is serveWith on a machine.
func (o *outside) serveOn(m machine, environ []string, sections ...string) *running {
	o.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: o.t, log: &journal{}, stop: stop, ended: make(chan struct{})}
	in, out := io.Pipe()
	config := o.config(sections...)
	go func() {
		defer close(r.ended)
		p := &program{environ: environ, stdin: strings.NewReader(""), stdout: out, stderr: r.log, machine: m}
		r.code = p.run(ctx, []string{"serve", "--config", config})
		_ = out.Close()
	}()
	o.t.Cleanup(func() { stop(); <-r.ended })
	lines := bufio.NewReader(in)
	line, err := lines.ReadString('\n')
	if err != nil {
		<-r.ended
		o.t.Fatalf("serve ended with %d:\n%s", r.code, r.log)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	r.line = strings.TrimSpace(line)
	r.url, _, _ = strings.Cut(r.line, " ")
	return r
}

// end sends the signal and wants a good end.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	<-r.ended
	if r.code != exitFine {
		r.t.Errorf("exit code %d:\n%s", r.code, r.log)
	}
	r.secretive()
}

// secretive wants nothing in the log that is secret or somebody's own.
func (r *running) secretive() {
	r.t.Helper()
	log := r.log.String()
	for _, canary := range []string{"anary", "C12345", "123456", "654321", "tg42", ":42\"", "=42 ", "待交罚款"} {
		if i := strings.Index(log, canary); i >= 0 {
			r.t.Errorf("the log holds %q: …%s…", canary, log[max(0, i-80):min(len(log), i+80)])
		}
	}
}

// platform is WeChat's side of the account.
func (o *outside) platform(r *running, mode wechattest.Mode) *wechattest.Platform {
	p := &wechattest.Platform{URL: r.url + "/wechat", Account: "gh_0123456789ab", AppID: wxAppID, Token: wxToken, Mode: mode, API: o.wechat}
	if mode != wechattest.Plain {
		p.AESKey = wxAESKey
	}
	return p
}

// until waits for something to become so.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not so after 60 s: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// A journal is a log that is read while it is written.
type journal struct {
	mu sync.Mutex
	b  strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// An eventReader reads server-sent events.
type eventReader struct {
	r     io.Reader
	lines *bufio.Reader
}

// next is the data of the next event; false: the stream has ended.
func (e *eventReader) next() (data string, ok bool) {
	if e.lines == nil {
		e.lines = bufio.NewReader(e.r)
	}
	for {
		line, err := e.lines.ReadString('\n')
		if err != nil {
			return "", false
		}
		if data, found := strings.CutPrefix(strings.TrimSpace(line), "data:"); found {
			return strings.TrimSpace(data), true
		}
	}
}
