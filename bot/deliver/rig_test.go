package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fataler is what a rig needs of a test, or of rapid.
type fataler interface {
	Helper()
	Fatal(...any)
}

// A rig is the bot with its mail and outbox on a sealed bbolt file, in front of
// a platform that does as it is told. It lives in the bubble of synctest, whose
// clock begins on 1 January 2000 at 08:00 in China.
type rig struct {
	t        fataler
	path     string
	quiet    deliver.Quiet
	platform *platform
	desk     *desk
	fails    int // how often Settle is to fail, as if the process had died before it

	store  storage.Store
	queue  *deliver.Queue
	mail   *bot.Mail
	bot    *bot.Bot
	mu     sync.Mutex
	gaveUp []bot.Parcel
	ended  []deliver.Ended
	seen   []bot.Seen
	sent   int
	stop   func()
}

// night is when nobody is woken.
var night = deliver.Quiet{From: 21 * time.Hour, To: 8 * time.Hour}

const driver = bot.UserID("test:driver")

// play runs a story in a bubble.
func play(t *testing.T, story func(t *testing.T, r *rig)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bot.db")
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, path)
		defer func() { r.stop() }()
		story(t, r)
	})
}

func newRig(t fataler, path string) *rig {
	r := &rig{t: t, path: path, quiet: night, desk: &desk{}}
	r.platform = &platform{seen: map[string]string{}, lost: map[string]bool{}, silent: map[string]bool{}, refusals: map[bot.UserID][]error{}}
	r.start()
	return r
}

// start opens the file and works.
func (r *rig) start() {
	r.t.Helper()
	inner, err := boltstore.Open(r.path, boltstore.Options{})
	r.must(err)
	r.store, err = sealed.New(context.Background(), inner, make([]byte, sealed.KeySize))
	r.must(err)
	r.queue = deliver.New(deliver.Config{
		Store: r.store, Quiet: r.quiet, Channels: map[string]deliver.Channel{"test": {Pusher: r.platform, Rate: 1000}},
		GaveUp: func(ctx context.Context, p bot.Parcel, why error) {
			r.mu.Lock()
			r.gaveUp = append(r.gaveUp, p)
			r.mu.Unlock()
			r.must(r.mail.Alarm(ctx, bot.AlarmUndelivered, why.Error()))
		},
		Ended: func(_ context.Context, e deliver.Ended) {
			r.mu.Lock()
			r.ended = append(r.ended, e)
			r.mu.Unlock()
		},
	})
	r.mail = bot.NewMail(bot.MailConfig{Store: r.store, Outbox: r.queue, Admins: []bot.UserID{"test:admin"}})
	r.bot = bot.New(bot.Config{Store: r.store, Desk: r.desk, Mail: r.mail, Observe: func(_ context.Context, s bot.Seen) { r.seen = append(r.seen, s) }})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- r.bot.Work(ctx, 4) }()
	go func() { ended <- r.queue.Work(ctx, 4, &dying{Mail: r.mail, r: r}) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		r.must(errors.Join(<-ended, <-ended, r.store.Close()))
	})
}

func (r *rig) restart() {
	r.stop()
	r.start()
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// dying is a Mail whose Settle fails now and then: the process that died
// between sending and settling left the store just so.
type dying struct {
	*bot.Mail
	r *rig
}

func (d *dying) Settle(tx storage.Tx, p bot.Parcel, to bot.Delivery) error {
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	if d.r.fails > 0 {
		d.r.fails--
		d.r.platform.lose(bot.UserKey(p.User) + "/" + p.ID)
		return errors.New("the process died")
	}
	return d.Mail.Settle(tx, p, to)
}

// dies has the process die after the next send, once more each time; 0: no more.
func (r *rig) dies(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails += n; n == 0 {
		r.fails = 0
	}
}

// says has a person write, and returns what they read.
func (r *rig) says(u bot.UserID, text string) string {
	r.t.Helper()
	a := r.says0(u, text, time.Minute)
	return texts(a.Replies)
}

// says0 is says with the patience of the platform.
func (r *rig) says0(u bot.UserID, text string, patience time.Duration) bot.Answer {
	r.t.Helper()
	r.sent++
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a, err := r.bot.Handle(ctx, bot.Message{Channel: "test", User: u, Key: fmt.Sprint(r.sent), Text: text})
	r.must(err)
	return a
}

// notify tells a person something.
func (r *rig) notify(u bot.UserID, notices ...bot.Notice) {
	r.t.Helper()
	r.must(r.store.Update(context.Background(), []string{bot.UserKey(u)}, func(tx storage.Tx) error {
		for _, n := range notices {
			if err := r.mail.Notify(tx, u, n); err != nil {
				return err
			}
		}
		return nil
	}))
}

// person reads what checks know of somebody.
func (r *rig) person(u bot.UserID) (p bot.Person) {
	r.t.Helper()
	r.must(r.store.View(context.Background(), func(tx storage.Tx) (err error) {
		p, err = r.mail.Person(tx, u)
		return err
	}))
	return p
}

// still is a notice about a plate.
func still(plate string) bot.Notice {
	return bot.Notice{ID: "still-" + plate, Kind: bot.NoticeStill, Vehicle: bot.Vehicle{Plate: plate, Type: "02"}}
}

// wait lets time go by, and what is due come to rest.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func texts(replies []bot.Reply) string {
	all := make([]string, len(replies))
	for i, r := range replies {
		all[i] = r.Text
	}
	return strings.Join(all, "\n\n")
}

// A platform takes pushes, or refuses them as it is told.
type platform struct {
	mu       sync.Mutex
	refusals map[bot.UserID][]error // of the next pushes to somebody; nil: taken
	forgets  bool                   // it does not recognise a repetition
	slow     time.Duration          // how long a push takes
	seen     map[string]string      // by id; a repetition is recognised before anything else
	lost     map[string]bool        // ids of which the sender does not know that they arrived
	silent   map[string]bool        // ids of which a try got no answer in time
	letters  []letter
	tries    int
}

type letter struct {
	to   bot.UserID
	id   string
	at   time.Time
	text string
	r    []bot.Reply
}

// errBeforeSending and errAfterSending: the push failed before anything left,
// or the platform took it and the answer got lost.
var (
	errBeforeSending = errors.New("connection refused")
	errAfterSending  = errors.New("connection reset")
)

func (p *platform) Push(ctx context.Context, to bot.UserID, id string, replies []bot.Reply) error {
	p.mu.Lock()
	slow := p.slow
	p.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		p.silent[id] = true
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	text := texts(replies)
	if before, known := p.seen[id]; known && before != text {
		return fmt.Errorf("the repetition says something else: %q, before %q", text, before)
	} else if known && !p.forgets {
		return nil
	}
	var refusal error
	if q := p.refusals[to]; len(q) > 0 {
		refusal, p.refusals[to] = q[0], q[1:]
	}
	if refusal != nil && !errors.Is(refusal, errAfterSending) {
		return refusal
	}
	p.letters = append(p.letters, letter{to: to, id: id, at: time.Now().In(bot.China), text: text, r: replies})
	p.seen[id] = text
	if refusal != nil {
		p.lost[id] = true
	}
	return refusal
}

// refuse has the next pushes to somebody end so.
func (p *platform) refuse(u bot.UserID, errs ...error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusals[u] = append(p.refusals[u], errs...)
}

func (p *platform) lose(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost[id] = true
}

// got are the letters to a person.
func (p *platform) got(u bot.UserID) (all []letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.letters {
		if l.to == u {
			all = append(all, l)
		}
	}
	return all
}

func (p *platform) tried() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries
}

func (p *platform) set(slow time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = slow
}

// heal has everything taken from now on.
func (p *platform) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = 0
	clear(p.refusals)
}

// A desk knows every city, asks for no digits, and answers after a while.
type desk struct{ slow time.Duration }

func (d *desk) Rule(storage.Tx, time.Time, string, bool) (bot.Rule, bool, error) {
	return bot.Rule{City: "SH", Name: "上海", Province: "上海", Engine: bot.NotNeeded, VIN: bot.NotNeeded}, true, nil
}

func (d *desk) FetchRule(context.Context, string, bool) (bot.Rule, error) {
	return bot.Rule{}, errors.New("not asked")
}

func (d *desk) Cities(storage.Tx, time.Time) ([]bot.City, bool, error) { return nil, true, nil }

func (d *desk) FetchCities(context.Context) ([]bot.City, error) { return nil, nil }

func (d *desk) Stored(storage.Tx, time.Time, bot.Vehicle) (bot.Report, bool, error) {
	return bot.Report{}, false, nil
}

func (d *desk) Query(_ context.Context, r bot.Request) (bot.Report, error) {
	time.Sleep(d.slow)
	return bot.Report{Vehicle: r.Vehicle, City: "上海", At: time.Now()}, nil
}

func (d *desk) Spare(storage.Tx, time.Time, bot.UserID) error { return nil }

func (d *desk) Costs(storage.Tx, time.Time, time.Time) (bot.Costs, error) { return bot.Costs{}, nil }

func (d *desk) Sweep(context.Context) error { return nil }

// memoryDir is a directory whose writes need no disk, where there is one: the
// property test makes hundreds of files.
func memoryDir(t *testing.T) string {
	t.Helper()
	if dir, err := os.MkdirTemp("/dev/shm", "deliver"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}
