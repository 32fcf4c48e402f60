package sealed

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// The people file holds one share for each owner, and nothing else: 64 bytes a
// slot, in no order, without a name. What belongs to an owner is sealed under a
// key that takes both the configured key and the share, so whoever lacks either
// reads nothing, and overwriting the share in place destroys the key for every
// copy of the records there is: the store's free pages, and earlier backups.
//
//	slot 0  magic, and the file's own id
//	slot n  share (32) · check (8) · state (1)
//
// A slot is written before a transaction that uses it commits, and never used
// again. Copies of the file may be made at any time; a copy still opens what was
// destroyed since, so the last one should replace those before it.
const (
	slotSize  = 64
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

// people is the file, open.
type people struct {
	mu   sync.Mutex
	file *os.File
	id   [peopleID]byte
	end  int64 // the first slot that was never written
	pool []prepared
}

// prepared is a share that is on disk and nobody's yet.
type prepared struct {
	ref   ref
	share [shareSize]byte
}

// openPeople opens the file at path; made tells that there was none.
func openPeople(path string) (p *people, made bool, err error) {
	info, err := os.Stat(path)
	made = errors.Is(err, fs.ErrNotExist)
	if err == nil {
		err = private(info, path)
	}
	if err != nil && !made {
		return nil, false, fmt.Errorf("sealed: people file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, made, fmt.Errorf("sealed: people file: %w", err)
	}
	p = &people{file: f}
	if err := p.begin(path); err != nil {
		return nil, made, fmt.Errorf("sealed: people file %s: %w", path, errors.Join(err, f.Close()))
	}
	return p, made, nil
}

// begin reads the head of the file, and writes it into an empty one.
func (p *people) begin(path string) error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, slotSize)
	if info.Size() < slotSize { // new, or its making was cut short: no share was given out
		copy(head, magic)
		_, _ = rand.Read(head[shareSize : shareSize+peopleID]) // never fails
		if _, err := p.file.WriteAt(head, 0); err != nil {
			return err
		}
		if err := errors.Join(p.file.Sync(), syncDir(filepath.Dir(path))); err != nil {
			return err
		}
	} else if _, err := p.file.ReadAt(head, 0); err != nil {
		return err
	}
	if !bytes.HasPrefix(head, []byte(magic)) {
		return errors.New("not a file of people's keys")
	}
	copy(p.id[:], head[shareSize:])
	// What a crash left half written at the end is skipped.
	p.end = max(1, (info.Size()+slotSize-1)/slotSize)
	return nil
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
	text := make([]byte, pooled*slotSize)
	fresh := make([]prepared, pooled)
	for i := range fresh {
		slot := text[i*slotSize : (i+1)*slotSize]
		_, _ = rand.Read(slot[:shareSize]) // never fails
		copy(fresh[i].share[:], slot)
		fresh[i].ref = newRef(p.end+int64(i), slot[:shareSize])
		copy(slot[shareSize:], fresh[i].ref[8:])
		slot[shareSize+checkSize] = stateShare
	}
	if _, err := p.file.WriteAt(text, p.end*slotSize); err != nil {
		return err
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	p.pool, p.end = fresh, p.end+pooled
	return nil
}

// share is the one of a ref; errForgotten when it was destroyed.
func (p *people) share(r ref) ([]byte, error) {
	slot := make([]byte, slotSize)
	if _, err := p.file.ReadAt(slot, r.slot()*slotSize); err != nil {
		return nil, ErrNoPeople
	}
	if !bytes.Equal(slot[shareSize:shareSize+checkSize], r[8:]) {
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

// burn overwrites shares where they stand. When it returns nil they are gone
// from the file.
func (p *people) burn(refs ...ref) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range refs {
		if r.slot() < 1 || r.slot() >= p.end {
			continue
		}
		if _, err := p.file.WriteAt(ashes(r[8:]), r.slot()*slotSize); err != nil {
			return fmt.Errorf("sealed: people file: %w", err)
		}
	}
	return p.file.Sync()
}

// ashes is the slot of a share that was destroyed.
func ashes(check []byte) []byte {
	slot := make([]byte, slotSize)
	copy(slot[shareSize:], check)
	slot[shareSize+checkSize] = stateBurned
	return slot
}

func (p *people) close() error { return p.file.Close() }

// MergePeople brings the people file at path, which need not exist, together
// with a copy of it: what one of them has and the other lacks is there after,
// and what was destroyed in one is destroyed. It is how a restore replays the
// deletions since the backup. No store may have either of them open.
func MergePeople(path, copied string) error {
	from, err := os.ReadFile(copied) //nolint:gosec // the operator's own path
	if err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	if !bytes.HasPrefix(from, []byte(magic)) || len(from) < slotSize {
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
	if len(have) >= slotSize && !bytes.Equal(have[:slotSize], from[:slotSize]) {
		return ErrNoPeople
	}
	for at := 0; at+slotSize <= len(from); at += slotSize {
		slot, own := from[at:at+slotSize], []byte(nil)
		if at+slotSize <= len(have) {
			own = have[at : at+slotSize]
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
