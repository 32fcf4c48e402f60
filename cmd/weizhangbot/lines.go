package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine is how much of an input line is read, its end included: far more than
// any message.
const maxLine = 1 << 20

// A line of input: its text as valid UTF-8, and whether it went on beyond
// maxLine, in which case the text is its beginning.
type line struct {
	text string
	long bool
}

// errStopped tells a script that it has only a part of the answers.
var errStopped = errors.New("stopped before the end of the input")

// eachLine answers every line of in with one JSON value on out, in order, until
// in ends. Output is held back only while more input is at hand, so a person or
// a pipe sees each answer at once. Blank lines are lines. A read of in cannot be
// interrupted: when ctx ends, eachLine returns errStopped, and the goroutine
// that reads ends with the next line or the end of in.
func eachLine(ctx context.Context, in io.Reader, out io.Writer, answer func(line) any) error {
	lines, failed := readLines(ctx, in)
	w := bufio.NewWriter(out)
	e := json.NewEncoder(visible{w})
	e.SetEscapeHTML(false) // for people's eyes, not for a page
	for {
		select {
		case <-ctx.Done():
			return errors.Join(errStopped, w.Flush())
		case l, ok := <-lines:
			if !ok {
				return errors.Join(w.Flush(), <-failed)
			}
			if err := e.Encode(answer(l)); err != nil {
				return writeError{err}
			}
			if len(lines) > 0 {
				continue
			}
			if err := w.Flush(); err != nil {
				return writeError{err}
			}
		}
	}
}

// readLines reads ahead in a goroutine. failed holds, once lines is closed, why
// it ended: nil at the end of in.
func readLines(ctx context.Context, in io.Reader) (lines <-chan line, failed <-chan error) {
	out, fail := make(chan line, 64), make(chan error, 1)
	go func() {
		defer close(out)
		r := bufio.NewReaderSize(in, 64<<10)
		for {
			l, err := readLine(r)
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = nil
				}
				fail <- err
				return
			}
			select {
			case out <- l:
			case <-ctx.Done():
				fail <- nil
				return
			}
		}
	}()
	return out, fail
}

// readLine reads a line without its end. A last line without an end counts;
// io.EOF comes after it.
func readLine(r *bufio.Reader) (line, error) {
	var b []byte
	var l line
	for {
		part, err := r.ReadSlice('\n')
		if room := maxLine - len(b); len(part) > room {
			part, l.long = part[:room], true
		}
		b = append(b, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(b) > 0:
		case errors.Is(err, io.EOF):
			return line{}, io.EOF
		case err != nil:
			return line{}, fmt.Errorf("read: %w", err)
		}
		l.text = strings.ToValidUTF8(strings.TrimRight(string(b), "\r\n"), "�")
		return l, nil
	}
}
