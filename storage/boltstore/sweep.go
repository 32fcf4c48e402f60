package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

const (
	sweepRows  = 5000        // looked at in one go, about 5 ms
	sweepPause = time.Minute // between two goes
	sweepRest  = time.Hour   // after the last row
)

// sweep forgets markers and dead letters older than KeepDone, until the store
// closes. It walks slowly through the rows, which saves an index by time and
// its write for each job.
func (s *Store) sweep() {
	timer := time.NewTimer(sweepPause)
	defer timer.Stop()
	var from []byte
	for {
		select {
		case <-s.closing:
			return
		case <-timer.C:
		}
		next, err := s.sweepOnce(context.Background(), from)
		if err != nil {
			s.opts.Log.WithError(err).Warn("old job markers cannot be swept")
		}
		from = next
		if from == nil {
			timer.Reset(sweepRest)
		} else {
			timer.Reset(sweepPause)
		}
	}
}

// sweepOnce looks at sweepRows rows, beginning with from, and returns where to
// go on; nil when all were seen.
func (s *Store) sweepOnce(ctx context.Context, from []byte) (next []byte, err error) {
	old := uint64(driver.Nanos(s.opts.Clock().Add(-s.opts.KeepDone))) //nolint:gosec // never negative
	var markers, letters [][]byte
	err = s.read(func(t *tx) (err error) {
		defer t.rescue("jobs", &err)
		c := t.btx.Bucket(jobsBucket).Cursor()
		k, v := c.Seek(from)
		for n := 0; k != nil && n < sweepRows; n++ {
			if expired(v, old) {
				markers = append(markers, bytes.Clone(k))
			}
			k, v = c.Next()
		}
		next = bytes.Clone(k)
		c = t.btx.Bucket(deadBucket).Cursor()
		for k, _ := c.First(); len(k) == 16 && binary.BigEndian.Uint64(k) < old && len(letters) < sweepRows; k, _ = c.Next() {
			letters = append(letters, bytes.Clone(k))
		}
		return nil
	})
	if err != nil || len(markers)+len(letters) == 0 {
		return next, err
	}
	return next, s.committer.do(ctx, func(t *tx) (err error) {
		defer t.rescue("jobs", &err)
		t.writes++
		jobs, dead := t.btx.Bucket(jobsBucket), t.btx.Bucket(deadBucket)
		for _, k := range markers {
			if !expired(jobs.Get(k), old) {
				continue // enqueued anew meanwhile
			}
			if err := jobs.Delete(k); err != nil {
				return err
			}
		}
		for _, k := range letters {
			if err := dead.Delete(k); err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// expired tells whether v is a marker from before old.
func expired(v []byte, old uint64) bool {
	return len(v) == 9 && v[0] == over && binary.BigEndian.Uint64(v[1:]) < old
}
