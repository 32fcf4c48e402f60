package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"unicode"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/weizhangbot/weizhangbot/storage"
)

// errExited is what a caller gets whose fn ended its goroutine.
var errExited = errors.New("boltstore: fn called runtime.Goexit")

// ErrReopen: nobody knows what the disk shows, so nothing more is written until
// the store is opened again.
var ErrReopen = errors.New("boltstore: outcome of a commit unknown, reopen the store")

// errLate is what a Tx answers after its fn returned.
var errLate = fmt.Errorf("boltstore: transaction used after its end: %w", storage.ErrInvalid)

// A panicError is a panic in somebody's fn or handler, turned into an error.
type panicError struct{ value any }

// Error leaves out what somebody may have written: words with a digit in them,
// and words that are not ASCII.
func (e *panicError) Error() string {
	words := strings.Fields(fmt.Sprint(e.value))
	for i, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return r >= '0' && r <= '9' || r > unicode.MaxASCII }) {
			words[i] = "***"
		}
	}
	return "boltstore: panic: " + strings.Join(words, " ")
}

func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// corrupt names what cannot be what this program wrote. The text never holds
// keys or values.
func corrupt(what string) error { return fmt.Errorf("boltstore: %s: %w", what, storage.ErrCorrupt) }

func invalid(what string) error { return fmt.Errorf("boltstore: %s: %w", what, storage.ErrInvalid) }

// translate turns what bbolt and the operating system say into the port's
// errors.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrDatabaseNotOpen), errors.Is(err, fs.ErrClosed):
		return storage.ErrClosed
	case full(err):
		return fmt.Errorf("boltstore: %w: %w", storage.ErrFull, err)
	}
	return err
}

// full looks into the text as well: bbolt formats the causes of a failed grow
// with %s, which hides them from errors.Is.
func full(err error) bool {
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		return true
	}
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, no) || strings.Contains(err.Error(), no.Error()) {
			return true
		}
	}
	return false
}
