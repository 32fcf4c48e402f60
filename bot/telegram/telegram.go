package telegram

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
)

// Channel is the name of this channel: it begins every user id.
const Channel = "telegram"

// A Mode is how updates come in.
type Mode string

// The modes.
const (
	Polling Mode = "polling"
	Webhook Mode = "webhook"
)

// An Inbox keeps updates from their acknowledgement until they are answered;
// *bot.Inbox is one.
type Inbox interface {
	// Store keeps updates durably and in order, each ID once.
	Store(ctx context.Context, updates []bot.Inbound) error
	// Work hands them out, n lanes at a time, until ctx ends; then it waits for
	// the handlers that run, whose ctx it does not cancel.
	Work(ctx context.Context, n int, handle func(context.Context, bot.Inbound) (bot.Settled, error)) error
	// Note changes what is noted for the lane's next update.
	Note(ctx context.Context, lane bot.UserID, change func(last []byte) []byte) error
}

// Config is what an Adapter needs.
type Config struct {
	Token   string // as @BotFather gave it; blanks round it are dropped
	APIBase string // "": https://api.telegram.org; a self-hosted server otherwise
	Proxy   string // http://, https:// or socks5://; "": as the environment says
	Mode    Mode   // "": Polling

	WebhookURL    string // https; what Telegram calls, served by ServeHTTP
	WebhookSecret string // 1 to 256 of A-Z a-z 0-9 _ -; without it everybody could post

	Bot     bot.Handler
	Refuses func(context.Context, bot.UserID) bool // whose photos nobody looks at; nil: nobody's
	Inbox   Inbox
	// Alone runs what only one of the processes with this token may do, polling,
	// whenever this one may; nil: it is the only one.
	Alone   func(ctx context.Context, do func(context.Context))
	OCR     OCR                // nil: photos are answered with what to type
	Now     func() time.Time   // nil: time.Now
	Dial    Dialer             // nil: the machine's own network
	Log     logrus.FieldLogger // nil: silent
	Tracer  bot.Tracer         // nil: nothing is traced
	Workers int                // chats handled at a time; 0: 16
}

// An Adapter is a bot on Telegram. Run does the work, in both modes; ServeHTTP
// is the door of webhook mode.
type Adapter struct {
	cfg    Config
	pace   timing
	id     string // of the bot: the token's public part
	wire   *wire
	api    *tg.Bot
	send   *sender
	keys   keyring
	secret [sha256.Size]byte

	me      atomic.Pointer[models.User] // nil until Telegram told
	open    atomic.Bool                 // the door takes updates
	posts   chan struct{}               // a place for each post that is being stored
	sent    progress
	drained context.Context // ends when handlers must give up; nil before Run
	settled func(id string) // told after each update, for tests; may be nil
}

var (
	_ bot.Pusher   = (*Adapter)(nil)
	_ http.Handler = (*Adapter)(nil)
)

// timing is how long the adapter waits for what. Tests shorten it.
type timing struct {
	typing   time.Duration // until a slow answer is announced by "typing…"
	patience time.Duration // until a message 「正在查询」 takes the answer's place
	wait     time.Duration // how long the answer is waited for after that
	drain    time.Duration // what handlers get to end in, when Run's ctx ends
	poll     time.Duration // the server's part of a getUpdates; it allows 50 s at most
	idle     time.Duration // pause after an empty getUpdates that came back at once
	retry    time.Duration // first pause after a failed call to Telegram
	rate     rate
}

// usual is the timing of real life. Queries take up to 30 s and are tried three
// times; typing is shown for 5 s by the client.
func usual() timing {
	return timing{
		typing: 300 * time.Millisecond, patience: time.Second, wait: 2 * time.Minute, drain: 8 * time.Second,
		poll: 50 * time.Second, idle: time.Second, retry: 500 * time.Millisecond, rate: usualRate(),
	}
}

const (
	defaultBase    = "https://api.telegram.org"
	defaultWorkers = 16
	// maxPosts bounds the webhook posts that are being stored at a time; more
	// than Telegram opens connections by its documented maximum, twice 100.
	maxPosts = 256
)

// A token that holds anything else, a line end for one, would be printed by
// errors of net/url.
var tokenShape = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)

// secretShape is what setWebhook takes as secret_token.
var secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// Errors of New.
var (
	ErrToken  = errors.New("telegram: token: not what @BotFather gives: digits, a colon, letters")
	ErrSecret = errors.New("telegram: webhook secret: 1 to 256 of A-Z a-z 0-9 _ -")
)

// ErrRefused is returned by Run when Telegram does not know the token.
var ErrRefused = errors.New("telegram: Telegram refuses the token: revoked or mistyped; @BotFather shows the valid one")

// New makes an Adapter. It touches no network.
func New(c Config) (*Adapter, error) { return newAdapter(c, usual()) }

func newAdapter(c Config, pace timing) (*Adapter, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	w, err := newWire(c, pace.poll)
	if err != nil {
		return nil, err
	}
	a := &Adapter{cfg: c, pace: pace, wire: w, posts: make(chan struct{}, maxPosts), secret: sha256.Sum256([]byte(c.WebhookSecret))}
	a.id, _, _ = strings.Cut(c.Token, ":")
	a.api, err = tg.New(c.Token, tg.WithSkipGetMe(), tg.WithServerURL(c.APIBase), tg.WithHTTPClient(time.Minute, w),
		tg.WithErrorsHandler(func(err error) { c.Log.WithError(w.redact(err)).Warn("telegram client") }))
	if err != nil {
		return nil, fmt.Errorf("telegram: client: %w", w.redact(err))
	}
	a.send = &sender{api: a.api, pace: newPacer(pace.rate), retry: pace.retry}
	a.keys = newKeyring(c.Token)
	return a, nil
}

// complete checks the configuration and fills in what is left out.
func (c *Config) complete() error {
	c.Token = strings.TrimSpace(c.Token)
	if !tokenShape.MatchString(c.Token) {
		return ErrToken
	}
	if c.Bot == nil || c.Inbox == nil {
		return errors.New("telegram: neither Bot nor Inbox may be nil")
	}
	switch c.Mode {
	case "":
		c.Mode = Polling
	case Polling:
	case Webhook:
		if !secretShape.MatchString(c.WebhookSecret) {
			return ErrSecret
		}
		if u, err := url.Parse(c.WebhookURL); err != nil || u.Scheme != "https" || u.Host == "" {
			return errors.New("telegram: webhook url: not an https address")
		}
	default:
		return fmt.Errorf("telegram: mode %q: neither polling nor webhook", c.Mode)
	}
	if c.APIBase == "" {
		c.APIBase = defaultBase
	}
	c.APIBase = strings.TrimRight(c.APIBase, "/")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	if c.Log == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		c.Log = silent
	}
	return nil
}

// Ready tells whether updates are being taken in.
func (a *Adapter) Ready() bool { return a.open.Load() }

// Run connects to Telegram, registers the commands, and takes in and answers
// updates until ctx ends; then it takes in no more and finishes what runs, which
// what waits for the outside need not: that is gone on with at the next start.
// An unreachable Telegram is waited for. It returns nil after ctx ended, else
// ErrRefused or the Inbox's error. It must be called once.
func (a *Adapter) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	drained, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	a.drained = drained
	if err := a.introduce(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer context.AfterFunc(ctx, func() { time.AfterFunc(a.pace.drain, giveUp) })()
	ended := make(chan struct{}, 2)
	go func() { defer func() { ended <- struct{}{} }(); a.register(ctx) }()
	go func() { defer func() { ended <- struct{}{} }(); a.takeIn(ctx) }()
	err := a.cfg.Inbox.Work(ctx, a.cfg.Workers, func(own context.Context, in bot.Inbound) (bot.Settled, error) {
		s, err := a.handle(own, ctx, in)
		if a.settled != nil && err == nil && s.Aside == nil {
			a.settled(in.ID)
		}
		return s, err
	})
	a.open.Store(false)
	cancel()
	<-ended
	<-ended
	if err != nil {
		return fmt.Errorf("telegram: inbox: %w", err)
	}
	return nil
}

// takeIn opens the door of the mode and keeps it open until ctx ends.
func (a *Adapter) takeIn(ctx context.Context) {
	a.open.Store(true)
	defer a.open.Store(false)
	if a.cfg.Mode == Webhook {
		a.setWebhook(ctx)
		<-ctx.Done()
		return
	}
	if a.cfg.Alone == nil {
		a.pollUpdates(ctx)
		return
	}
	a.cfg.Alone(ctx, func(ctx context.Context) {
		a.cfg.Log.WithField("event", "polling").Info("telegram: this process polls")
		a.pollUpdates(ctx)
		a.cfg.Log.WithField("event", "polling").Info("telegram: this process polls no more")
	})
}

// introduce learns who the bot is, and so whether the token is good. It tries
// until ctx ends or Telegram refuses.
func (a *Adapter) introduce(ctx context.Context) error {
	return a.insist(ctx, "getMe", func(ctx context.Context) error {
		me, err := a.api.GetMe(ctx)
		if err == nil {
			a.me.Store(me)
		}
		return err
	})
}

// longestRetry is the longest pause between two tries to reach Telegram.
const longestRetry = 30 * time.Second

// insist repeats a call that may be repeated, with a growing pause, until it
// works, ctx ends, or Telegram refuses the token or the call itself.
func (a *Adapter) insist(ctx context.Context, what string, call func(context.Context) error) error {
	for pause := a.pace.retry; ; pause = min(2*pause, longestRetry) {
		own, cancel := context.WithTimeout(ctx, callTime)
		err := call(own)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if e, ok := errors.AsType[*apiError](err); ok {
			// Telegram explains itself; a gateway's bare 404 is a fault on the way.
			if e.Description != "" && (e.Code == http.StatusUnauthorized || e.Code == http.StatusNotFound) {
				return fmt.Errorf("%w (%s: %d)", ErrRefused, what, e.Code)
			}
			if e.Code == http.StatusBadRequest { // the same again would be refused again
				return fmt.Errorf("telegram: %s: %w", what, err)
			}
			pause = max(pause, e.RetryAfter)
		}
		a.cfg.Log.WithError(a.wire.redact(err)).WithField("call", what).Warn("telegram does not answer, trying again")
		if sleep(ctx, pause) != nil {
			return ctx.Err()
		}
	}
}

// sleep waits for d, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// log is the logger, with the trace of what ctx is about.
func (a *Adapter) log(ctx context.Context) logrus.FieldLogger {
	if trace := bot.TraceOf(ctx); trace != "" {
		return a.cfg.Log.WithField("trace", bot.TraceID(trace))
	}
	return a.cfg.Log
}
