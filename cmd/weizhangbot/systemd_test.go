package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// The real program tells the real socket what systemd wants to know, and takes
// the real signals.
func TestSystemd(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has neither the socket nor the signals")
	}
	o := newOutside(t)
	socket := filepath.Join(o.dir, "n")
	hears, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hears.Close() }()
	path, err := exec.LookPath("weizhangbot")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "serve", "--config", o.config(withSafe, "limits: {vehicles_per_user: 3}\n"))
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=3000000")
	log := &journal{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := ""
	waits := func(what string, ok func() bool) {
		t.Helper()
		for !ok() {
			if err := hears.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Fatal(err)
			}
			datagram := make([]byte, 4096)
			n, err := hears.Read(datagram)
			if err != nil {
				t.Fatalf("%s: %v; told so far:\n%s\n%s", what, err, told, log)
			}
			told += string(datagram[:n]) + "\n\n"
		}
	}
	waits("ready, with where it is", func() bool {
		return strings.HasPrefix(told, "READY=1\nSTATUS=http://127.0.0.1:") && strings.Contains(told, "serves wechat at /wechat\n")
	})
	waits("beats", func() bool { return strings.Count(told, "WATCHDOG=1\n") >= 3 })

	o.config(withSafe, "limits: {vehicles_per_user: 4}\n")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waits("reloading", func() bool {
		return strings.Contains(told, "RELOADING=1\n") && (runtime.GOOS != "linux" || strings.Contains(told, "\nMONOTONIC_USEC="))
	})
	waits("ready again", func() bool { return strings.Count(told, "READY=1\n") == 2 })
	until(t, "the log says so", func() bool { return strings.Contains(log.String(), "vehicles_per_user: 3 → 4") })

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waits("stopping", func() bool { return strings.Contains(told, "STOPPING=1\nSTATUS=stopping") })
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v:\n%s", err, log)
	}
}

// A sick store refuses, or never answers.
type sick struct {
	storage.Store
	mu  sync.Mutex
	err error // errStuck: it does not answer
}

var errStuck = errors.New("stuck")

func (s *sick) is(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *sick) Update(ctx context.Context, _ []string, _ func(storage.Tx) error) error {
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if errors.Is(err, errStuck) {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

// The watchdog hears nothing of a store that only a restart mends.
func TestBeat(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		beats bool
	}{
		"healthy":                      {nil, true},
		"full, and mended by room":     {storage.ErrFull, true},
		"a disk that fails":            {errors.New("input/output error"), true},
		"stuck":                        {errStuck, false},
		"of which nobody knows enough": {fmt.Errorf("%w: input/output error", boltstore.ErrReopen), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, store := &aManager{limit: time.Minute}, &sick{}
				log := &journal{}
				s := &service{log: newLogger(log, Log{Level: "info", Format: "text"}), machine: machine{manager: m}}
				s.health = newHealth(s.log)
				s.health.serving(store)
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- s.beat(ctx) }()
				time.Sleep(10 * time.Minute)
				well := strings.Count(m.heard(), "WATCHDOG=1")
				if well < 25 || well > 35 {
					t.Errorf("%d beats in ten minutes", well)
				}
				store.is(tt.err)
				time.Sleep(10*time.Minute + time.Second)
				if got := strings.Count(m.heard(), "WATCHDOG=1") - well; (got > 25) != tt.beats || !tt.beats && got > 1 {
					t.Errorf("%d beats in the ten minutes after, want some: %v", got, tt.beats)
				}
				if told := strings.Contains(log.String(), "may restart the program"); told == tt.beats {
					t.Errorf("the log:\n%s", log)
				}
				store.is(nil)
				time.Sleep(2 * time.Minute)
				before := strings.Count(m.heard(), "WATCHDOG=1")
				time.Sleep(time.Minute)
				if strings.Count(m.heard(), "WATCHDOG=1") == before {
					t.Error("healthy again, and no beat")
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Without a manager, and with one that has no watchdog or cannot be reached, the
// service works.
func TestNobodyWatches(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	for name, m := range map[string]manager{"none": nil, "no watchdog": &aManager{}, "deaf": deaf{}} {
		r := o.serveOn(machine{manager: m}, nil, withSafe)
		got, err := o.platform(r, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("帮助"))
		if err != nil || got.Text == "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		r.end()
		if warned := strings.Contains(r.log.String(), "the service manager does not hear"); warned != (name == "deaf") {
			t.Errorf("%s: %s", name, r.log)
		}
	}
}

type deaf struct{}

func (deaf) tell(string) error { return errors.New("connection refused") }

func (deaf) watchdog() (time.Duration, error) { return 0, errors.New("no number") }
