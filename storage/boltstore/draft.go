package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/weizhangbot/weizhangbot/storage"
)

// partial is what the name of a Draft's file ends in.
const partial = ".partial"

// A Draft is a file that becomes another, whole and durable, or leaves it as it
// was, also when the process dies or the machine does. Until then it lies beside
// its place as NAME.partial, with mode 0600. What a killed process leaves behind
// is removed by the next Draft for the same place.
//
// Its steps: write, Finish, look at what is at Name, Publish. Discard at any time
// ends it, and after Publish does nothing.
type Draft struct {
	file *os.File
	path string
	over bool
}

// NewDraft makes a draft for path. It fails with storage.ErrLocked when another
// process is writing one.
func NewDraft(path string) (*Draft, error) {
	name := path + partial
	f, err := createDraft(name)
	if errors.Is(err, fs.ErrExist) {
		if err = removeLeftover(name); err == nil {
			f, err = createDraft(name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("boltstore: draft: %w", err)
	}
	if err := lock(f); err != nil { // another took it for a leftover, at this very moment
		return nil, errors.Join(fmt.Errorf("boltstore: draft %s: %w", name, err), f.Close())
	}
	return &Draft{file: f, path: path}, nil
}

func createDraft(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode) //nolint:gosec // the operator's own path
}

// removeLeftover removes what a killed process left, and nothing else: no link,
// and nothing that somebody holds.
func removeLeftover(name string) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is in the way and no file", name)
	}
	release, err := claim(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return errors.Join(os.Remove(name), release())
}

// Name is where the draft lies.
func (d *Draft) Name() string { return d.path + partial }

// Write implements io.Writer.
func (d *Draft) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	return n, translate(err)
}

// OwnedLike gives the draft to the account that owns like, the first of names
// that exists.
func (d *Draft) OwnedLike(names ...string) error { return ownedLike(d.file, names) }

// OwnedLike gives the file at path to the account that owns like: root may work on
// what is the bot's, which could not open it otherwise.
func OwnedLike(path, like string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	return errors.Join(ownedLike(f, []string{like}), f.Close())
}

func ownedLike(f *os.File, names []string) error {
	for _, name := range names {
		switch like, err := os.Stat(name); {
		case err == nil:
			return own(f, like)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

// Finish makes what was written durable, and lets others open the draft.
func (d *Draft) Finish() error { return translate(errors.Join(d.file.Sync(), unlock(d.file))) }

// Publish makes the draft the file at its path, in one step: whoever opens that
// finds all of it, or what was there before. Without replace it fails with
// fs.ErrExist when something is there.
func (d *Draft) Publish(replace bool) error {
	name := d.Name()
	if !isAt(d.file, name) {
		return fmt.Errorf("boltstore: %s was taken away: %w", name, storage.ErrLocked)
	}
	err := d.file.Sync() // whoever opened it meanwhile may have written
	if runtime.GOOS == "windows" {
		err = errors.Join(err, d.file.Close()) // it moves no open files
	}
	switch {
	case err != nil:
	case replace:
		err = os.Rename(name, d.path)
	default:
		if err = os.Link(name, d.path); err == nil {
			err = os.Remove(name)
		}
	}
	if err != nil {
		return fmt.Errorf("boltstore: publish: %w", err)
	}
	d.over = true
	_ = d.file.Close()                // synced
	_ = removeJournals(d.path, false) // of what was there before: they do not go with this one
	return syncDir(filepath.Dir(d.path))
}

// Discard removes what was not published.
func (d *Draft) Discard() error {
	if d.over {
		return nil
	}
	d.over = true
	var err error
	if isAt(d.file, d.Name()) {
		err = os.Remove(d.Name())
	}
	_ = d.file.Close() // nobody will read it
	return err
}

// Claim keeps every store from opening the file at path, whatever is in it, until
// it is released. It fails with storage.ErrLocked when one has it open. Whoever
// opens a store meanwhile waits, and gets what is at path then.
func Claim(path string) (release func() error, err error) {
	if release, err = claim(path); err != nil {
		return nil, fmt.Errorf("boltstore: %s: %w", path, err)
	}
	return release, nil
}

// KeepAs gives the file at path a second name, which stays when another takes
// its place, and so its journals.
func KeepAs(path, name string) error {
	for generation := range uint64(2) {
		err := os.Link(journalName(path, generation), journalName(name, generation))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("boltstore: keep: %w", err)
		}
	}
	if err := os.Link(path, name); err != nil {
		return fmt.Errorf("boltstore: keep: %w", err)
	}
	return syncDir(filepath.Dir(name))
}
