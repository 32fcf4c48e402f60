package bot_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/bottest"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/bot/watch"
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

	admins  []bot.UserID
	window  time.Duration // of the platform
	quiet   deliver.Quiet
	privacy *bot.Privacy
	observe func(context.Context, bot.Seen)
	tracer  bot.Tracer
	called  func(context.Context, lookup.Call)

	messages, vehicles, queries, budget int  // limits
	live                                bool // time is made up: what is under way can be waited for

	post *post // what was pushed

	store storage.Store
	bot   *bot.Bot
	mail  *bot.Mail
	stop  func()
	sent  int

	office *bot.Fleet
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
		clock: &clock{started: time.Now()}, post: &post{to: map[bot.UserID][]bot.Reply{}},
		cache: 6 * time.Hour,
	}
	w.juhe = juhetest.New(juhetest.WithClock(w.clock.now))
	var err error
	w.client, err = juhe.New("demo-key", juhe.WithBaseURL("https://juhe.example/sweizhang"),
		juhe.WithHTTPClient(&http.Client{Transport: direct{w.juhe}}), juhe.WithTimeout(2*time.Second, 2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	w.start(t)
	t.Cleanup(func() { w.stop() })
	return w
}

// newLiveWorld starts one in the bubble of testing/synctest: time passes when
// everybody waits, and pushes arrive.
func newLiveWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.stop()
	w.live, w.push = true, w.post
	w.start(t)
	return w
}

// jobOwner is whose a job is.
func jobOwner(j storage.Job) string {
	if owner, handled := watch.JobOwner(j); handled {
		return owner
	}
	return bot.JobOwner(j)
}

// start opens the store and lets the bot work on it.
func (w *world) start(t testing.TB) {
	t.Helper()
	inner, err := boltstore.Open(w.path, boltstore.Options{Clock: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	w.store, err = sealed.Open(context.Background(), inner, [][]byte{w.key}, sealed.Options{
		People: w.path + ".people", Now: w.clock.now, JobOwner: jobOwner,
		Owner: func(bucket, key string, value []byte) string {
			if owner := watch.Owner(bucket, key); owner != "" {
				return owner
			}
			return bot.Owner(bucket, key, value)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	desk := lookup.New(lookup.Config{Client: w.client, Store: w.store, Now: w.clock.now, CacheFor: w.cache, Alone: true, QueriesPerUserPerDay: w.queries, DailyBudget: w.budget, Called: w.called})
	outbox := deliver.New(deliver.Config{Store: w.store, Now: w.clock.now, Quiet: w.quiet})
	if w.push != nil {
		outbox.Add("test", deliver.Channel{Pusher: w.push, Window: w.window})
	}
	w.mail = bot.NewMail(bot.MailConfig{Store: w.store, Outbox: outbox, Now: w.clock.now, Admins: w.admins})
	checks := watch.New(watch.Config{Store: w.store, Desk: desk, Mail: w.mail, Now: w.clock.now, Random: bottest.Steady{}, NextReminder: bot.Saved.NextReminder, Fault: w.fault})
	if err := checks.Dispatch(context.Background()); err != nil { // draws the places in the rhythm
		t.Fatal(err)
	}
	w.bot = bot.New(bot.Config{Privacy: w.privacy,
		Store: w.store, Desk: desk, Now: w.clock.now, Mail: w.mail, Watch: checks, Messages: w.messages, Vehicles: w.vehicles, Fault: w.fault,
		Observe: w.observe, Tracer: w.tracer, Admins: w.admins, Fleet: w.fleet(desk, checks),
	})
	ctx, cancel := context.WithCancel(context.Background())
	worked := make(chan error, 3)
	go func() { worked <- w.bot.Work(ctx, 4) }()
	go func() { worked <- checks.Work(ctx, 2) }()
	go func() { worked <- outbox.Work(ctx, 4, w.mail) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		for range 3 {
			if err := <-worked; err != nil {
				t.Error("work:", err)
			}
		}
		if err := w.store.Close(); err != nil {
			t.Error("close:", err)
		}
	})
}

// fleet is what an operator of the world does.
func (w *world) fleet(desk bot.Desk, checks *watch.Desk) *bot.Fleet {
	w.office = &bot.Fleet{
		Store: w.store, Desk: desk, Watch: checks, Mail: w.mail, Admins: w.admins, Now: w.clock.now,
		Alias:   func(u bot.UserID) string { return "alias-" + strings.TrimPrefix(string(u), "test:") },
		Figures: bot.Figures{Survey: checks.Survey},
	}
	return w.office
}

// Say implements bottest.World.
func (w *world) Say(t testing.TB, user, text string) []bot.Reply {
	t.Helper()
	w.sent++
	w.clock.add(50 * time.Millisecond) // nobody types two messages at one moment
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

// A post is a platform that takes everything.
type post struct {
	mu sync.Mutex
	to map[bot.UserID][]bot.Reply
}

// Push implements bot.Pusher.
func (p *post) Push(_ context.Context, to bot.UserID, _ string, replies []bot.Reply) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to[to] = append(p.to[to], replies...)
	return nil
}

// Pushed implements bottest.World.
func (w *world) Pushed(t testing.TB, user string) []bot.Reply {
	t.Helper()
	w.settle()
	w.post.mu.Lock()
	defer w.post.mu.Unlock()
	u := bot.UserID("test:" + user)
	pushed := w.post.to[u]
	delete(w.post.to, u)
	return pushed
}

// settle lets everything happen that is due by now: a minute is more than a
// sleeping worker needs to look at its clock.
func (w *world) settle() {
	if w.live {
		<-time.After(time.Minute)
		synctest.Wait()
	}
}

// pass moves the clock, and lets everything happen that is due then.
func (w *world) pass(d time.Duration) {
	w.clock.add(d)
	w.settle()
}

// direct is a network without a wire.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	answered := make(chan *http.Response, 1)
	go func() {
		var answer *http.Response
		defer func() {
			if recover() != nil {
				answer = nil // cut off
			}
			answered <- answer
		}()
		rec := httptest.NewRecorder()
		d.handler.ServeHTTP(rec, in)
		answer = rec.Result()
	}()
	select {
	case answer := <-answered:
		if answer == nil {
			return nil, io.ErrUnexpectedEOF
		}
		return answer, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// Do implements bottest.World: pass 168h (with all that is due meanwhile) ·
// violation 沪A12345 · limit messages 3 (vehicles, queries, budget) ·
// restart · wait 3h · fault code 225603 [times] ·
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
	case "pass":
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			t.Fatal(err)
		}
		w.pass(d)
	case "violation":
		w.juhe.AddViolation(arg(1), "02", juhetest.Violation{
			Date: w.clock.now().Add(-72 * time.Hour).Format(time.DateTime), Area: "人民路与解放路路口", Act: "机动车违反禁止标线指示的",
			Code: "1345", Fen: "1", Money: "100", Handled: "0",
		})
	case "limit":
		n, err := strconv.Atoi(arg(2))
		if err != nil {
			t.Fatal(err)
		}
		switch arg(1) {
		case "messages":
			w.messages = n
		case "vehicles":
			w.vehicles = n
		case "queries":
			w.queries = n
		default:
			w.budget = n
		}
		w.stop()
		w.start(t)
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
