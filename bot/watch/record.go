package watch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Buckets; doc.go has the picture.
const (
	watcherBucket  = "watcher"
	stateBucket    = "watch"
	dueBucket      = "due"
	remindBucket   = "remind"
	reminderBucket = "reminder"
	dispatchBucket = "dispatch"
)

// mostWatchers is how many people may watch one vehicle: a family, not a crowd
// that follows somebody.
const mostWatchers = 5

// A watcher is one person's side of a vehicle.
type watcher struct {
	User    bot.UserID  `json:"user"`
	Vehicle bot.Vehicle `json:"vehicle"`         // with the digits the person gave
	Owner   bot.UserID  `json:"owner,omitempty"` // who shared it with them; "": it is their own
	Since   time.Time   `json:"since"`
	Renewed time.Time   `json:"renewed"`          // the last Begin
	As      time.Time   `json:"as,omitzero"`      // the report Rows were last taken from
	Rows    []row       `json:"rows,omitempty"`   // what they know
	First   bool        `json:"first,omitempty"`  // they were never told anything yet
	Paused  bot.Pause   `json:"paused,omitempty"` // of their own digits
	Soon    []time.Time `json:"soon,omitempty"`
	Asked   bool        `json:"asked,omitempty"` // whether they still want it
	Warned  time.Time   `json:"warned,omitzero"` // that it will be deleted
	Version int         `json:"v"`
}

// watcherVersion is the shape of watcher; a newer one is refused.
const watcherVersion = 1

// state is how the checks of a vehicle stand. Everybody's rows are in their
// own record.
type state struct {
	Checked   time.Time `json:"checked,omitzero"`  // of the last good report
	NewsUntil time.Time `json:"news,omitzero"`     // checked daily until then
	Next      time.Time `json:"next,omitzero"`     // the one check planned beside slot and days of Soon
	Retried   bool      `json:"retried,omitempty"` // Next is a second try: there is no third
}

// name is V: plate and type, one identity segment.
func name(v bot.Vehicle) string { return strings.ReplaceAll(v.Plate+"|"+v.Type, "/", "|") }

// vehicleOf is the vehicle of a name, without digits.
func vehicleOf(name string) bot.Vehicle {
	plate, typ, _ := strings.Cut(name, "|")
	return bot.Vehicle{Plate: plate, Type: typ}
}

// vehicleKey is the key under which transactions of one vehicle's checks run
// one after the other.
func vehicleKey(name string) string { return stateBucket + "|" + name }

func watcherKey(name string, u bot.UserID) string { return name + "/" + bot.UserKey(u) }

// stamp is a time as a clear, sorting segment.
func stamp(t time.Time) string { return fmt.Sprintf("~%016x", t.UnixMicro()) }

// micro is t as stamp keeps it.
func micro(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).In(bot.China) }

// Owner is whose a record of this package is, as bot.UserKey; "": nobody's.
func Owner(bucket, key string) string {
	parts := strings.Split(key, "/")
	switch {
	case (bucket == watcherBucket || bucket == reminderBucket) && len(parts) == 2:
		return parts[1]
	case bucket == remindBucket && len(parts) == 3:
		return parts[2]
	}
	return ""
}

// JobOwner is whose a job is; handled is false for the queues of others.
func JobOwner(j storage.Job) (owner string, handled bool) {
	switch j.Queue {
	case checkQueue: // a vehicle's
		return "", true
	case taskQueue:
		if parts := strings.Split(j.ID, "/"); len(parts) == 3 {
			return parts[1], true
		}
		return "", true
	}
	return "", false
}

// get reads a record; ok is false when there is none.
func get(tx storage.Tx, bucket, key string, into any) (ok bool, err error) {
	b, err := tx.Get(bucket, key)
	if b == nil || err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return false, fmt.Errorf("watch: a record of %s: %w", bucket, storage.ErrCorrupt)
	}
	return true, nil
}

func put(tx storage.Tx, bucket, key string, from any) error {
	b, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("watch: a record of %s: %w", bucket, err)
	}
	return tx.Put(bucket, key, b)
}

// loadWatcher reads one person's side.
func loadWatcher(tx storage.Tx, name string, u bot.UserID) (w watcher, ok bool, err error) {
	ok, err = get(tx, watcherBucket, watcherKey(name, u), &w)
	if err == nil && w.Version > watcherVersion {
		err = fmt.Errorf("watch: a watcher: %w", storage.ErrNewer)
	}
	return w, ok, err
}

// watchers reads everybody's side, who has watched longest first.
func watchers(tx storage.Tx, name string) ([]watcher, error) {
	kvs, err := tx.Scan(watcherBucket, name+"/", name+"/"+storage.End, 0)
	if err != nil {
		return nil, err
	}
	all := make([]watcher, len(kvs))
	for i, kv := range kvs {
		if err := json.Unmarshal(kv.Value, &all[i]); err != nil {
			return nil, fmt.Errorf("watch: a watcher: %w", storage.ErrCorrupt)
		}
		if all[i].Version > watcherVersion {
			return nil, fmt.Errorf("watch: a watcher: %w", storage.ErrNewer)
		}
	}
	slices.SortStableFunc(all, func(a, b watcher) int { return a.Since.Compare(b.Since) })
	return all, nil
}

func (w *watcher) name() string { return name(w.Vehicle) }

func (w *watcher) save(tx storage.Tx) error {
	w.Version = watcherVersion
	return put(tx, watcherBucket, watcherKey(w.name(), w.User), w)
}

func (w *watcher) remove(tx storage.Tx) error {
	return tx.Put(watcherBucket, watcherKey(w.name(), w.User), nil)
}

// open is how many rows were listed last.
func (w *watcher) open() (n int) {
	for _, r := range w.Rows {
		if r.listed() {
			n++
		}
	}
	return n
}

// find is the watcher of a person among all, or nil.
func find(all []watcher, u bot.UserID) *watcher {
	for i := range all {
		if all[i].User == u {
			return &all[i]
		}
	}
	return nil
}

// pauseOf is why w is told nothing: whom a car was shared with stands and falls
// with the one who shared it.
func pauseOf(w *watcher, all []watcher) bot.Pause {
	if w.Owner == "" {
		return w.Paused
	}
	if owner := find(all, w.Owner); owner != nil {
		return owner.Paused
	}
	if w.Vehicle.Engine == "" && w.Vehicle.VIN == "" {
		return bot.OwnerMissing
	}
	return w.Paused
}

// loadState reads how a vehicle's checks stand; ok is false when none was ever
// planned.
func loadState(tx storage.Tx, name string) (s state, slot int, ok bool, err error) {
	slot, known, err := slotOf(tx, name)
	if err != nil || !known {
		return state{}, undrawn, false, err
	}
	ok, err = get(tx, stateBucket, stateKey(slot, name), &s)
	return s, slot, ok, err
}

// undrawn is the slot of every vehicle before the first Dispatch.
const undrawn = -1

func stateKey(slot int, name string) string { return slotSegment(slot) + "/" + name }
