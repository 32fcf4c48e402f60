//go:build unix

package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// A Server is one of our own, reached by a socket in its directory.
type Server struct {
	DSN string

	bin, dir string
	owner    *syscall.Credential // nil: whoever runs the tests
	alive    io.Closer           // its end is the server's
	gone     chan struct{}
}

// startTime is how long a server may take to start or stop, on a machine that is
// busy with other things.
const startTime = 2 * time.Minute

// end of life: when the test process is gone, however it went, so are the
// server and its directory.
const guard = `read -r _; "$0/pg_ctl" -D "$1/data" -m immediate stop >/dev/null 2>&1; rm -rf "$1"`

func start() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := directory(owner)
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, owner: owner, gone: make(chan struct{})}
	s.DSN = "postgres:///postgres?" + url.Values{"host": {dir}, "user": {"postgres"}}.Encode()
	if err := s.watch(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	err = s.run("initdb", "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

// Start starts a server that was stopped.
func (s *Server) Start() error {
	// Nothing here outlives the machine, so nothing is synced.
	options := "-c listen_addresses= -c unix_socket_directories=" + s.dir +
		" -c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB -c max_wal_senders=0 -c wal_level=minimal"
	return s.run("pg_ctl", "-D", filepath.Join(s.dir, "data"), "-l", filepath.Join(s.dir, "log"), "-w", "-t", "120", "-o", options, "start")
}

// Stop stops it: "fast" ends connections in order, "immediate" is as if it had
// been killed.
func (s *Server) Stop(mode string) error {
	return s.run("pg_ctl", "-D", filepath.Join(s.dir, "data"), "-m", mode, "-w", "-t", "120", "stop")
}

func (s *Server) run(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...) //nolint:gosec // PostgreSQL's own programs
	var said bytes.Buffer
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + s.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	if name == "initdb" { // of pg_ctl the server inherits what it may write to, for ever
		cmd.Stdout, cmd.Stderr = &said, &said
	}
	if err := cmd.Run(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log")) // for whoever reads the failure
		return fmt.Errorf("pgtest: %s: %w: %s%s", name, err, said.String(), log)
	}
	return nil
}

// watch starts what ends the server with this process: it waits for the end of a
// pipe that only this process holds.
func (s *Server) watch() error {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", guard, s.bin, s.dir) //nolint:gosec // our own words
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setsid: true}
	alive, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	s.alive = alive
	go func() {
		_ = cmd.Wait() // it says nothing
		close(s.gone)
	}()
	return nil
}

// end stops the server and removes its directory.
func (s *Server) end() {
	_ = s.alive.Close() // the guard does the rest
	<-s.gone
}

// unprivileged is whose server it will be: PostgreSQL refuses to be root's.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("pgtest: PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

// directory makes a directory for the server. Its name is short: that of a
// socket has 107 bytes at most.
func directory(owner *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", "pg")
	if err == nil && len(dir) > 80 {
		_ = os.Remove(dir) // just made
		dir, err = os.MkdirTemp("/tmp", "pg")
	}
	if err == nil && owner != nil {
		err = os.Chown(dir, int(owner.Uid), int(owner.Gid))
	}
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	return dir, nil
}
