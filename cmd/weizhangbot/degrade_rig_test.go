package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Where the parties are, on a wire. They are loopback addresses so that the
// configuration lets plain http reach them.
const (
	juheAt      = "127.0.0.2:80"
	wechatAt    = "127.0.0.3:80"
	telegramAt  = "127.0.0.4:80"
	ocrAt       = "127.0.0.5:80"
	collectorAt = "127.0.0.6:80"
	publicAt    = "127.0.0.1:8080"
	officeAt    = "127.0.0.1:9090"
)

// A province is a whole world in a bubble: the real serve, and everybody it
// talks to, on a wire, a clock and a disk that can go wrong.
type province struct {
	t        *testing.T
	dir      string
	wire     *wire
	disk     *platter
	ahead    atomic.Int64 // by what the machine's clock is off, in ns
	juhe     *juhetest.Server
	wechat   *wechattest.API
	telegram *telegramtest.Server
	platform *wechattest.Platform
	config   string // sections beside the usual ones
	environ  []string

	answers []string // that WeChat's driver got
	log     *journal
	stop    context.CancelFunc
	ended   chan struct{}
	code    int
}

// inProvince runs a story in a bubble. dir is outside of it, because its removal
// takes real time. When the story is over the service is stopped; whatever
// goroutine is left then fails the test.
func inProvince(t *testing.T, change func(*province), story func(p *province)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := newProvince(t, dir)
		if change != nil {
			change(p)
		}
		defer p.leave()
		p.start()
		defer p.end()
		story(p)
	})
}

// newProvince makes the parties; leave ends them.
func newProvince(t *testing.T, dir string) *province {
	p := &province{
		t: t, dir: dir, wire: newWire(), disk: &platter{}, log: &journal{},
		juhe: juhetest.New(juhetest.WithKeys(juheKey)), wechat: wechattest.NewAPI(wxAppID, wxSecret, nil),
		telegram: telegramtest.New(tgToken),
	}
	p.wire.serve(juheAt, p.wire.under(juheAt, p.halves()))
	p.wire.serve(wechatAt, p.wire.under(wechatAt, p.wechat))
	p.wire.serve(telegramAt, p.wire.under(telegramAt, p.telegram))
	p.wire.serve(ocrAt, p.wire.under(ocrAt, http.HandlerFunc(readPhoto)))
	p.platform = &wechattest.Platform{
		URL: "http://" + publicAt + "/wechat", Account: "gh_0123456789ab", AppID: wxAppID, Token: wxToken, AESKey: wxAESKey,
		Mode: wechattest.Safe, API: p.wechat,
		Client: &http.Client{Transport: &http.Transport{DialContext: p.wire.dial, DisableKeepAlives: true}},
	}
	return p
}

func (p *province) leave() {
	time.Sleep(dialTime) // a token that was being fetched is given up by then
	p.telegram.Close()
	p.wire.close()
}

// Juhe's halves: rules and queries may have a weather each, of these names.
const (
	rulesAt = "rules"
	queryAt = "query"
)

// halves is Juhe with a weather for each of its halves.
func (p *province) halves() http.Handler {
	rules, query := p.wire.under(rulesAt, p.juhe), p.wire.under(queryAt, p.juhe)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/query") {
			query.ServeHTTP(w, r)
			return
		}
		rules.ServeHTTP(w, r)
	})
}

func readPhoto(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, `{"plate":"沪C12345","engine":"123456","vin":"LSVAA4182E2654321"}`)
}

// start starts serve and waits until it says where it is.
func (p *province) start() {
	p.t.Helper()
	text := fmt.Sprintf("server: {listen: '%s', admin_listen: '%s'}\nstorage: {path: '%s'}\njuhe: {key: %s, base_url: 'http://%s/sweizhang', cache_for: 1m}\n",
		publicAt, officeAt, filepath.Join(p.dir, "bot.db"), juheKey, juheAt)
	text += fmt.Sprintf("wechat: {app_id: %s, app_secret: %s, token: %s, aes_key: %s, api_base: 'http://%s'}\n", wxAppID, wxSecret, wxToken, wxAESKey, wechatAt)
	text += fmt.Sprintf("telegram: {token: '%s', api_base: 'http://%s', ocr: {url: 'http://%s/read'}}\n", tgToken, telegramAt, ocrAt)
	text += "push:\n  quiet: ''\n" + p.config
	file := filepath.Join(p.dir, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	in, out := io.Pipe()
	p.stop, p.ended = stop, make(chan struct{})
	outside := &program{environ: p.environ, stdin: strings.NewReader(""), stdout: out, stderr: p.log, machine: machine{
		dial: p.wire.dial, listen: p.wire.listen, now: p.now, disk: p.disk.under,
	}}
	go func() {
		defer close(p.ended)
		p.code = exitCode(outside.report(outside.dispatch(ctx, []string{"serve", "--config", file})))
		_ = out.Close()
	}()
	line := make([]byte, 256)
	if n, err := in.Read(line); err != nil {
		<-p.ended
		p.t.Fatalf("serve ended with %d after %q:\n%s", p.code, line[:n], p.log)
	}
	go func() { _, _ = io.Copy(io.Discard, in) }()
}

// end sends the signal and wants the service out in time, and a log without
// anything of anybody.
func (p *province) end() {
	p.t.Helper()
	began := time.Now()
	p.stop()
	<-p.ended
	if took := time.Since(began); took > 55*time.Second {
		p.t.Errorf("out after %v, want within 55 s", took)
	}
	(&running{t: p.t, log: p.log}).secretive()
}

// now is the machine's clock.
func (p *province) now() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) }

// A heard is what a person got for a message.
type heard struct {
	text   string // all that they read
	banner string // WeChat's own words in its place
	tries  int
	took   time.Duration
}

// writes has the driver write in WeChat.
func (p *province) writes(text string) heard {
	p.t.Helper()
	return p.sends(aDriver, wechattest.Text(text))
}

func (p *province) sends(who string, m wechattest.Message) heard {
	p.t.Helper()
	began := time.Now()
	o, err := p.platform.Deliver(context.Background(), who, m)
	if err != nil {
		p.t.Fatal(err)
	}
	if who == aDriver {
		p.answers = append(p.answers, o.Text)
	}
	return heard{text: wechattest.Show(o.Text).Text, banner: o.Banner, tries: o.Tries, took: time.Since(began)}
}

// pushed is what WeChat's driver got without asking, as one text.
func (p *province) pushed() string {
	var all []string
	for _, s := range p.wechat.Sent("text") {
		if s.To == aDriver {
			all = append(all, s.Text)
		}
	}
	return strings.Join(all, "\n")
}

// says has a person write on Telegram, and returns what they read within d.
func (p *province) says(text string, d time.Duration) heard {
	p.t.Helper()
	before := len(p.telegram.Messages(42))
	began := time.Now()
	p.telegram.Say(42, text)
	fresh := func() string {
		var all []string
		for i, m := range p.telegram.Messages(42) {
			if i >= before {
				all = append(all, m.Text)
			}
		}
		return strings.Join(all, "\n")
	}
	done := func() bool { s := fresh(); return s != "" && !strings.Contains(s, "正在查询，请稍候") }
	p.telegram.Wait(d, done)
	return heard{text: fresh(), took: time.Since(began)}
}

// get asks the public listener.
func (p *province) get(path string) int {
	resp, err := p.platform.Client.Get("http://" + publicAt + path)
	if err != nil {
		p.t.Errorf("%s: %v", path, err)
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

var _ net.Listener = (*doorway)(nil)

// A platter is a store that can be full, gone or slow.
type platter struct {
	storage.Store
	state atomic.Pointer[diskState]
}

type diskState struct {
	err  error
	slow time.Duration
}

// Unwrap is the store on the disk.
func (d *platter) Unwrap() storage.Store { return d.Store }

// under puts a store on the disk.
func (d *platter) under(s storage.Store) storage.Store {
	d.Store = s
	return d
}

func (d *platter) is(err error, slow time.Duration) { d.state.Store(&diskState{err, slow}) }

// write waits as slow as the disk is, and tells what is wrong with it.
func (d *platter) write(ctx context.Context) error {
	s := d.state.Load()
	if s == nil {
		return nil
	}
	if s.slow > 0 {
		select {
		case <-time.After(s.slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.err
}

// Update implements storage.Store.
func (d *platter) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if err := d.write(ctx); err != nil {
		return err
	}
	return d.Store.Update(ctx, keys, fn)
}

// Work implements storage.Store: the end of a job is a write, too.
func (d *platter) Work(ctx context.Context, queue string, n int, h storage.Handler) error {
	return d.Store.Work(ctx, queue, n, func(ctx context.Context, j storage.Job, done storage.Done) error {
		return h(ctx, j, func(keys []string, fn func(storage.Tx) error) error {
			if err := d.write(ctx); err != nil {
				return err
			}
			return done(keys, fn)
		})
	})
}

// everyDay has watched cars checked daily, so that what is found can be pushed
// within WeChat's 48 hours.
const everyDay = "  every: 24h\n"

// watchBoth lets two drivers save a car each, on WeChat and on Telegram.
func (p *province) watchBoth() {
	p.t.Helper()
	for _, got := range []heard{
		p.writes("查违章 沪C12345 发动机号123456 车架号654321"), p.writes("订阅"),
		p.says("/query 沪C54321 发动机号123456 车架号654321", time.Minute), p.says("订阅", time.Minute),
	} {
		if !strings.Contains(got.text, "查询时间") && !strings.Contains(got.text, "已订阅") {
			p.t.Fatalf("%+v", got)
		}
	}
}

// noLimits lets a person do as they like.
const noLimits = "limits: {queries_per_user_per_day: 0, vehicles_per_user: 0, messages_per_user_per_minute: 0}\n"

// fined lets a new violation of a car appear.
func (p *province) fined(plate string) { p.finedAt(plate, "朝阳路") }

func (p *province) finedAt(plate, road string) {
	p.juhe.AddViolation(plate, "02", juhetest.Violation{
		Date: "1999-12-30 10:00:00", Area: road, Act: "违反禁令标志指示的", Code: "1344", Fen: "3", Money: "100", Handled: "0",
	})
}

// until waits for something to become so within d.
func (p *province) until(d time.Duration, what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(d); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("not so after %v: %s", d, what)
		}
	}
}
