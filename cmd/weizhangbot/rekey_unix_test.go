//go:build unix

package main

import (
	"os"
	"syscall"
	"testing"
)

// A store that root rekeys stays the bot's own, with its key. Without root there
// is nobody else to own them.
func TestRekeyLeavesTheOwner(t *testing.T) {
	c, config := aStore(t, "", 3)
	uid, gid := os.Geteuid(), os.Getegid()
	files := []string{c.Path, c.Path + ".key", c.Path + ".people"}
	if uid == 0 {
		uid, gid = 65534, 65534
		for _, name := range files {
			if err := os.Chown(name, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
	}
	if code, _, faults := rekey(t, config); code != exitFine {
		t.Fatalf("%d %s", code, faults)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := info.Sys().(*syscall.Stat_t)
		if !ok || int(at.Uid) != uid || int(at.Gid) != gid || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d:%d, mode %v, want %d:%d", name, at.Uid, at.Gid, info.Mode(), uid, gid)
		}
	}
}
