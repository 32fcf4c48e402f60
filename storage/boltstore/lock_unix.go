//go:build unix && !aix && !solaris

package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/weizhangbot/weizhangbot/storage"
)

// unlock gives up the lock that bbolt took on f. Closing f would not do: a
// mapping of the file that bbolt left behind keeps the lock alive.
func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// lock takes bbolt's lock on f, or returns storage.ErrLocked at once.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return storage.ErrLocked
	}
	return err
}

// claim takes the file at path, whatever is in it, so that no store opens it.
func claim(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

// own gives f to the account that owns the file described by like, and to its
// group. Only root can, and has to: anybody else owns both, or is refused, since
// the bot could not open what is not its own.
func own(f *os.File, like fs.FileInfo) error {
	have, err := f.Stat()
	if err != nil {
		return err
	}
	is, ok1 := have.Sys().(*syscall.Stat_t)
	want, ok2 := like.Sys().(*syscall.Stat_t)
	if !ok1 || !ok2 || is.Uid == want.Uid && is.Gid == want.Gid || os.Geteuid() != 0 && is.Uid == want.Uid {
		return nil
	}
	if err := f.Chown(int(want.Uid), int(want.Gid)); err != nil {
		return fmt.Errorf("%w: run this as the account that owns the store", err)
	}
	return nil
}
