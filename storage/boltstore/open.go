package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/sirupsen/logrus"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Options of a Store; the zero value is what a production process wants.
type Options struct {
	// Clock tells the time by which jobs are due; nil: time.Now.
	Clock func() time.Time
	// MaxSize is the size in bytes the file may grow to, give or take a MiB;
	// beyond it writes fail with storage.ErrFull. 0: the disk's.
	MaxSize int64
	// OpenTimeout is how long to wait for another process to let go of the
	// file; 0: one second.
	OpenTimeout time.Duration
	// KeepDone is how long IDs of completed jobs and dead letters are kept;
	// 0: storage.KeepDone.
	KeepDone time.Duration
	// Log hears of what happens without a caller: dead letters, failed
	// sweeps. nil: nobody does.
	Log logrus.FieldLogger
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.OpenTimeout <= 0 {
		o.OpenTimeout = time.Second
	}
	if o.KeepDone <= 0 {
		o.KeepDone = storage.KeepDone
	}
	if o.Log == nil {
		silent := logrus.New()
		silent.SetLevel(logrus.PanicLevel)
		o.Log = silent
	}
	return o
}

const (
	// fileMode: what is in the file is for the bot's own account.
	fileMode = 0o600
	// allocSize is the step by which the file grows.
	allocSize = 1 << 20
)

// mapSize is how much address space is mapped from the start: 4 GiB. While the
// file fits, a growing file needs no new mapping, for which bbolt would wait
// until the last reader (a backup over a slow line) is done, holding up all
// writers. Windows makes the file as large as its mapping, 32-bit machines lack
// the space.
func mapSize() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	return 1 << (strconv.IntSize / 2)
}

// Open opens the store in the file at path, and makes it if there is none. It
// fails with storage.ErrLocked, ErrCorrupt or ErrNewer, naming the path.
func Open(path string, opts Options) (*Store, error) { return openSteps(path, opts, migrations) }

func openSteps(path string, opts Options, steps []migration) (*Store, error) {
	opts = opts.withDefaults()
	db, err := openFile(path, opts, false)
	if err == nil {
		if err = guard(func() error { return check(db, steps) }); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, translate(err))
	}
	s := newStore(db, opts)
	if err := s.noteSurvivors(); err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// openFile has bbolt open the file. Of a damaged one bbolt says so, panics, or
// reads behind its end; all three become ErrCorrupt. A file that another took
// the place of while this one waited for it (Draft.Publish) is let go, and the
// other opened.
func openFile(path string, opts Options, readOnly bool) (*bolt.DB, error) {
	for {
		db, file, err := openOnce(path, opts, readOnly)
		if err != nil || isAt(file, path) {
			return db, err
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
}

// isAt tells whether path still leads to the file.
func isAt(file *os.File, path string) bool {
	have, err := file.Stat()
	at, errAt := os.Stat(path)
	return err == nil && errAt == nil && os.SameFile(have, at)
}

func openOnce(path string, opts Options, readOnly bool) (db *bolt.DB, file *os.File, err error) {
	_, statErr := os.Stat(path)
	bopts := &bolt.Options{
		Timeout:         opts.OpenTimeout,
		FreelistType:    bolt.FreelistMapType,
		MaxSize:         int(opts.MaxSize),
		InitialMmapSize: mapSize(),
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode) //nolint:gosec // the operator's own path
			file = f
			return f, err
		},
	}
	if readOnly {
		// The free list is read here, where its damage is an error, and not
		// later by a goroutine of bbolt's, where it would end the process.
		bopts.ReadOnly, bopts.PreLoadFreelist, bopts.InitialMmapSize = true, true, 0
	}
	err = guard(func() (err error) {
		db, err = bolt.Open(path, fileMode, bopts)
		return err
	})
	var unusable *fs.PathError
	switch {
	case err == nil:
		db.AllocSize = allocSize
		if errors.Is(statErr, fs.ErrNotExist) {
			if err := syncDir(filepath.Dir(path)); err != nil {
				return nil, nil, errors.Join(err, db.Close())
			}
		}
		return db, file, nil
	case errors.Is(err, berrors.ErrTimeout):
		return nil, nil, storage.ErrLocked
	case errors.As(err, &unusable), full(err):
		return nil, nil, err
	}
	return nil, nil, letGo(file, err)
}

// letGo closes a file that bbolt could not make sense of, and returns the cause
// as ErrCorrupt. After a panic bbolt has left the file open, and the lock taken.
func letGo(file *os.File, cause error) error {
	if !errors.Is(cause, storage.ErrCorrupt) { // bbolt returned, and closed it
		return fmt.Errorf("%w: %w", storage.ErrCorrupt, cause)
	}
	return errors.Join(cause, unlock(file), file.Close())
}

// check refuses a file that is not whole, and brings the others up to date.
func check(db *bolt.DB, steps []migration) error {
	if err := db.View(whole); err != nil {
		return err
	}
	if err := known(db, steps); err != nil {
		return err
	}
	if err := takeOver(db); err != nil {
		return err
	}
	return migrate(db, steps)
}

// whole refuses a file that is shorter than it claims to be, which would fault
// when the missing pages are read.
func whole(tx *bolt.Tx) error {
	info, err := os.Stat(tx.DB().Path())
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("%w: %d bytes of %d are there", storage.ErrCorrupt, info.Size(), tx.Size())
	}
	return nil
}

// guard turns a panic in fn, which calls only bbolt, and a fault in the mapped
// file into ErrCorrupt.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %s", storage.ErrCorrupt, what(v))
		}
	}()
	return fn()
}

// readTx runs fn in a read transaction of db; a fault in the mapped file is
// ErrCorrupt.
func readTx(db *bolt.DB, fn func(*bolt.Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return translate(db.View(fn))
}

// syncDir makes the entry of a new file durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there, and need not be
	}
	d, err := os.Open(dir) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
