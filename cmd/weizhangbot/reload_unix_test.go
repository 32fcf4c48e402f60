//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A configuration that is never read to its end keeps nobody from stopping.
func TestReloadOfAPipe(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveHanging(nil, withSafe)
	file := filepath.Join(o.dir, "config.yaml")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	r.asked <- syscall.SIGHUP
	until(t, "it is being read", func() bool { return strings.Contains(r.manager.heard(), "RELOADING=1") })
	r.end()
	pipe, err := os.OpenFile(file, os.O_WRONLY, 0) // lets go of who still waits for it
	if err != nil {
		t.Fatal(err)
	}
	_ = pipe.Close()
}
