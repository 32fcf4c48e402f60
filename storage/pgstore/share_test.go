package pgstore

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// sealedProcess is a process on a sealed store whose owners are the first
// segments of keys.
func sealedProcess(t *testing.T, schema string) *sealed.Store {
	t.Helper()
	inner, err := Open(t.Context(), pgtest.DSN(t), Options{Schema: schema})
	must(t, err)
	s, err := sealed.Open(t.Context(), inner, [][]byte{bytes.Repeat([]byte{7}, sealed.KeySize)}, sealed.Options{
		Slots: inner.Shares(),
		Owner: func(_, key string, _ []byte) string { name, _, _ := strings.Cut(key, "/"); return name },
	})
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Who is forgotten in one process is forgotten in all of them, and in a backup of
// before; others are not.
func TestForgetting(t *testing.T) {
	t.Parallel()
	name := schema(t)
	a, b := sealedProcess(t, name), sealedProcess(t, name)
	put := func(s *sealed.Store, key, value string) {
		t.Helper()
		must(t, s.Update(t.Context(), []string{key}, func(tx storage.Tx) error { return tx.Put("b", key, []byte(value)) }))
	}
	want := func(s *sealed.Store, key, want string) {
		t.Helper()
		must(t, s.View(t.Context(), func(tx storage.Tx) error {
			v, err := tx.Get("b", key)
			if string(v) != want {
				t.Errorf("%s = %q, want %q", key, v, want)
			}
			return err
		}))
	}
	put(a, "anna/1", "hers")
	put(b, "anna/2", "hers as well")
	put(b, "bob/1", "his")
	want(b, "anna/1", "hers")
	var before bytes.Buffer
	must(t, a.Backup(t.Context(), &before))
	must(t, a.Update(t.Context(), nil, func(tx storage.Tx) error { return storage.Forget(tx, "anna") }))
	if n, err := a.Burn(t.Context(), time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Fatalf("burned %d, %v", n, err)
	}
	if _, err := b.Burn(t.Context(), time.Now()); err != nil { // as each process does every minute
		t.Fatal(err)
	}
	for _, s := range []*sealed.Store{a, b} {
		want(s, "anna/1", "")
		want(s, "anna/2", "")
		want(s, "bob/1", "his")
	}
	put(b, "anna/3", "new")
	want(a, "anna/3", "new")

	inner, ok := a.Unwrap().(*Store)
	if !ok {
		t.Fatal("no pgstore below")
	}
	_, err := inner.pool.Exec(t.Context(), "truncate record, job, lane")
	must(t, err)
	must(t, inner.Restore(t.Context(), &before))
	want(a, "anna/1", "")
	want(a, "bob/1", "his")
}

// Transactions that all need a share at once, with every connection taken, do
// not wait for each other.
func TestSharesWhileAllConnectionsAreTaken(t *testing.T) {
	t.Parallel()
	s := sealedProcess(t, schema(t))
	ended := make(chan error, 2*defaultConns)
	for i := range cap(ended) {
		go func() {
			key := strings.Repeat("x", i+1) + "/1"
			ended <- s.Update(context.WithoutCancel(t.Context()), []string{key}, func(tx storage.Tx) error { return tx.Put("b", key, []byte("v")) })
		}()
	}
	for range cap(ended) {
		must(t, next(t, ended))
	}
}
