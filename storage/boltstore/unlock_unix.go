//go:build unix && !aix && !solaris

package boltstore

import (
	"os"
	"syscall"
)

// unlock gives up the lock that bbolt took on f. Closing f would not do: a
// mapping of the file that bbolt left behind keeps the lock alive.
func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
