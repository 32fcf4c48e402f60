package boltstore

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// maxGroup bounds how many calls share a transaction, and with it how long the
// first of them waits for the last.
const maxGroup = 1024

// States of a call.
const (
	waiting   int32 = iota
	taken           // by the committer: its outcome is the caller's answer
	abandoned       // by its caller, before the committer came to it
)

// A call is one Update on its way through the committer.
type call struct {
	ctx    context.Context
	fn     func(*tx) error
	after  func() // runs on the committer once fn's writes are durable; may be nil
	state  atomic.Int32
	err    error // fn's own, of its last run
	ended  bool
	result chan error
}

func (c *call) end(err error) {
	c.ended = true
	c.result <- err
}

// A committer is the only writer of the file. It commits whatever has gathered
// while the last commit ran: a lone writer waits for one commit, and many share
// theirs. Being alone it also makes all updates serial, so also those that
// share a key.
type committer struct {
	gate   *gate
	now    func() time.Time
	notify func(queues []string) // after a commit that made jobs runnable
	wake   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	queue  []*call
	closed bool

	broken error // set once the file must not be written any more
}

func newCommitter(db *bolt.DB, now func() time.Time, notify func([]string)) *committer {
	c := &committer{gate: &gate{db: db}, now: now, notify: notify, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go c.run()
	return c
}

// do has fn committed and returns its outcome. When ctx ends before the
// committer has begun with fn, it returns at once.
func (c *committer) do(ctx context.Context, fn func(*tx) error, after func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cl, err := c.push(ctx, fn, after)
	if err != nil {
		return err
	}
	select {
	case err := <-cl.result:
		return err
	case <-ctx.Done():
		if cl.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		return <-cl.result
	}
}

// push queues fn without waiting for it.
func (c *committer) push(ctx context.Context, fn func(*tx) error, after func()) (*call, error) {
	cl := &call{ctx: ctx, fn: fn, after: after, result: make(chan error, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, storage.ErrClosed
	}
	c.queue = append(c.queue, cl)
	c.signal()
	return cl, nil
}

func (c *committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close refuses further calls, and returns when those queued have their answer.
func (c *committer) close() {
	c.mu.Lock()
	c.closed = true
	c.signal()
	c.mu.Unlock()
	<-c.done
}

// run is the committer's goroutine. If a fn ends it by runtime.Goexit, as
// testing's FailNow does, the rest of its group goes back to the queue and
// another goroutine takes over.
func (c *committer) run() {
	debug.SetPanicOnFault(true)
	var group []*call
	finished := false
	defer func() {
		if finished {
			close(c.done)
			return
		}
		c.mu.Lock()
		c.queue = append(slices.DeleteFunc(group, func(cl *call) bool { return cl.ended }), c.queue...)
		c.signal()
		c.mu.Unlock()
		go c.run()
	}()
	for more := true; more; {
		if group, more = c.next(); len(group) > 0 {
			c.flush(slices.Clone(group))
		}
	}
	finished = true
}

// next waits for calls and takes them; more is false when no further ones will
// come.
func (c *committer) next() (group []*call, more bool) {
	<-c.wake
	runtime.Gosched() // who is about to call may: a commit costs about the same for more of them
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), maxGroup)
	group = slices.DeleteFunc(slices.Clone(c.queue[:n]), func(cl *call) bool {
		return !cl.state.CompareAndSwap(waiting, taken) && cl.state.Load() == abandoned
	})
	if n == len(c.queue) {
		clear(c.queue)
		c.queue = c.queue[:0]
	} else {
		c.queue = slices.Clone(c.queue[n:])
	}
	more = !c.closed || len(c.queue) > 0
	if len(c.queue) > 0 || c.closed {
		c.signal()
	}
	return group, more
}

// flush answers every call of group: in one transaction where it can. A fn that
// failed after writing spoils the transaction, which has no savepoints: it is
// set aside, the others run again, and it runs again alone after them. When the
// commit itself fails, one of them may have been too big: each runs alone.
func (c *committer) flush(group []*call) {
	var alone []*call
	for len(group) > 1 {
		bad, err := c.commit(group)
		if err == nil {
			break
		}
		if bad == nil {
			alone, group = append(alone, group...), nil
			break
		}
		alone = append(alone, bad)
		group = slices.DeleteFunc(group, func(cl *call) bool { return cl == bad })
	}
	if len(group) == 1 {
		alone = append(group, alone...)
	}
	for _, cl := range alone {
		if _, err := c.commit([]*call{cl}); err != nil {
			cl.end(err)
		}
	}
}

// commit runs group in one transaction. With a nil error all calls have their
// answer; otherwise none has, nothing was written, and bad is the call at
// fault, if it was one.
func (c *committer) commit(group []*call) (bad *call, err error) {
	if c.broken != nil {
		return nil, c.broken
	}
	btx, err := c.gate.begin(true)
	if err != nil {
		return nil, err
	}
	t := &tx{Access: driver.Access{Writable: true}, btx: btx, now: c.now}
	defer func() {
		if btx.DB() != nil { // not committed; also when Goexit came by
			_ = btx.Rollback()
		}
		if err != nil {
			t.Over = true
		}
	}()
	for _, cl := range group {
		before := t.writes
		if cl.err = t.call(cl); cl.err != nil && t.writes != before {
			return cl, cl.err
		}
	}
	for _, cl := range group { // fn may have run for long
		if cl.err == nil && cl.ctx.Err() != nil {
			return cl, cl.ctx.Err()
		}
	}
	if t.writes > 0 {
		if err := c.write(btx); err != nil {
			return nil, err
		}
	}
	t.Over = true
	c.answer(group, t.Touched)
	return nil, nil
}

func (c *committer) answer(group []*call, touched []string) {
	for _, cl := range group {
		if cl.err == nil && cl.after != nil {
			cl.after()
		}
	}
	c.notify(touched)
	for _, cl := range group {
		cl.end(cl.err)
	}
}

// write commits btx. Two failures end all writing until the file is opened
// again: a panic of bbolt, after which its memory cannot be trusted, and an
// error that came after the new meta page was written, when nobody knows what
// the disk will show.
func (c *committer) write(btx *bolt.Tx) error {
	id := btx.ID()
	err := guard(btx.Commit)
	if err == nil {
		return nil
	}
	err = translate(err)
	if isCorrupt(err) {
		c.broken = err
		return err
	}
	uncertain := guard(func() error {
		return c.gate.view(func(now *bolt.Tx) error {
			if now.ID() >= id {
				return fmt.Errorf("%w: %w", ErrReopen, err)
			}
			return nil
		})
	})
	if uncertain != nil {
		c.broken = uncertain
		return uncertain
	}
	return err
}
