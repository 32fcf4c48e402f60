package boltstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

func draft(t *testing.T, path, text string) *Draft {
	t.Helper()
	d, err := NewDraft(path)
	must(t, err)
	t.Cleanup(func() { _ = d.Discard() })
	_, err = d.Write([]byte(text))
	must(t, errors.Join(err, d.Finish()))
	return d
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && want != "" || string(b) != want {
		t.Errorf("%s holds %q, want %q (%v)", filepath.Base(path), b, want, err)
	}
}

func TestDraft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	must(t, draft(t, path, "one").Publish(false))
	wantFile(t, path, "one")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	d := draft(t, path, "two")
	if err := d.Publish(false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	wantFile(t, path, "one")
	must(t, KeepAs(path, path+".old"))
	must(t, d.Publish(true))
	must(t, d.Discard())
	wantFile(t, path, "two")
	wantFile(t, path+".old", "one")
	alone(t, path)
	must(t, draft(t, path, "three").Discard())
	wantFile(t, path, "two")
	alone(t, path)
}

func TestDraftAndWhatIsInItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	name := path + partial
	must(t, os.WriteFile(name, []byte("what a killed process left, and more"), 0o600))
	must(t, draft(t, path, "new").Publish(false))
	wantFile(t, path, "new")

	d, err := NewDraft(path)
	must(t, err)
	if _, err := NewDraft(path); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
	must(t, d.Finish())
	must(t, draft(t, path, "another").Discard()) // takes it for a leftover
	if err := d.Publish(true); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("published what is gone: %v", err)
	}
	must(t, d.Discard())
	wantFile(t, path, "new")

	must(t, os.WriteFile(path+".else", []byte("somebody's"), 0o600))
	must(t, os.Symlink(path+".else", name))
	if _, err := NewDraft(path); err == nil {
		t.Error("followed a link")
	}
	wantFile(t, path+".else", "somebody's")
}

// Whoever opens a store while another file takes its place gets the other one:
// nothing is ever written to the one that was put aside.
func TestOpenAfterTheClaim(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	for _, p := range []string{path, path + "2"} {
		s := mustOpen(t, p, Options{})
		put(t, s, "b", "k", filepath.Base(p))
		must(t, s.Close())
	}
	release, err := Claim(path)
	must(t, err)
	if _, err := Open(path, Options{OpenTimeout: 10 * time.Millisecond}); !errors.Is(err, storage.ErrLocked) {
		t.Fatalf("open in spite of the claim: %v", err)
	}
	b, err := os.ReadFile(path + "2")
	must(t, err)
	d := draft(t, path, string(b))
	opened := make(chan error, 1)
	var s *Store
	go func() {
		var err error
		s, err = Open(path, Options{OpenTimeout: time.Minute})
		opened <- err
	}()
	for waiting := true; waiting; { // until it has the old file open
		held, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			break // no such thing here: perhaps it opens late, and the test shows less
		}
		n := 0
		for _, fd := range held {
			if at, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && at == path {
				n++
			}
		}
		waiting = n < 2
	}
	must(t, KeepAs(path, path+".old"))
	must(t, d.Publish(true))
	must(t, release())
	must(t, <-opened)
	wantValue(t, s, "b", "k", "db2")
	must(t, s.Close())
}

func TestClaim(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	if _, err := Claim(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
	must(t, os.WriteFile(path, []byte("no store at all"), 0o600))
	release, err := Claim(path)
	must(t, err)
	if _, err := Claim(path); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("twice: %v", err)
	}
	must(t, release())
	must(t, os.Remove(path))
	mustOpen(t, path, Options{})
	if _, err := Claim(path); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("in use: %v", err)
	}
}
