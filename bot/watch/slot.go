package watch

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// slots is how many places a period has: at a week, one each nine seconds.
const slots = 1 << 16

// A period is how long it takes until every vehicle was checked once. Slots are
// counted from 1970 over all periods; slot n of them begins at start(n).
type period time.Duration

// start is when slot n begins.
func (p period) start(n int64) time.Time {
	turn, slot := n/slots, n%slots
	hi, lo := bits.Mul64(uint64(slot), uint64(p))
	offset, rest := bits.Div64(hi, lo, slots)
	if rest > 0 {
		offset++
	}
	return time.Unix(0, turn*int64(p)+int64(offset))
}

// at is the slot that t falls into.
func (p period) at(t time.Time) int64 {
	ns := max(t.UnixNano(), 0)
	hi, lo := bits.Mul64(uint64(ns%int64(p)), slots)
	slot, _ := bits.Div64(hi, lo, uint64(p))
	return ns/int64(p)*slots + int64(slot)
}

// next is the first slot of that place in its period that begins after t.
func (p period) next(place int, t time.Time) int64 {
	n := p.at(t)
	n += int64(place) - n%slots
	if !p.start(n).After(t) {
		n += slots
	}
	return n
}

// slowTurns is of how many periods a vehicle nobody reacts to is checked in one.
const slowTurns = 4

// slow tells whether slot n is one in which such a vehicle is checked.
func slow(n int64) bool { return (n/slots+n%slots)%slowTurns == 0 }

// saltKey holds what slots are drawn with. The first Dispatch makes it.
const saltKey = "~salt"

const saltSize = 16

// slotOf is the place of a vehicle in every period; ok is false while there is
// no salt, and so no vehicle with a state either.
func slotOf(tx storage.Tx, name string) (slot int, ok bool, err error) {
	salt, err := tx.Get(dispatchBucket, saltKey)
	if err != nil || salt == nil {
		return 0, false, err
	}
	return place(salt, name), true, nil
}

func place(salt []byte, name string) int {
	sum := sha256.Sum256(append(salt[:len(salt):len(salt)], name...))
	return int(binary.BigEndian.Uint16(sum[:]))
}

// ensureSalt returns the salt, and draws it at the first call; the transaction
// holds dispatchKey.
func ensureSalt(tx storage.Tx, c chance) ([]byte, error) {
	salt, err := tx.Get(dispatchBucket, saltKey)
	if err != nil || salt != nil {
		return salt, err
	}
	salt = make([]byte, saltSize)
	if _, err := io.ReadFull(c, salt); err != nil {
		return nil, err
	}
	return salt, tx.Put(dispatchBucket, saltKey, salt)
}

func slotSegment(slot int) string { return fmt.Sprintf("~%04x", slot) }

// splitState takes a key of the state bucket apart.
func splitState(key string) (slot int, name string, err error) {
	segment, name, found := strings.Cut(key, "/")
	n, err := strconv.ParseUint(strings.TrimPrefix(segment, "~"), 16, 16)
	if !found || err != nil {
		return 0, "", fmt.Errorf("watch: a key of %s: %w", stateBucket, storage.ErrCorrupt)
	}
	return int(n), name, nil
}
