package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"

	"github.com/weizhangbot/weizhangbot/bot"
)

// batchSize is the most that getUpdates brings at a time.
const batchSize = 100

// pollUpdates fetches updates until ctx ends. The next call confirms those
// before it, so it goes out only when they are stored; what is fetched twice is
// recognised there. The SDK's own loop confirms first and handles later.
func (a *Adapter) pollUpdates(ctx context.Context) {
	// A webhook left behind would refuse every poll. What waits is kept.
	if a.insist(ctx, "deleteWebhook", func(ctx context.Context) error {
		_, err := a.api.DeleteWebhook(ctx, &tg.DeleteWebhookParams{})
		return err
	}) != nil && ctx.Err() != nil {
		return
	}
	p := poller{a: a}
	for ctx.Err() == nil {
		_ = sleep(ctx, p.round(ctx))
	}
}

// A poller is the state between two calls.
type poller struct {
	a      *Adapter
	offset int64 // the next update wanted; 0: whatever there is
	faults int   // in a row
}

// round fetches and stores one batch, and tells how long to pause then.
func (p *poller) round(ctx context.Context) time.Duration {
	start := time.Now()
	batch, err := p.fetch(ctx)
	if err != nil {
		return p.fault(ctx, err)
	}
	if err := p.store(ctx, batch); err != nil {
		if ctx.Err() != nil {
			return 0
		}
		// Nothing is confirmed: Telegram keeps them for 24 hours.
		p.a.cfg.Log.WithError(err).WithField("updates", len(batch)).Error("telegram: updates cannot be stored, fetching them again")
		return p.pause()
	}
	p.faults = 0
	if len(batch) == 0 && time.Since(start) < p.a.pace.idle {
		return p.a.pace.idle // a server that does not wait must not be asked without end
	}
	return 0
}

func (p *poller) fetch(ctx context.Context) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, p.a.pace.poll+callTime)
	defer cancel()
	params := struct {
		Offset  int64    `json:"offset,omitempty"`
		Limit   int      `json:"limit"`
		Timeout int      `json:"timeout"`
		Allowed []string `json:"allowed_updates"`
	}{p.offset, batchSize, int(p.a.pace.poll / time.Second), allowedUpdates}
	var batch []json.RawMessage
	err := p.a.wire.call(ctx, "getUpdates", params, &batch)
	return batch, err
}

// store keeps a batch and moves the offset behind it. A poison update is told
// and left out.
func (p *poller) store(ctx context.Context, batch []json.RawMessage) error {
	next := p.offset
	var kept []bot.Inbound
	for _, raw := range batch {
		u, err := readUpdate(raw)
		if errors.Is(err, errNoID) {
			p.a.cfg.Log.WithError(err).Error("telegram: update skipped")
			continue
		}
		next = max(next, u.ID+1)
		in, ok, err := p.a.admit(raw)
		if err != nil {
			p.a.cfg.Log.WithError(err).WithField("update", u.ID).Error("telegram: update skipped")
		} else if ok {
			kept = append(kept, in)
		}
	}
	if len(batch) > 0 && next == p.offset && p.offset != 0 {
		next++ // nothing readable: ids are sequential, so this one is behind it
	}
	if len(kept) > 0 {
		if err := p.a.cfg.Inbox.Store(ctx, kept); err != nil {
			return err
		}
	}
	p.offset = next
	return nil
}

// fault tells the operator what is wrong with polling, and how long to pause.
func (p *poller) fault(ctx context.Context, err error) time.Duration {
	if ctx.Err() != nil {
		return 0
	}
	pause := p.pause()
	log := p.a.cfg.Log.WithError(p.a.wire.redact(err))
	e, ok := errors.AsType[*apiError](err)
	switch {
	case !ok:
		log.Warn("telegram: cannot be reached for updates")
	case e.Code == http.StatusConflict && strings.Contains(strings.ToLower(e.Description), "webhook"):
		log.Error("telegram: a webhook is set for this bot, so polling is refused: another installation uses the token in webhook mode; stop it, or give this one a bot of its own")
	case e.Code == http.StatusConflict:
		// The server holds conflicting callers up for 3 s itself.
		pause = max(pause, 3*p.a.pace.retry)
		log.Error("telegram: somebody else polls with this token: only one process may; use webhook mode for several, or give this one a bot of its own")
	case e.Code == http.StatusTooManyRequests:
		pause = max(pause, e.RetryAfter)
		log.Warn("telegram: told to poll less")
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusNotFound:
		pause = longestRetry
		log.Error("telegram: the token is refused: revoked while running; @BotFather shows the valid one")
	default:
		log.Warn("telegram: no updates")
	}
	return pause
}

// pause grows with the faults in a row.
func (p *poller) pause() time.Duration {
	d := min(p.a.pace.retry<<min(p.faults, 10), longestRetry)
	p.faults++
	return d
}
