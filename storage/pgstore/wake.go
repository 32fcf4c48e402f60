package pgstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// notifyPause gathers what is told to other processes: NOTIFY is for those
	// who sleep, and each one costs the database a lock that all share.
	notifyPause = 20 * time.Millisecond
	// reconnectPause between two tries to listen.
	reconnectPause = time.Second
)

// queues are who waits for jobs in this process, and what other processes are to
// be told.
type queues struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool
	news    map[string]bool
	told    chan struct{} // has room for one
}

// join adds a Work call, and returns what wakes it.
func (q *queues) join(name string) (wake chan struct{}, leave func()) {
	wake = make(chan struct{}, 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting[name] == nil {
		q.waiting[name] = make(map[chan struct{}]bool)
	}
	q.waiting[name][wake] = true
	return wake, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.waiting[name], wake)
	}
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// here wakes the workers of a queue in this process; "": all of them.
func (q *queues) here(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for queue, all := range q.waiting {
		if name == "" || name == queue {
			for ch := range all {
				signal(ch)
			}
		}
	}
}

// wake has the workers of queues look again, here and elsewhere.
func (s *Store) wake(names []string) {
	if len(names) == 0 {
		return
	}
	q := &s.queue
	q.mu.Lock()
	for _, name := range names {
		q.news[name] = true
	}
	q.mu.Unlock()
	for _, name := range names {
		q.here(name)
	}
	signal(q.told)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.helpers.startTelling(s.tell)
}

// tell notifies other processes until ctx ends, and a last time then.
func (s *Store) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			s.tellOnce(context.WithoutCancel(ctx))
			return
		case <-s.queue.told:
			s.tellOnce(ctx)
		}
		select {
		case <-ctx.Done():
		case <-time.After(notifyPause):
		}
	}
}

func (s *Store) tellOnce(ctx context.Context) {
	s.queue.mu.Lock()
	news := s.queue.news
	s.queue.news = make(map[string]bool)
	s.queue.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, recheck)
	defer cancel()
	for name := range news {
		// Whoever is not told looks by itself, after recheck.
		_, _ = s.pool.Exec(ctx, "select pg_notify($1, $2)", s.channel(), s.self+" "+hex.EncodeToString([]byte(name)))
	}
}

func (s *Store) channel() string { return s.opts.Schema + "_jobs" }

// newSelf names a process among those that notify each other.
func newSelf() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// listen wakes workers when another process tells of jobs, until ctx ends.
func (s *Store) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.listenOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		s.opts.Log.WithError(translate(err)).Warn("other processes are not heard just now: jobs of theirs may be some seconds late")
		select {
		case <-ctx.Done():
		case <-time.After(reconnectPause):
		}
	}
}

func (s *Store) listenOnce(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer cancel()
		_ = conn.Close(end) // it only listened
	}()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock_shared($1)", lockOf(s.opts.Schema, "serve")); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "listen "+pgx.Identifier{s.channel()}.Sanitize()); err != nil {
		return err
	}
	s.queue.here("") // what was told while nobody listened
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		from, name, _ := strings.Cut(n.Payload, " ")
		queue, err := hex.DecodeString(name)
		if from != s.self && err == nil && len(queue) > 0 {
			s.queue.here(string(queue))
		}
	}
}

// helpers run beside Work, from the first one on until the store closes.
type helpers struct {
	ctx     context.Context //nolint:containedctx // theirs alone
	cancel  context.CancelFunc
	all     sync.WaitGroup
	working bool
	telling bool
	ended   bool
}

// start starts them once; the store's mutex is held.
func (h *helpers) start(fns ...func(context.Context)) {
	if h.working {
		return
	}
	h.working = true
	h.begin(fns...)
}

// startTelling starts the one that a process without Work needs too.
func (h *helpers) startTelling(fn func(context.Context)) {
	if h.telling {
		return
	}
	h.telling = true
	h.begin(fn)
}

func (h *helpers) begin(fns ...func(context.Context)) {
	if h.ended {
		return
	}
	if h.cancel == nil {
		h.ctx, h.cancel = context.WithCancel(context.Background())
	}
	for _, fn := range fns {
		h.all.Go(func() { fn(h.ctx) })
	}
}

// stop ends them; ended is set before.
func (h *helpers) stop() {
	if h.cancel != nil {
		h.cancel()
	}
	h.all.Wait()
}
