package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// A badDisk is a directory whose files lie in another one, through a file
// system of our own (FUSE, protocol 7.31) that fails as it is told. Only other
// processes may touch it: a page fault of this one would wait for itself.
type badDisk struct {
	dir     string // where it is mounted
	backing string
	fd      int
	write   atomic.Int32 // errno of writes, and of whatever else changes a file
	sync    atomic.Int32 // of fsync
	read    atomic.Int32 // of reads that the kernel has no copy of
	names   []string     // by node: 2 is the first
	files   map[uint64]*os.File
	ended   chan struct{}
}

// mountBadDisk tells why not, where it cannot.
func mountBadDisk(t *testing.T) (*badDisk, error) {
	fd, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/fuse: %w", err)
	}
	d := &badDisk{dir: t.TempDir(), backing: t.TempDir(), fd: fd, files: map[uint64]*os.File{}, ended: make(chan struct{})}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d", fd, os.Getuid(), os.Getgid())
	if err := syscall.Mount("baddisk", d.dir, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		return nil, errors.Join(fmt.Errorf("mount: %w", err), syscall.Close(fd))
	}
	go d.serve()
	t.Cleanup(func() {
		_ = syscall.Unmount(d.dir, syscall.MNT_DETACH)
		<-d.ended
		_ = syscall.Close(fd)
	})
	return d, nil
}

// heal lets everything work.
func (d *badDisk) heal() { d.write.Store(0); d.sync.Store(0); d.read.Store(0) }

// The operations, as the kernel numbers them (linux/fuse.h).
const (
	fuseLookup, fuseForget, fuseGetattr, fuseSetattr          = 1, 2, 3, 4
	fuseOpen, fuseRead, fuseWrite, fuseStatfs                 = 14, 15, 16, 17
	fuseRelease, fuseFsync, fuseFlush, fuseInit               = 18, 20, 25, 26
	fuseOpendir, fuseReleasedir, fuseFsyncdir                 = 27, 29, 30
	fuseAccess, fuseCreate, fuseInterrupt, fuseForgetMany     = 34, 35, 36, 42
	fuseHeader, fuseRoot, fuseSetSize, fuseMaxWrite, fuseAttr = 40, 1, 1 << 3, 128 << 10, 88
)

var native = binary.NativeEndian

// serve answers the kernel until the disk is unmounted.
func (d *badDisk) serve() {
	defer close(d.ended)
	buf := make([]byte, fuseMaxWrite+64<<10)
	for {
		n, err := syscall.Read(d.fd, buf)
		switch {
		case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ENOENT):
			continue
		case err != nil || n < fuseHeader:
			return // unmounted
		}
		op, node := native.Uint32(buf[4:]), native.Uint64(buf[16:])
		if op == fuseForget || op == fuseForgetMany || op == fuseInterrupt {
			continue
		}
		body, fault := d.do(op, node, buf[fuseHeader:n])
		if fault != 0 {
			body = nil
		}
		out := make([]byte, 16, 16+len(body))
		native.PutUint32(out, uint32(16+len(body)))
		native.PutUint32(out[4:], uint32(-int32(fault)))
		copy(out[8:16], buf[8:16])
		_, _ = syscall.Write(d.fd, append(out, body...))
	}
}

func errno(v *atomic.Int32) syscall.Errno { return syscall.Errno(v.Load()) }

// do is one operation.
func (d *badDisk) do(op uint32, node uint64, in []byte) ([]byte, syscall.Errno) {
	switch op {
	case fuseInit:
		out := make([]byte, 64)
		native.PutUint32(out, 7)
		native.PutUint32(out[4:], 31)
		native.PutUint32(out[8:], 128<<10)
		native.PutUint32(out[20:], fuseMaxWrite)
		native.PutUint32(out[24:], 1)
		return out, 0
	case fuseLookup:
		return d.entry(cString(in), false)
	case fuseGetattr:
		return d.attrOut(node)
	case fuseSetattr:
		return d.setattr(node, in)
	case fuseOpen:
		return d.open(node, native.Uint32(in))
	case fuseCreate:
		return d.create(cString(in[16:]))
	case fuseRead:
		return d.readAt(in)
	case fuseWrite:
		return d.writeAt(in)
	case fuseFsync:
		if fault := errno(&d.sync); fault != 0 {
			return nil, fault
		}
		return nil, code(d.files[native.Uint64(in)].Sync())
	case fuseFsyncdir:
		return nil, errno(&d.sync)
	case fuseOpendir:
		return make([]byte, 16), 0
	case fuseStatfs:
		return make([]byte, 80), 0
	case fuseRelease:
		fh := native.Uint64(in)
		_ = d.files[fh].Close()
		delete(d.files, fh)
		return nil, 0
	case fuseFlush, fuseReleasedir, fuseAccess:
		return nil, 0
	}
	return nil, syscall.ENOSYS
}

func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

func code(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no
	}
	return syscall.EIO
}

func (d *badDisk) path(node uint64) string {
	if node == fuseRoot {
		return d.backing
	}
	return filepath.Join(d.backing, d.names[node-2])
}

// attr is a file's attributes.
func (d *badDisk) attr(node uint64) ([]byte, syscall.Errno) {
	var st syscall.Stat_t
	if err := syscall.Stat(d.path(node), &st); err != nil {
		return nil, code(err)
	}
	out := make([]byte, fuseAttr)
	native.PutUint64(out, node)
	native.PutUint64(out[8:], uint64(st.Size))
	native.PutUint64(out[16:], uint64(st.Blocks))
	for i, at := range []syscall.Timespec{st.Atim, st.Mtim, st.Ctim} {
		native.PutUint64(out[24+8*i:], uint64(at.Sec))
		native.PutUint32(out[48+4*i:], uint32(at.Nsec))
	}
	for i, v := range []uint32{st.Mode, uint32(st.Nlink), st.Uid, st.Gid, 0, 4096} {
		native.PutUint32(out[60+4*i:], v)
	}
	return out, 0
}

func (d *badDisk) attrOut(node uint64) ([]byte, syscall.Errno) {
	attr, fault := d.attr(node)
	return append(make([]byte, 16), attr...), fault // not to be remembered
}

// entry is a file by name, which gets its node at its first lookup.
func (d *badDisk) entry(name string, fresh bool) ([]byte, syscall.Errno) {
	if _, err := os.Lstat(filepath.Join(d.backing, name)); err != nil && !fresh {
		return nil, code(err)
	}
	node := uint64(0)
	for i, known := range d.names {
		if known == name {
			node = uint64(i) + 2
		}
	}
	if node == 0 {
		d.names = append(d.names, name)
		node = uint64(len(d.names)) + 1
	}
	attr, fault := d.attr(node)
	out := make([]byte, 40)
	native.PutUint64(out, node)
	return append(out, attr...), fault
}

func (d *badDisk) setattr(node uint64, in []byte) ([]byte, syscall.Errno) {
	if fault := errno(&d.write); fault != 0 {
		return nil, fault
	}
	if native.Uint32(in)&fuseSetSize != 0 {
		if err := os.Truncate(d.path(node), int64(native.Uint64(in[16:]))); err != nil {
			return nil, code(err)
		}
	}
	return d.attrOut(node)
}

func (d *badDisk) open(node uint64, flags uint32) ([]byte, syscall.Errno) {
	if fault := errno(&d.write); fault == syscall.EROFS && flags&syscall.O_ACCMODE != syscall.O_RDONLY {
		return nil, fault
	}
	return d.opened(d.path(node))
}

func (d *badDisk) opened(path string) ([]byte, syscall.Errno) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, code(err)
	}
	fh := uint64(f.Fd())
	d.files[fh] = f
	out := make([]byte, 16)
	native.PutUint64(out, fh)
	return out, 0
}

func (d *badDisk) create(name string) ([]byte, syscall.Errno) {
	if fault := errno(&d.write); fault != 0 {
		return nil, fault
	}
	handle, fault := d.opened(filepath.Join(d.backing, name))
	if fault != 0 {
		return nil, fault
	}
	entry, fault := d.entry(name, true)
	return append(entry, handle...), fault
}

func (d *badDisk) readAt(in []byte) ([]byte, syscall.Errno) {
	if fault := errno(&d.read); fault != 0 {
		return nil, fault
	}
	out := make([]byte, native.Uint32(in[16:]))
	n, _ := d.files[native.Uint64(in)].ReadAt(out, int64(native.Uint64(in[8:]))) // less is the file's end
	return out[:n], 0
}

func (d *badDisk) writeAt(in []byte) ([]byte, syscall.Errno) {
	if fault := errno(&d.write); fault != 0 {
		return nil, fault
	}
	data := in[40 : 40+native.Uint32(in[16:])]
	n, err := d.files[native.Uint64(in)].WriteAt(data, int64(native.Uint64(in[8:])))
	out := make([]byte, 8)
	native.PutUint32(out, uint32(n))
	return out, code(err)
}
