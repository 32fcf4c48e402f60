// Package pgtest gives tests a PostgreSQL to work on: the one that
// WEIZHANG_TEST_POSTGRES names, or one of its own in a temporary directory, when
// the machine has the programs (Debian: package postgresql). It needs no service
// of the machine's, and leaves nothing behind.
package pgtest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// DSNVariable names a database for the tests.
const DSNVariable = "WEIZHANG_TEST_POSTGRES"

// errNone: the machine has no PostgreSQL.
var errNone = errors.New("no PostgreSQL on this machine: install it (Debian: apt-get install postgresql), or name a database in " + DSNVariable)

var shared = sync.OnceValues(func() (*Server, error) { return start() })

// DSN is the address of a database that all tests of a process share: each
// should have a schema of its own. Without one the test is skipped, and fails
// where CI is true.
func DSN(tb testing.TB) string {
	tb.Helper()
	if dsn := os.Getenv(DSNVariable); dsn != "" {
		return dsn
	}
	s, err := shared()
	refuse(tb, err)
	return s.DSN
}

// DSNOf is DSN with a schema of its own for what a test keeps at place.
func DSNOf(tb testing.TB, place string) string {
	tb.Helper()
	dsn, err := url.Parse(DSN(tb))
	if err != nil {
		tb.Fatalf("%s is no URL", DSNVariable)
	}
	query := dsn.Query()
	query.Set("search_path", Schema(place))
	dsn.RawQuery = query.Encode()
	return dsn.String()
}

// Start starts a server for one test, which may stop it.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := start()
	refuse(tb, err)
	tb.Cleanup(s.end)
	return s
}

func refuse(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNone) && os.Getenv("CI") != "true":
		tb.Skip(err)
	default:
		tb.Fatal(err)
	}
}

// Schema is a name for the schema of what a test keeps at place.
func Schema(place string) string {
	sum := sha256.Sum256([]byte(place))
	return "t" + hex.EncodeToString(sum[:10])
}

// Program is the path of one of PostgreSQL's programs. Without it the test is
// skipped, and fails where CI is true.
func Program(tb testing.TB, name string) string {
	tb.Helper()
	bin, err := programs()
	refuse(tb, err)
	return filepath.Join(bin, name)
}

// programs is the directory of the newest PostgreSQL here.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is right
	if len(found) == 0 {
		return "", errNone
	}
	return filepath.Dir(found[len(found)-1]), nil
}
