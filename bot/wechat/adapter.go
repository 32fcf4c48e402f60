package wechat

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
)

// Channel is how messages and people of WeChat are marked: the ids of people
// are wechat:<openid>.
const Channel = "wechat"

// An Adapter is one official account.
type Adapter struct {
	cfg      Config
	api      *client
	seal     *seal // nil: plain mode
	started  time.Time
	tries    tries
	windows  windows
	spill    spill
	progress progress
	refused  tally // requests, in the log

	// mute is set when the platform says that the account may not send customer
	// messages after all: from then on it is treated as a basic one.
	mute      atomic.Bool
	blind     atomic.Bool  // the same for the OCR
	untold    atomic.Bool  // and for template messages
	exhausted atomic.Int64 // unix seconds until which the quota of messages is used up
	unread    atomic.Int64 // the same for the OCR
	silent    atomic.Int64 // and for template messages

	outOfTime atomic.Int64 // unix seconds when a message out of time was told of last

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup // requests and sends under way
	ctx    context.Context
	cancel context.CancelFunc
}

var (
	_ http.Handler = (*Adapter)(nil)
	_ bot.Pusher   = (*Adapter)(nil)
)

// New makes an Adapter. Its error holds every fault of the configuration, and
// no secret. Close must be called.
func New(c Config) (*Adapter, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	c = c.withDefaults()
	seal, err := newSeal(c.AppID, c.AESKey)
	if err != nil {
		return nil, err
	}
	a := &Adapter{cfg: c, api: newClient(c, base), seal: seal, started: c.Now()}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	if seal == nil {
		c.Log.WithField("channel", Channel).Warn("wechat: plain mode: signatures do not cover messages, so whoever reads one request can forge others; set aes_key")
	}
	return a, nil
}

// Pushes tells whether the account can send messages of its own accord. Where
// it cannot, the adapter must not be given to the bot as a Pusher: Push would
// only park what it gets.
func (a *Adapter) Pushes() bool { return a.cfg.Account != Basic && !a.mute.Load() }

// Close refuses further messages and waits until those under way are answered
// and everything begun is sent. When ctx ends first, the rest is broken off:
// WeChat delivers the messages again.
func (a *Adapter) Close(ctx context.Context) error {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	defer a.cancel()
	done := make(chan struct{})
	go func() { a.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		a.cancel()
		<-done
		return ctx.Err()
	}
}

// enter counts a piece of work for Close to wait for; false: too late.
func (a *Adapter) enter() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.work.Add(1)
	return true
}

// aside runs do beside the request of ctx, under a context that ends with the
// adapter.
func (a *Adapter) aside(ctx context.Context, limit time.Duration, do func(context.Context)) {
	a.mu.Lock()
	a.work.Add(1) // also while closing: the request that starts it is counted
	a.mu.Unlock()
	go func() {
		defer a.work.Done()
		ctx, cancel := context.WithTimeout(bot.WithTraceOf(a.ctx, ctx), limit)
		defer cancel()
		do(ctx)
	}()
}

// log is the logger with what every line of the adapter carries, and the trace of
// what ctx is about.
func (a *Adapter) log(ctx context.Context) *logrus.Entry {
	log := a.cfg.Log.WithField("channel", Channel)
	if trace := bot.TraceOf(ctx); trace != "" {
		log = log.WithField("trace", bot.TraceID(trace))
	}
	return log
}

func userID(openid string) bot.UserID { return bot.UserID(Channel + ":" + openid) }

// openid is the platform's id of a person of this channel.
func openid(u bot.UserID) string {
	if len(u) <= len(Channel) {
		return ""
	}
	return string(u[len(Channel)+1:])
}
