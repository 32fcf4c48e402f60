package lookup

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	restoredBucket = "restored"
	restoredKey    = "~at"
)

type restoredRecord struct {
	At time.Time `json:"at"`
}

// Restored notes in a store that comes from a backup that this is so, at at. What
// people asked for before that is not asked of the service by itself: it was
// waiting when the backup was made and has probably been answered, and paid for,
// since; the ledger that would tell is lost. They read that the outcome is
// uncertain, unless the answer is kept, and may ask once more. Checks go on:
// what they found is lost as well.
func Restored(ctx context.Context, s storage.Store, at time.Time) error {
	return s.Update(ctx, []string{deskKey}, func(tx storage.Tx) error {
		return put(tx, restoredBucket, restoredKey, restoredRecord{at})
	})
}

// beforeRestore tells whether something of t belongs to the time before the
// store was restored.
func (b *books) beforeRestore(t time.Time) (bool, error) {
	var restored restoredRecord
	known, err := get(b.tx, restoredBucket, restoredKey, &restored)
	return known && !t.After(restored.At), err
}
