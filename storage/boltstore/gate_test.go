package boltstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A file that is cut off while it is in use: every call says so, none waits for
// ever, and none panics, whoever comes first and wherever the cut is.
func TestFileCutOff(t *testing.T) {
	for name, first := range map[string]func(*Store) error{
		"reading": func(s *Store) error {
			return s.View(context.Background(), func(tx storage.Tx) error {
				_, err := tx.Get("b", "k")
				return err
			})
		},
		"writing": func(s *Store) error {
			return s.Update(context.Background(), nil, func(tx storage.Tx) error { return tx.Put("b", "k", []byte("2")) })
		},
		"working": func(s *Store) error {
			return s.Work(context.Background(), "q", 1, func(context.Context, storage.Job, storage.Done) error { return nil })
		},
		"checking": func(s *Store) error { return s.Check(context.Background()) },
	} {
		for cut, size := range map[string]int64{"all of it": 0, "all but what says where the rest is": 8192} {
			t.Run(name+"/"+cut, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "db")
				s, err := Open(path, Options{})
				must(t, err)
				must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
					_, err := tx.Enqueue(storage.Job{ID: "1", Queue: "q", At: time.Now().Add(time.Hour)})
					return errors.Join(err, tx.Put("b", "k", []byte("1")))
				}))
				must(t, os.Truncate(path, size))
				for range 2 {
					err := first(s)
					if !errors.Is(err, storage.ErrCorrupt) {
						t.Errorf("%v, want ErrCorrupt", err)
					} else if strings.Contains(err.Error(), "nil pointer") {
						t.Errorf("%q names a defect of the program", err)
					}
				}
				_ = s.Close() // returns
			})
		}
	}
}
