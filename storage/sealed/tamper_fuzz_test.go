package sealed_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// A shelf is a store in memory whose contents anybody can reach into.
type shelf struct {
	storage.Store
	rows map[[2]string][]byte
	jobs []storage.Job
}

func (s *shelf) View(_ context.Context, fn func(storage.Tx) error) error               { return fn(s) }
func (s *shelf) Update(_ context.Context, _ []string, fn func(storage.Tx) error) error { return fn(s) }

func (s *shelf) Get(bucket, key string) ([]byte, error) {
	return bytes.Clone(s.rows[[2]string{bucket, key}]), nil
}

func (s *shelf) Put(bucket, key string, value []byte) error {
	if s.rows[[2]string{bucket, key}] = bytes.Clone(value); value == nil {
		delete(s.rows, [2]string{bucket, key})
	}
	return nil
}

func (s *shelf) Scan(bucket, from, to string, _ int) (kvs []storage.KV, err error) {
	for row, value := range s.rows {
		if row[0] == bucket && row[1] >= from && row[1] < to {
			kvs = append(kvs, storage.KV{Key: row[1], Value: bytes.Clone(value)})
		}
	}
	return kvs, nil
}

func (s *shelf) Enqueue(j storage.Job) (bool, error) {
	s.jobs = append(s.jobs, j)
	return true, nil
}

// Work runs every job once and returns what came of them.
func (s *shelf) Work(ctx context.Context, _ string, _ int, h storage.Handler) error {
	var errs []error
	for _, j := range s.jobs {
		j.Body = bytes.Clone(j.Body)
		errs = append(errs, h(ctx, j, nil))
	}
	return errors.Join(errs...)
}

// filled is a shelf with two records and a job, sealed.
func filled(t testing.TB, key, value string) (*shelf, *sealed.Store) {
	t.Helper()
	s := &shelf{rows: map[[2]string][]byte{}}
	store, err := sealed.New(t.Context(), s, testKey(1))
	must(t, err)
	must(t, store.Update(t.Context(), nil, func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Job{ID: "id", Queue: "q", Key: key, Body: []byte(value)})
		return errors.Join(err, tx.Put("b", key, []byte(value)), tx.Put("b", key+"/~2", []byte("another")))
	}))
	return s, store
}

// Whatever a hand that cannot know the key does to one of the stored bytes, to the
// length of what is stored, or to its place: it is refused as corrupt, and never
// read as something else. Untouched it reads as it was written.
func FuzzTampered(f *testing.F) {
	f.Add("wx/user", "沪C12345", uint16(0), byte(1), uint8(0))
	f.Add("~2026", "", uint16(1), byte(0x80), uint8(1))
	f.Add("a", "x", uint16(13), byte(0), uint8(2))
	f.Add("a/b", "\x00\xff", uint16(40), byte(255), uint8(3))
	f.Add("telegram:42", "body", uint16(29), byte(7), uint8(4))
	f.Add("k", "v", uint16(1), byte(1), uint8(5))
	f.Fuzz(func(t *testing.T, key, value string, at uint16, flip byte, how uint8) {
		if key == "" || len(key) > 512 {
			return
		}
		s, store := filled(t, key, value)
		checkReads(t, store, key, value)
		if !tamper(s, int(at), flip, how) {
			return
		}
		err := store.View(t.Context(), func(tx storage.Tx) error {
			_, err1 := tx.Get("b", key)
			_, err2 := tx.Get("b", key+"/~2")
			_, err3 := tx.Scan("b", "", storage.End, 0)
			if (err1 != nil || err2 != nil) && err3 == nil {
				t.Fatalf("a scan returns what Get refuses: %v, %v", err1, err2)
			}
			return errors.Join(err1, err2)
		})
		ran := store.Work(t.Context(), "q", 1, func(context.Context, storage.Job, storage.Done) error { return nil })
		_, opened := sealed.New(t.Context(), s, testKey(1))
		if err == nil && ran == nil && opened == nil {
			t.Fatalf("read although changed: way %d at %d by %x", how, at, flip)
		}
		for _, err := range []error{err, ran} {
			if err != nil && !errors.Is(err, storage.ErrCorrupt) {
				t.Fatalf("%v, want ErrCorrupt", err)
			}
		}
		if opened != nil && !errors.Is(opened, sealed.ErrWrongKey) {
			t.Fatalf("%v, want ErrWrongKey", opened)
		}
	})
}

func checkReads(t *testing.T, store *sealed.Store, key, value string) {
	t.Helper()
	err := store.View(t.Context(), func(tx storage.Tx) error {
		got, err := tx.Get("b", key)
		if string(got) != value {
			t.Fatalf("%q became %q", value, got)
		}
		return err
	})
	must(t, err)
	must(t, store.Work(t.Context(), "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		if j.ID != "id" || j.Key != key || string(j.Body) != value {
			t.Fatalf("the job became %+v", j)
		}
		return nil
	}))
}

// tamper changes what is stored; false when it changed nothing.
func tamper(s *shelf, at int, flip byte, how uint8) bool {
	rows := slices.SortedFunc(maps.Keys(s.rows), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	row := rows[at%len(rows)]
	box := s.rows[row]
	switch how % 6 {
	case 0: // a byte of a record
		box[at%len(box)] ^= flip
		return flip != 0
	case 1: // its end
		s.rows[row] = box[:at%len(box)]
	case 2: // more than was written
		s.rows[row] = append(box, flip)
	case 3: // another's place
		other := rows[(at+1)%len(rows)]
		s.rows[row], s.rows[other] = s.rows[other], box
	case 4: // a byte of a job
		s.jobs[0].Body[at%len(s.jobs[0].Body)] ^= flip
		return flip != 0
	case 5: // a record in the place of a job
		s.jobs[0].Body = box
	}
	return true
}

// Whatever an operator writes as a key: it is refused without being repeated, or
// it is 32 bytes that any spelling of base64 gives again.
func FuzzParseKey(f *testing.F) {
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		f.Add(e.EncodeToString([]byte("\xff\xfe 30 bytes of an invented key..")))
	}
	_, err1 := sealed.ParseKey("")
	_, err2 := sealed.ParseKey("!")
	advice := err1.Error() + err2.Error() // what is said of every key
	f.Add("my-secret-passphrase!")
	f.Add(" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := sealed.ParseKey(text)
		if err != nil {
			if len(text) > 8 && strings.Contains(err.Error(), text) && !strings.Contains(advice, text) {
				t.Fatalf("the error repeats the key: %v", err)
			}
			return
		}
		if len(key) != sealed.KeySize {
			t.Fatalf("%d bytes", len(key))
		}
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			if again, err := sealed.ParseKey(e.EncodeToString(key)); err != nil || !bytes.Equal(again, key) {
				t.Fatalf("not the same again: %v", err)
			}
		}
	})
}
