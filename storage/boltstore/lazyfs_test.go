package boltstore

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// lazyEnv names the program lazyfs (https://github.com/dsrhaslab/lazyfs): a file
// system that keeps what was not synced in a cache of its own, and forgets it
// when told. What the README says of it is how to get it.
const lazyEnv = "LAZYFS"

// carelessEnv has TestLazyFS's child leave out syncing.
const carelessEnv = "BOLTSTORE_CRASH_NOSYNC"

// A loss of power, again and again: the process is killed and everything that
// was not synced is gone. What it was promised must be there. Without syncing
// it is not, and that must be found.
func TestLazyFS(t *testing.T) {
	lazyfs := os.Getenv(lazyEnv)
	if lazyfs == "" {
		t.Skip("a longer test: set LAZYFS to the program lazyfs")
	}
	if runtime.GOOS != "linux" {
		t.Fatal("lazyfs needs Linux")
	}
	t.Run("synced", func(t *testing.T) {
		l := mountLazy(t, lazyfs)
		promised := map[string]int{}
		for round := range *crashRounds {
			if lost := l.round(t, promised); lost != "" {
				t.Fatalf("round %d: %s", round, lost)
			}
		}
		t.Logf("%d losses of power, promised %v", *crashRounds, promised)
	})
	t.Run("not synced", func(t *testing.T) {
		t.Setenv(carelessEnv, "1")
		l := mountLazy(t, lazyfs)
		promised := map[string]int{}
		for range *crashRounds {
			if lost := l.round(t, promised); lost != "" {
				t.Logf("found: %s", firstLine(lost))
				return
			}
		}
		t.Error("a store that syncs nothing lost nothing: this test finds nothing")
	})
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// A lazyDisk is a mounted lazyfs.
type lazyDisk struct {
	dir, fifo string
	done      *os.File // where it tells that it did as it was told
}

func mountLazy(t *testing.T, program string) *lazyDisk {
	t.Helper()
	base := t.TempDir()
	l := &lazyDisk{dir: filepath.Join(base, "mounted"), fifo: filepath.Join(base, "fifo")}
	backing, config, done := filepath.Join(base, "backing"), filepath.Join(base, "config.toml"), filepath.Join(base, "done")
	must(t, os.Mkdir(l.dir, 0o700))
	must(t, os.Mkdir(backing, 0o700))
	must(t, os.WriteFile(config, []byte(fmt.Sprintf(
		"[faults]\nfifo_path=%q\nfifo_path_completed=%q\n[cache]\napply_eviction=false\n[cache.simple]\ncustom_size=\"256mb\"\nblocks_per_page=1\n[filesystem]\nlog_all_operations=false\nlogfile=\"\"\n",
		l.fifo, done)), 0o600))
	cmd := exec.Command(program, l.dir, "--config-path", config, "-o", "allow_other", "-o", "modules=subdir", "-o", "subdir="+backing, "-f")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = exec.Command("umount", "-l", l.dir).Run()
		_ = cmd.Process.Kill()
		<-ended
	})
	for until := time.Now().Add(20 * time.Second); !mounted(t, l.dir); {
		select {
		case <-ended:
			t.Fatalf("lazyfs ended: %s", said.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(until) {
			t.Fatal("lazyfs does not mount")
		}
	}
	var err error
	l.done, err = os.OpenFile(done, os.O_RDWR, 0) // for both, so that nobody waits for the other end
	must(t, err)
	t.Cleanup(func() { _ = l.done.Close() })
	return l
}

func mounted(t *testing.T, dir string) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/mounts")
	must(t, err)
	return strings.Contains(string(table), " "+dir+" ")
}

// round lets a child write, kills it, has the disk forget, and compares. It
// looks at a copy, in which no page fault waits for another process.
func (l *lazyDisk) round(t *testing.T, promised map[string]int) (lost string) {
	t.Helper()
	path := filepath.Join(l.dir, "db")
	killChild(t, path, time.Duration(100+rand.N(200))*time.Millisecond, promised)
	l.forget(t)
	copied := filepath.Join(t.TempDir(), "db")
	asKilled(t, path, copied)
	s, err := Open(copied, Options{})
	if err != nil {
		return err.Error()
	}
	defer s.Close()
	if err := s.Check(t.Context()); err != nil {
		return err.Error()
	}
	r := &reporter{TB: t}
	checkCrashed(r, s, promised)
	return strings.Join(r.faults, "\n")
}

// forget has everything go that was not synced.
func (l *lazyDisk) forget(t *testing.T) {
	t.Helper()
	order, err := os.OpenFile(l.fifo, os.O_WRONLY, 0)
	must(t, err)
	_, err = order.WriteString("lazyfs::clear-cache\n")
	must(t, err)
	must(t, order.Close())
	b := make([]byte, 256)
	n, err := l.done.Read(b)
	must(t, err)
	if !strings.Contains(string(b[:n]), "clear-cache") {
		t.Fatalf("lazyfs says %q", b[:n])
	}
}

// A reporter collects what a check finds.
type reporter struct {
	testing.TB
	faults []string
}

// Errorf notes a fault.
func (r *reporter) Errorf(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}
