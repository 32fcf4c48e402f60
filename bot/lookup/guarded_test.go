package lookup

import (
	"context"
	"slices"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
)

// guarded is a Store that sees to it that every record is written under the key
// that guards it: one file makes all updates serial, several machines only those
// that share a key. All stories run on it.
type guarded struct {
	storage.Store
	t testing.TB
}

func (g guarded) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	return g.Store.Update(ctx, keys, func(tx storage.Tx) error { return fn(guardedTx{tx, keys, g.t}) })
}

type guardedTx struct {
	storage.Tx
	keys []string
	t    testing.TB
}

func (g guardedTx) Put(bucket, key string, value []byte) error {
	if !written(bucket, key, value, g.keys) {
		g.t.Errorf("%s %s is written under %q", bucket, key, g.keys)
	}
	return g.Tx.Put(bucket, key, value)
}

// written tells whether a record may be written by who holds keys.
func written(bucket, key string, value []byte, keys []string) bool {
	switch bucket {
	case ruleBucket:
		return slices.Contains(keys, ruleBucket+key)
	case cityBucket:
		return slices.Contains(keys, cityBucket)
	case sparedBucket:
		if value == nil {
			return slices.Contains(keys, deskKey) // the sweep
		}
		return len(keys) == 1 && keys[0] != deskKey // a person's
	}
	return slices.Contains(keys, deskKey)
}

// A guard that cannot fail guards nothing.
func TestGuard(t *testing.T) {
	for name, test := range map[string]struct {
		bucket, key string
		value       []byte
		keys        []string
		want        bool
	}{
		"a budget under the desk's key":        {dayBucket, "~20261123", []byte("{}"), []string{deskKey}, true},
		"a budget under a vehicle's":           {dayBucket, "~20261123", []byte("{}"), []string{answerBucket + "v"}, false},
		"a strike under nothing":               {strikeBucket, "v", nil, nil, false},
		"a rule under its own":                 {ruleBucket, "沪A/~0", []byte("{}"), []string{ruleBucket + "沪A/~0"}, true},
		"a rule under another's":               {ruleBucket, "沪A/~0", []byte("{}"), []string{ruleBucket + "沪A/~1"}, false},
		"the table of cities":                  {cityBucket, cityTable, []byte("{}"), []string{cityBucket}, true},
		"what was spared under the person's":   {sparedBucket, "~20261123/p", []byte("{}"), []string{"user/p"}, true},
		"what was spared under the desk's":     {sparedBucket, "~20261123/p", []byte("{}"), []string{deskKey}, false},
		"what was spared, swept by the desk":   {sparedBucket, "~20251023/p", nil, []string{deskKey}, true},
		"what was spared, swept by a stranger": {sparedBucket, "~20251023/p", nil, []string{"user/p"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := written(test.bucket, test.key, test.value, test.keys); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
