package boltstore

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	// foldSize is how large a layer gets in memory before it is put into the file:
	// more rows share a page then, and the more is held in memory meanwhile.
	foldSize = 1 << 20
	// foldAfter is for how long what was committed is in the journal only.
	foldAfter = time.Second
	// spare is how much room, beside twice what is to come, a store that may only
	// grow so far has when it writes to the journal first.
	spare = 1 << 20
)

// through brings the file up to date, and puts own into it. Nothing is flying.
func (c *committer) through(own *layer) error {
	o := c.overlay
	o.merge()
	o.settled()
	o.mu.Lock()
	var pending []*layer
	if o.frozen != nil {
		pending = append(pending, o.frozen)
	}
	if o.active.rows.Len() > 0 {
		pending = append(pending, o.active)
	}
	o.mu.Unlock()
	if len(pending) > 0 {
		if err := c.fold(pending); err != nil {
			return err
		}
	}
	if own.rows.Len() == 0 {
		return nil
	}
	return c.fold([]*layer{own})
}

// fold puts layers into the file, the oldest first, while others wait: either all
// that stand over it, or one when none does.
func (c *committer) fold(layers []*layer) error {
	o := c.overlay
	o.mu.Lock()
	generation := o.generation
	o.mu.Unlock()
	err := c.commitFile(layers, generation)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed = err
	if err != nil {
		return err
	}
	c.commits.Add(1)
	o.frozen, o.copy, o.open = nil, nil, true
	o.restart()
	c.journal.begin()
	return nil
}

// rotate has the active layer put into the file while a new one takes what is
// committed meanwhile. All that is in a journal goes with its layer: the next one
// has a journal of its own.
func (c *committer) rotate() {
	o := c.overlay
	c.land()
	o.merge()
	o.settled()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil || o.active.rows.Len() == 0 {
		return // what comes next goes through the file
	}
	frozen, generation, done := o.active, o.generation, make(chan struct{})
	o.frozen, o.folding = frozen, done
	o.restart()
	c.journal.begin()
	go func() {
		err := c.commitFile([]*layer{frozen}, generation)
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.failed = err; err == nil {
			o.frozen = nil
		}
		o.folding = nil
		close(done)
		o.due() // for what has become due meanwhile
	}()
}

// foldWhenDue has put into the file what has waited for long enough.
func (c *committer) foldWhenDue() {
	o := c.overlay
	o.mu.Lock()
	due := o.overdue && o.folding == nil && o.ruin == nil
	o.mu.Unlock()
	if due {
		c.rotate()
	}
}

// finish brings the file up to date for good, and removes the journals then. What
// cannot be put into the file stays in them, for the next to open it.
func (c *committer) finish() {
	broken := c.overlay.broken() != nil // told to everybody who asked for anything
	if !broken {
		c.left = c.through(newLayer())
	}
	c.overlay.mu.Lock()
	c.overlay.restart() // and its timer with it
	c.overlay.mu.Unlock()
	c.journal.close()
	if broken || c.left != nil {
		return
	}
	// One that cannot be removed does no harm: the file holds all of it.
	if err := removeJournals(c.journal.path, c.wipe); c.wipe {
		c.err = err
	}
}

// commitFile puts layers into the file, which then holds all up to a generation.
func (c *committer) commitFile(layers []*layer, generation uint64) error {
	btx, err := c.gate.begin(true)
	if err != nil {
		return err
	}
	err = guard(func() error {
		return foldInto(btx, layers, mark{session: c.journal.session, folded: generation})
	})
	if err == nil {
		return c.writeFile(btx)
	}
	_ = guard(btx.Rollback)
	if err = translate(err); isCorrupt(err) {
		return c.overlay.spoil(err)
	}
	return err
}

// writeFile commits btx. Two failures end all writing until the file is opened
// again: a panic of bbolt, after which its memory cannot be trusted, and an
// error that came after the new meta page was written, when nobody knows what
// the disk will show.
func (c *committer) writeFile(btx *bolt.Tx) error {
	id := btx.ID()
	err := guard(btx.Commit)
	if err == nil {
		return nil
	}
	if btx.DB() != nil {
		_ = guard(btx.Rollback)
	}
	if err = translate(err); isCorrupt(err) {
		return c.overlay.spoil(err)
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
		return c.overlay.spoil(uncertain)
	}
	return err
}
