//go:build !unix || aix || solaris

package boltstore

import (
	"errors"
	"io/fs"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/weizhangbot/weizhangbot/storage"
)

// unlock does nothing where bbolt locks in another way: the lock of a damaged
// file then stays until the process ends.
func unlock(*os.File) error { return nil }

// lock does nothing there either: of two that write the same draft one fails
// when it publishes.
func lock(*os.File) error { return nil }

// claim tells whether a store has the file open now. It cannot keep it: whoever
// replaces a store there must see to it that none is started meanwhile.
func claim(path string) (release func() error, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	db, err := bolt.Open(path, fileMode, &bolt.Options{Timeout: time.Second, ReadOnly: true})
	switch {
	case err == nil:
		err = db.Close()
	case errors.Is(err, berrors.ErrTimeout):
		return nil, storage.ErrLocked
	default:
		err = nil // damaged: nobody can have it open
	}
	return func() error { return nil }, err
}

// own does nothing: a file belongs to whoever made it.
func own(*os.File, fs.FileInfo) error { return nil }
