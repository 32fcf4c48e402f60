package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestExitCodesAndLines(t *testing.T) {
	two := errors.Join(errors.New("a: b"), errors.New("c: d\ngoroutine 1"))
	for _, tt := range []struct {
		name string
		err  error
		code int
		want string
	}{
		{"fine", nil, exitFine, ""},
		{"failed", errors.New("query: timeout"), exitFailed, "query: timeout"},
		{"two faults", two, exitFailed, "a: b|c: d"},
		{"usage", usageError{two}, exitUsage, "a: b|c: d"},
		{"usage among others", errors.Join(usageError{errors.New("x")}, errors.New("y")), exitUsage, "x|y"},
		{"a wrapping has words of its own", fmt.Errorf("storage: %w", two), exitFailed, "storage: a: b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.code {
				t.Errorf("exit code %d, want %d", got, tt.code)
			}
			if got := strings.Join(faultLines(tt.err), "|"); got != tt.want {
				t.Errorf("lines %q, want %q", got, tt.want)
			}
		})
	}
}

// A defect is one line and exit code 1, never a screen of goroutines.
func TestDefectIsOneLine(t *testing.T) {
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"--version"}, nil, nil, defectiveWriter{}, &stderr)
	if got, want := stderr.String(), "weizhangbot: internal error: out of paper\n"; code != exitFailed || got != want {
		t.Errorf("exit code %d, stderr %q, want %q", code, got, want)
	}
}

type defectiveWriter struct{}

func (defectiveWriter) Write([]byte) (int, error) { panic("out of paper\nsecond line") }

func TestStdoutThatIsGone(t *testing.T) {
	for _, args := range [][]string{{"--version"}, {"plate"}, {"cities"}, {"query", "沪C12345", "--engine", "123456", "--vin", "654321", "--json"}} {
		var stderr bytes.Buffer
		code := run(t.Context(), args, nil, strings.NewReader("a\n"), failingWriter{errors.New("broken pipe")}, &stderr)
		if code != exitFailed || !strings.Contains(stderr.String(), "write: broken pipe\n") {
			t.Errorf("%v: exit code %d, stderr %q", args, code, stderr.String())
		}
	}
}

// A started command, in this process.
type started struct {
	t      *testing.T
	out    *bufio.Reader
	stop   context.CancelFunc
	code   chan int
	stderr bytes.Buffer // may be read once the command has ended
}

// start runs a command that goes on until stop.
func start(t *testing.T, args ...string) *started {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	s := &started{t: t, out: bufio.NewReader(r), stop: stop, code: make(chan int, 1)}
	go func() {
		s.code <- run(ctx, args, nil, strings.NewReader(""), w, &s.stderr)
		_ = w.Close()
	}()
	return s
}

func (s *started) line() string {
	s.t.Helper()
	line, err := s.out.ReadString('\n')
	if err != nil {
		s.t.Fatalf("no line of output: %v", err)
	}
	return strings.TrimSpace(line)
}

// end stops the command, and wants it to end well and without a word.
func (s *started) end() {
	s.t.Helper()
	s.stop()
	if _, err := io.Copy(io.Discard, s.out); err != nil {
		s.t.Error(err)
	}
	if code := <-s.code; code != exitFine || s.stderr.Len() > 0 {
		s.t.Errorf("exit code %d, stderr %q", code, s.stderr.String())
	}
}
