package pgstore

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
)

// The README's way to back up: the rest of yesterday and the shares of today. Who
// was forgotten between is forgotten in what comes back, and nobody else is.
func TestDumpsComeBack(t *testing.T) {
	t.Parallel()
	name, dir := schema(t), t.TempDir()
	dsn := pgtest.DSN(t)
	program := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), pgtest.Program(t, name), append(args, "-d", dsn)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	s := sealedProcess(t, name)
	put := func(keys ...string) {
		t.Helper()
		must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
			for _, key := range keys {
				if err := tx.Put("b", key, []byte("of "+key)); err != nil {
					return err
				}
			}
			_, err := tx.Enqueue(storage.Job{ID: keys[0], Queue: "q", Key: "bob", Body: []byte("body")})
			return err
		}))
	}
	put("anna/1", "bob/1")
	all, shares := filepath.Join(dir, "all.dump"), filepath.Join(dir, "share.dump")
	program("pg_dump", "-Fc", "-n", name, "--exclude-table-data="+name+".share", "-f", all)
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error { return storage.Forget(tx, "anna") }))
	if n, err := s.Burn(t.Context(), time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Fatalf("burned %d, %v", n, err)
	}
	program("pg_dump", "-Fc", "--data-only", "-t", name+".share", "-f", shares)
	must(t, s.Close())
	program("psql", "-q", "-c", "set client_min_messages = error; drop schema "+name+" cascade")
	program("pg_restore", "--exit-on-error", all)
	program("pg_restore", "--exit-on-error", shares)

	s = sealedProcess(t, name)
	must(t, s.View(t.Context(), func(tx storage.Tx) error {
		for key, want := range map[string]string{"anna/1": "", "bob/1": "of bob/1"} {
			v, err := tx.Get("b", key)
			if string(v) != want || err != nil {
				t.Errorf("%s = %q, %v; want %q", key, v, err, want)
			}
		}
		return nil
	}))
	put("bob/2")
	ran := make(chan string, 2)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- s.Work(ctx, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
			ran <- j.ID
			return nil
		})
	}()
	if a, b := next(t, ran), next(t, ran); a != "anna/1" || b != "bob/2" {
		t.Errorf("ran %s, %s", a, b)
	}
	stop()
	must(t, next(t, ended))
}
