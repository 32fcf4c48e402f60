package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// What must hold in spite of a backup's age is brought into it before it takes
// its place: here, that what the old store does not hold any more stays deleted.
func TestRestoreReplays(t *testing.T) {
	t.Parallel()
	deleted := func(ctx context.Context, r revival) error {
		if r.old == nil {
			return errors.New("nobody knows what was deleted")
		}
		return r.store.Update(ctx, []string{"filler"}, func(tx storage.Tx) error {
			return r.old.View(ctx, func(old storage.Tx) error {
				v, err := old.Get("filler", "7")
				if err != nil || v != nil {
					return err
				}
				return tx.Put("filler", "7", nil)
			})
		})
	}
	for _, tt := range []struct {
		name    string
		replays []replay
		damage  func(t *testing.T, store string)
		want    string // the error; "": restored
		records int
	}{
		{"nothing to replay: it is back", nil, nil, "", 4000},
		{"replayed from the old store", []replay{deleted}, nil, "", 3999},
		{"the old store is damaged", []replay{deleted}, func(t *testing.T, store string) {
			if err := os.Truncate(store, 8192); err != nil {
				t.Fatal(err)
			}
		}, "what is newer than the backup: nobody knows what was deleted", 0},
		{"one fails after another was done", []replay{deleted, func(context.Context, revival) error { return errors.New("no") }}, nil, "what is newer than the backup: no", 3999},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := filled(t)
			c, err := load(config, nil)
			if err != nil {
				t.Fatal(err)
			}
			store := c.Storage.Path
			back := filepath.Join(filepath.Dir(store), "back.db")
			p := &program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
			if _, err := (backupCommand{File: back, Timeout: time.Minute}).make(t.Context(), p, c); err != nil {
				t.Fatal(err)
			}
			forget(t, c.Storage)
			if tt.damage != nil {
				tt.damage(t, store)
			}
			r := &restoring{restoreCommand: restoreCommand{File: back, Force: true}, path: store, at: time.Now(), shown: newProgress(p, false), replays: tt.replays}
			_, err = r.run(t.Context(), p, c.Storage)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if _, err := os.Stat(store + ".partial"); err == nil {
				t.Error("a draft is left")
			}
			if tt.records == 0 {
				return
			}
			if sum, err := verify(t.Context(), store, c.Storage); err != nil || sum.Records["filler"] != tt.records {
				t.Errorf("%d records, %v", sum.Records["filler"], err)
			}
		})
	}
}

// forget deletes record 7.
func forget(t *testing.T, c Storage) {
	t.Helper()
	s, err := openStore(t.Context(), c, silentLog())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), []string{"filler"}, func(tx storage.Tx) error { return tx.Put("filler", "7", nil) })
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}
