// Package storage is the port between the bot and whatever keeps its records:
// a small ordered key-value store with transactions, and durable jobs that are
// enqueued in the transaction that decided them.
//
// # Keys
//
// A key is a path of segments joined by "/". A segment that begins with "~" is
// clear: it stays readable at rest and sorts in byte order (times, sequence
// numbers; never personal data). Every other segment is an identity: a sealing
// store replaces it by a pseudonym, so no order may be expected among
// identities. A Scan bound is whole segments, followed by at most one partial
// clear segment, or by "" (the first key below) or by End (after the last key
// below). Job.ID and Job.Key follow the same rule. No segment begins with a
// 0xff byte, which UTF-8 text never does.
//
// Buckets and queues are named by the program: short readable words.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// End, as the last segment of a Scan bound, sorts after every key below the
// segments before it.
const End = "\xff"

// Limits that hold in every Store, so that what one takes the others take too.
const (
	MaxKey   = 1 << 10 // bytes of a key, a job's ID or its Key, as stored
	MaxValue = 4 << 20 // bytes of a value or of a job's body
	// Overhead is what a Store that wraps another may add to a value; drivers
	// take values of MaxValue + Overhead.
	Overhead = 4 << 10
)

// KeepDone is how long the ID of a completed job is remembered, at least. After
// that the ID may be enqueued anew.
const KeepDone = 30 * 24 * time.Hour

// Errors that every Store returns; compare with errors.Is.
var (
	// ErrClosed: the store is closed, or closing.
	ErrClosed = errors.New("storage: closed")
	// ErrFull: the store has no room left (its own limit, or the disk); what
	// was stored before stays readable, and writing works again once there is
	// room.
	ErrFull = errors.New("storage: full")
	// ErrLocked: another process holds the store.
	ErrLocked = errors.New("storage: in use by another process")
	// ErrCorrupt: the file or a record in it cannot be what this program wrote.
	ErrCorrupt = errors.New("storage: corrupt")
	// ErrInvalid: the call itself is wrong (an empty key, a value over MaxValue,
	// a write in View); nothing of the call was applied.
	ErrInvalid = errors.New("storage: invalid call")
	// ErrNewer: the file was written by a later version of the program.
	ErrNewer = errors.New("storage: written by a newer version")
	// ErrLost: the run of a job was fenced: another worker has taken it over,
	// or it has completed already. Nothing of the call was applied; the
	// handler must stop and do nothing more to the outside.
	ErrLost = errors.New("storage: job lost to another run")
)

// A Store keeps records and jobs. Its methods may be called from any goroutine.
type Store interface {
	// Update runs fn in one atomic, durable, read-write transaction: when it
	// returns nil everything fn wrote is on disk, when it returns an error
	// nothing is. Updates that share one of keys run one after the other. fn
	// may run more than once, with the effects of only the last run kept, so
	// it must have no effect outside of tx, must not call the Store's methods,
	// and should be short: others wait. tx may not be used after fn returned;
	// what was read through it may. A panic in fn is returned as an error.
	// Cancelling ctx before the commit began leaves nothing.
	Update(ctx context.Context, keys []string, fn func(Tx) error) error

	// View runs fn on a consistent snapshot. Writes through tx fail with
	// ErrInvalid. What Update does with panics and tx, View does too.
	View(ctx context.Context, fn func(Tx) error) error

	// Work runs the due jobs of queue, at most n at a time, until ctx ends;
	// then it waits for the handlers that still run (their ctx is not
	// cancelled by it) and returns nil. Jobs of one lane, (Queue, Key), run
	// one at a time and in the order they were enqueued; jobs without Key
	// have no lane. A panic in a handler counts as an error. Work may be called
	// several times for a queue. It returns ErrClosed when the store was closed
	// under it.
	Work(ctx context.Context, queue string, n int, h Handler) error

	// Backup writes a consistent copy of the whole store while it is in use. It
	// stops with ctx's error between two writes to w, so w must not block for
	// ever.
	Backup(ctx context.Context, w io.Writer) error

	// Close stops Work, waits for the handlers that run (their transactions
	// still work) and for the running transactions, and refuses everything
	// after that. It may be called twice, but not by a handler.
	Close() error
}

// A Tx reads and writes inside one transaction. Byte slices passed in may be
// changed by the caller afterwards; those returned are the caller's own.
type Tx interface {
	// Get returns nil when the key is unknown.
	Get(bucket, key string) ([]byte, error)
	// Put stores a copy of value; nil deletes, and deleting twice is fine. An
	// empty, non-nil value is stored.
	Put(bucket, key string, value []byte) error
	// Scan returns at most limit entries (limit <= 0: all) with
	// from <= key < to in byte order. To scan below a prefix p, use p+"/" and
	// p+"/"+End.
	Scan(bucket, from, to string, limit int) ([]KV, error)
	// Enqueue adds a job; it becomes visible when the transaction commits.
	// fresh is false, and nothing changes, when (Queue, ID) is known already,
	// also if that job has completed within KeepDone or is a dead letter.
	Enqueue(Job) (fresh bool, err error)
}

// A Forgetter is a Tx of a store that seals what belongs to somebody under a key
// of their own. Forget has that key destroyed soon after the transaction has
// committed: what was put for the owner before is then as if deleted, in every
// copy that remains anywhere. What is put for them afterwards stays.
type Forgetter interface{ Forget(owner string) error }

// Forget has the key of an owner destroyed, in a store that has such keys; in
// any other it does nothing. It replaces no deleting: what is still there stays
// readable until then.
func Forget(tx Tx, owner string) error {
	if f, ok := tx.(Forgetter); ok {
		return f.Forget(owner)
	}
	return nil
}

// A Keeper is a Tx that can keep the memory of a value. PutOwn is Put for a caller
// who lets go of it.
type Keeper interface {
	PutOwn(bucket, key string, value []byte) error
}

// PutOwn puts a value that the caller lets go of: what would be copied is kept,
// in a store that can.
func PutOwn(tx Tx, bucket, key string, value []byte) error {
	if k, ok := tx.(Keeper); ok {
		return k.PutOwn(bucket, key, value)
	}
	return tx.Put(bucket, key, value)
}

// KV is one entry of a Scan.
type KV struct {
	Key   string
	Value []byte
}

// A Job is work decided in a transaction and done after it.
type Job struct {
	ID    string // unique within Queue, also after completion (KeepDone)
	Queue string
	Key   string    // the lane; "" has none
	At    time.Time // not before; may run up to 30 s late. Zero: now
	Body  []byte

	// Attempt is 1 on the first delivery and counts the runs that failed or
	// died with their process; ignored by Enqueue.
	Attempt int
}

// Format leaves out everything but the queue, for every verb: a job that is
// printed by mistake says nothing of anybody.
func (j Job) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "job of "+j.Queue) }

// Format leaves out key and value, likewise.
func (kv KV) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "an entry") }

// Done applies fn's writes and completes the job in one transaction, as Update
// does with keys. After it returned nil the job will not run again, whatever
// the handler returns. It returns ErrLost when this run was fenced, and on the
// second call.
type Done func(keys []string, fn func(Tx) error) error

// A Handler works one job. Returning nil completes the job if done was not
// called; Snooze(d) runs it again after d without using up an attempt; any
// other error runs it again after a growing delay, and sets it aside as a dead
// letter after MaxAttempts runs.
type Handler func(ctx context.Context, j Job, done Done) error

// MaxAttempts is how many failed runs make a dead letter.
const MaxAttempts = 10

// Snooze is returned by a Handler to have its job run again after d.
func Snooze(d time.Duration) error { return snooze(d) }

// handOver is how soon a job of a later program is offered again, and handLimit
// for how long: a rollout is over by then, or was taken back.
const (
	handOver  = 2 * time.Second
	handLimit = time.Hour
)

// Newer is returned by a Handler for a job of a kind that it does not know, made
// at made: a later program has made it, and takes it when it is offered again.
// The job loses nothing by that, and its lane waits. After an hour it fails, and
// becomes a dead letter for operators to see, which can be run again. made may be
// zero when it is not known; then there is no hour.
func Newer(made, now time.Time) error {
	if now.Sub(made) < handLimit {
		return Snooze(handOver)
	}
	return fmt.Errorf("job of an unknown kind: %w", ErrNewer)
}

// Snoozed tells whether err, returned by a Handler, asks for a later run.
func Snoozed(err error) (time.Duration, bool) {
	var s snooze
	if errors.As(err, &s) {
		return time.Duration(s), true
	}
	return 0, false
}

type snooze time.Duration

func (s snooze) Error() string { return "storage: run again after " + time.Duration(s).String() }
