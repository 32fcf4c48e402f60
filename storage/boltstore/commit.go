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

	"github.com/weizhangbot/weizhangbot/storage"
)

// fewest is how many calls are worth a transaction while the one before is on its
// way to the disk.
const fewest = 20

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
	settle bool   // instead of fn: have everything in the file
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

// A committer is the only writer of the store. It commits whatever has gathered
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

	overlay *overlay
	journal journal
	commits atomic.Int64 // to the journal or to the file

	flight   *flight // not yet known to be durable; nil: none
	stranded []*call // of a flight that failed, while they are tried again

	wipe bool  // the journals, before they are removed
	left error // why the journals still hold something in the end
	err  error // of wiping
}

func newCommitter(g *gate, path string, now func() time.Time, notify func([]string)) *committer {
	c := &committer{
		gate: g, now: now, notify: notify, wake: make(chan struct{}, 1), done: make(chan struct{}),
		overlay: newOverlay(), journal: journal{path: path, session: newSession(), sync: datasync},
	}
	c.overlay.due = c.signal
	go c.run()
	return c
}

// do has fn committed and returns its outcome. When ctx ends before the
// committer has begun with fn, it returns at once.
func (c *committer) do(ctx context.Context, fn func(*tx) error, after func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.wait(&call{ctx: ctx, fn: fn, after: after})
}

// settle returns when everything that was committed before is in the file.
func (c *committer) settle(ctx context.Context) error { return c.wait(&call{ctx: ctx, settle: true}) }

func (c *committer) wait(cl *call) error {
	if err := c.push(cl); err != nil {
		return err
	}
	ctx := cl.ctx
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

// push queues a call without waiting for it.
func (c *committer) push(cl *call) error {
	cl.result = make(chan error, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return storage.ErrClosed
	}
	c.queue = append(c.queue, cl)
	c.signal()
	return nil
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
		c.queue = append(slices.DeleteFunc(append(c.stranded, group...), func(cl *call) bool { return cl.ended }), c.queue...)
		c.signal()
		c.mu.Unlock()
		go c.run()
	}()
	for more := true; more; {
		group, more = c.next()
		if !c.overlay.isFlying() {
			c.land() // who waits for what could not be written waits for this
		}
		if len(group) > 0 {
			c.flush(slices.Clone(group))
		}
		c.foldWhenDue()
	}
	c.land()
	c.finish()
	finished = true
}

// next waits for calls and takes them; more is false when no further ones will
// come.
func (c *committer) next() (group []*call, more bool) {
	<-c.wake
	runtime.Gosched() // who is about to call may: a commit costs about the same for more of them
	flying := c.overlay.isFlying()
	c.mu.Lock()
	defer c.mu.Unlock()
	if flying && len(c.queue) < fewest && !c.closed {
		return nil, true // when more have come, or the flight has landed
	}
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

// flush answers every call of group: in one transaction where it can. When the
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
// answer, or get it when what they wrote is durable; otherwise none has, nothing
// was written, and bad is the call at fault, if it was one.
func (c *committer) commit(group []*call) (bad *call, err error) {
	for again := true; again; {
		bad, again, err = c.try(group)
	}
	return bad, err
}

// try is commit, unless the group was run on what an earlier one had written, and
// that failed: then nothing has come of it, and it is to be tried again.
func (c *committer) try(group []*call) (bad *call, again bool, err error) {
	if err := c.overlay.broken(); err != nil {
		return nil, false, err
	}
	if c.overlay.merge() {
		c.rotate()
	}
	btx, layers, err := c.overlay.begin(c.gate)
	if err != nil {
		return nil, false, err
	}
	t := newTx(btx, layers, c.now)
	t.Writable = true
	bad, settle := c.runAll(t, group)
	if bad != nil {
		return bad, false, bad.ctx.Err()
	}
	if !c.land() {
		return nil, true, nil // it saw what is not there
	}
	own := t.layers[0]
	switch {
	case settle, c.overlay.direct(own, int64(c.gate.db.MaxSize), t.size):
		if err := c.through(own); err != nil {
			return nil, false, err
		}
	case own.rows.Len() > 0:
		c.launch(own, group, t.Touched)
		return nil, false, nil
	}
	c.answer(group, t.Touched)
	return nil, false, nil
}

// A flight is what a group has written, on its way to the disk while the next
// group runs.
type flight struct {
	own       *layer
	group     []*call
	touched   []string
	err       error
	uncertain bool // whether the disk will show it
	over      chan struct{}
}

// launch has own written to the journal, and its group answered then. One flight
// is over before the next begins.
func (c *committer) launch(own *layer, group []*call, touched []string) {
	f := &flight{own: own, group: group, touched: touched, over: make(chan struct{})}
	generation := c.overlay.launched(own)
	c.flight = f
	go func() {
		f.uncertain, f.err = c.journal.append(generation, own)
		c.overlay.landed(own, f.err == nil)
		if f.err == nil {
			c.commits.Add(1)
			c.answer(group, touched)
		}
		close(f.over)
		c.signal()
	}()
}

// land waits for the flight, if there is one; nothing flies when it returns. false: what it carried could not be
// written, so that whatever was run on it must run again; its own group has its
// answer.
func (c *committer) land() bool {
	f := c.flight
	if f == nil {
		return true
	}
	<-f.over
	c.flight = nil
	if f.err == nil {
		return true
	}
	c.stranded = f.group
	switch err := c.through(f.own); {
	case err == nil:
		c.answer(f.group, f.touched)
	case f.uncertain:
		err = c.overlay.spoil(fmt.Errorf("%w: %w", ErrReopen, f.err))
		for _, cl := range f.group {
			cl.end(err)
		}
	default: // one of them may have been too big
		c.flush(slices.Clone(f.group))
	}
	c.stranded = nil
	c.land() // what was tried again may be flying
	return false
}

// runAll runs the calls of a group, those that fail without effect, and ends the
// transaction. Writing is over: what was written is in its first layer. bad is a
// call that must not be written, since its ctx has ended meanwhile.
func (c *committer) runAll(t *tx, group []*call) (bad *call, settle bool) {
	defer func() { // also when Goexit came by
		t.Over = true
		t.size = t.btx.Size()
		_ = t.btx.Rollback() // of a transaction that only read
	}()
	for _, cl := range group {
		if cl.settle {
			settle, cl.err = true, nil
			continue
		}
		t.undo = t.undo[:0]
		if cl.err = t.call(cl); cl.err != nil {
			t.takeBack()
		}
	}
	for _, cl := range group { // fn may have run for long
		if cl.err == nil && cl.ctx.Err() != nil {
			return cl, settle
		}
	}
	return nil, settle
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
