package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weizhangbot/weizhangbot/storage"
)

// No error names the way to the database, or what is in it.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	const secret = "pa55word"
	for _, dsn := range []string{
		"postgres://anna:" + secret + "@127.0.0.1:1/hers",
		"postgres://anna:" + secret + "@/hers?host=/nowhere",
		"postgres://anna:" + secret + "@no.such.host.invalid/hers",
		"postgres://anna:" + secret + "@127.0.0.1:port/hers",
		"host=127.0.0.1 port=1 user=anna password=" + secret + " dbname=hers",
		"postgres://anna:" + secret + "@127.0.0.1:1/hers?sslmode=what",
	} {
		_, err := Open(t.Context(), dsn, Options{})
		if err == nil {
			t.Fatal("opened")
		}
		for _, private := range []string{secret, "anna", "hers", "nowhere", "invalid"} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("%v names %s", err, private)
			}
		}
		if !strings.HasPrefix(err.Error(), "pgstore: the ") {
			t.Errorf("%v", err)
		}
	}
	row := translate(&pgconn.PgError{Code: "22P02", Message: "invalid input: 沪C12345", Detail: "沪C12345"})
	if strings.Contains(fmt.Sprintf("%+v", row), "沪") {
		t.Errorf("%v", row)
	}
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		is   error
		want string
	}{
		{"a full disk", &pgconn.PgError{Code: "53100"}, storage.ErrFull, "pgstore: the database's disk is full (SQLSTATE 53100)"},
		{"a conflict", fmt.Errorf("x: %w", &pgconn.PgError{Code: "40001"}), nil, "too many writers"},
		{"a cancelled context", fmt.Errorf("timeout: %w", context.Canceled), context.Canceled, "interrupted"},
		{"anything else", errors.New("with a row in it"), nil, "did not answer as it should: *errors.errorString"},
	} {
		got := translate(c.err)
		if c.is != nil && !errors.Is(got, c.is) || !strings.Contains(got.Error(), c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
		if translate(got) != got { //nolint:errorlint // the very same
			t.Errorf("%s: translated twice", c.name)
		}
	}
	if translate(nil) != nil {
		t.Error("nil became an error")
	}
}
