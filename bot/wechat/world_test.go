package wechat_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/bottest"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/bot/watch"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// What an invented account looks like.
const (
	appID   = "wx0123456789abcdef"
	secret  = "SECRET0123456789canary0123456789"
	token   = "TOKENcanary"
	aesKey  = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	account = "gh_0123456789ab"
)

// worldBegins is the morning on which every world begins: dialogues show dates.
var worldBegins = time.Date(2026, 11, 23, 9, 30, 0, 0, bot.China)

// A world is everything between a driver's thumb and the police: WeChat's
// servers, the adapter, the whole bot on a sealed file, and a fake Juhe. There
// is no network in it, so it also runs in the bubble of testing/synctest.
type world struct {
	t        testing.TB
	dir      string
	added    atomic.Int64
	account  wechat.Account
	juhe     *juhetest.Server
	api      *wechattest.API
	platform *wechattest.Platform
	logged   *journal
	config   func(*wechat.Config)

	store   storage.Store
	mail    *bot.Mail
	adapter *wechat.Adapter
	door    http.Handler // the adapter of now
	stop    func()
}

func newWorld(t testing.TB, kind wechat.Account, mode wechattest.Mode) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), account: kind, logged: &journal{}}
	w.added.Store(int64(time.Until(worldBegins)))
	w.juhe = juhetest.New(juhetest.WithClock(w.now))
	w.api = wechattest.NewAPI(appID, secret, w.now)
	w.platform = &wechattest.Platform{
		URL: "http://bot.example/wechat", Account: account, AppID: appID, Token: token, Mode: mode, Now: w.now, API: w.api,
		Client: wechattest.Direct(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.door.ServeHTTP(rw, r) })),
	}
	if mode != wechattest.Plain {
		w.platform.AESKey = aesKey
	}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// now runs from a fixed morning, and can be set forward.
func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.added.Load())) }

// start opens the store, the bot and the adapter.
func (w *world) start() {
	t := w.t
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	inner, err := boltstore.Open(filepath.Join(w.dir, "bot.db"), boltstore.Options{Clock: w.now})
	check(err)
	w.store, err = sealed.Open(context.Background(), inner, [][]byte{make([]byte, 32)}, sealed.Options{
		People: filepath.Join(w.dir, "bot.people"), Owner: owner, JobOwner: jobOwner,
	})
	check(err)
	client, err := juhe.New("demo-key", juhe.WithBaseURL("http://localhost/sweizhang"), juhe.WithHTTPClient(wechattest.Direct(w.juhe)), juhe.WithTimeout(30*time.Second, 10*time.Second))
	check(err)
	desk := lookup.New(lookup.Config{Client: client, Store: w.store, Now: w.now, CacheFor: 6 * time.Hour, Alone: true})
	outbox := deliver.New(deliver.Config{Store: w.store, Now: w.now})
	w.mail = bot.NewMail(bot.MailConfig{Store: w.store, Outbox: outbox, Now: w.now})
	checks := watch.New(watch.Config{Store: w.store, Desk: desk, Mail: w.mail, Now: w.now, Random: bottest.Steady{}, NextReminder: bot.Saved.NextReminder})
	check(checks.Dispatch(context.Background())) // draws the places in the rhythm
	b := bot.New(bot.Config{Store: w.store, Desk: desk, Now: w.now, Mail: w.mail, Watch: checks})
	w.adapter, err = wechat.New(w.settings(b))
	check(err)
	if w.adapter.Pushes() {
		outbox.Add(wechat.Channel, deliver.Channel{Pusher: w.adapter})
	}
	w.door = w.adapter
	ctx, cancel := context.WithCancel(context.Background())
	worked := make(chan error, 3)
	go func() { worked <- b.Work(ctx, 2*connections) }()
	go func() { worked <- checks.Work(ctx, 2) }()
	go func() { worked <- outbox.Work(ctx, 4, w.mail) }()
	w.stop = sync.OnceFunc(func() {
		closing, done := context.WithTimeout(context.Background(), 20*time.Second)
		defer done()
		if err := w.adapter.Close(closing); err != nil {
			t.Error("close adapter:", err)
		}
		cancel()
		for range 3 {
			if err := <-worked; err != nil {
				t.Error("work:", err)
			}
		}
		if err := w.store.Close(); err != nil {
			t.Error("close store:", err)
		}
	})
}

// owner and jobOwner tell whose a record and a job is, as the program has it.
func owner(bucket, key string, value []byte) string {
	if o := watch.Owner(bucket, key); o != "" {
		return o
	}
	return bot.Owner(bucket, key, value)
}

func jobOwner(j storage.Job) string {
	if o, handled := watch.JobOwner(j); handled {
		return o
	}
	return bot.JobOwner(j)
}

func (w *world) settings(h bot.Handler) wechat.Config {
	log := logrus.New()
	log.SetOutput(w.logged)
	log.SetLevel(logrus.DebugLevel)
	c := wechat.Config{
		AppID: appID, AppSecret: secret, Token: token, AESKey: w.platform.AESKey, Account: w.account,
		APIBase: "http://localhost:1", HTTPClient: wechattest.Direct(w.api), Bot: h, Now: w.now, Log: log,
	}
	if w.config != nil {
		w.config(&c)
	}
	return c
}

// restart is a new process on the same file.
func (w *world) restart() {
	w.stop()
	w.start()
}

// says delivers a text, and returns what the person sees as the answer.
func (w *world) says(openid, text string) wechattest.Outcome {
	return w.sends(openid, wechattest.Text(text))
}

func (w *world) sends(openid string, m wechattest.Message) wechattest.Outcome {
	w.t.Helper()
	o, err := w.platform.Deliver(context.Background(), openid, m)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// reads fails unless the answer holds all of want, and shows no banner.
func reads(t testing.TB, o wechattest.Outcome, want ...string) {
	t.Helper()
	if o.Banner != "" {
		t.Fatalf("the person sees the fault banner: %s", o.Banner)
	}
	seen := wechattest.Show(o.Text).Text
	for _, s := range want {
		if !strings.Contains(seen, s) {
			t.Errorf("the answer lacks %q:\n%s", s, seen)
		}
	}
}

// pushed are the texts of the customer messages to a person.
func (w *world) pushed(openid string) []string {
	var texts []string
	for _, s := range w.api.Sent("text") {
		if s.To == openid {
			texts = append(texts, wechattest.Show(s.Text).Text)
		}
	}
	return texts
}

// paid is how many queries were paid for.
func (w *world) paid() int { return w.juhe.Meter().Charged }

// slow lets the police take d.
func (w *world) slow(d time.Duration) {
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: d})
}

// A journal keeps the log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// inCI tells whether what is missing here must be there.
func inCI() bool { return os.Getenv("CI") == "true" }
