package boltstore

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// Jobs take two buckets, so that enqueueing one and completing it touch one
// page of each:
//
//	jobs   queue 0 id                        → the job; once it is over, a marker
//	order  'd' queue 0 be64(due) be64(seq)   → id of a job that nothing holds up
//	       'l' queue 0 be16(len) lane be64(seq) → id of a job of that lane
//
// seq counts all jobs in the order they were enqueued. Of a lane only the first
// is in the 'd' list; it is followed by the next when it is over. That alone
// makes lanes strictly first in, first out.

// Kinds of rows in jobs.
const (
	pending = 'p' // be64 seq, be64 due, uvarint attempt, uvarint len(lane), lane, body
	over    = 'o' // be64 when: completed, or a dead letter
)

// A row is a pending job as stored.
type row struct {
	seq     uint64
	due     int64 // unix nanoseconds
	attempt int   // runs begun that count
	lane    string
	body    []byte
}

// Enqueue implements storage.Tx.
func (t *tx) Enqueue(j storage.Job) (fresh bool, err error) {
	defer t.rescue("jobs", &err)
	if err := t.MayEnqueue(j); err != nil {
		return false, err
	}
	jobs, order := t.jobs(), t.order()
	key := jobKey(j.Queue, j.ID)
	if jobs.get(key) != nil {
		return false, nil
	}
	seq := order.nextSequence()
	r := row{seq: seq, due: driver.Nanos(j.At), lane: j.Key, body: j.Body}
	if j.At.IsZero() {
		r.due = driver.Nanos(t.now())
	}
	head := true
	if j.Key != "" {
		prefix := lanePrefix(j.Queue, j.Key)
		first, _, _ := order.walk().seek(prefix)
		head = !strings.HasPrefix(first, prefix)
		order.put(laneKey(prefix, seq), []byte(j.ID))
	}
	if head {
		order.put(dueKey(j.Queue, r.due, seq), []byte(j.ID))
		t.Touch(j.Queue)
	}
	jobs.put(key, r.encode())
	return true, nil
}

// job returns a pending job, or nil when there is none of that ID.
func (t *tx) job(queue, id string) (r *row, err error) {
	defer t.rescue("jobs", &err)
	v := t.jobs().get(jobKey(queue, id))
	if v == nil || v[0] != pending {
		return nil, nil
	}
	return decodeRow(v)
}

// complete replaces a pending job by a marker that remembers its ID, and hands
// its lane on.
func (t *tx) complete(queue, id string, r *row) (err error) {
	defer t.rescue("jobs", &err)
	t.jobs().put(jobKey(queue, id), marker(t.now()))
	order := t.order()
	order.put(dueKey(queue, r.due, r.seq), nil)
	if r.lane == "" {
		return nil
	}
	prefix := lanePrefix(queue, r.lane)
	order.put(laneKey(prefix, r.seq), nil)
	k, next, _ := order.walk().seek(prefix)
	if !strings.HasPrefix(k, prefix) {
		return nil
	}
	head, err := t.job(queue, string(next))
	if err != nil {
		return err
	}
	if head == nil {
		return corrupt("a lane leads to a job that is not there")
	}
	t.Touch(queue)
	order.put(dueKey(queue, head.due, head.seq), bytes.Clone(next))
	return nil
}

// reschedule has a pending job, the first of its lane, run again at due, with
// attempt runs counted.
func (t *tx) reschedule(queue, id string, r *row, due int64, attempt int) (err error) {
	defer t.rescue("jobs", &err)
	if due != r.due {
		t.order().put(dueKey(queue, r.due, r.seq), nil)
		t.order().put(dueKey(queue, due, r.seq), []byte(id))
	}
	t.Touch(queue)
	again := *r
	again.due, again.attempt = due, attempt
	t.jobs().put(jobKey(queue, id), again.encode())
	return nil
}

// A found job is due.
type found struct {
	id  string
	row *row
}

// due lists up to limit jobs of queue that are due by now and not skipped,
// earliest first, and tells when the next one after them will be (MaxInt64:
// none is waiting).
func (t *tx) due(queue string, now int64, limit int, skip func(seq uint64) bool) (jobs []found, next int64, err error) {
	defer t.rescue("jobs", &err)
	prefix := queueKey('d', queue)
	w := t.order().walk()
	for k, id, _ := w.seek(prefix); strings.HasPrefix(k, prefix); k, id, _ = w.next() {
		if len(k) != len(prefix)+16 {
			return nil, 0, corrupt("an entry in the order of jobs")
		}
		at := int64(be64(k[len(prefix):])) //nolint:gosec // never negative, see nanos
		if skip(be64(k[len(prefix)+8:])) {
			continue
		}
		if at > now || len(jobs) == limit {
			return jobs, at, nil
		}
		r, err := t.job(queue, string(id))
		if err != nil {
			return nil, 0, err
		}
		if r == nil {
			return nil, 0, corrupt("the order of jobs leads to one that is not there")
		}
		jobs = append(jobs, found{id: string(id), row: r})
	}
	return jobs, math.MaxInt64, nil
}

func jobKey(queue, id string) string { return queue + "\x00" + id }

func queueKey(kind byte, queue string) string { return string(rune(kind)) + queue + "\x00" }

func dueKey(queue string, due int64, seq uint64) string {
	k := make([]byte, 0, len(queue)+18)
	k = append(append(append(k, 'd'), queue...), 0)
	k = binary.BigEndian.AppendUint64(k, uint64(due)) //nolint:gosec // never negative, see nanos
	return string(binary.BigEndian.AppendUint64(k, seq))
}

func lanePrefix(queue, lane string) string {
	var length [2]byte
	binary.BigEndian.PutUint16(length[:], uint16(len(lane))) //nolint:gosec // at most MaxKey
	return queueKey('l', queue) + string(length[:]) + lane
}

func laneKey(prefix string, seq uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefix), seq))
}

// be64 reads the eight bytes at the start of k.
func be64(k string) uint64 { return binary.BigEndian.Uint64([]byte(k[:8])) }

func marker(now time.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte{over}, uint64(driver.Nanos(now))) //nolint:gosec // never negative
}

func (r *row) encode() []byte {
	b := make([]byte, 0, 1+8+8+2*binary.MaxVarintLen64+len(r.lane)+len(r.body))
	b = append(b, pending)
	b = binary.BigEndian.AppendUint64(b, r.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(r.due))    //nolint:gosec // never negative
	b = binary.AppendUvarint(b, uint64(max(r.attempt, 0))) //nolint:gosec // never negative
	b = binary.AppendUvarint(b, uint64(len(r.lane)))
	b = append(b, r.lane...)
	return append(b, r.body...)
}

// decodeRow copies what it keeps.
func decodeRow(v []byte) (*row, error) {
	bad := corrupt("a job")
	if len(v) < 17 || v[0] != pending {
		return nil, bad
	}
	r := &row{
		seq: binary.BigEndian.Uint64(v[1:]),
		due: int64(binary.BigEndian.Uint64(v[9:]) & math.MaxInt64), //nolint:gosec // masked
	}
	attempt, n := binary.Uvarint(v[17:])
	if n <= 0 || attempt > math.MaxInt32 {
		return nil, bad
	}
	v = v[17+n:]
	length, n := binary.Uvarint(v)
	if n <= 0 || length > uint64(len(v)-n) {
		return nil, bad
	}
	v = v[n:]
	r.attempt, r.lane, r.body = int(attempt), string(v[:length]), bytes.Clone(v[length:])
	return r, nil
}
