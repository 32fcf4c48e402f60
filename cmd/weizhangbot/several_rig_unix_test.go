//go:build unix

package main

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// several is how many processes serve one database.
const several = 3

// A fleet is several processes of the program on one database, behind a proxy
// that gives each request to the next of them.
type fleet struct {
	*crashRig
	server  *pgtest.Server
	members []*member
	all     []*process // also those that died
	said    int64      // how many have talked in Telegram
	began   time.Time  // when all of them served
}

// A member is one process after the other, with a cable of its own to the
// database.
type member struct {
	f     *fleet
	cable *cable

	mu sync.Mutex
	p  *process
}

func newFleet(t *testing.T, r *crashRig) *fleet {
	t.Helper()
	f := &fleet{crashRig: r, server: pgtest.Start(t)}
	r.environ = append(r.environ, "WEIZHANG_STORAGE_DRIVER=postgres", "WEIZHANG_STORAGE_ENCRYPTION_KEY="+fleetKey())
	for range several {
		f.members = append(f.members, &member{f: f, cable: newCable(t, f.server)})
	}
	t.Cleanup(func() {
		for _, m := range f.members {
			if p := m.process(); p != nil {
				_ = p.cmd.Process.Kill()
				_ = p.cmd.Process.Signal(syscall.SIGCONT)
				<-p.gone
			}
		}
	})
	t.Cleanup(f.tellOfFailure)
	return f
}

// begin starts all processes, at once, and waits until they serve.
func (f *fleet) begin() {
	f.t.Helper()
	for _, m := range f.members {
		m.begin("")
	}
	for _, m := range f.members {
		m.serves()
	}
	f.began = time.Now()
}

// begin starts a process; point is where it kills itself, or "".
func (m *member) begin(point string) {
	p := m.f.start(point, "WEIZHANG_STORAGE_DSN="+m.cable.dsn)
	m.f.mu.Lock()
	m.f.all = append(m.f.all, p)
	m.f.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p = p
}

func (m *member) process() *process {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.p
}

// serves waits for the first line.
func (m *member) serves() {
	p := m.process()
	select {
	case <-p.ready:
	case <-p.gone:
		m.f.t.Errorf("a process ended by itself: %v\n%s", p.cmd.ProcessState, p.log)
	case <-time.After(60 * time.Second):
		m.f.t.Errorf("a process does not begin to serve\n%s", p.log)
	}
}

// kill kills the process as the machine's end would, and starts the next.
func (m *member) kill() {
	m.end()
	m.begin("")
	m.serves()
}

// killAt has the next process kill itself at a point, and starts another. It
// tells whether that point was reached before it was killed all the same.
func (m *member) killAt(point string) (reached bool) {
	m.end()
	m.begin(point)
	select {
	case <-m.process().gone:
		reached = true
	case <-time.After(8 * time.Second): // the others have most of the work
	}
	m.kill()
	return reached
}

// end kills the process, unless it is dead.
func (m *member) end() {
	p := m.process()
	_ = p.cmd.Process.Kill()
	<-p.gone
	m.f.died(p, time.Now())
}

// freeze stops the process for d, as a machine does that is paused.
func (m *member) freeze(d time.Duration) {
	p := m.process()
	m.during(d, func() { _ = p.cmd.Process.Signal(syscall.SIGSTOP) }, func() { _ = p.cmd.Process.Signal(syscall.SIGCONT) })
}

// during lets something last. To whoever judges what was sent twice the process
// died at any time of it: what it sent it could not write down.
func (m *member) during(d time.Duration, begin, end func()) {
	p := m.process()
	begin()
	for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(min(time.Second, time.Until(until))) {
		m.f.died(p, time.Now())
	}
	end()
	m.f.died(p, time.Now())
}

// died notes a moment of which nobody knows what the process wrote down.
func (f *fleet) died(p *process, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lives = append(f.lives, life{began: p.began, ended: at})
}

// end stops all processes in order.
func (f *fleet) end() {
	f.t.Helper()
	for _, m := range f.members {
		p := m.process()
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.gone:
		case <-time.After(90 * time.Second):
			f.t.Error("a process does not end")
			_ = p.cmd.Process.Kill()
			<-p.gone
		}
		if code := p.cmd.ProcessState.ExitCode(); code != exitFine {
			f.t.Errorf("stopped with %d:\n%s", code, p.log)
		}
	}
}

// tellOfFailure shows what the processes said when a test failed.
func (f *fleet) tellOfFailure() {
	for i, p := range f.all {
		if f.t.Failed() {
			f.t.Logf("process %d, from %s:\n%s", i, p.began.Format(time.TimeOnly), p.log)
		}
	}
}

// open opens the database beside the processes.
func (f *fleet) open() (storage.Store, error) {
	return openDatabase(f.t.Context(), Storage{DSN: Secret(f.server.DSN), EncryptionKey: Secret(fleetKey())}, silent(), nil)
}

// inspect is inspect for the database of processes that have ended.
func (f *fleet) inspect() (faults []string, l ledger) {
	s, err := f.open()
	if err != nil {
		return []string{err.Error()}, l
	}
	defer s.Close()
	jobs, _ := beneath[storage.Jobs](s)
	return inspectStore(f.t.Context(), s, jobs)
}

func fleetKey() string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", sealed.KeySize)))
}

// A cable leads from one process to the database, and can be pulled.
type cable struct {
	dsn    string
	socket string // of the database

	mu     sync.Mutex
	state  cableState
	change chan struct{} // closed at the next change
	ends   map[net.Conn]bool
}

type cableState int

const (
	plugged   cableState = iota
	pulled               // connections break, and none is made
	swallowed            // what is sent arrives nowhere, and nobody is told
)

func newCable(t *testing.T, s *pgtest.Server) *cable {
	t.Helper()
	dsn, err := url.Parse(s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{
		socket: filepath.Join(dsn.Query().Get("host"), ".s.PGSQL.5432"),
		dsn:    fmt.Sprintf("postgres://%s@%s%s?sslmode=disable", dsn.Query().Get("user"), l.Addr(), dsn.Path),
		change: make(chan struct{}), ends: map[net.Conn]bool{},
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { c.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		c.set(pulled)
		open.Wait()
	})
	return c
}

// set changes the state of the cable. Pulling it breaks what goes through.
func (c *cable) set(s cableState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = s
	close(c.change)
	c.change = make(chan struct{})
	if s == pulled {
		for end := range c.ends {
			_ = end.Close()
		}
	}
}

func (c *cable) keep(end net.Conn, keep bool) (plugged bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !keep {
		delete(c.ends, end)
		return false
	}
	c.ends[end] = true
	return c.state != pulled
}

func (c *cable) carry(process net.Conn) {
	defer process.Close()
	database, err := net.Dial("unix", c.socket)
	if err != nil {
		return
	}
	defer database.Close()
	for _, end := range []net.Conn{process, database} {
		if !c.keep(end, true) {
			return
		}
		defer c.keep(end, false)
	}
	done := make(chan struct{}, 2)
	go func() { c.copy(database, process); done <- struct{}{} }()
	go func() { c.copy(process, database); done <- struct{}{} }()
	<-done
	_ = process.Close()
	_ = database.Close()
	<-done
}

// copy passes on what comes, and holds it back while the cable swallows: the
// ends learn of nothing then, not even of each other's end.
func (c *cable) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !c.passes() {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// passes waits until something may pass; false: the cable was pulled.
func (c *cable) passes() bool {
	for {
		c.mu.Lock()
		state, change := c.state, c.change
		c.mu.Unlock()
		if state != swallowed {
			return state == plugged
		}
		<-change
	}
}
