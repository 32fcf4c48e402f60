package boltstore

import (
	"fmt"
	"slices"
	"sync"
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

// An overlay is what stands over the file: what was committed to the journal and is
// not in the file yet. The file is brought up to it by and by, when more rows share
// the pages that have to be written for them.
type overlay struct {
	due func() // asks for a fold

	mu         sync.Mutex
	flying     *layer   // on its way to the disk; nil: nothing is
	recent     []*layer // committed, and not in active yet; the newest last
	active     *layer   // grows with each commit
	copy       *layer   // of active, as readers have it; nil: none is up to date
	frozen     *layer   // on its way into the file; nil: nothing is
	generation uint64   // of active's journal
	open       bool     // the file says which journals go with it
	timer      *time.Timer
	overdue    bool
	folding    chan struct{} // closed when frozen has got into the file, or has failed to
	failed     error         // why frozen did not
	ruin       error         // nothing can be written until the store is opened again
}

func newOverlay() *overlay { return &overlay{active: newLayer(), generation: 1} }

// spoil ends all writing until the store is opened again.
func (o *overlay) spoil(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ruin = err
	return err
}

func (o *overlay) broken() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ruin
}

// view begins a transaction that reads the file, with the layers over it, the
// newest first.
func (o *overlay) view(g *gate) (btx *bolt.Tx, layers []*layer, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if btx, err = g.begin(false); err != nil {
		return nil, nil, err
	}
	for _, l := range slices.Backward(o.recent) {
		layers = append(layers, l)
	}
	if o.active.rows.Len() > 0 {
		if o.copy == nil {
			o.copy = o.active.copied()
		}
		layers = append(layers, o.copy)
	}
	if o.frozen != nil {
		layers = append(layers, o.frozen)
	}
	return btx, layers, nil
}

// begin is view for the committer, who sees what is on its way to the disk as
// well, after a layer of its own.
func (o *overlay) begin(g *gate) (btx *bolt.Tx, layers []*layer, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if btx, err = g.begin(false); err != nil {
		return nil, nil, err
	}
	layers = append(layers, newLayer())
	if o.flying != nil {
		layers = append(layers, o.flying)
	}
	for _, l := range slices.Backward(o.recent) {
		layers = append(layers, l)
	}
	if layers = append(layers, o.active); o.frozen != nil {
		layers = append(layers, o.frozen)
	}
	return btx, layers, nil
}

// launched notes that own is on its way, and tells to which generation.
func (o *overlay) launched(own *layer) (generation uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flying = own
	return o.generation
}

// landed notes that it has got there, or has not.
func (o *overlay) landed(own *layer, well bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.flying = nil; well {
		o.recent = append(o.recent, own)
	}
}

func (o *overlay) isFlying() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.flying != nil
}

// merge puts into the active layer what was committed since, and tells whether it
// is time for a fold. It is the committer's, between two transactions.
func (o *overlay) merge(foldSize int) (full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, l := range o.recent {
		if o.active.rows.Len() == 0 {
			o.timer = time.AfterFunc(foldAfter, o.ring)
		}
		l.addTo(o.active)
		o.recent[i], o.copy = nil, nil
	}
	o.recent = o.recent[:0]
	return o.active.size >= foldSize && o.folding == nil || o.active.size >= 2*foldSize
}

// direct tells whether own had better go into the file at once: when the file's
// room is uncertain, or own is large.
func (o *overlay) direct(own *layer, foldSize int, limit, size int64) bool {
	if own.rows.Len() == 0 {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	ahead := o.active.size + own.size
	if o.frozen != nil {
		ahead += o.frozen.size
	}
	for _, l := range o.recent {
		ahead += l.size
	}
	return !o.open || o.failed != nil || own.size > foldSize || limit > 0 && size+2*int64(ahead)+spare > limit
}

// through brings the file up to date, and puts own into it. Nothing is flying.
func (c *committer) through(own *layer) error {
	o := c.overlay
	o.merge(c.foldSize)
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

// restart begins a new active layer, and a new journal.
func (o *overlay) restart() {
	o.active, o.copy, o.overdue = newLayer(), nil, false
	o.generation++
	if o.timer != nil {
		o.timer.Stop()
	}
}

// rotate has the active layer put into the file while a new one takes what is
// committed meanwhile. All that is in a journal goes with its layer: the next one
// has a journal of its own.
func (c *committer) rotate() {
	o := c.overlay
	c.land()
	o.merge(c.foldSize)
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

// settled returns when nothing is on its way into the file.
func (o *overlay) settled() {
	o.mu.Lock()
	folding := o.folding
	o.mu.Unlock()
	if folding != nil {
		<-folding
	}
}

func (o *overlay) ring() {
	o.mu.Lock()
	o.overdue = true
	o.mu.Unlock()
	o.due()
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
