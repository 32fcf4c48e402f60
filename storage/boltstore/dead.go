package boltstore

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// DeadLetters implements storage.Jobs.
func (s *Store) DeadLetters(ctx context.Context, limit int) (letters []storage.DeadLetter, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.read(func(t *tx) (err error) {
		defer t.rescue("dead", &err)
		w := t.dead().walk()
		for k, v, ok := w.seek(""); ok && (limit <= 0 || len(letters) < limit); k, v, ok = w.next() {
			l, err := decodeLetter(k, v)
			if err != nil {
				return err
			}
			letters = append(letters, l)
		}
		return nil
	})
	return letters, err
}

// bury makes a dead letter of a job and frees its lane.
func (r *run) bury(t *tx, row *row, cause error) error {
	now := r.store.opts.Clock()
	r.fingerprint = driver.Fingerprint(cause)
	key := binary.BigEndian.AppendUint64(nil, uint64(driver.Nanos(now))) //nolint:gosec // never negative
	key = binary.BigEndian.AppendUint64(key, row.seq)
	dead := *row
	dead.attempt = min(r.job.Attempt, storage.MaxAttempts)
	value := appendText(appendText(appendText(nil, r.queue), r.id), r.fingerprint)
	t.dead().put(string(key), append(value, dead.encode()...))
	return t.complete(r.queue, r.id, row)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func cutText(b []byte) (s string, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return "", nil, false
	}
	end := size + int(n) //nolint:gosec // at most len(b)
	return string(b[size:end]), b[end:], true
}

func decodeLetter(k string, v []byte) (storage.DeadLetter, error) {
	bad := corrupt("a dead letter")
	if len(k) != 16 {
		return storage.DeadLetter{}, bad
	}
	queue, v, ok1 := cutText(v)
	id, v, ok2 := cutText(v)
	cause, v, ok3 := cutText(v)
	if !ok1 || !ok2 || !ok3 {
		return storage.DeadLetter{}, bad
	}
	r, err := decodeRow(v)
	if err != nil {
		return storage.DeadLetter{}, bad
	}
	return storage.DeadLetter{
		Ref: hex.EncodeToString([]byte(k)),
		Job: storage.Job{
			ID: id, Queue: queue, Key: r.lane, At: time.Unix(0, r.due), Body: r.body, Attempt: r.attempt,
		},
		Died:        time.Unix(0, int64(be64(k)&math.MaxInt64)), //nolint:gosec // masked
		Fingerprint: cause,
	}, nil
}
