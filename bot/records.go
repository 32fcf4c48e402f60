package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unsafe"

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
	mostTurns = 32        // however many of them are awaited
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

	Seen    time.Time    `json:"seen,omitzero"`     // the last message; outlives a session of another version
	Notices []waiting    `json:"notices,omitempty"` // what the person is to be told, oldest first
	Told    []uint64     `json:"told,omitempty"`    // hashes of the IDs of notices, told or waiting
	Invites []Invitation `json:"invites,omitempty"` // that may still be open, oldest first
	Later   []Retry      `json:"later,omitempty"`   // queries that wait until their city answers again
	Pace    pace         `json:"pace,omitzero"`     // of the person's messages
	Gone    bool         `json:"gone,omitempty"`    // left or blocked the bot, and has not written since
	Warned  time.Time    `json:"warned,omitzero"`   // that all of it will be deleted for want of a word

	// NoAlerts tells that the person, an admin, does not want to hear alarms.
	NoAlerts bool   `json:"no_alerts,omitempty"`
	Draft    *draft `json:"draft,omitempty"` // of an admin: a broadcast that is not confirmed yet

	known   bool   // stands in the store
	blocked *block // nil: they are not

	// Pushed tells that notices were pushed since the person last wrote: what
	// they write next may be about those.
	Pushed bool `json:"pushed,omitempty"`

	// beyond are the fields of a later version, which stay when this one saves
	// the record.
	beyond string
}

// A turn is one message and what it led to.
type turn struct {
	Key     string    `json:"key"`
	At      time.Time `json:"at"`
	Open    int       `json:"open,omitempty"`  // jobs whose outcome is awaited
	Early   []Reply   `json:"early,omitempty"` // what earlier turns left behind, and goes out with this one
	News    []Reply   `json:"news,omitempty"`  // what waited for the person and goes out with the complete answer
	Replies []Reply   `json:"replies,omitempty"`
	Told    int       `json:"told,omitempty"` // how many of Replies a later message has taken already
	Taken   taker     `json:"taken,omitempty"`
	Trace   string    `json:"trace,omitempty"` // under which the log tells of it

	// packed is what Early, News and Replies are until unfold, and traced what
	// Trace is.
	packed, traced string

	beyond string // the fields of a later version
}

// A taker is who got the replies of a turn, once it is complete. One does; a
// redelivery of the message that got them gets the same again.
type taker string

// The takers.
const (
	nobody  taker = ""
	itself  taker = "itself" // the message, or a redelivery of it
	nextOne taker = "next"   // the person's next message
	pushing taker = "push"   // a message of our own, under way
	pushed  taker = "pushed" // and arrived
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
		return t.rest(), true
	case t.Taken == who:
		return t.rest(), false
	}
	return nil, false
}

// rest is what the turn has to say and no later message has taken.
func (t *turn) rest() []Reply {
	t.unfold()
	return slices.Concat(t.News, t.soFar())
}

// soFar is rest without what goes out with the complete answer only.
func (t *turn) soFar() []Reply {
	t.unfold()
	return slices.Concat(t.Early, t.Replies[min(t.Told, len(t.Replies)):])
}

// userKey is the storage key of a person: one identity segment.
func userKey(u UserID) string { return strings.ReplaceAll(string(u), "/", "|") }

// Owner is whose a record of this package is, as UserKey; "": nobody's, or
// another package's.
func Owner(bucket, key string, value []byte) string {
	switch bucket {
	case userBucket, noteBucket:
		return key
	case inviteBucket:
		var i struct {
			Owner UserID `json:"owner"`
		}
		if json.Unmarshal(value, &i) == nil {
			return userKey(i.Owner)
		}
	}
	return ""
}

// JobOwner is whose a job is that stands in a lane of persons, or is an update
// of an Inbox or a query that waits.
func JobOwner(j storage.Job) string {
	switch {
	case j.Key != "":
		return j.Key
	case j.Queue == retryQueue:
		person, _, _ := strings.Cut(j.ID, "/")
		return person
	}
	var l letter
	if json.Unmarshal(j.Body, &l) != nil {
		return ""
	}
	return userKey(l.Lane)
}

// load reads a person's record; an unknown person has an empty one.
func load(tx storage.Tx, u UserID) (*record, error) {
	b, err := tx.Get(userBucket, userKey(u))
	if err != nil {
		return nil, err
	}
	r := (*record)(nil)
	if b == nil {
		r = &record{Version: recordVersion}
	} else if r, err = readRecord(b); err != nil {
		return nil, err
	}
	r.blocked, err = loadBlock(tx, u)
	return r, err
}

// readRecord reads a record that was stored.
func readRecord(b []byte) (*record, error) {
	r, err := parseRecord(b)
	if err != nil {
		return nil, fmt.Errorf("bot: user record: %w", storage.ErrCorrupt)
	}
	r.known = true
	if r.Version > recordVersion {
		return nil, fmt.Errorf("bot: user record: %w", storage.ErrNewer)
	}
	if !r.possible() {
		return nil, fmt.Errorf("bot: user record: %w", storage.ErrCorrupt)
	}
	if !r.Session.possible() {
		r.Session = Session{}
	}
	return r, nil
}

// parseRecord reads a record as it was written, lately or before.
func parseRecord(b []byte) (*record, error) {
	r := &record{Version: recordVersion}
	if len(b) > 0 && b[0] == layoutMark {
		r.Turns = make([]turn, 0, keptTurns+2)
		s := scribe{reads: true}
		s.read(unsafe.String(&b[0], len(b))[1:], r) //nolint:gosec // nobody else has b, and it is not written to
		return r, s.wrong
	}
	if json.Unmarshal(b, r) == nil {
		return r, nil
	}
	return withoutSession(b)
}

// withoutSession reads a record of JSON whose session has a shape that is not known:
// the conversation starts anew, everything else is kept.
func withoutSession(b []byte) (*record, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return nil, err
	}
	delete(parts, "session")
	b, err := json.Marshal(parts)
	if err != nil {
		return nil, err
	}
	r := &record{Version: recordVersion}
	return r, json.Unmarshal(b, r)
}

// save writes the record.
func (r *record) save(tx storage.Tx, u UserID) error {
	sheet, _ := paper.Get().(*[]byte) // nothing else is in the pool
	defer paper.Put(sheet)
	s := scribe{out: append((*sheet)[:0], layoutMark)}
	r.fields(&s)
	*sheet = s.out
	switch {
	case s.wrong != nil:
		return fmt.Errorf("bot: user record: %w", s.wrong)
	case len(s.out) > recordSize:
		return errors.New("bot: user record: too large")
	}
	return tx.Put(userBucket, userKey(u), s.out)
}

// turn is the turn of a message key, nil when it is not kept.
func (r *record) turn(key string) *turn {
	for i := range r.Turns {
		if t := &r.Turns[i]; t.Key == key {
			t.unfold()
			return t
		}
	}
	return nil
}

// seen tells whether the key belongs to a turn whose replies are gone.
func (r *record) seen(key string) bool { return slices.Contains(r.Keys, hash(key)) }

// lastSeen is when the person wrote last. A record of an earlier version has it
// in its session only.
func (r *record) lastSeen() time.Time {
	if r.Session.Seen.After(r.Seen) {
		return r.Session.Seen
	}
	return r.Seen
}

// wrote is when the person wrote last; zero: they never have, and an operator has
// saved their cars. lastSeen has the import for a word.
func (r *record) wrote() time.Time {
	if r.Session.Seen.IsZero() && len(r.Turns)+len(r.Keys) == 0 {
		return time.Time{}
	}
	return r.lastSeen()
}

// begin adds a turn, to which go the replies that earlier ones left behind.
func (r *record) begin(key string, at time.Time) *turn {
	early, news := r.late(at)
	t := r.add(key, at)
	t.Early, t.News = early, news
	return t
}

// add adds a turn and lets old ones go; one that is still awaited, or being
// pushed, stays. Whoever writes is not gone.
func (r *record) add(key string, at time.Time) *turn {
	r.Seen, r.Gone, r.Warned = at, false, time.Time{}
	before := len(r.Turns)
	kept := r.Turns[:0]
	for i, t := range r.Turns {
		waits := t.Taken == pushing || t.Taken == nobody && at.Sub(t.At) < lostAfter
		if (waits || i > before-keptTurns) && i > before-mostTurns {
			kept = append(kept, t)
			continue
		}
		r.pass(t.Key)
	}
	r.Turns = append(kept, turn{Key: key, At: at})
	return &r.Turns[len(r.Turns)-1]
}

// pass remembers a message of which nothing is kept.
func (r *record) pass(key string) {
	r.Keys = append(r.Keys, hash(key))
	r.Keys = r.Keys[max(0, len(r.Keys)-keptKeys):]
}

// late takes the replies that earlier turns left behind: of those that are not
// complete, what they have so far. news is what waits for a complete answer. What
// a parcel has taken is left to it, unless the parcel is lost.
func (r *record) late(at time.Time) (early, news []Reply) {
	for i := range r.Turns {
		t := &r.Turns[i]
		lost := t.Taken == pushing && at.Sub(t.At) >= packLost
		if t.Taken != nobody && !lost {
			continue
		}
		early = append(early, t.soFar()...)
		t.Told, t.Early = len(t.Replies), nil
		if t.complete() {
			news = append(news, t.News...)
			t.Taken = nextOne
		}
	}
	return early, news
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
	r.Garage, r.Keys, r.Notices, r.Told, r.Invites, r.Later, r.Draft = nil, nil, nil, nil, nil, nil, nil
	r.NoAlerts, r.beyond = false, "" // what a later version keeps of them too
	r.Turns = slices.DeleteFunc(r.Turns, func(t turn) bool { return t.Key != key })
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}
