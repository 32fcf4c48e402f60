package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A databaseError is what the database, or the way to it, has against a call. Its
// text has neither the DSN nor anything of a row: the server's own messages may
// quote values, and those of a failed connection name user and host.
type databaseError struct {
	text string
	is   error // of package storage, or of a context; nil: none
	code string
}

func (e *databaseError) Error() string { return "pgstore: " + e.text }

func (e *databaseError) Unwrap() error { return e.is }

// The SQLSTATEs that mean something here (PostgreSQL, Appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	diskFull             = "53100"
	readOnly             = "25006" // after a failover: the connection leads to a standby
	undefinedTable       = "42P01"
)

// meanings says in words what an operator can do something about.
var meanings = map[string]string{
	diskFull:             "the database's disk is full",
	readOnly:             "the database is read-only, a standby as it seems",
	serializationFailure: "too many writers at the same records",
	deadlockDetected:     "too many writers at the same records",
	"28P01":              "the database refuses the password",
	"28000":              "the database refuses the user",
	"3D000":              "there is no such database",
	"42501":              "the database's user lacks the right to do this",
	"53300":              "the database takes no more connections",
	"57P01":              "the database ended the connection",
	"57P02":              "the database ended the connection",
	"57P03":              "the database is starting or stopping",
	"25P03":              "the database ended a transaction that stood still",
}

// translate turns what pgx says into this package's errors. It leaves alone what
// is not pgx's: fn's own errors, and those of package storage.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.As(err, new(*databaseError)) || isPorts(err) {
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return ofServer(e)
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &databaseError{text: "interrupted", is: ended(err)}
	case errors.As(err, new(*pgconn.ParseConfigError)):
		return &databaseError{text: "the DSN cannot be read"}
	}
	if isNetwork(err) {
		return &databaseError{text: "the database cannot be reached: " + root(err)}
	}
	return &databaseError{text: "the database did not answer as it should: " + fmt.Sprintf("%T", innermost(err))}
}

// isPorts tells whether an error is one that package storage has a name for.
func isPorts(err error) bool {
	for _, known := range []error{storage.ErrClosed, storage.ErrCorrupt, storage.ErrInvalid, storage.ErrNewer, storage.ErrLost, storage.ErrLocked, ErrLoading} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func ofServer(e *pgconn.PgError) error {
	text := meanings[e.Code]
	if text == "" {
		text = "the database refused"
	}
	d := &databaseError{text: text + " (SQLSTATE " + e.Code + ")", code: e.Code}
	if e.Code == diskFull {
		d.is = storage.ErrFull
	}
	return d
}

// ended is which of the two ends of a context an error is about.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

func isNetwork(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.As(err, new(*pgconn.ConnectError)) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "unexpected EOF") || strings.Contains(err.Error(), "conn closed")
}

// root is the cause at the bottom of an error, which names no user, host or path.
func root(err error) string {
	switch low := innermost(err); low.(type) { //nolint:errorlint // it is the innermost
	case *net.DNSError:
		return "no such host"
	case *net.AddrError, *net.ParseError:
		return "no proper address"
	default:
		if text := low.Error(); !strings.ContainsAny(text, "@/`") && len(text) < 80 {
			return text
		}
		return fmt.Sprintf("%T", low)
	}
}

// innermost follows the last of what an error wraps: a failed connection joins a
// cause for each address that was tried.
func innermost(err error) error {
	for {
		var next error
		switch e := err.(type) { //nolint:errorlint // one step at a time
		case interface{ Unwrap() error }:
			next = e.Unwrap()
		case interface{ Unwrap() []error }:
			if all := e.Unwrap(); len(all) > 0 {
				next = all[len(all)-1]
			}
		}
		if next == nil {
			return err
		}
		err = next
	}
}

// code is the SQLSTATE of an error; "" when it has none.
func code(err error) string {
	if e, ok := errors.AsType[*databaseError](err); ok {
		return e.code
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// conflicts tells whether a transaction failed for no other reason than those
// beside it, and may work when it is tried again.
func conflicts(err error) bool {
	c := code(err)
	return c == serializationFailure || c == deadlockDetected
}
