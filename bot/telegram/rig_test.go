package telegram

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

const testToken = "123456:AAF-invented_token"

// hasty is a timing for tests: everything at once, and no pauses between
// messages.
func hasty() timing {
	p := usual()
	p.retry, p.idle, p.rate, p.drain = 5*time.Millisecond, time.Millisecond, rate{}, 3*time.Second
	return p
}

// A rig is an adapter on a fake Telegram and a real store.
type rig struct {
	t       testing.TB
	tg      *telegramtest.Server
	config  Config
	pace    timing
	path    string
	log     *safeBuffer
	adapter *Adapter
	moody   *moody // stands before the inbox
	stop    func()

	mu   sync.Mutex
	done map[string]int // how often an update was settled
	wake chan struct{}
	door http.Handler // what the webhook leads to now
}

// newBareRig is one without a dialogue, not started yet.
func newBareRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{
		t: t, tg: telegramtest.New(testToken).SpeedUp(100), pace: hasty(), path: filepath.Join(t.TempDir(), "bot.db"),
		log: &safeBuffer{}, done: map[string]int{}, wake: make(chan struct{}),
	}
	api := httptest.NewServer(r.tg)
	hook := httptest.NewTLSServer(http.HandlerFunc(r.post))
	log := logrus.New()
	log.SetOutput(r.log)
	log.SetLevel(logrus.DebugLevel)
	r.config = Config{
		Token: testToken, APIBase: api.URL, Log: log,
		WebhookURL: hook.URL + "/telegram", WebhookSecret: "secret-1",
	}
	t.Cleanup(func() {
		r.tg.Close()
		hook.Close()
		api.Close()
	})
	return r
}

// newRig starts one in front of h; it ends with the test. The options change its
// configuration and timing before.
func newRig(t testing.TB, h bot.Handler, options ...func(*rig)) *rig {
	t.Helper()
	r := newBareRig(t)
	r.config.Bot = h
	for _, o := range options {
		o(r)
	}
	r.start()
	t.Cleanup(func() { r.stop() })
	return r
}

func inMode(m Mode) func(*rig) { return func(r *rig) { r.config.Mode = m } }

func withPace(change func(*timing)) func(*rig) { return func(r *rig) { change(&r.pace) } }

// start opens the store and runs the adapter on it.
func (r *rig) start() {
	r.t.Helper()
	store, err := boltstore.Open(r.path, boltstore.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.moody = &moody{Inbox: bot.NewInbox(store, Channel)}
	r.config.Inbox = r.moody
	r.adapter, err = newAdapter(r.config, r.pace)
	if err != nil {
		r.t.Fatal(err)
	}
	r.adapter.settled = r.settled
	r.mu.Lock()
	r.door = r.adapter
	r.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- r.adapter.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			r.t.Error("run:", err)
		}
		r.adapter.wire.client.CloseIdleConnections()
		if err := store.Close(); err != nil {
			r.t.Error("close:", err)
		}
	})
}

// post is the webhook's address.
func (r *rig) post(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	door := r.door
	r.mu.Unlock()
	door.ServeHTTP(w, req)
}

func (r *rig) settled(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[id]++
	close(r.wake)
	r.wake = make(chan struct{})
}

// settle waits until updates are settled.
func (r *rig) settle(updates ...int64) {
	r.t.Helper()
	timeout := time.After(20 * time.Second)
	for _, u := range updates {
		id := fmt.Sprintf("123456|%d", u)
		for {
			r.mu.Lock()
			done, wake := r.done[id] > 0, r.wake
			r.mu.Unlock()
			if done {
				break
			}
			select {
			case <-wake:
			case <-timeout:
				r.t.Fatalf("update %d is not settled; log:\n%s", u, r.log)
			}
		}
	}
}

// offered waits until the buttons that came of an update count: a slow one's are
// kept beside the chat's lane.
func (r *rig) offered(update int64) {
	r.t.Helper()
	id := fmt.Sprintf("123456|%d", update)
	for range 4000 {
		var last note
		err := r.moody.Note(r.t.Context(), chat{ID: 42}.lane(), func(b []byte) []byte { last = readNote(b); return nil })
		if err != nil {
			r.t.Fatal(err)
		}
		if last.Stamp == stampOf(id) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.t.Fatalf("update %d has no buttons; log:\n%s", update, r.log)
}

// says has person 42 write, and returns the messages that came back.
func (r *rig) says(text string) []telegramtest.Message {
	r.t.Helper()
	before := len(r.tg.Messages(42))
	r.settle(r.tg.Say(42, text))
	return r.tg.Messages(42)[before:]
}

// last is the newest message to person 42.
func (r *rig) last() telegramtest.Message {
	r.t.Helper()
	all := r.tg.Messages(42)
	if len(all) == 0 {
		r.t.Fatalf("nothing was sent; log:\n%s", r.log)
	}
	return all[len(all)-1]
}

// reads waits until person 42 sees a message with these words.
func (r *rig) reads(words string) telegramtest.Message {
	r.t.Helper()
	var found telegramtest.Message
	if !r.tg.Wait(20*time.Second, func() bool {
		for _, m := range r.tg.Messages(42) {
			if strings.Contains(m.Text, words) {
				found = m
				return true
			}
		}
		return false
	}) {
		r.t.Fatalf("nobody reads %q, but %+v; log:\n%s", words, r.tg.Messages(42), r.log)
	}
	return found
}

// logs waits until the log holds words.
func (r *rig) logs(words string) {
	r.t.Helper()
	for range 2000 {
		if strings.Contains(r.log.String(), words) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.t.Fatalf("%q is not logged:\n%s", words, r.log)
}

// moody is an inbox that cannot always store.
type moody struct {
	Inbox
	mu   sync.Mutex
	err  error         // of Store
	hold chan struct{} // Store waits for it, if it is not nil
}

func (m *moody) set(err error, hold chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err, m.hold = err, hold
}

func (m *moody) Store(ctx context.Context, updates []bot.Inbound) error {
	m.mu.Lock()
	err, hold := m.err, m.hold
	m.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if err != nil {
		return err
	}
	return m.Inbox.Store(ctx, updates)
}

// A safeBuffer is a log that is read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// parrot is a dialogue of one line: it repeats what it hears, and keeps what it
// heard. A script, keyed by text, answers instead where it has something.
type parrot struct {
	script map[string]func(context.Context, bot.Message) (bot.Answer, error)

	mu    sync.Mutex
	heard []bot.Message
}

func (p *parrot) Handle(ctx context.Context, m bot.Message) (bot.Answer, error) {
	p.mu.Lock()
	p.heard = append(p.heard, m)
	p.mu.Unlock()
	if f := p.script[m.Text]; f != nil {
		return f(ctx, m)
	}
	return replies("答 " + m.Text + string(m.Event)), nil
}

func (p *parrot) last() bot.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.heard) == 0 {
		return bot.Message{}
	}
	return p.heard[len(p.heard)-1]
}

func (p *parrot) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.heard)
}

// replies is an answer of texts.
func replies(texts ...string) bot.Answer {
	var a bot.Answer
	for _, s := range texts {
		a.Replies = append(a.Replies, bot.Reply{Text: s})
	}
	return a
}

// offering is an answer of one text with options that send their label.
func offering(text string, labels ...string) bot.Answer {
	r := bot.Reply{Text: text}
	for _, l := range labels {
		r.Options = append(r.Options, bot.Option{Label: l, Send: l})
	}
	return bot.Answer{Replies: []bot.Reply{r}}
}

func always(a bot.Answer) func(context.Context, bot.Message) (bot.Answer, error) {
	return func(context.Context, bot.Message) (bot.Answer, error) { return a, nil }
}
