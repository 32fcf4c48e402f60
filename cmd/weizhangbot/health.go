package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	healthPath = "/healthz"
	readyPath  = "/readyz"

	// A probe is a small write like any other. It is made at most once in
	// probeEvery however often strangers ask, and counts as failed after
	// probeTime: a store that slow answers nobody in time.
	probeEvery = time.Second
	probeTime  = 2 * time.Second

	probeBucket = "serve"
	probeKey    = "~ready" // clear: the key tells nothing
)

// health answers those who watch over the process. It asks no outside party:
// Juhe being down is no reason to take the bot out of service, which says so
// to people in good words.
type health struct {
	log logrus.FieldLogger
	now func() time.Time

	mu     sync.Mutex // held while probing: those who ask meanwhile share the answer
	store  storage.Store
	probed time.Time
	fault  error
}

func newHealth(log logrus.FieldLogger) *health { return &health{log: log, now: time.Now} }

// serving tells what to probe; nil: not serving yet, or no more.
func (h *health) serving(s storage.Store) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.store, h.probed = s, time.Time{}
}

// alive answers 200 as long as anybody answers.
func (h *health) alive(w http.ResponseWriter, r *http.Request) {
	if watching(w, r) {
		respond(w, http.StatusOK, "alive")
	}
}

// ready answers 200 when messages are taken in and can be stored, else 503.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	if !watching(w, r) {
		return
	}
	serving, err := h.probe(r.Context())
	switch {
	case !serving:
		respond(w, http.StatusServiceUnavailable, "starting or stopping")
	case err != nil: // what it is, is for the log
		respond(w, http.StatusServiceUnavailable, "the store cannot write")
	default:
		respond(w, http.StatusOK, "ready")
	}
}

// watching refuses other methods than those of somebody who only looks.
func watching(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	respond(w, http.StatusMethodNotAllowed, "only GET")
	return false
}

// probe writes into the store, or tells what the last probe found. It writes
// also when the asker has gone: the next one shares the answer.
func (h *health) probe(ctx context.Context) (serving bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.store == nil {
		return false, nil
	}
	if now := h.now(); h.probed.IsZero() || now.Sub(h.probed).Abs() >= probeEvery {
		h.probed = now
		before := h.fault
		h.fault = h.write(context.WithoutCancel(ctx), h.store, probeTime)
		if h.fault != nil && before == nil {
			h.log.WithError(h.fault).WithField("event", "unready").Error("the store cannot write")
		}
		if h.fault == nil && before != nil {
			h.log.WithField("event", "ready").Info("the store can write again")
		}
	}
	return true, h.fault
}

func (h *health) write(ctx context.Context, s storage.Store, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := s.Update(ctx, []string{probeKey}, func(tx storage.Tx) error {
		return tx.Put(probeBucket, probeKey, []byte(h.now().UTC().Format(time.RFC3339)))
	})
	if err != nil {
		return err
	}
	if storing, ok := beneath[*storingStore](s); ok {
		return storing.lately()
	}
	return nil
}
