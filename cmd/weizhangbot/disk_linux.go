package main

import "golang.org/x/sys/unix"

// fileSystems are those that are no place for a store, or only for a while, by
// what statfs(2) calls them (linux/magic.h). All others are a disk.
var fileSystems = map[uint32]volume{
	unix.NFS_SUPER_MAGIC:       {kind: "NFS", lock: unsafeLock},
	unix.SMB_SUPER_MAGIC:       {kind: "SMB", lock: unsafeLock},
	unix.CIFS_SUPER_MAGIC:      {kind: "SMB", lock: unsafeLock},
	unix.SMB2_SUPER_MAGIC:      {kind: "SMB", lock: unsafeLock},
	unix.AFS_SUPER_MAGIC:       {kind: "AFS", lock: unsafeLock},
	unix.CODA_SUPER_MAGIC:      {kind: "Coda", lock: unsafeLock},
	unix.NCP_SUPER_MAGIC:       {kind: "NCP", lock: unsafeLock},
	unix.V9FS_MAGIC:            {kind: "9p", lock: doubtfulLock},
	unix.CEPH_SUPER_MAGIC:      {kind: "Ceph", lock: doubtfulLock},
	unix.FUSE_SUPER_MAGIC:      {kind: "FUSE", lock: doubtfulLock},
	unix.TMPFS_MAGIC:           {kind: "tmpfs", passing: true},
	unix.RAMFS_MAGIC:           {kind: "ramfs", passing: true},
	unix.OVERLAYFS_SUPER_MAGIC: {kind: "overlay", layer: true},
	unix.BTRFS_SUPER_MAGIC:     {kind: "btrfs", copies: true},
	zfsMagic:                   {kind: "ZFS", copies: true},
}

// zfsMagic is OpenZFS's, which is no part of Linux.
const zfsMagic = 0x2fc12fc1

// volumeOf looks at the file system of a directory.
func volumeOf(dir string) (volume, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return volume{}, err
	}
	v := fileSystems[uint32(s.Type)]
	v.free, v.known = s.Bavail*uint64(s.Bsize), true
	return v, nil
}
