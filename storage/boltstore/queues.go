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
)

// mostCounted is how many jobs of a queue are counted one by one: a backlog of
// more is reported as this many. That takes some ten milliseconds.
const mostCounted = 200_000

// A QueueState counts the jobs of a queue.
type QueueState struct {
	Name    string
	Running int
	Due     int       // could run now, and wait for a worker
	Later   int       // wait for their time
	Behind  int       // wait for the one before them in their lane
	Dead    int       // dead letters
	Oldest  time.Time // when the longest overdue that does not run came due; zero: none is
}

// Queues counts the jobs of all queues, up to mostCounted in each. Its work
// grows with the jobs that are pending, not with those that are done.
func (s *Store) Queues(ctx context.Context) (states []QueueState, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.read(func(t *tx) (err error) {
		defer t.rescue("order", &err)
		order := t.btx.Bucket(orderBucket).Cursor()
		byName := map[string]*QueueState{}
		of := func(name string) *QueueState {
			if byName[name] == nil {
				byName[name] = &QueueState{Name: name}
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
func (s *Store) countDue(c *bolt.Cursor, q *QueueState) {
	live := s.queue(q.Name)
	live.mu.Lock()
	defer live.mu.Unlock()
	now := nanos(s.opts.Clock())
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

func countDead(c *bolt.Cursor, of func(string) *QueueState) error {
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

// ErrNoLetter: there is no dead letter of that name, or no more.
var ErrNoLetter = errors.New("boltstore: no such dead letter")

// Revive has a dead letter run again, at once and with all its attempts, at the
// end of its lane. It is then no dead letter any more.
func (s *Store) Revive(ctx context.Context, ref string) error {
	key, err := hex.DecodeString(ref)
	if err != nil || len(key) != 16 {
		return ErrNoLetter
	}
	return s.committer.do(ctx, func(t *tx) (err error) {
		defer t.rescue("dead", &err)
		dead := t.btx.Bucket(deadBucket)
		v := dead.Get(key)
		if v == nil {
			return ErrNoLetter
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
