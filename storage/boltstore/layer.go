package boltstore

import (
	"encoding/binary"

	"github.com/tidwall/btree"
	bolt "go.etcd.io/bbolt"
)

// An entry is what was put at a key of one of the file's buckets; a nil value
// deletes. The empty key, which no row has, stands for the bucket's sequence.
type entry struct {
	bucket, key string
	value       []byte
}

func (e entry) before(other entry) bool {
	if e.bucket != other.bucket {
		return e.bucket < other.bucket
	}
	return e.key < other.key
}

// entryCost is about what an entry takes in memory beside its key and value.
const entryCost = 100

func (e entry) size() int { return entryCost + len(e.key) + len(e.value) }

// A layer is what was written since the layers below it, and the file below
// these, were. Values in it are never changed.
type layer struct {
	rows *btree.BTreeG[entry]
	size int // in memory, about
}

func newLayer() *layer {
	return &layer{rows: btree.NewBTreeGOptions(entry.before, btree.Options{NoLocks: true, Degree: 16})}
}

func (l *layer) put(e entry) (before entry, had bool) {
	before, had = l.rows.Set(e)
	l.size += e.size()
	if had {
		l.size -= before.size()
	}
	return before, had
}

// restore undoes a put.
func (l *layer) restore(u undo) {
	l.size -= u.now.size()
	if u.had {
		l.size += u.before.size()
		l.rows.Set(u.before)
	} else {
		l.rows.Delete(u.now)
	}
}

// An undo is how a layer becomes again what it was before a put.
type undo struct {
	now, before entry
	had         bool
}

// copied is the layer as it stands; it costs nothing until the layer changes.
func (l *layer) copied() *layer { return &layer{rows: l.rows.Copy(), size: l.size} }

// addTo puts all entries into other.
func (l *layer) addTo(other *layer) {
	l.rows.Scan(func(e entry) bool { other.put(e); return true })
}

// apply puts all entries into the file, in the order that costs least.
func (l *layer) apply(btx *bolt.Tx) (err error) {
	var name string
	var b *bolt.Bucket
	l.rows.Scan(func(e entry) bool {
		if b == nil || e.bucket != name {
			name = e.bucket
			if b, err = btx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return false
			}
		}
		switch {
		case e.key == "":
			err = b.SetSequence(binary.BigEndian.Uint64(e.value))
		case e.value == nil:
			err = b.Delete([]byte(e.key))
		default:
			err = b.Put([]byte(e.key), e.value)
		}
		return err == nil
	})
	return err
}

// A bucket is one of the file's as a transaction sees it: with the layers over
// it, and what the transaction has put itself.
type bucket struct {
	tx   *tx
	name string
	file *bolt.Bucket // nil: not in the file
}

// get returns what is not the caller's to change.
func (b *bucket) get(key string) []byte {
	for _, l := range b.tx.layers {
		if e, ok := l.rows.Get(entry{bucket: b.name, key: key}); ok {
			return e.value
		}
	}
	if b.file == nil || key == "" {
		return nil
	}
	return b.file.Get([]byte(key))
}

// put stores value, which nobody changes any more; nil deletes.
func (b *bucket) put(key string, value []byte) {
	e := entry{bucket: b.name, key: key, value: value}
	before, had := b.tx.layers[0].put(e)
	b.tx.undo = append(b.tx.undo, undo{now: e, before: before, had: had})
}

// sequence is the last number that nextSequence gave.
func (b *bucket) sequence() uint64 {
	if v := b.get(""); len(v) == 8 {
		return binary.BigEndian.Uint64(v)
	}
	if b.file == nil {
		return 0
	}
	return b.file.Sequence()
}

func (b *bucket) nextSequence() uint64 {
	n := b.sequence() + 1
	b.put("", binary.BigEndian.AppendUint64(nil, n))
	return n
}

// from returns the first entry at or after the place of pivot, in its bucket.
func (l *layer) from(pivot entry) (first entry, ok bool) { return l.first(pivot, false) }

// after returns the first entry behind the place of e, in its bucket.
func (l *layer) after(e entry) (next entry, ok bool) { return l.first(e, true) }

func (l *layer) first(pivot entry, behind bool) (first entry, ok bool) {
	l.rows.Ascend(pivot, func(e entry) bool {
		if behind && e.key == pivot.key && e.bucket == pivot.bucket {
			return true
		}
		first, ok = e, e.bucket == pivot.bucket
		return false
	})
	return first, ok
}

// A walk goes through the rows of a bucket in the order of their keys. What it
// returns is not the caller's to change.
type walk struct {
	bucket *bucket
	file   *bolt.Cursor
	k, v   []byte // of the file; a nil k: no more
	steps  []step // of the layers that have more, the newest first
}

// A step is where a walk stands in a layer.
type step struct {
	layer *layer
	at    entry
}

func (b *bucket) walk() *walk { return &walk{bucket: b} }

// seek goes to the first row whose key is from or comes after it.
func (w *walk) seek(from string) (key string, value []byte, ok bool) {
	b := w.bucket
	w.steps, w.k, w.v = w.steps[:0], nil, nil
	for _, l := range b.tx.layers {
		if at, ok := l.from(entry{bucket: b.name, key: from}); ok {
			w.steps = append(w.steps, step{layer: l, at: at})
		}
	}
	if b.file != nil {
		if w.file == nil {
			w.file = b.file.Cursor()
		}
		w.k, w.v = w.file.Seek([]byte(from))
	}
	return w.next()
}

// next goes to the row after the one that was returned last.
func (w *walk) next() (key string, value []byte, ok bool) {
	for len(w.steps) > 0 {
		lowest := w.steps[0].at
		for _, s := range w.steps[1:] {
			if s.at.key < lowest.key {
				lowest = s.at
			}
		}
		if w.k != nil && string(w.k) < lowest.key {
			break
		}
		w.pass(lowest.key)
		if lowest.value != nil && lowest.key != "" {
			return lowest.key, lowest.value, true
		}
	}
	if w.k == nil {
		return "", nil, false
	}
	key, value = string(w.k), w.v
	w.k, w.v = w.file.Next()
	return key, value, true
}

// pass moves everything that stands at key on.
func (w *walk) pass(key string) {
	if w.k != nil && string(w.k) == key {
		w.k, w.v = w.file.Next()
	}
	left := w.steps[:0]
	for _, s := range w.steps {
		more := true
		if s.at.key == key {
			s.at, more = s.layer.after(s.at)
		}
		if more {
			left = append(left, s)
		}
	}
	w.steps = left
}
