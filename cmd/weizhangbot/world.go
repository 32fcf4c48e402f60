package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/bot/watch"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// lookups is how many questions to the outside run at a time: they wait for
// most of their time, and what a person asks for should not wait for others.
const lookups = 128

// sends is how many messages that nobody waits for are sent at a time, at most:
// a person's messages go out one by one.
const sends = 32

// checks is how many watched cars are asked for at a time, at most: they can
// wait, and leave room for people.
const checks = 16

// A world is the bot and everything it stands on.
type world struct {
	config  Config                 // that the world was opened with
	current atomic.Pointer[Config] // the same with what was adjusted since
	log     logrus.FieldLogger
	machine machine
	now     func() time.Time // nil: the real time
	store   storage.Store
	client  *juhe.Client
	desk    *lookup.Desk
	bot     *bot.Bot
	outbox  *deliver.Queue
	mail    *bot.Mail
	watch   *watch.Desk
	panel   *admin.Panel
	names   pseudonyms
	tracing *tracing         // nil: nothing is traced
	fake    *juhetest.Server // nil: the real Juhe

	fakeOptions []juhetest.Option
	around      func(http.Handler) http.Handler // what stands before the fake; nil: nothing

	// undo ends what was started, in the order it was started in; stop tells the
	// workers, before that, to begin nothing new.
	undo []func() error
	stop []context.CancelFunc
}

// openWorld makes a world of what the configuration names. Whoever gets one
// closes it.
func openWorld(ctx context.Context, c Config, log logrus.FieldLogger) (*world, error) {
	w := &world{config: c, log: log}
	return w.unless(w.open(ctx))
}

// fakeWorld makes a world of which nothing is real and nothing remains: a fake
// Juhe on this machine, and a store that close deletes.
func fakeWorld(ctx context.Context, log logrus.FieldLogger) (*world, error) {
	w := &world{config: defaults(), log: log}
	return w.unless(w.openFake(ctx))
}

// unless is w; or, when it could not be opened, why, with what was opened
// closed again.
func (w *world) unless(err error) (*world, error) {
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) openFake(ctx context.Context) error {
	if err := w.startFake(ctx); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "weizhangbot-")
	if err != nil {
		return fmt.Errorf("temporary store: %w", err)
	}
	w.later(func() error { return os.RemoveAll(dir) })
	w.config.Limits = Limits{VehiclesPerUser: w.config.Limits.VehiclesPerUser} // nothing is paid
	w.config.Push.Quiet = Quiet{}                                              // who plays at night wants to see what arrives
	w.config.Storage.Path = filepath.Join(dir, "demo.db")
	key := make([]byte, sealed.KeySize)
	_, _ = rand.Read(key) // never fails
	w.config.Storage.EncryptionKey = Secret(base64.StdEncoding.EncodeToString(key))
	return w.open(ctx)
}

// startFake starts the fake Juhe and points the configuration at it.
func (w *world) startFake(ctx context.Context) error {
	w.fake = juhetest.New(append(w.fakeOptions, juhetest.WithKeys(fakeKey))...)
	var door http.Handler = w.fake
	if w.around != nil {
		door = w.around(door)
	}
	s, err := listen(ctx, "127.0.0.1:0", door, w.log)
	if err != nil {
		return fmt.Errorf("fake Juhe: %w", err)
	}
	w.inBackground(ctx, s.serve)
	w.config.Juhe.BaseURL = s.url() + fakePath
	w.config.Juhe.Key = fakeKey
	return nil
}

func (w *world) open(ctx context.Context) (err error) {
	if w.client, err = juheClient(w.config.Juhe, w.machine); err != nil {
		return err
	}
	privacy, err := w.config.Privacy.text()
	if err != nil {
		return usageError{fmt.Errorf("privacy.file: %w", err)}
	}
	if w.store, err = openStoreAt(ctx, w.config.Storage, boltstore.Options{Log: w.log, Clock: w.now}); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	w.later(w.store.Close)
	w.store = w.machine.keep(w.store)
	if err := w.watchStore(); err != nil {
		return err
	}
	w.build(w.config.terms(privacy))
	w.panel.Read(w.sources())
	return nil
}

// build makes the parts on the store.
func (w *world) build(t terms) {
	w.current.Store(&w.config)

	t.desk.Client, t.desk.Store, t.desk.Now = w.client, w.store, w.now
	t.desk.Alone = w.config.Storage.Driver == "bbolt"
	t.desk.Alarm, t.desk.Called = w.alarm, w.called
	w.desk = lookup.New(t.desk)

	w.openMail(t)

	t.watch.Store, t.watch.Desk, t.watch.Mail, t.watch.Now = w.store, w.desk, w.mail, w.now
	t.watch.NextReminder, t.watch.Fault, t.watch.Tracer = bot.Saved.NextReminder, w.fault, w.tracing.asTracer()
	w.watch = watch.New(t.watch)

	t.bot.Store, t.bot.Desk, t.bot.Mail, t.bot.Watch, t.bot.Now = w.store, w.desk, w.mail, w.watch, w.now
	t.bot.Fault, t.bot.Observe, t.bot.Tracer, t.bot.Fleet = w.fault, w.seen, w.tracing.asTracer(), w.fleet()
	w.bot = bot.New(t.bot)
}

// openMail makes what people are told without asking. Channels are added to the
// outbox once there are adapters.
func (w *world) openMail(t terms) {
	t.outbox.Store, t.outbox.Now = w.store, w.now
	t.outbox.Fault, t.outbox.GaveUp, t.outbox.Ended, t.outbox.Tracer = w.fault, w.gaveUp, w.ended, w.tracing.asTracer()
	w.outbox = deliver.New(t.outbox)
	t.mail.Store, t.mail.Outbox, t.mail.Now = w.store, w.outbox, w.now
	w.mail = bot.NewMail(t.mail)
}

// gaveUp logs a message that could not be sent in several tries, and tells the
// admins.
func (w *world) gaveUp(ctx context.Context, p bot.Parcel, why error) {
	log := w.log.WithError(why).WithFields(logrus.Fields{"event": "undelivered", "trace": bot.TraceID(p.Trace), "user": w.names.of(p.User)})
	log.WithField("round", p.Again+1).Error("message not sent: tried again every hour for a day, and their next message brings it; see whether the platform can be reached")
	channel, _, _ := strings.Cut(string(p.User), ":")
	if err := w.mail.Alarm(ctx, bot.AlarmUndelivered, channel+": "+why.Error()); err != nil {
		w.log.WithError(err).WithField("event", "alarm").Error("admins not told")
	}
}

// alarmTime is how long writing down an alarm may take.
const alarmTime = 10 * time.Second

// alarm tells admins what only they can mend. What failed is logged where it
// failed; whoever runs a single command reads it there.
func (w *world) alarm(a bot.Alarm, detail string) {
	w.panel.Alarm(a, detail)
	if a == bot.AlarmUncertain {
		w.panel.Lost()
	}
	ctx, cancel := context.WithTimeout(context.Background(), alarmTime)
	defer cancel()
	w.log.WithFields(logrus.Fields{"event": "alarm", "kind": string(a), "detail": detail}).Info("telling the admins")
	if err := w.mail.Alarm(ctx, a, detail); err != nil {
		w.fault(err)
	}
}

// fault logs what failed behind an answer.
func (w *world) fault(err error) { w.log.WithError(err).WithField("event", "fault").Warn("lookup") }

// work answers what conversations ask of the outside, checks what is watched,
// and sends what waits for people, until the world closes.
func (w *world) work(ctx context.Context) {
	w.working(ctx, w.answer)
	w.working(ctx, w.check)
	w.working(ctx, w.send)
	w.inBackground(ctx, w.burn)
}

// working runs f in the background as one of those who take up work by
// themselves. All of them are told together that the world closes: else one
// would begin anew, and pay, while another finishes.
func (w *world) working(ctx context.Context, f func(context.Context) error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = append(w.stop, stop)
	w.inBackground(ctx, func(closing context.Context) error {
		defer context.AfterFunc(closing, stop)()
		return f(ctx)
	})
}

func (w *world) answer(ctx context.Context) error { return w.bot.Work(ctx, lookups) }

func (w *world) check(ctx context.Context) error { return w.watch.Work(ctx, checks) }

func (w *world) send(ctx context.Context) error { return w.outbox.Work(ctx, sends, w.mail) }

// inBackground runs f until the world closes. The end of ctx does not end f:
// those who came first may need it until they have drained.
func (w *world) inBackground(ctx context.Context, f func(context.Context) error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	w.later(func() error {
		stop()
		return <-ended
	})
}

func (w *world) later(f func() error) { w.undo = append(w.undo, f) }

// close tells the workers to begin nothing new, and ends everything in the
// reverse order of its start.
func (w *world) close() error {
	for _, stop := range w.stop {
		stop()
	}
	var faults []error
	for i := len(w.undo) - 1; i >= 0; i-- {
		faults = append(faults, w.undo[i]())
	}
	w.undo = nil
	return errors.Join(faults...)
}

// freeTimeout is how long a question that costs nothing may take: it can be
// asked again.
const freeTimeout = 10 * time.Second

func juheClient(c Juhe, m machine) (*juhe.Client, error) {
	options := []juhe.Option{
		juhe.WithBaseURL(c.BaseURL), juhe.WithTimeout(c.Timeout, min(c.Timeout, freeTimeout)), juhe.WithHTTPClient(m.client()),
	}
	return juhe.New(string(c.Key), append(options, juheSeam()...)...)
}

// openStore opens the configured store, sealed.
func openStore(ctx context.Context, c Storage, log logrus.FieldLogger) (storage.Store, error) {
	return openStoreAt(ctx, c, boltstore.Options{Log: log})
}

func openStoreAt(ctx context.Context, c Storage, o boltstore.Options) (storage.Store, error) {
	if c.Driver == "postgres" {
		return openDatabase(ctx, c, o.Log, o.Clock)
	}
	ring, err := storeKeys(c)
	if err != nil {
		return nil, err
	}
	startSeam("U0")
	file, err := boltstore.Open(c.Path, o)
	if err != nil {
		return nil, err
	}
	s, err := sealed.Open(ctx, file, ring, owners(c, o.Clock))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	startSeam("U1")
	return &storingStore{Store: storeSeam(s), now: time.Now}, nil
}

// storeKeys is the configured key, or what lies beside the file: one key, or two
// while a rotation is not finished. A file whose key is gone gets no new one,
// which could not open it.
func storeKeys(c Storage) ([][]byte, error) {
	if key := c.key(); key != nil {
		return [][]byte{key}, nil
	}
	path := c.Path + ".key"
	_, noKey := os.Stat(path)
	_, noFile := os.Stat(c.Path)
	if errors.Is(noKey, fs.ErrNotExist) && noFile == nil {
		return nil, fmt.Errorf("%s: the key of %s is missing: put it back, or set storage.encryption_key", path, c.Path)
	}
	return sealed.LoadOrCreateRing(path)
}
