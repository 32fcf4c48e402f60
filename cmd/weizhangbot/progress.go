package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progressEvery is how often progress is shown: often enough to see it move.
const progressEvery = 500 * time.Millisecond

// A progress tells on stderr how far a command is: in one line that changes on a
// terminal, in lines where it was asked for elsewhere, and not at all otherwise.
type progress struct {
	w      io.Writer // nil: nobody looks
	screen bool
	now    func() time.Time

	what  string
	bytes int64
	last  time.Time
}

func newProgress(p *program, wanted bool) *progress {
	f, ok := p.stderr.(*os.File)
	screen := ok && isTerminal(f)
	if !wanted && !screen {
		return &progress{now: time.Now}
	}
	return &progress{w: p.stderr, screen: screen, now: time.Now}
}

// step begins with something else.
func (p *progress) step(what string) {
	p.what, p.bytes = what, 0
	p.show()
}

// reached notes how far the step is.
func (p *progress) reached(bytes int64) {
	p.bytes = bytes
	if p.now().Sub(p.last) >= progressEvery {
		p.show()
	}
}

func (p *progress) show() {
	if p.w == nil {
		return
	}
	p.last = p.now()
	line := p.what
	if p.bytes > 0 {
		line += " " + size(p.bytes)
	}
	if p.screen {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.w, line)
}

// follow is told how many bytes of a step are done; the first call begins it.
func (p *progress) follow(what string) func(int64) {
	return func(bytes int64) {
		if p.what != what {
			p.step(what)
		}
		p.reached(bytes)
	}
}

// end clears the line.
func (p *progress) end() {
	if p.screen {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// writer begins a step that writes to w.
func (p *progress) writer(what string, w io.Writer) io.Writer {
	p.step(what)
	return &counting{p: p, w: w}
}

type counting struct {
	p *progress
	w io.Writer
	n int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.p.reached(c.n)
	return n, err
}
