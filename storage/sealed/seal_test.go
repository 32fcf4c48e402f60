package sealed_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// What stands in keys, values and jobs must not stand in the file, nor in its
// backup, in any common spelling.
func TestNothingReadableAtRest(t *testing.T) {
	secrets := []string{"沪C12345", "LSVAA4187E2123456", "oHgx5s_invented_openid_000001", "778899", "telegram:4455667788"}
	place := t.TempDir()
	s := open(t, place)
	must(t, s.Update(t.Context(), secrets, func(tx storage.Tx) error {
		for i, secret := range secrets {
			path := "vehicle/" + secret + "/~2025-03-15"
			_, jobErr := tx.Enqueue(storage.Job{
				ID: "send/" + secret, Queue: "send", Key: secret, Body: []byte("notify " + secret + " " + secrets[i/2]),
			})
			if err := errors.Join(jobErr, tx.Put("state", secret, []byte(secret)), tx.Put("state", path, []byte("of "+secret))); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put("state", secrets[0], nil) }))
	var backup bytes.Buffer
	must(t, s.Backup(t.Context(), &backup))
	must(t, s.Close())
	file, err := os.ReadFile(filepath.Join(place, "db"))
	must(t, err)
	for _, b := range [][]byte{file, backup.Bytes()} {
		for _, secret := range secrets {
			for _, spelling := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))[:6], strings.ToLower(secret)} {
				if bytes.Contains(b, []byte(spelling)) {
					t.Errorf("%q can be read", spelling)
				}
			}
		}
		if !bytes.Contains(b, []byte("~2025-03-15")) || !bytes.Contains(b, []byte("state")) {
			t.Error("not even what is clear can be found: the test looks in the wrong place")
		}
	}
}

func TestWrongKey(t *testing.T) {
	place := t.TempDir()
	s := open(t, place)
	put(t, s, "b", "k", "v")
	must(t, s.Close())

	bolt := openBolt(t, place)
	if _, err := sealed.New(t.Context(), bolt, testKey(2)); !errors.Is(err, sealed.ErrWrongKey) {
		t.Errorf("another key: %v, want ErrWrongKey", err)
	}
	for _, size := range []int{0, 16, 31, 33} {
		if _, err := sealed.New(t.Context(), bolt, make([]byte, size)); err == nil {
			t.Errorf("a key of %d bytes was taken", size)
		}
	}
	again, err := sealed.New(t.Context(), bolt, testKey(1))
	must(t, err)
	defer func() { must(t, again.Close()) }()
	if got := get(t, again, "b", "k"); got != "v" {
		t.Errorf("got %q", got)
	}
}

// Stored rows that somebody changed, swapped or put elsewhere are refused, and
// the error names no key.
func TestTampering(t *testing.T) {
	for _, c := range []struct {
		name   string
		tamper func(tx storage.Tx, a, b storage.KV) error
	}{
		{"a bit flipped", func(tx storage.Tx, a, _ storage.KV) error {
			a.Value[len(a.Value)/2] ^= 1
			return tx.Put("b", a.Key, a.Value)
		}},
		{"cut short", func(tx storage.Tx, a, _ storage.KV) error { return tx.Put("b", a.Key, a.Value[:len(a.Value)-1]) }},
		{"emptied", func(tx storage.Tx, a, _ storage.KV) error { return tx.Put("b", a.Key, []byte{}) }},
		{"another's value", func(tx storage.Tx, a, b storage.KV) error { return tx.Put("b", a.Key, b.Value) }},
		{"a value of another bucket", func(tx storage.Tx, a, _ storage.KV) error {
			kvs, err := tx.Scan("other", "", storage.End, 1)
			return errors.Join(err, tx.Put("b", a.Key, kvs[0].Value))
		}},
		{"plain text", func(tx storage.Tx, a, _ storage.KV) error {
			return tx.Put("b", a.Key, []byte("a plain value that nobody sealed"))
		}},
		{"an unknown key id", func(tx storage.Tx, a, _ storage.KV) error {
			a.Value[1] = 9
			return tx.Put("b", a.Key, a.Value)
		}},
		{"a data key's id", func(tx storage.Tx, a, _ storage.KV) error {
			a.Value[1] = 200
			return tx.Put("b", a.Key, a.Value)
		}},
		{"a later format", func(tx storage.Tx, a, _ storage.KV) error {
			a.Value[0] = 2
			return tx.Put("b", a.Key, a.Value)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inner := openBolt(t, t.TempDir())
			s, err := sealed.New(t.Context(), inner, testKey(1))
			must(t, err)
			defer func() { must(t, s.Close()) }()
			put(t, s, "b", "anna", "hers")
			put(t, s, "b", "bob", "his")
			put(t, s, "other", "anna", "elsewhere")
			must(t, inner.Update(t.Context(), nil, func(tx storage.Tx) error {
				kvs, err := tx.Scan("b", "", storage.End, 0)
				if err != nil {
					return err
				}
				return c.tamper(tx, kvs[0], kvs[1])
			}))
			var failed int
			for _, key := range []string{"anna", "bob"} {
				err := s.View(t.Context(), func(tx storage.Tx) error { _, err := tx.Get("b", key); return err })
				if errors.Is(err, storage.ErrCorrupt) && strings.Contains(err.Error(), `"b"`) && !strings.Contains(err.Error(), key) {
					failed++
				} else if err != nil {
					t.Errorf("get %s: %v", key, err)
				}
			}
			if failed != 1 {
				t.Errorf("%d of 2 values refused, want 1", failed)
			}
			err = s.View(t.Context(), func(tx storage.Tx) error { _, err := tx.Scan("b", "", storage.End, 0); return err })
			if !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("scan: %v, want ErrCorrupt", err)
			}
		})
	}
}

// A record cannot stand in for a job, nor a job that nobody sealed.
func TestForgedJob(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	s, err := sealed.New(t.Context(), inner, testKey(1))
	must(t, err)
	put(t, s, "q", "id", "body")
	must(t, inner.Update(t.Context(), nil, func(tx storage.Tx) error {
		kvs, err := tx.Scan("q", "", storage.End, 1)
		if err != nil {
			return err
		}
		_, recordErr := tx.Enqueue(storage.Job{ID: kvs[0].Key, Queue: "q", Body: kvs[0].Value})
		_, plainErr := tx.Enqueue(storage.Job{ID: "2", Queue: "q", Body: []byte("a body that nobody sealed, and long enough")})
		return errors.Join(recordErr, plainErr)
	}))
	_, err = enqueue(t, s, storage.Job{ID: "genuine", Queue: "q"})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var ran []string
	must(t, s.Work(ctx, "q", 1, func(_ context.Context, j storage.Job, _ storage.Done) error {
		mu.Lock()
		defer mu.Unlock()
		ran = append(ran, j.ID)
		cancel() // the forged ones were due before
		return nil
	}))
	if len(ran) != 1 || ran[0] != "genuine" {
		t.Errorf("ran %q", ran)
	}
	must(t, s.Close())
}

// The inner keys: clear segments as they are, the same pseudonym for the same
// identity in one bucket, another one elsewhere.
func TestPseudonyms(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	s, err := sealed.New(t.Context(), inner, testKey(1))
	must(t, err)
	defer func() { must(t, s.Close()) }()
	put(t, s, "a", "wx/anna/~2025/x", "v")
	put(t, s, "a", "anna", "v")
	put(t, s, "b", "anna", "v")
	keys := func(bucket string) (keys []string) {
		must(t, inner.View(t.Context(), func(tx storage.Tx) error {
			kvs, err := tx.Scan(bucket, "", storage.End, 0)
			for _, kv := range kvs {
				keys = append(keys, kv.Key)
			}
			return err
		}))
		return keys
	}
	a, b := keys("a"), keys("b")
	if len(a) != 2 || len(b) != 1 {
		t.Fatalf("stored keys %q, %q", a, b)
	}
	if strings.Count(a[0], "/") == 0 {
		a[0], a[1] = a[1], a[0]
	}
	path := strings.Split(a[0], "/")
	if len(path) != 4 || path[2] != "~2025" || path[1] != a[1] || len(a[1]) < 22 {
		t.Errorf("stored keys %q", a)
	}
	if a[1] == b[0] {
		t.Error("the same pseudonym in two buckets")
	}
}

func TestOwnBucketIsReserved(t *testing.T) {
	s := open(t, t.TempDir())
	defer func() { must(t, s.Close()) }()
	for name, call := range map[string]func(storage.Tx) error{
		"Put":  func(tx storage.Tx) error { return tx.Put("_sealed", "~check", []byte("v")) },
		"Get":  func(tx storage.Tx) error { _, err := tx.Get("_sealed", "~check"); return err },
		"Scan": func(tx storage.Tx) error { _, err := tx.Scan("_sealed", "", storage.End, 0); return err },
	} {
		if err := s.Update(t.Context(), nil, call); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

// The largest of everything fits what the driver takes.
func TestOverheadFits(t *testing.T) {
	s := open(t, t.TempDir())
	defer func() { must(t, s.Close()) }()
	name := strings.Repeat("n", storage.MaxKey)
	fresh, err := enqueue(t, s, storage.Job{ID: name, Queue: "q", Key: name, Body: make([]byte, storage.MaxValue)})
	if err != nil || !fresh {
		t.Errorf("the largest job: %v", err)
	}
	put(t, s, "b", name, string(make([]byte, storage.MaxValue)))
	_, err = enqueue(t, s, storage.Job{ID: "1", Queue: "q", Body: make([]byte, storage.MaxValue+1)})
	if !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("a larger job: %v, want ErrInvalid", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, s storage.Store, bucket, key, value string) {
	t.Helper()
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error { return tx.Put(bucket, key, []byte(value)) }))
}

func get(t testing.TB, s storage.Store, bucket, key string) (value string) {
	t.Helper()
	must(t, s.View(t.Context(), func(tx storage.Tx) error {
		v, err := tx.Get(bucket, key)
		value = string(v)
		return err
	}))
	return value
}

func enqueue(t testing.TB, s storage.Store, j storage.Job) (fresh bool, err error) {
	t.Helper()
	err = s.Update(t.Context(), nil, func(tx storage.Tx) (err error) {
		fresh, err = tx.Enqueue(j)
		return err
	})
	return fresh, err
}
