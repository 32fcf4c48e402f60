// Package driver is what the drivers of package storage, and what lies on files
// beside them, have in common: which calls are proper, how the run of a job ends,
// when there is no room, and errors that say nothing of anybody.
package driver

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unicode"

	"github.com/weizhangbot/weizhangbot/storage"
)

var (
	// ErrExited is what a caller gets whose fn ended its goroutine.
	ErrExited = errors.New("storage: fn called runtime.Goexit")
	// ErrHandlerExited is the outcome of a run whose handler did so.
	ErrHandlerExited = errors.New("storage: handler called runtime.Goexit")
	// ErrCrashed is the outcome of a job that took its process down each time.
	ErrCrashed = errors.New("storage: each run ended with its process")
	// ErrLate is what a Tx answers after its fn returned.
	ErrLate = Invalid("transaction used after its end")
)

// Invalid is a call that is wrong in itself.
func Invalid(what string) error { return fmt.Errorf("%w: %s", storage.ErrInvalid, what) }

// NoRoom tells whether err means that a file cannot grow. It looks into the text as
// well: bbolt formats the causes of a failed grow with %s, which hides them from
// errors.Is.
func NoRoom(err error) bool {
	if err == nil {
		return false
	}
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, no) || strings.Contains(err.Error(), no.Error()) {
			return true
		}
	}
	return false
}

// A panicError is a panic in somebody's fn or handler, turned into an error.
type panicError struct{ value any }

// Panicked is the error that a recovered panic becomes. Its text leaves out what
// somebody may have written: words with a digit in them, and words that are not
// ASCII.
func Panicked(value any) error { return &panicError{value} }

func (e *panicError) Error() string {
	words := strings.Fields(fmt.Sprint(e.value))
	for i, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return r >= '0' && r <= '9' || r > unicode.MaxASCII }) {
			words[i] = "***"
		}
	}
	return "storage: panic: " + strings.Join(words, " ")
}

func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// Fingerprint tells errors apart without showing their text.
func Fingerprint(err error) string {
	sum := sha256.Sum256([]byte(err.Error()))
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return fmt.Sprintf("%T:%x", err, sum[:6])
}
