package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Buckets of this package. One record holds everything of a person, so that a
// turn reads and writes one place.
const userBucket = "user"

// recordVersion is the version of record's shape. An older one is migrated on
// reading; a newer one is refused.
const recordVersion = 1

// Bounds of what a record keeps of past turns. Redeliveries come within a
// minute; whoever is offline for longer sends new messages.
const (
	keptTurns = 4         // with their replies
	keptKeys  = 32        // as a hash only: seen, the answer is gone
	lostAfter = time.Hour // an outcome that did not come by then never will
)

// A record is what is stored of one person.
type record struct {
	Version int      `json:"v"`
	Session Session  `json:"session"`
	Garage  []Saved  `json:"garage,omitempty"`
	Turns   []turn   `json:"turns,omitempty"` // newest last
	Keys    []uint64 `json:"keys,omitempty"`  // hashes of older message keys
}

// A turn is one message and what it led to.
type turn struct {
	Key     string    `json:"key"`
	At      time.Time `json:"at"`
	Open    int       `json:"open,omitempty"` // jobs whose outcome is awaited
	Replies []Reply   `json:"replies,omitempty"`
	Taken   taker     `json:"taken,omitempty"`
}

// A taker is who got the replies of a turn. Exactly one does; only the message
// itself, redelivered, gets the same again.
type taker string

// The takers.
const (
	nobody  taker = ""
	itself  taker = "itself" // the message, or a redelivery of it
	nextOne taker = "next"   // the person's next message
	pushed  taker = "push"   // a message of our own
)

// recordSize is the most that is written of one person, in bytes.
const recordSize = 1 << 20

// complete tells whether everything the turn asked for has come back.
func (t *turn) complete() bool { return t.Open == 0 }

// take hands the replies to who, if nobody else has them. changed tells that
// the record must be saved.
func (t *turn) take(who taker) (replies []Reply, changed bool) {
	switch {
	case !t.complete():
		return nil, false
	case t.Taken == nobody:
		t.Taken = who
		return t.Replies, true
	case t.Taken == who:
		return t.Replies, false
	}
	return nil, false
}

// userKey is the storage key of a person: one identity segment.
func userKey(u UserID) string { return strings.ReplaceAll(string(u), "/", "|") }

// load reads a person's record; an unknown person has an empty one.
func load(tx storage.Tx, u UserID) (*record, error) {
	b, err := tx.Get(userBucket, userKey(u))
	if err != nil {
		return nil, err
	}
	r := &record{Version: recordVersion}
	if b == nil {
		return r, nil
	}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("bot: user record: %w", storage.ErrCorrupt)
	}
	if r.Version > recordVersion {
		return nil, fmt.Errorf("bot: user record: %w", storage.ErrNewer)
	}
	return r, nil
}

// save writes the record.
func (r *record) save(tx storage.Tx, u UserID) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("bot: user record: %w", err)
	}
	if len(b) > recordSize {
		return errors.New("bot: user record: too large")
	}
	return tx.Put(userBucket, userKey(u), b)
}

// turn is the turn of a message key, nil when it is not kept.
func (r *record) turn(key string) *turn {
	for i := range r.Turns {
		if r.Turns[i].Key == key {
			return &r.Turns[i]
		}
	}
	return nil
}

// seen tells whether the key belongs to a turn whose replies are gone.
func (r *record) seen(key string) bool { return slices.Contains(r.Keys, hash(key)) }

// begin adds a turn and lets old ones go; one that is still awaited, or whose
// replies nobody has, stays.
func (r *record) begin(key string, at time.Time) *turn {
	kept := r.Turns[:0:0]
	for i, t := range r.Turns {
		waits := t.Taken == nobody && (t.complete() || at.Sub(t.At) < lostAfter)
		if waits || i > len(r.Turns)-keptTurns {
			kept = append(kept, t)
			continue
		}
		r.Keys = append(r.Keys, hash(t.Key))
	}
	r.Keys = r.Keys[max(0, len(r.Keys)-keptKeys):]
	r.Turns = append(kept, turn{Key: key, At: at})
	return &r.Turns[len(r.Turns)-1]
}

// late takes the replies that earlier turns left behind.
func (r *record) late() []Reply {
	var replies []Reply
	for i := range r.Turns {
		if r.Turns[i].Taken != nobody {
			continue
		}
		taken, _ := r.Turns[i].take(nextOne)
		replies = append(replies, taken...)
	}
	return replies
}

// keep saves a vehicle, or renews it.
func (r *record) keep(s Saved) {
	for i := range r.Garage {
		if r.Garage[i].Same(s.Vehicle) {
			r.Garage[i] = s
			return
		}
	}
	r.Garage = append(r.Garage, s)
}

// drop stops keeping a vehicle.
func (r *record) drop(v Vehicle) {
	r.Garage = slices.DeleteFunc(r.Garage, func(s Saved) bool { return s.Same(v) })
}

// forget leaves the session, which is empty by then, and the turn under way.
func (r *record) forget(key string) {
	r.Garage, r.Keys = nil, nil
	r.Turns = slices.DeleteFunc(r.Turns, func(t turn) bool { return t.Key != key })
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}
