package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A volume is the file system in which the store lies, as far as it matters.
type volume struct {
	known   bool // false: nothing is known of it
	free    uint64
	kind    string // "": a disk as others
	lock    int    // whether a lock of one process keeps others out
	passing bool   // in memory
	layer   bool   // of a container
	copies  bool   // what is written over stays, for a while
}

// What a lock (flock) is worth.
const (
	safeLock = iota
	doubtfulLock
	unsafeLock
)

const (
	// leastRoom is what a bot writes in some days.
	leastRoom = 64 << 20
	// enoughRoom is what there should be at least, beside as much as the store
	// has: compact, rekey and a backup to stdout write it once more.
	enoughRoom = 512 << 20
)

// disk looks whether the store can live where it is to be.
func (d *doctor) disk() {
	const check = "disk"
	path := d.config.Storage.Path
	dir := filepath.Dir(path)
	if err := writableDir(dir); err != nil {
		d.broken(check, fmt.Sprintf("%s: nothing can be written there: %s", dir, cause(err)), "make the directory, make room, and let this account write there")
		return
	}
	v, err := d.volume(dir)
	switch {
	case err != nil:
		d.slight(check, fmt.Sprintf("%s: %s", dir, cause(err)), "")
		return
	case !v.known:
		d.fine(check, dir+" can be written to (its kind and its room cannot be seen on this system)")
		return
	}
	d.place(check, dir, v)
	d.room(check, path, v)
}

// place judges the kind of file system.
func (d *doctor) place(check, dir string, v volume) {
	const elsewhere = "put storage.path on a disk of this machine"
	switch {
	case v.lock == unsafeLock:
		d.broken(check, fmt.Sprintf("%s lies on %s, where no lock keeps a second process out of the store", dir, v.kind), elsewhere)
	case v.lock == doubtfulLock:
		d.slight(check, fmt.Sprintf("%s lies on %s: what serves it may not keep a second process out of the store", dir, v.kind), elsewhere)
	case v.passing:
		d.slight(check, fmt.Sprintf("%s lies in memory (%s), and is empty after the next start of the machine", dir, v.kind), elsewhere)
	case v.layer:
		d.slight(check, dir+" lies in the container itself, and is gone with it", "mount a volume, and put storage.path there")
	case v.copies:
		d.fine(check, fmt.Sprintf("%s lies on %s: exclude %s from its snapshots, so that who was forgotten stays so", dir, v.kind, filepath.Base(peopleFile(d.config.Storage))))
	}
}

// room judges how much more fits.
func (d *doctor) room(check, path string, v volume) {
	var store uint64
	if info, err := os.Stat(path); err == nil {
		store = uint64(info.Size())
	}
	what := fmt.Sprintf("%s free", size(int64(min(v.free, 1<<62))))
	switch {
	case v.free < leastRoom:
		d.broken(check, what, "make room: soon nothing can be stored any more")
	case v.free < max(enoughRoom, store):
		d.slight(check, what, fmt.Sprintf("make room: compact and rekey write the store once more (%s)", size(int64(max(enoughRoom, store)))))
	default:
		d.fine(check, what)
	}
}

// writableDir makes a file there, writes it through, and removes it.
func writableDir(dir string) error {
	probe, err := os.CreateTemp(dir, ".weizhangbot-*")
	if err != nil {
		return err
	}
	_, err = probe.Write(make([]byte, 4096))
	return errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name()))
}
