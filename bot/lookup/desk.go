// Package lookup is the paid door: it answers what the bot wants to know of the
// outside, keeps what was paid for, and writes down every call. It turns
// Juhe's words into the bot's.
//
// What it guarantees: a query is asked at most once for a bot.Request, also
// across a crash; once for everybody who asks for the same vehicle with the
// same digits at the same time; not at all while an answer is young enough. An
// entry stands in the ledger before the call leaves, and the answer is stored
// as received before anybody sees it.
package lookup

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A Client asks Juhe. *juhe.Client is one.
type Client interface {
	Cities(ctx context.Context, province string) ([]juhe.Province, error)
	Prefix(ctx context.Context, prefix string, newEnergy bool) (juhe.City, error)
	// QueryRaw returns the answer as received; it must not retry.
	QueryRaw(ctx context.Context, q juhe.Query) ([]byte, error)
}

// Config is what a Desk needs.
type Config struct {
	Client   Client
	Store    storage.Store
	Now      func() time.Time // nil: time.Now
	CacheFor time.Duration    // an answer this young is shown again; 0: never
	// Alone tells that no other process can have the store open, so that a
	// call which is open at start belongs to a process that is gone.
	Alone bool
}

// A Desk implements bot.Desk.
type Desk struct {
	client   Client
	store    storage.Store
	now      func() time.Time
	cacheFor time.Duration
	alone    bool
	self     string // this process, in the store
	flights  singleflight.Group
	unsaved  unsaved
}

var _ bot.Desk = (*Desk)(nil)

// New makes a Desk.
func New(c Config) *Desk {
	d := &Desk{
		client: c.Client, store: c.Store, now: c.Now, cacheFor: c.CacheFor, alone: c.Alone,
		self: rand.Text(),
	}
	if d.now == nil {
		d.now = time.Now
	}
	return d
}

// failure is the bot's error for an error of a call.
func failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, juhe.ErrWrongData):
		return &bot.Error{Kind: bot.WrongData, Err: err}
	case errors.Is(err, juhe.ErrMaintenance):
		return &bot.Error{Kind: bot.Maintenance, Err: err}
	case errors.Is(err, juhe.ErrNoRule):
		return &bot.Error{Kind: bot.NoRule, Err: err}
	case errors.Is(err, juhe.ErrNetwork):
		return &bot.Error{Kind: bot.Busy, Err: err, Again: true}
	case errors.Is(err, juhe.ErrNotSent):
		return &bot.Error{Kind: bot.Unreachable, Err: err, Again: true}
	case errors.Is(err, juhe.ErrInternal), errors.Is(err, juhe.ErrProvider):
		return &bot.Error{Kind: bot.Busy, Err: err}
	case errors.Is(err, juhe.ErrKey), errors.Is(err, juhe.ErrQuota):
		return &bot.Error{Kind: bot.Unavailable, Err: err}
	case errors.Is(err, juhe.ErrUndocumented), errors.Is(err, juhe.ErrInterrupted), errors.Is(err, juhe.ErrMalformed):
		return &bot.Error{Kind: bot.Interrupted, Err: err}
	}
	return &bot.Error{Kind: bot.Broken, Err: err}
}

// free is failure for a call that costs nothing: what is lost may be asked
// again by itself.
func free(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, juhe.ErrInterrupted) || errors.Is(err, juhe.ErrMalformed) {
		return &bot.Error{Kind: bot.Unreachable, Err: err, Again: true}
	}
	return failure(err)
}

// stored is the bot's error for an error of the store.
func stored(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrFull):
		return &bot.Error{Kind: bot.StoreFull, Err: err}
	}
	return &bot.Error{Kind: bot.Broken, Err: err}
}
