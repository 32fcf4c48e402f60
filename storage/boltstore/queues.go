package boltstore

import (
	"context"
	"encoding/hex"
	"math"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// mostCounted is how many jobs of a queue are counted one by one: a backlog of
// more is reported as this many. That takes some ten milliseconds.
const mostCounted = 200_000

// Queues implements storage.Jobs: it counts up to mostCounted of a kind.
func (s *Store) Queues(ctx context.Context) (states []storage.QueueState, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.read(func(t *tx) (err error) {
		defer t.rescue("order", &err)
		order := t.order().walk()
		byName := map[string]*storage.QueueState{}
		of := func(name string) *storage.QueueState {
			if byName[name] == nil {
				byName[name] = &storage.QueueState{Name: name}
			}
			return byName[name]
		}
		for name := range queuesIn(order, 'd') {
			s.countDue(order, of(name))
		}
		for name := range queuesIn(order, 'l') {
			of(name).Behind = countBehind(order, name)
		}
		err = countDead(t.dead().walk(), of)
		for _, q := range byName {
			states = append(states, *q)
		}
		return err
	})
	return states, err
}

// queuesIn finds the names of the queues that have entries of a kind, without
// reading these.
func queuesIn(w *walk, kind byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		start := string(rune(kind))
		for k, _, _ := w.seek(start); strings.HasPrefix(k, start); {
			name, _, ok := strings.Cut(k[1:], "\x00")
			if !ok || !yield(name) {
				return
			}
			k, _, _ = w.seek(start + name + "\x01") // behind all of the queue
		}
	}
}

// countDue counts the jobs that nothing but their time holds up.
func (s *Store) countDue(w *walk, q *storage.QueueState) {
	live := s.queue(q.Name)
	live.mu.Lock()
	defer live.mu.Unlock()
	now := driver.Nanos(s.opts.Clock())
	prefix := queueKey('d', q.Name)
	n := 0
	for k, _, _ := w.seek(prefix); strings.HasPrefix(k, prefix) && len(k) == len(prefix)+16 && n < mostCounted; k, _, _ = w.next() {
		n++
		due := int64(be64(k[len(prefix):]) & math.MaxInt64) //nolint:gosec // masked
		switch seq := be64(k[len(prefix)+8:]); {
		case live.running[seq]:
			q.Running++
		case due > now:
			q.Later++
		default:
			q.Due++
			if q.Oldest.IsZero() {
				q.Oldest = time.Unix(0, due)
			}
		}
	}
}

// countBehind counts the jobs that are not the first of their lane.
func countBehind(w *walk, queue string) (n int) {
	prefix := queueKey('l', queue)
	lane := ""
	for k, _, _ := w.seek(prefix); strings.HasPrefix(k, prefix) && len(k) > 8 && n < mostCounted; k, _, _ = w.next() {
		if this := k[:len(k)-8]; this == lane {
			n++
		} else {
			lane = this
		}
	}
	return n
}

func countDead(w *walk, of func(string) *storage.QueueState) error {
	n := 0
	for _, v, ok := w.seek(""); ok && n < mostCounted; _, v, ok = w.next() {
		queue, _, ok := cutText(v)
		if !ok {
			return corrupt("a dead letter")
		}
		of(queue).Dead++
		n++
	}
	return nil
}

// Revive implements storage.Jobs.
func (s *Store) Revive(ctx context.Context, ref string) error {
	at, err := hex.DecodeString(ref)
	if err != nil || len(at) != 16 {
		return storage.ErrNoLetter
	}
	key := string(at)
	return s.committer.do(ctx, func(t *tx) (err error) {
		defer t.rescue("dead", &err)
		jobs, dead := t.jobs(), t.dead()
		v := dead.get(key)
		if v == nil {
			return storage.ErrNoLetter
		}
		l, err := decodeLetter(key, v)
		if err != nil {
			return err
		}
		dead.put(key, nil)
		if row := jobs.get(jobKey(l.Job.Queue, l.Job.ID)); row != nil && row[0] == pending {
			return nil // enqueued anew when its marker had gone
		}
		jobs.put(jobKey(l.Job.Queue, l.Job.ID), nil)
		_, err = t.Enqueue(storage.Job{ID: l.Job.ID, Queue: l.Job.Queue, Key: l.Job.Key, Body: l.Job.Body})
		return err
	}, nil)
}
