package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// inFile refuses what has no file, and says what to do instead.
func (s Storage) inFile(what string) error {
	if s.Driver == "bbolt" {
		return nil
	}
	instead := map[string]string{
		"backup": usePgDump, "restore": usePgDump,
		"compact": "the store is in PostgreSQL, which does that by itself (autovacuum)",
		"rekey":   "the store is in PostgreSQL: move it to bbolt with migrate-store, rekey that, and move it back",
	}
	return usageError{fmt.Errorf("%s: storage.driver %s: %s", what, s.Driver, instead[what])}
}

// presentKeys are the store's key, or two while a rotation is not finished. None
// is made here: a new one would open nothing that there is.
func presentKeys(s Storage) ([][]byte, error) {
	if _, err := os.Stat(s.Path + ".key"); s.key() == nil && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s.key is missing, and no backup holds it: put the key of the store there (mode 0600), or set storage.encryption_key", s.Path)
	}
	return storeKeys(s)
}

// keyElsewhere reminds of what a backup is worth nothing without.
func keyElsewhere(s Storage) string {
	if s.key() != nil {
		return "the key, storage.encryption_key, is not in it" + peopleElsewhere(s)
	}
	return "the key, " + s.Path + ".key, is not in it" + peopleElsewhere(s)
}

func peopleElsewhere(s Storage) string {
	return ": keep a copy of that elsewhere, and the newest copy of " + peopleFile(s) + "\n"
}

// A summary is what a file holds.
type summary boltstore.Facts

// String is a summary for people.
func (s summary) String() string {
	return fmt.Sprintf("%s, %s, %s waiting; every page and record verified", size(s.Size), count(boltstore.Facts(s).RecordCount(), "record"), count(s.Jobs, "job"))
}

// size is a number of bytes, for people.
func size(n int64) string {
	switch {
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", (n+1023)/1024)
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
}

// verify reads all of a store's file: its pages, the order of its jobs, and every
// record with the keys of s, but for those of people who were forgotten since.
func verify(ctx context.Context, name string, s Storage) (sum summary, err error) {
	ring, err := presentKeys(s)
	if err != nil {
		return sum, err
	}
	file, err := boltstore.OpenCopy(name)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	facts, err := file.Verify(ctx)
	if err != nil {
		return sum, err
	}
	opened, err := sealed.Open(ctx, file, ring, owners(s, nil))
	switch {
	case errors.Is(err, sealed.ErrWrongKey):
		return sum, fmt.Errorf("%w: put back the key that it was made with (storage.path + .key, or storage.encryption_key)", err)
	case errors.Is(err, sealed.ErrNoPeople):
		return sum, fmt.Errorf("%s is missing, or another store's: put the newest copy of %s back", peopleFile(s), peopleFile(s))
	case errors.Is(err, storage.ErrInvalid): // it wanted to seal what nobody has sealed yet
		return sum, errors.New("nothing in it is sealed: no store of this program")
	case err != nil:
		return sum, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	for bucket, records := range facts.Records {
		if err := unseal(ctx, opened, bucket, records); err != nil {
			return sum, err
		}
	}
	return summary(facts), nil
}

// unsealAt is how many records are opened at a time.
const unsealAt = 256

// unseal opens every record of a bucket. Those of people who were forgotten open
// for nobody.
func unseal(ctx context.Context, s *sealed.Store, bucket string, records int) error {
	from, seen := "", 0
	for {
		var kvs []storage.KV
		err := s.View(ctx, func(tx storage.Tx) (err error) {
			kvs, err = tx.Scan(bucket, from, storage.End, unsealAt)
			return err
		})
		if errors.Is(err, storage.ErrInvalid) {
			return nil // the sealing's own, which is nobody's to read
		}
		if err != nil {
			return err
		}
		seen += len(kvs)
		if len(kvs) < unsealAt {
			break
		}
		from = kvs[len(kvs)-1].Key
		seen-- // it comes once more
	}
	if seen > records {
		return fmt.Errorf("%d of %d records of %q can be opened: %w", seen, records, bucket, storage.ErrCorrupt)
	}
	return nil
}

// plainly says what an operator can do about an error of the store's file.
func plainly(err error) error {
	switch {
	case errors.Is(err, storage.ErrFull):
		return fmt.Errorf("%w: make room on the disk; nothing has changed", err)
	case errors.Is(err, storage.ErrNewer):
		return fmt.Errorf("%w: use the version of weizhangbot that wrote it, or a later one", err)
	}
	return err
}

// stopped is err, or plainly that somebody stopped the command.
func stopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errInterrupted
	}
	return plainly(err)
}

var errInterrupted = errors.New("stopped; nothing has changed")

// resolved is where a name leads to: a file takes the place of that, not of a
// link to it.
func resolved(name string) string {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		return target
	}
	return name
}

// sameFile tells whether two names lead to one file, also one that is not there
// yet.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	return absolute(a) == absolute(b)
}

// absolute is a name for comparing.
func absolute(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

// whileLasting ends writing with ctx.
type whileLasting struct {
	ctx context.Context
	w   io.Writer
}

func (w whileLasting) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}
