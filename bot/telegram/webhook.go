package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	tg "github.com/go-telegram/bot"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// maxPost is far above any update: texts have 4096 characters.
	maxPost = 1 << 20
	// storeTime bounds the storing of a post; Telegram itself waits for 60 s.
	storeTime = 10 * time.Second
	// retryPost is what Retry-After tells. Telegram heeds it, and keeps the
	// update meanwhile.
	retryPost = 5
	// maxConnections is how many posts Telegram may make at a time.
	maxConnections = 40
)

// WebhookParams is what Telegram is told about the webhook.
func WebhookParams(url, secret string) *tg.SetWebhookParams {
	return &tg.SetWebhookParams{URL: url, SecretToken: secret, AllowedUpdates: allowedUpdates, MaxConnections: maxConnections}
}

// setWebhook tells Telegram where to post, until it agrees: what it objects to,
// a name that does not resolve yet for one, may pass. What waits there is kept.
func (a *Adapter) setWebhook(ctx context.Context) {
	for {
		err := a.insist(ctx, "setWebhook", func(ctx context.Context) error {
			_, err := a.api.SetWebhook(ctx, WebhookParams(a.cfg.WebhookURL, a.cfg.WebhookSecret))
			return err
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		a.log(ctx).WithError(a.wire.redact(err)).Error("telegram: the webhook is refused: is its address right, and in public reach on port 443, 80, 88 or 8443?")
		if sleep(ctx, refusedPause*a.pace.retry) != nil {
			return
		}
	}
}

// refusedPause, times the first pause, is how long a refused webhook waits: half
// a minute.
const refusedPause = 60

// ServeHTTP takes a post of Telegram. 200 means that the update is on disk, or
// that it never will be of use; 503 that Telegram is to keep it. The SDK's own
// handler answers 200 to everything, before anything is kept.
func (a *Adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case a.cfg.Mode != Webhook:
		http.NotFound(w, r)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
	case !a.authentic(r):
		http.Error(w, "not from Telegram", http.StatusUnauthorized)
	default:
		a.takePost(w, r)
	}
}

// authentic compares in constant time, and hashes first so that the length does
// not show either.
func (a *Adapter) authentic(r *http.Request) bool {
	got := sha256.Sum256([]byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token")))
	return subtle.ConstantTimeCompare(got[:], a.secret[:]) == 1
}

func (a *Adapter) takePost(w http.ResponseWriter, r *http.Request) {
	select {
	case a.posts <- struct{}{}:
		defer func() { <-a.posts }()
	default:
		later(w, "too many at a time")
		return
	}
	if !a.open.Load() {
		later(w, "starting or stopping")
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPost))
	if err != nil {
		code := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			code = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "unreadable", code)
		return
	}
	in, ok, err := a.admit(raw)
	if err != nil {
		// Refused, it would come again for a day and hold up its chat.
		u, _ := readUpdate(raw)
		a.log(r.Context()).WithError(err).WithField("update", u.ID).Error("telegram: update skipped")
	}
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	if err := a.cfg.Inbox.Store(ctx, []bot.Inbound{in}); err != nil {
		a.log(ctx).WithError(err).Error("telegram: update cannot be stored, Telegram keeps it")
		later(w, "cannot be stored")
	}
}

func later(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", strconv.Itoa(retryPost))
	http.Error(w, why, http.StatusServiceUnavailable)
}
