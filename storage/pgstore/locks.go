package pgstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
)

// Keys are locked twice: in this process, where those who wait hold no
// connection, and in the database, for the other processes. The database's locks
// are advisory ones of a 64-bit hash (two keys of one hash only wait for each
// other), because a row that is not there yet cannot be locked.

// lockOf is the advisory lock of a name within a schema.
func lockOf(schema string, name ...string) int64 {
	sum := sha256.Sum256([]byte("weizhangbot\x00" + schema + "\x00" + strings.Join(name, "\x00")))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // a hash: any 64 bits will do
}

// locksOf are the locks of keys, in the one order in which everybody takes them.
func locksOf(schema string, keys []string) []int64 {
	locks := make([]int64, 0, len(keys))
	for _, k := range keys {
		locks = append(locks, lockOf(schema, "key", k))
	}
	slices.Sort(locks)
	return slices.Compact(locks)
}

// localLocks are the locks of this process: a channel of one for each that
// somebody holds or waits for.
type localLocks struct {
	mu   sync.Mutex
	held map[int64]*localLock
}

type localLock struct {
	turn  chan struct{}
	users int
}

// take takes locks, which are sorted, and returns what gives them back.
func (l *localLocks) take(ctx context.Context, locks []int64) (release func(), err error) {
	taken := 0
	release = func() {
		for _, n := range locks[:taken] {
			l.leave(n, true)
		}
		taken = 0
	}
	for _, n := range locks {
		select {
		case l.join(n).turn <- struct{}{}:
			taken++
		case <-ctx.Done():
			l.leave(n, false)
			release()
			return nil, ctx.Err()
		}
	}
	return release, nil
}

func (l *localLocks) join(n int64) *localLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = make(map[int64]*localLock)
	}
	lock := l.held[n]
	if lock == nil {
		lock = &localLock{turn: make(chan struct{}, 1)}
		l.held[n] = lock
	}
	lock.users++
	return lock
}

func (l *localLocks) leave(n int64, holder bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.held[n]
	if holder {
		<-lock.turn
	}
	if lock.users--; lock.users == 0 {
		delete(l.held, n)
	}
}
