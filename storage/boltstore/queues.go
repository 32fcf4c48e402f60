package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"time"

	bolt "go.etcd.io/bbolt"

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
		order := t.btx.Bucket(orderBucket).Cursor()
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
		err = countDead(t.btx.Bucket(deadBucket).Cursor(), of)
		for _, q := range byName {
			states = append(states, *q)
		}
		return err
	})
	return states, err
}

// queuesIn finds the names of the queues that have entries of a kind, without
// reading these.
func queuesIn(c *bolt.Cursor, kind byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k, _ := c.Seek([]byte{kind}); k != nil && k[0] == kind; {
			name, _, ok := bytes.Cut(k[1:], []byte{0})
			if !ok || !yield(string(name)) {
				return
			}
			next := queueKey(kind, string(name))
			next[len(next)-1] = 1 // behind all of the queue
			k, _ = c.Seek(next)
		}
	}
}

// countDue counts the jobs that nothing but their time holds up.
func (s *Store) countDue(c *bolt.Cursor, q *storage.QueueState) {
	live := s.queue(q.Name)
	live.mu.Lock()
	defer live.mu.Unlock()
	now := driver.Nanos(s.opts.Clock())
	prefix := queueKey('d', q.Name)
	n := 0
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(k) == len(prefix)+16 && n < mostCounted; k, _ = c.Next() {
		n++
		due := int64(binary.BigEndian.Uint64(k[len(prefix):]) & math.MaxInt64)
		switch seq := binary.BigEndian.Uint64(k[len(prefix)+8:]); {
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
func countBehind(c *bolt.Cursor, queue string) (n int) {
	prefix := queueKey('l', queue)
	var lane []byte
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(k) > 8 && n < mostCounted; k, _ = c.Next() {
		if this := k[:len(k)-8]; bytes.Equal(this, lane) {
			n++
		} else {
			lane = append(lane[:0], this...)
		}
	}
	return n
}

func countDead(c *bolt.Cursor, of func(string) *storage.QueueState) error {
	n := 0
	for k, v := c.First(); k != nil && n < mostCounted; k, v = c.Next() {
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
	key, err := hex.DecodeString(ref)
	if err != nil || len(key) != 16 {
		return storage.ErrNoLetter
	}
	return s.committer.do(ctx, func(t *tx) (err error) {
		defer t.rescue("dead", &err)
		dead := t.btx.Bucket(deadBucket)
		v := dead.Get(key)
		if v == nil {
			return storage.ErrNoLetter
		}
		l, err := decodeLetter(key, v)
		if err != nil {
			return err
		}
		jobs := t.btx.Bucket(jobsBucket)
		if row := jobs.Get(jobKey(l.Job.Queue, l.Job.ID)); row != nil && row[0] == pending {
			return dead.Delete(key) // enqueued anew when its marker had gone
		}
		if err := errors.Join(dead.Delete(key), jobs.Delete(jobKey(l.Job.Queue, l.Job.ID))); err != nil {
			return err
		}
		_, err = t.Enqueue(storage.Job{ID: l.Job.ID, Queue: l.Job.Queue, Key: l.Job.Key, Body: l.Job.Body})
		return err
	}, nil)
}
