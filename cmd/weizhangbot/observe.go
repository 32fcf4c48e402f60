package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// What the packages report is counted and logged here: they know neither
// Prometheus nor logrus's fields. Every line about a person has their pseudonym.

// pseudonyms name people in the log: the same one the same way, as long as the
// store has its key, and nobody can tell whom without it.
type pseudonyms []byte

func newPseudonyms(storeKey []byte) pseudonyms {
	m := hmac.New(sha256.New, storeKey)
	m.Write([]byte("log pseudonym"))
	return m.Sum(nil)
}

func (p pseudonyms) of(u bot.UserID) string {
	m := hmac.New(sha256.New, p)
	m.Write([]byte(u))
	return hex.EncodeToString(m.Sum(nil)[:6])
}

// watchStore has the store's transactions measured, and makes the panel.
func (w *world) watchStore() error {
	ring, err := storeKeys(w.config.Storage)
	if err != nil {
		return err
	}
	w.names = newPseudonyms(ring[0])
	w.panel = admin.NewPanel(admin.PanelConfig{Version: version(), Log: w.log, Now: w.now})
	w.store = w.panel.Timed(w.store)
	return nil
}

// seen counts and logs a message that was answered.
func (w *world) seen(ctx context.Context, s bot.Seen) {
	w.panel.Turn(s)
	w.tracing.seen(ctx, s)
	log := w.log.WithFields(logrus.Fields{
		"event": "turn", "trace": bot.TraceID(s.Trace), "channel": s.Channel, "user": w.names.of(s.User), "intent": s.Intent, "ms": s.Took.Milliseconds(),
	})
	if s.Again {
		log = log.WithField("again", true)
	}
	if s.Pending {
		log = log.WithField("pending", true)
	}
	if s.Err != nil {
		log.WithError(s.Err).Warn("a message was not answered as it should")
		return
	}
	log.Info("a message was answered")
}

// called counts and logs a call of Juhe.
func (w *world) called(ctx context.Context, c lookup.Call) {
	code, charged := codeOf(c.Err), chargeOf(c)
	w.panel.Call(c.Endpoint, code, charged, c.Took)
	w.tracing.called(ctx, c, code, charged)
	log := w.log.WithFields(logrus.Fields{
		"event": "juhe", "trace": bot.TraceID(bot.TraceOf(ctx)), "endpoint": c.Endpoint, "code": code, "charged": charged, "ms": c.Took.Milliseconds(),
	})
	if c.Err != nil {
		log = log.WithError(c.Err)
	}
	log.Info("Juhe was asked")
}

// chargeOf is what a call cost; the rules are free whatever comes of asking.
func chargeOf(c lookup.Call) string {
	if c.Endpoint != juhe.EndpointQuery {
		return juhe.Free.String()
	}
	return juhe.ChargeOf(c.Err).String()
}

// codeOf is how a call ended, in few words: Juhe's code if it is documented.
func codeOf(err error) string {
	e, isCode := errors.AsType[*juhe.Error](err)
	switch {
	case err == nil:
		return "0"
	case isCode && codeText(e.Code) != "":
		return strconv.Itoa(e.Code)
	case isCode:
		return "undocumented"
	case errors.Is(err, juhe.ErrNotSent):
		return "not_sent"
	case errors.Is(err, juhe.ErrInterrupted):
		return "interrupted"
	case errors.Is(err, juhe.ErrMalformed):
		return "malformed"
	case errors.Is(err, juhe.ErrInvalid):
		return "invalid"
	}
	return "other"
}

// codeText is what a code means; "" when it is not documented.
func codeText(code int) string {
	codes := juhe.Codes()
	if i := slices.IndexFunc(codes, func(c juhe.CodeInfo) bool { return c.Code == code }); i >= 0 {
		return codes[i].Text
	}
	return ""
}

// ended counts and logs a message that nobody waited for.
func (w *world) ended(ctx context.Context, e deliver.Ended) {
	channel, _, _ := strings.Cut(string(e.Parcel.User), ":")
	w.panel.Notice(channel, e.Outcome)
	w.tracing.sent(ctx, e.Outcome)
	w.log.WithFields(logrus.Fields{
		"event": "sent", "trace": bot.TraceID(e.Parcel.Trace), "channel": channel, "user": w.names.of(e.Parcel.User), "outcome": e.Outcome, "ms": e.Took.Milliseconds(),
	}).Info("a message of our own")
}

// sources are where the panel reads.
func (w *world) sources() admin.Sources {
	s := admin.Sources{
		Costs:    func(ctx context.Context, days int) (bot.CostReport, error) { return w.fleet().Costs(ctx, days) },
		Breakers: w.desk.Breakers, Saved: w.bot.Saved, Survey: w.watch.Survey, CodeText: codeText,
		Budgets: viewed(w.store, w.desk.Budgets), Outages: viewed(w.store, w.desk.Outages), DueLag: viewed(w.store, w.watch.Lag),
	}
	if jobs, ok := beneath[storage.Jobs](w.store); ok {
		s.Queues, s.Letters, s.Revive = queuesOf(jobs, w.time), lettersOf(jobs), jobs.Revive
	}
	return s
}

// figures are where the fleet reads what it cannot by itself.
func (w *world) figures() bot.Figures {
	f := bot.Figures{Turns: w.panel.TurnFigures, Budgets: viewed(w.store, w.desk.Budgets), Survey: w.watch.Survey}
	if jobs, ok := beneath[storage.Jobs](w.store); ok {
		queues := queuesOf(jobs, w.time)
		f.Queues = func(ctx context.Context) ([]bot.QueueFigures, error) {
			states, err := queues(ctx)
			figures := make([]bot.QueueFigures, len(states))
			for i, q := range states {
				figures[i] = bot.QueueFigures{Kind: q.Kind, Running: q.Running, Due: q.Due, Later: q.Later, Behind: q.Behind, Dead: q.Dead}
			}
			return figures, err
		}
	}
	return f
}

// time is now, as the world counts.
func (w *world) time() time.Time {
	if w.now != nil {
		return w.now()
	}
	return time.Now()
}

// viewed reads in a transaction of its own.
func viewed[T any](s storage.Store, read func(storage.Tx) (T, error)) func(context.Context) (T, error) {
	return func(ctx context.Context) (v T, err error) {
		err = s.View(ctx, func(tx storage.Tx) (err error) {
			v, err = read(tx)
			return err
		})
		return v, err
	}
}

func queuesOf(jobs storage.Jobs, now func() time.Time) func(context.Context) ([]admin.Queue, error) {
	return func(ctx context.Context) ([]admin.Queue, error) {
		states, err := jobs.Queues(ctx)
		queues := make([]admin.Queue, len(states))
		for i, s := range states {
			queues[i] = admin.Queue{Kind: s.Name, Running: s.Running, Due: s.Due, Later: s.Later, Behind: s.Behind, Dead: s.Dead}
			if !s.Oldest.IsZero() {
				queues[i].Overdue = max(0, now().Sub(s.Oldest))
			}
		}
		return queues, err
	}
}

func lettersOf(jobs storage.Jobs) func(context.Context, int) ([]admin.Letter, error) {
	return func(ctx context.Context, limit int) ([]admin.Letter, error) {
		dead, err := jobs.DeadLetters(ctx, limit)
		letters := make([]admin.Letter, len(dead))
		for i, l := range dead {
			letters[i] = admin.Letter{Ref: l.Ref, Kind: l.Job.Queue, Attempts: l.Job.Attempt, Died: l.Died, Cause: l.Fingerprint}
		}
		return letters, err
	}
}
