package bot_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/bottest"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// A world is the whole bot on one machine: the engine, the paid door, a sealed
// bbolt file, the real client, and the fake service.
type world struct {
	path   string
	key    []byte
	clock  *clock
	juhe   *juhetest.Server
	client *juhe.Client
	cache  time.Duration
	push   bot.Pusher // nil: late answers wait for the next message
	lang   bot.Lang
	fault  func(error)

	store storage.Store
	bot   *bot.Bot
	mail  *bot.Mail
	stop  func()
	sent  int
}

var _ bottest.World = (*world)(nil)

// A clock runs from a fixed morning, and can be set forward by hand.
type clock struct {
	started time.Time
	added   atomic.Int64
}

func (c *clock) now() time.Time {
	morning := time.Date(2026, 11, 23, 9, 30, 0, 0, bot.China)
	return morning.Add(time.Since(c.started) + time.Duration(c.added.Load()))
}

func (c *clock) add(d time.Duration) { c.added.Add(int64(d)) }

// newWorld starts one; it ends with the test.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		path:  filepath.Join(t.TempDir(), "bot.db"),
		key:   make([]byte, 32),
		clock: &clock{started: time.Now()},
		cache: 6 * time.Hour,
	}
	w.juhe = juhetest.New(juhetest.WithClock(w.clock.now))
	srv := httptest.NewServer(w.juhe)
	t.Cleanup(srv.Close)
	var err error
	w.client, err = juhe.New("demo-key", juhe.WithBaseURL(srv.URL+"/sweizhang"), juhe.WithTimeout(2*time.Second, 2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	w.start(t)
	t.Cleanup(func() { w.stop() })
	return w
}

// start opens the store and lets the bot work on it.
func (w *world) start(t testing.TB) {
	t.Helper()
	inner, err := boltstore.Open(w.path, boltstore.Options{Clock: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	w.store, err = sealed.New(context.Background(), inner, w.key)
	if err != nil {
		t.Fatal(err)
	}
	desk := lookup.New(lookup.Config{Client: w.client, Store: w.store, Now: w.clock.now, CacheFor: w.cache, Alone: true})
	outbox := deliver.New(deliver.Config{Store: w.store, Now: w.clock.now})
	if w.push != nil {
		outbox.Add("test", deliver.Channel{Pusher: w.push})
	}
	w.mail = bot.NewMail(bot.MailConfig{Store: w.store, Outbox: outbox, Now: w.clock.now})
	w.bot = bot.New(bot.Config{Store: w.store, Desk: desk, Now: w.clock.now, Mail: w.mail, Fault: w.fault})
	ctx, cancel := context.WithCancel(context.Background())
	worked := make(chan error, 2)
	go func() { worked <- w.bot.Work(ctx, 4) }()
	go func() { worked <- outbox.Work(ctx, 4, w.mail) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		for range 2 {
			if err := <-worked; err != nil {
				t.Error("work:", err)
			}
		}
		if err := w.store.Close(); err != nil {
			t.Error("close:", err)
		}
	})
}

// Say implements bottest.World.
func (w *world) Say(t testing.TB, user, text string) []bot.Reply {
	t.Helper()
	w.sent++
	return w.handle(t, bot.Message{User: bot.UserID("test:" + user), Key: strconv.Itoa(w.sent), Text: text}).Replies
}

func (w *world) handle(t testing.TB, m bot.Message) bot.Answer {
	t.Helper()
	m.Channel, m.At, m.Lang = "test", w.clock.now(), w.lang
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	answer, err := w.bot.Handle(ctx, m)
	if err != nil {
		t.Fatalf("%q: %v", m.Text, err)
	}
	if answer.Pending {
		t.Fatalf("%q: no answer in time", m.Text)
	}
	return answer
}

// Paid implements bottest.World.
func (w *world) Paid() int { return w.juhe.Meter().Charged }

// Do implements bottest.World: restart · wait 3h · fault code 225603 [times] ·
// fault wrong 225607 · fault maintenance · fault nonsense html · fault off ·
// car 沪A12345 02 engine vin · lang en.
func (w *world) Do(t testing.TB, words []string) {
	t.Helper()
	arg := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	switch words[0] {
	case "restart":
		w.stop()
		w.start(t)
	case "wait":
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			t.Fatal(err)
		}
		w.clock.add(d)
	case "lang":
		w.lang = bot.Lang(arg(1))
	case "fault":
		faults, err := juhetest.ParseFaults(words[1:])
		if err != nil {
			t.Fatal(err)
		}
		w.juhe.Set(faults)
	case "car":
		w.juhe.AddCar(juhetest.Car{Plate: arg(1), Type: arg(2), Engine: arg(3), VIN: arg(4)})
	default:
		t.Fatalf("unknown change %q", words)
	}
}
