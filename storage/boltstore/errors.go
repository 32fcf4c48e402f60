package boltstore

import (
	"errors"
	"fmt"
	"io/fs"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// ErrReopen: nobody knows what the disk shows, so nothing more is written until
// the store is opened again.
var ErrReopen = errors.New("boltstore: outcome of a commit unknown, reopen the store")

// corrupt names what cannot be what this program wrote. The text never holds
// keys or values.
func corrupt(what string) error { return fmt.Errorf("boltstore: %s: %w", what, storage.ErrCorrupt) }

// translate turns what bbolt and the operating system say into the port's
// errors.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrDatabaseNotOpen), errors.Is(err, fs.ErrClosed):
		return storage.ErrClosed
	case full(err):
		return fmt.Errorf("boltstore: %w: %w", storage.ErrFull, err)
	}
	return err
}

func full(err error) bool { return errors.Is(err, berrors.ErrMaxSizeReached) || driver.NoRoom(err) }
