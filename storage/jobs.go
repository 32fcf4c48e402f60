package storage

import (
	"context"
	"errors"
	"time"
)

// Jobs is what operators see of the jobs of a Store, and may do about them. The
// drivers implement it beside Store.
type Jobs interface {
	// Queues counts the jobs of all queues, in all processes. Its work grows
	// with the jobs that are pending, not with those that are done; a driver may
	// stop counting where a backlog is large.
	Queues(ctx context.Context) ([]QueueState, error)
	// DeadLetters returns up to limit (<= 0: all) of the dead letters, oldest
	// first. They are kept as long as the IDs of completed jobs.
	DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error)
	// Revive has a dead letter run again, at once and with all its attempts, at
	// the end of its lane. It is then no dead letter any more. The error is
	// ErrNoLetter when there is none of that ref.
	Revive(ctx context.Context, ref string) error
}

// ErrNoLetter: there is no dead letter of that ref, or no more.
var ErrNoLetter = errors.New("storage: no such dead letter")

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

// A DeadLetter is a job that failed MaxAttempts times. Its lane goes on without
// it.
type DeadLetter struct {
	Ref         string // names it for Revive
	Job         Job    // as last delivered
	Died        time.Time
	Fingerprint string // of the last error; the error's text may hold personal data
}
