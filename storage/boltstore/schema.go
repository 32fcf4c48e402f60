package boltstore

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/storage"
)

// The buckets of the file. Records live in recordPrefix+bucket, one bbolt
// bucket each.
var (
	metaBucket  = []byte("meta")  // "schema" → be32 version; "journal": journal.go
	jobsBucket  = []byte("jobs")  // queue 0 id → a job, or the marker it leaves (job.go)
	orderBucket = []byte("order") // what is due when, and the lanes (job.go)
	deadBucket  = []byte("dead")  // be64 time, be64 seq → a dead letter (dead.go)
	schemaKey   = []byte("schema")
)

const recordPrefix = "r/"

// A migration brings a file one version further. It runs in one transaction
// with all others that are due, so a file is never left between two versions.
type migration func(*bolt.Tx) error

// migrations[i] makes version i+1 of version i; version 0 is an empty file.
// Entries are only ever appended.
var migrations = []migration{
	createBuckets,
	withJournals,
}

func createBuckets(tx *bolt.Tx) error {
	for _, name := range [][]byte{metaBucket, jobsBucket, orderBucket, deadBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// withJournals changes nothing: earlier programs do not look for journals, and must
// not open a file that has some.
func withJournals(*bolt.Tx) error { return nil }

// known refuses files that are not ours or come from a later program.
func known(db *bolt.DB, steps []migration) error {
	return db.View(func(tx *bolt.Tx) error {
		have, err := version(tx)
		if err == nil && int(have) > len(steps) {
			err = newer(have, len(steps))
		}
		return err
	})
}

// migrate brings db to the last of steps.
func migrate(db *bolt.DB, steps []migration) error {
	latest := uint32(len(steps)) //nolint:gosec // a handful
	var have uint32
	if err := db.View(func(tx *bolt.Tx) (err error) {
		have, err = version(tx)
		return err
	}); err != nil || have == latest {
		return err
	}
	return db.Update(func(tx *bolt.Tx) error {
		for i, step := range steps[have:] {
			if err := step(tx); err != nil {
				return fmt.Errorf("migrating to version %d: %w", int(have)+i+1, err)
			}
		}
		return tx.Bucket(metaBucket).Put(schemaKey, binary.BigEndian.AppendUint32(nil, latest))
	})
}

func newer(have uint32, latest int) error {
	return fmt.Errorf("%w: the file has version %d, this program knows %d", storage.ErrNewer, have, latest)
}

func version(tx *bolt.Tx) (uint32, error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return 0, fmt.Errorf("%w: a bbolt file of another program", storage.ErrCorrupt)
		}
		return 0, nil
	}
	v := meta.Get(schemaKey)
	if len(v) != 4 {
		return 0, fmt.Errorf("%w: no schema version", storage.ErrCorrupt)
	}
	return binary.BigEndian.Uint32(v), nil
}
