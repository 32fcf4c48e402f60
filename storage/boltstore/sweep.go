package boltstore

import (
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
	var from string
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
		if from == "" {
			timer.Reset(sweepRest)
		} else {
			timer.Reset(sweepPause)
		}
	}
}

// sweepOnce looks at sweepRows rows, beginning with from, and returns where to
// go on; "" when all were seen.
func (s *Store) sweepOnce(ctx context.Context, from string) (next string, err error) {
	old := uint64(driver.Nanos(s.opts.Clock().Add(-s.opts.KeepDone))) //nolint:gosec // never negative
	var markers, letters []string
	err = s.read(func(t *tx) (err error) {
		defer t.rescue("jobs", &err)
		w := t.jobs().walk()
		k, v, ok := w.seek(from)
		for n := 0; ok && n < sweepRows; n++ {
			if expired(v, old) {
				markers = append(markers, k)
			}
			k, v, ok = w.next()
		}
		next = k
		w = t.dead().walk()
		for k, _, ok := w.seek(""); ok && len(k) == 16 && be64(k) < old && len(letters) < sweepRows; k, _, ok = w.next() {
			letters = append(letters, k)
		}
		return nil
	})
	if err != nil || len(markers)+len(letters) == 0 {
		return next, err
	}
	return next, s.committer.do(ctx, func(t *tx) (err error) {
		defer t.rescue("jobs", &err)
		jobs, dead := t.jobs(), t.dead()
		for _, k := range markers {
			if expired(jobs.get(k), old) { // and not enqueued anew meanwhile
				jobs.put(k, nil)
			}
		}
		for _, k := range letters {
			dead.put(k, nil)
		}
		return nil
	}, nil)
}

// expired tells whether v is a marker from before old.
func expired(v []byte, old uint64) bool {
	return len(v) == 9 && v[0] == over && binary.BigEndian.Uint64(v[1:]) < old
}
