package boltstore

import (
	"slices"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// An overlay is what stands over the file: what was committed to the journal and is
// not in the file yet. The file is brought up to it by and by, when more rows share
// the pages that have to be written for them.
type overlay struct {
	due      func() // asks for a fold
	foldSize int

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

func newOverlay() *overlay { return &overlay{foldSize: foldSize, active: newLayer(), generation: 1} }

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
	if o.copy == nil {
		o.copy = o.active.copied()
	}
	return btx, o.onto(nil, o.copy), nil
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
	return btx, o.onto(layers, o.active), nil
}

// onto appends what is committed to layers, the newest first.
func (o *overlay) onto(layers []*layer, active *layer) []*layer {
	for _, l := range slices.Backward(o.recent) {
		layers = append(layers, l)
	}
	for _, l := range []*layer{active, o.frozen} {
		if l != nil && l.rows.Len() > 0 {
			layers = append(layers, l)
		}
	}
	return layers
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
func (o *overlay) merge() (full bool) {
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
	return o.active.size >= o.foldSize && o.folding == nil || o.active.size >= 2*o.foldSize
}

// direct tells whether own had better go into the file at once: when the file's
// room is uncertain, or own is large.
func (o *overlay) direct(own *layer, limit, size int64) bool {
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
	return !o.open || o.failed != nil || own.size > o.foldSize || limit > 0 && size+2*int64(ahead)+spare > limit
}

// restart begins a new active layer, and a new journal.
func (o *overlay) restart() {
	o.active, o.copy, o.overdue = newLayer(), nil, false
	o.generation++
	if o.timer != nil {
		o.timer.Stop()
	}
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
