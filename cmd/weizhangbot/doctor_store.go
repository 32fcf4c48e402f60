package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// store opens what is there, and makes nothing.
func (d *doctor) store(ctx context.Context) {
	const check = "store"
	c := d.config.Storage
	if c.Driver == "postgres" {
		d.database(ctx, c)
		return
	}
	d.modes(c)
	if _, err := os.Stat(c.Path); errors.Is(err, fs.ErrNotExist) {
		d.placeFor(check, c)
		return
	}
	s, err := openStore(ctx, c, silentLog())
	switch {
	case err == nil:
		if err := s.Close(); err != nil {
			d.broken(check, err.Error(), "check the disk")
			return
		}
		d.fine(check, c.Path+" opens"+keyNote(c))
	case errors.Is(err, storage.ErrLocked):
		d.fine(check, c.Path+" is in use by another process, a running serve as it seems")
	case errors.Is(err, sealed.ErrWrongKey):
		d.broken(check, err.Error(), "put back the key that "+c.Path+" was made with")
	case errors.Is(err, storage.ErrCorrupt):
		d.broken(check, err.Error(), "put a backup in its place")
	case errors.Is(err, storage.ErrNewer):
		d.broken(check, err.Error(), "run the newer version of weizhangbot")
	default:
		d.broken(check, err.Error(), "")
	}
}

// keyNote tells where the key is. Whoever loses it loses the store.
func keyNote(c Storage) string {
	if c.key() != nil {
		return ", sealed with storage.encryption_key"
	}
	return ", sealed with " + c.Path + ".key: back that up, apart from the store"
}

// placeFor looks whether a store that is not there yet can be made.
func (d *doctor) placeFor(check string, c Storage) {
	probe, err := os.CreateTemp(filepath.Dir(c.Path), ".weizhangbot-*")
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		d.broken(check, fmt.Sprintf("%s cannot be made: %s", c.Path, cause(err)), "make the directory, and let this account write there")
		return
	}
	d.fine(check, c.Path+" is made at the first start"+keyNote(c))
}

// modes looks who else may open the store and its key.
func (d *doctor) modes(c Storage) {
	for _, name := range []string{c.Path, c.Path + ".key"} {
		if open, mode := openToOthers(name); open {
			d.mend("store", name, mode, "is for the bot's own account")
		}
	}
}

// mend closes a file to others, if that is wanted, and tells so otherwise.
func (d *doctor) mend(check, name string, mode fs.FileMode, why string) {
	what := fmt.Sprintf("others on this machine may open %s (mode %04o), which %s", name, mode, why)
	if !d.fix {
		d.slight(check, what, "chmod 600 "+name+", or run with --fix")
		return
	}
	if err := os.Chmod(name, 0o600); err != nil {
		d.slight(check, what, "chmod 600 "+name+" ("+cause(err)+")")
		return
	}
	d.fine(check, name+" has now mode 0600")
}

// openToOthers tells whether the file's mode lets other accounts in. Windows
// has no such modes.
func openToOthers(name string) (open bool, mode fs.FileMode) {
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS == "windows" {
		return false, 0
	}
	mode = info.Mode().Perm()
	return mode&0o077 != 0, mode
}
