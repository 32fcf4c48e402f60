package main

import (
	"bufio"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"weizhangbot": main})
}

// The commands as somebody at a shell sees them: testdata/script.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("TMPDIR", e.WorkDir) // so that a script sees what a command leaves behind
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"drains": drains,
			"exits":  exits,
			"holds":  holds,
			"juhe":   fakeOutside,
			"stops":  stops,
		},
	})
}

// drains starts a server, waits for its first line, sends it SIGTERM, and wants
// it to end by itself, without complaint: drains weizhangbot demo --listen …
func drains(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: drains command [args]")
	}
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Env = append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"))
	cmd.Dir = ts.Getenv("WORK")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	out := bufio.NewReader(stdout)
	first, err := out.ReadString('\n')
	if err != nil || !strings.HasPrefix(first, "http://127.0.0.1:") {
		ts.Fatalf("first line %q (%v)\n%s", first, err, stderr.String())
	}
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	if _, err := out.WriteTo(ts.Stdout()); err != nil {
		ts.Fatalf("reading the rest: %v", err)
	}
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		ts.Fatalf("SIGTERM: %v\n%s", err, stderr.String())
	}
}

// stops starts a command, waits until it has answered a line, sends it SIGTERM
// while it waits for the next, and wants exit code 1: stops weizhangbot parse
func stops(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: stops command [args]")
	}
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Env = append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"))
	cmd.Stderr = ts.Stderr()
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	_, err = io.WriteString(stdin, "帮助\n")
	ts.Check(err)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		ts.Fatalf("no answer: %q, %v", line, err)
	}
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFailed {
		ts.Fatalf("SIGTERM: %v", err)
	}
}

// fakeOutside starts a fake Juhe that knows demo-key, for the commands after it.
func fakeOutside(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: juhe")
	}
	s := httptest.NewServer(juhetest.New(juhetest.WithKeys("demo-key")))
	ts.Defer(s.Close)
	ts.Setenv("WEIZHANG_JUHE_BASE_URL", s.URL+"/sweizhang")
}

// holds opens a store and keeps it until the script ends: holds bot.db
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: holds file")
	}
	store, err := boltstore.Open(ts.MkAbs(args[0]), boltstore.Options{})
	ts.Check(err)
	ts.Defer(func() { _ = store.Close() })
}

// exits runs a command and wants this exit code: exits 2 weizhangbot frobnicate
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if failed, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Exec returns it as it is
		got = strconv.Itoa(failed.ExitCode())
	} else {
		ts.Check(err)
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}
