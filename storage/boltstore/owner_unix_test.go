//go:build unix && !aix && !solaris

package boltstore

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A store that root compacts stays the bot's own, which could not open it
// otherwise. Without root there is nobody else to own it.
func TestTheOwnerStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	forgetful(t, path)
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 {
		uid, gid = 65534, 65534
		must(t, os.Chown(path, uid, gid))
	}
	_, err := Compact(t.Context(), path, nil)
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	at, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(at.Uid) != uid || int(at.Gid) != gid || info.Mode().Perm() != fileMode {
		t.Errorf("%d:%d, mode %v, want %d:%d", at.Uid, at.Gid, info.Mode(), uid, gid)
	}
}
