package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// echo answers with what was read.
func echo(l line) any {
	return struct {
		Text string
		Long bool
	}{beginning(l.text), l.long}
}

func TestEachLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"in order", "一\n二\n", `{"Text":"一","Long":false}|{"Text":"二","Long":false}|`},
		{"blank lines are lines", "\n\n", `{"Text":"","Long":false}|{"Text":"","Long":false}|`},
		{"a last line without an end", "a", `{"Text":"a","Long":false}|`},
		{"nothing", "", ``},
		{"Windows line ends", "a\r\n", `{"Text":"a","Long":false}|`},
		{"markup stays readable", "<b>&\n", `{"Text":"<b>&","Long":false}|`},
		{"what is no UTF-8", "a\xffb\n", `{"Text":"a�b","Long":false}|`},
		{"a line without end to it", strings.Repeat("x", maxLine+5) + "\nb\n", `{"Text":"` + strings.Repeat("x", 60) + `…","Long":true}|{"Text":"b","Long":false}|`},
		{"a line of just the limit", strings.Repeat("x", maxLine-1) + "\n", `{"Text":"` + strings.Repeat("x", 60) + `…","Long":false}|`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := eachLine(t.Context(), strings.NewReader(tt.in), &out, echo); err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(out.String(), "\n", "|"); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Whoever types a line reads its answer before typing the next.
func TestEachLineAnswersAtOnce(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- eachLine(t.Context(), inR, outW, echo) }()
	answers := json.NewDecoder(outR)
	for range 3 {
		if _, err := io.WriteString(inW, "沪\n"); err != nil {
			t.Fatal(err)
		}
		var answer struct{ Text string }
		if err := answers.Decode(&answer); err != nil || answer.Text != "沪" {
			t.Fatalf("got %q, %v", answer.Text, err)
		}
	}
	_ = inW.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestEachLineEndsWithCtx(t *testing.T) {
	in, feed := io.Pipe()
	defer func() { _ = feed.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := eachLine(ctx, in, io.Discard, echo); !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
}

func TestEachLineFails(t *testing.T) {
	broken := errors.New("broken")
	if err := eachLine(t.Context(), iotest.ErrReader(broken), io.Discard, echo); !errors.Is(err, broken) {
		t.Errorf("reading: got %v", err)
	}
	if err := eachLine(t.Context(), strings.NewReader("a\n"), failingWriter{broken}, echo); !errors.Is(err, broken) {
		t.Errorf("writing: got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
