package telegram

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/bottest"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/watch"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// Every conversation of bot/testdata/dialogs, through Telegram, in both modes.
func TestDialogs(t *testing.T) {
	files, err := filepath.Glob("../testdata/dialogs/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d dialogues, %v", len(files), err)
	}
	for _, mode := range []Mode{Polling, Webhook} {
		for _, file := range files {
			t.Run(string(mode)+"/"+strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				t.Parallel()
				bottest.Replay(t, file, newWorld(t, mode), false)
			})
		}
	}
}

// What is pushed arrives through Telegram, and what waits is told there.
func TestStories(t *testing.T) {
	for _, name := range []string{"01-new-violation", "04-just-caught", "16-owner-leaves"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bottest.Replay(t, "../testdata/stories/"+name+".txt", newWorld(t, Polling), false)
		})
	}
}

// The whole bot with slow traffic police: the announcement becomes the report,
// also when everything is stopped and started meanwhile, and it is paid once.
func TestSlowPolice(t *testing.T) {
	for _, mode := range []Mode{Polling, Webhook} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/restart=%v", mode, restart), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, mode)
				w.halt()
				w.pace.patience = 50 * time.Millisecond
				w.begin()
				w.Say(t, "driver", "苏E54321") // the rule is known from here on
				w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: time.Second})
				update := w.tg.Say(1000, "发动机号123456 车架号654321")
				w.tg.Wait(30*time.Second, func() bool { return len(w.tg.Messages(1000)) == 2 })
				if got := w.tg.Messages(1000)[1].Text; got != bot.Sentence(bot.Chinese, bot.TextPending) {
					t.Fatalf("announced as %q", got)
				}
				if restart {
					w.Do(t, []string{"restart"})
				}
				w.settle(update)
				all := w.tg.Messages(1000)
				if len(all) != 2 || all[1].Edits != 1 || !strings.Contains(all[1].Text, "查询时间") || w.Paid() != 1 {
					t.Errorf("%d messages, the last edited %d times, %d paid:\n%s", len(all), all[1].Edits, w.Paid(), all[len(all)-1].Text)
				}
			})
		}
	}
}

// A world is the whole bot behind Telegram: adapter, inbox, engine, paid door, a
// sealed bbolt file, the real clients, and the fakes of both platforms.
type world struct {
	*rig
	start0 time.Time
	moved  time.Duration
	mu     sync.Mutex
	key    []byte
	juhe   *juhetest.Server
	client *juhe.Client
	lang   string
	people map[string]int64
	read   map[string]int // messages that each has seen
	outbox *deliver.Queue
	mail   *bot.Mail
	watch  *watch.Desk
	halt   func()
}

var _ bottest.World = (*world)(nil)

func newWorld(t testing.TB, mode Mode) *world {
	t.Helper()
	w := &world{start0: time.Now(), key: make([]byte, 32), lang: "zh-hans", people: map[string]int64{}, read: map[string]int{}}
	w.juhe = juhetest.New(juhetest.WithClock(w.now))
	paid := httptest.NewServer(w.juhe)
	t.Cleanup(paid.Close)
	var err error
	w.client, err = juhe.New("demo-key", juhe.WithBaseURL(paid.URL+"/sweizhang"), juhe.WithTimeout(2*time.Second, 2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	w.rig = newBareRig(t)
	w.config.Mode, w.config.Now = mode, w.now
	t.Cleanup(func() { w.halt() })
	w.begin()
	return w
}

// now is a clock that runs from a fixed morning, and is set forward by hand.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Date(2026, 11, 23, 9, 30, 0, 0, bot.China).Add(time.Since(w.start0) + w.moved)
}

// begin opens the store and runs bot and adapter on it.
func (w *world) begin() {
	w.t.Helper()
	inner, err := boltstore.Open(w.path, boltstore.Options{Clock: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	store, err := sealed.New(context.Background(), inner, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	w.outbox = deliver.New(deliver.Config{Store: store, Now: w.now})
	w.mail = bot.NewMail(bot.MailConfig{Store: store, Outbox: w.outbox, Now: w.now})
	desk := lookup.New(lookup.Config{Client: w.client, Store: store, Now: w.now, CacheFor: 6 * time.Hour, Alone: true})
	w.watch = watch.New(watch.Config{Store: store, Desk: desk, Mail: w.mail, Now: w.now, Random: bottest.Steady{}, NextReminder: bot.Saved.NextReminder})
	if err := w.watch.Dispatch(context.Background()); err != nil { // draws the places in the rhythm
		w.t.Fatal(err)
	}
	b := bot.New(bot.Config{Store: store, Desk: desk, Now: w.now, Mail: w.mail, Watch: w.watch})
	w.config.Bot, w.config.Inbox = b, bot.NewInbox(store, Channel)
	if w.adapter, err = newAdapter(w.config, w.pace); err != nil {
		w.t.Fatal(err)
	}
	w.outbox.Add(Channel, deliver.Channel{Pusher: w.adapter})
	w.adapter.settled = w.settled
	w.rig.mu.Lock()
	w.door = w.adapter
	w.rig.mu.Unlock()
	w.halt = w.runAll(store, b)
}

// runAll runs them and returns how to stop them.
func (w *world) runAll(store storage.Store, b *bot.Bot) func() {
	ctx, cancel := context.WithCancel(context.Background())
	adapter := w.adapter
	ended := make(chan error, 4)
	go func() { ended <- w.watch.Work(ctx, 2) }()
	go func() { ended <- b.Work(ctx, 4) }()
	go func() { ended <- w.outbox.Work(ctx, 4, w.mail) }()
	go func() { ended <- adapter.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		for range 4 {
			if err := <-ended; err != nil {
				w.t.Error("run:", err)
			}
		}
		adapter.wire.client.CloseIdleConnections()
		if err := store.Close(); err != nil {
			w.t.Error("close:", err)
		}
	})
}

// Say implements bottest.World.
func (w *world) Say(t testing.TB, user, text string) []bot.Reply {
	t.Helper()
	id, known := w.people[user]
	if !known {
		id = 1000 + int64(len(w.people))
		w.people[user] = id
	}
	before := len(w.tg.Messages(id))
	w.settle(w.tg.SayIn(id, w.lang, text))
	w.read[user] = len(w.tg.Messages(id))
	return repliesOf(w.tg.Messages(id)[before:])
}

func repliesOf(messages []telegramtest.Message) (replies []bot.Reply) {
	for _, m := range messages {
		r := bot.Reply{Text: m.Text}
		for _, row := range m.Keyboard {
			for _, b := range row {
				r.Options = append(r.Options, bot.Option{Label: b.Text, Send: b.Text})
			}
		}
		replies = append(replies, r)
	}
	return replies
}

// Pushed implements bottest.World. Telegram shows everything in one row: what
// came since the last answer was pushed.
func (w *world) Pushed(t testing.TB, user string) []bot.Reply {
	t.Helper()
	id, before := w.people[user], w.read[user]
	w.tg.Wait(6*time.Second, func() bool { return len(w.tg.Messages(id)) > before })
	w.read[user] = len(w.tg.Messages(id))
	return repliesOf(w.tg.Messages(id)[before:])
}

// Paid implements bottest.World.
func (w *world) Paid() int { return w.juhe.Meter().Charged }

// Do implements bottest.World, with the words of bot's own dialogue test.
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
		w.halt()
		w.begin()
	case "wait":
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.moved += d
		w.mu.Unlock()
	case "pass":
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.moved += d
		w.mu.Unlock()
		if err := w.watch.Dispatch(context.Background()); err != nil {
			t.Fatal(err)
		}
	case "violation":
		w.juhe.AddViolation(arg(1), "02", juhetest.Violation{
			Date: w.now().Add(-72 * time.Hour).Format(time.DateTime), Area: "人民路与解放路路口", Act: "机动车违反禁止标线指示的",
			Code: "1345", Fen: "1", Money: "100", Handled: "0",
		})
	case "lang":
		w.lang = arg(1)
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
