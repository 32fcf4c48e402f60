package sealed

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// The people file, or what stands in its place (Slots), holds one share for each
// owner, and nothing else: 64 bytes a slot, in no order, without a name. What
// belongs to an owner is sealed under a key that takes both the configured key
// and the share, so whoever lacks either reads nothing, and overwriting the share
// in place destroys the key for every copy of the records there is: the store's
// free pages, and earlier backups.
//
//	slot 0  magic, and the file's own id
//	slot n  share (32) · check (8) · state (1)
//
// A slot is written before a transaction that uses it commits, and never used
// again. Copies of the file may be made at any time; a copy still opens what was
// destroyed since, so the last one should replace those before it.
const (
	// SlotSize is how long each place is.
	SlotSize  = 64
	shareSize = 32
	checkSize = 8
	refSize   = 8 + checkSize
	peopleID  = 16
	magic     = "weizhangbot people 1\n"
	// pooled is how many shares are made with one fsync.
	pooled = 64

	stateShare  = 's'
	stateBurned = 'b'
)

// ErrNoPeople: the people file is missing, or belongs to another store.
var ErrNoPeople = errors.New("sealed: the file of people's keys is not the one of this store: put it back from a copy")

// errForgotten: the share was destroyed, and with it whatever it sealed.
var errForgotten = errors.New("sealed: forgotten")

// A ref names a share: its slot, and its check, so that no other share can be
// taken for it.
type ref [refSize]byte

func (r ref) slot() int64 { return int64(binary.BigEndian.Uint64(r[:8])) } //nolint:gosec // written by newRef

func newRef(slot int64, share []byte) (r ref) {
	binary.BigEndian.PutUint64(r[:8], uint64(slot)) //nolint:gosec // never negative
	copy(r[8:], checkOf(share))
	return r
}

// checkOf tells shares apart and gives nothing of them away.
func checkOf(share []byte) []byte {
	sum := sha256.Sum256(append([]byte("weizhangbot share check 1"), share...))
	return sum[:checkSize]
}

// people are the shares.
type people struct {
	slots Slots
	id    [peopleID]byte

	mu   sync.Mutex // one writer at a time
	pool []prepared
}

// prepared is a share that is on disk and nobody's yet.
type prepared struct {
	ref   ref
	share [shareSize]byte
}

// newPeople reads the head of slots, and writes it into new ones.
func newPeople(slots Slots) (*people, error) {
	fresh := make([]byte, SlotSize)
	copy(fresh, magic)
	_, _ = rand.Read(fresh[shareSize : shareSize+peopleID]) // never fails
	head, err := slots.Head(fresh)
	if err != nil {
		return nil, err
	}
	if len(head) != SlotSize || !bytes.HasPrefix(head, []byte(magic)) {
		return nil, errors.New("not a file of people's keys")
	}
	p := &people{slots: slots}
	copy(p.id[:], head[shareSize:])
	return p, nil
}

// take gives out a share that is on disk.
func (p *people) take() (ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pool) == 0 {
		if err := p.fill(); err != nil {
			return ref{}, fmt.Errorf("sealed: people file: %w", err)
		}
	}
	next := p.pool[0]
	p.pool = p.pool[1:]
	return next.ref, nil
}

func (p *people) fill() error {
	texts := make([][]byte, pooled)
	for i := range texts {
		slot := make([]byte, SlotSize)
		_, _ = rand.Read(slot[:shareSize]) // never fails
		copy(slot[shareSize:], checkOf(slot[:shareSize]))
		slot[shareSize+checkSize] = stateShare
		texts[i] = slot
	}
	first, err := p.slots.Append(texts)
	if err != nil {
		return err
	}
	p.pool = make([]prepared, pooled)
	for i, slot := range texts {
		copy(p.pool[i].share[:], slot)
		p.pool[i].ref = newRef(first+int64(i), slot[:shareSize])
	}
	return nil
}

// share is the one of a ref; errForgotten when it was destroyed.
func (p *people) share(r ref) ([]byte, error) {
	slot, err := p.slots.Read(r.slot())
	if err != nil {
		return nil, err
	}
	if len(slot) != SlotSize || !bytes.Equal(slot[shareSize:shareSize+checkSize], r[8:]) {
		return nil, ErrNoPeople
	}
	switch slot[shareSize+checkSize] {
	case stateBurned:
		return nil, errForgotten
	case stateShare:
		if bytes.Equal(checkOf(slot[:shareSize]), r[8:]) {
			return slot[:shareSize], nil
		}
	}
	return nil, ErrNoPeople
}

// burn overwrites shares where they stand. When it returns nil they are gone.
func (p *people) burn(refs ...ref) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	slots, texts := make([]int64, len(refs)), make([][]byte, len(refs))
	for i, r := range refs {
		slots[i], texts[i] = r.slot(), ashes(r[8:])
	}
	if err := p.slots.Overwrite(slots, texts); err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	return nil
}

// ashes is the slot of a share that was destroyed.
func ashes(check []byte) []byte {
	slot := make([]byte, SlotSize)
	copy(slot[shareSize:], check)
	slot[shareSize+checkSize] = stateBurned
	return slot
}

func (p *people) close() error { return p.slots.Close() }

// MergePeople brings the people file at path, which need not exist, together
// with a copy of it: what one of them has and the other lacks is there after,
// and what was destroyed in one is destroyed. It is how a restore replays the
// deletions since the backup. No store may have either of them open.
func MergePeople(path, copied string) error {
	from, err := os.ReadFile(copied) //nolint:gosec // the operator's own path
	if err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	if !bytes.HasPrefix(from, []byte(magic)) || len(from) < SlotSize {
		return fmt.Errorf("sealed: people file %s: not a file of people's keys", copied)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	err = mergeInto(f, from)
	if err := errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("sealed: people file %s: %w", path, err)
	}
	return nil
}

func mergeInto(f *os.File, from []byte) error {
	have, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if len(have) >= SlotSize && !bytes.Equal(have[:SlotSize], from[:SlotSize]) {
		return ErrNoPeople
	}
	for at := 0; at+SlotSize <= len(from); at += SlotSize {
		slot, own := from[at:at+SlotSize], []byte(nil)
		if at+SlotSize <= len(have) {
			own = have[at : at+SlotSize]
		}
		lacks := own == nil || own[shareSize+checkSize] == 0
		burned := slot[shareSize+checkSize] == stateBurned && own != nil &&
			bytes.Equal(own[shareSize:shareSize+checkSize], slot[shareSize:shareSize+checkSize])
		if at > 0 && !burned && !lacks || at == 0 && own != nil {
			continue
		}
		if _, err := f.WriteAt(slot, int64(at)); err != nil {
			return err
		}
	}
	return nil
}
