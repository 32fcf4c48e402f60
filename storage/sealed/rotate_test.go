package sealed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// rotate turns the store at place over to another key, interrupted after every
// transaction.
func rotate(t *testing.T, place string, from, to byte) {
	t.Helper()
	inner := openBolt(t, place)
	s, err := sealed.Open(t.Context(), inner, [][]byte{testKey(from)}, owners(place))
	must(t, err)
	r, err := s.NewRotation(testKey(to))
	must(t, err)
	target := filepath.Join(place, "db.rekey")
	last := 0
	for rounds := 0; ; rounds++ {
		ctx, stop := context.WithCancel(t.Context())
		err := inner.Rewrite(ctx, target, r.Tag(), r, func(done, total int) {
			if done < last || done > total {
				t.Errorf("%d of %d after %d", done, total, last)
			}
			if done > last {
				stop()
			}
			last = done
		})
		stop()
		if err == nil {
			t.Logf("%d rows in %d rounds", last, rounds+1)
			break
		}
		if !errors.Is(err, context.Canceled) || rounds > 50 {
			t.Fatal(err)
		}
	}
	must(t, inner.ReplaceBy(target))
	must(t, s.Close())
}

func openWith(t testing.TB, place string, key byte) *sealed.Store {
	t.Helper()
	s, err := sealed.Open(t.Context(), openBolt(t, place), [][]byte{testKey(key)}, owners(place))
	must(t, err)
	return s
}

// Everything is there after a rotation, in its order, for the new key alone.
func TestRotation(t *testing.T) {
	place := t.TempDir()
	s := openOwned(t, place)
	must(t, s.Update(t.Context(), nil, func(tx storage.Tx) error {
		var errs []error
		for i := range 2500 {
			key := fmt.Sprintf("person-%d/~%05d", i%20, i)
			errs = append(errs, tx.Put("b", key, []byte("value of "+key)), tx.Put("nobody", key, []byte{}))
		}
		return errors.Join(errs...)
	}))
	put(t, s, "b", "gone", "forgotten")
	for _, j := range []storage.Job{
		{ID: "over/~1", Queue: "done", Body: []byte("x")},
		{ID: "1", Queue: "q", Key: "gone"},
		{ID: "a1", Queue: "q", Key: "anna", Body: []byte("first")},
		{ID: "b1", Queue: "q", Key: "bob", Body: []byte("his")},
		{ID: "a2", Queue: "q", Key: "anna", Body: []byte("second")},
		{ID: "a3", Queue: "q", Key: "anna", Body: []byte("third")},
		{ID: "free", Queue: "q", Body: []byte("of no lane")},
	} {
		fresh, err := enqueue(t, s, j)
		if must(t, err); !fresh {
			t.Errorf("%s is not fresh", j.ID)
		}
	}
	runAll(t, s, "done", 1)
	forget(t, s, "gone")
	burn(t, s, 1)
	must(t, s.Close())
	old := content(t, filepath.Join(place, "db"))
	must(t, os.WriteFile(filepath.Join(place, "db.old"), old, 0o600))

	rotate(t, place, 1, 2)
	rotate(t, place, 2, 3) // a second one before the IDs of the first have had their time
	s = openWith(t, place, 3)
	for _, i := range []int{0, 1, 999, 1000, 2499} {
		key := fmt.Sprintf("person-%d/~%05d", i%20, i)
		if got := get(t, s, "b", key); got != "value of "+key {
			t.Errorf("%s = %q", key, got)
		}
	}
	must(t, s.View(t.Context(), func(tx storage.Tx) error {
		kvs, err := tx.Scan("b", "person-7/", "person-7/"+storage.End, 0)
		if len(kvs) != 125 || kvs[124].Key != "person-7/~02487" {
			t.Errorf("%d of a person's", len(kvs))
		}
		all, err2 := tx.Scan("nobody", "", storage.End, 0)
		if len(all) != 2500 {
			t.Errorf("%d of nobody's", len(all))
		}
		return errors.Join(err, err2)
	}))
	for _, id := range []string{"over/~1", "1"} {
		queue := map[string]string{"over/~1": "done", "1": "q"}[id]
		if fresh, err := enqueue(t, s, storage.Job{ID: id, Queue: queue}); fresh || err != nil {
			t.Errorf("%s is done once more: %v", id, err)
		}
	}
	ran := strings.Join(runAll(t, s, "q", 5), " ")
	for _, want := range []string{"a1=first.*a2=second.*a3=third", "b1=his", "free=of no lane"} {
		if !regexp.MustCompile(want).MatchString(ran) {
			t.Errorf("ran %q, want %q", ran, want)
		}
	}
	must(t, s.Close())
	onlyNew(t, place, old)
}

// onlyNew wants the older keys to be refused, and no key of a row, nor any
// piece of a value, to be one of before.
func onlyNew(t *testing.T, place string, old []byte) {
	t.Helper()
	inner := openBolt(t, place)
	defer func() { must(t, inner.Close()) }()
	for key := range byte(2) {
		if _, err := sealed.New(t.Context(), inner, testKey(key+1)); !errors.Is(err, sealed.ErrWrongKey) {
			t.Errorf("key %d: %v", key+1, err)
		}
	}
	seen := 0
	must(t, inner.View(t.Context(), func(tx storage.Tx) error {
		kvs, err := tx.Scan("b", "", storage.End, 0)
		for _, kv := range kvs {
			name, _, _ := strings.Cut(kv.Key, "/")
			if bytes.Contains(old, []byte(name)) || bytes.Contains(old, kv.Value[len(kv.Value)-16:]) {
				t.Fatal("a row is as it was")
			}
			seen++
		}
		return err
	}))
	if seen != 2500 {
		t.Errorf("%d rows looked at", seen)
	}
}

// runAll runs n jobs of a queue, one at a time, and tells them as id=body.
func runAll(t *testing.T, s *sealed.Store, queue string, n int) (ran []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	must(t, s.Work(ctx, queue, 1, func(_ context.Context, j storage.Job, done storage.Done) error {
		if ran = append(ran, j.ID+"="+string(j.Body)); len(ran) == n {
			cancel()
		}
		return done(nil, func(storage.Tx) error { return nil })
	}))
	if len(ran) != n {
		t.Errorf("%d jobs ran, want %d", len(ran), n)
	}
	return ran
}

// The store goes on while a rotation is unfinished; what it wrote meanwhile is
// rotated, too.
func TestRotationBeginsAnewAfterAWrite(t *testing.T) {
	place := t.TempDir()
	s := openOwned(t, place)
	put(t, s, "b", "anna", "old")
	must(t, s.Close())
	inner := openBolt(t, place)
	s, err := sealed.Open(t.Context(), inner, [][]byte{testKey(2), testKey(1)}, owners(place)) // as a ring has them
	must(t, err)
	r, err := s.NewRotation(testKey(2))
	must(t, err)
	must(t, inner.Rewrite(t.Context(), filepath.Join(place, "db.rekey"), r.Tag(), r, nil))
	put(t, s, "b", "anna", "new")
	must(t, s.Close())
	rotate(t, place, 1, 2)
	s = openWith(t, place, 2)
	if got := get(t, s, "b", "anna"); got != "new" {
		t.Errorf("got %q", got)
	}
	if _, err := s.NewRotation(testKey(2)); err == nil {
		t.Error("rotated to the key it has")
	}
	if _, err := s.NewRotation([]byte("short")); err == nil {
		t.Error("rotated to something that is no key")
	}
	must(t, s.Close())
}

// A half-made file of another key is not gone on with.
func TestRotationToAThirdKey(t *testing.T) {
	place := t.TempDir()
	s := openOwned(t, place)
	put(t, s, "b", "anna", "hers")
	must(t, s.Close())
	inner := openBolt(t, place)
	s, err := sealed.Open(t.Context(), inner, [][]byte{testKey(1)}, owners(place))
	must(t, err)
	r, err := s.NewRotation(testKey(2))
	must(t, err)
	must(t, inner.Rewrite(t.Context(), filepath.Join(place, "db.rekey"), r.Tag(), r, nil))
	must(t, s.Close())
	rotate(t, place, 1, 3)
	s = openWith(t, place, 3)
	if got := get(t, s, "b", "anna"); got != "hers" {
		t.Errorf("got %q", got)
	}
	must(t, s.Close())
}

func TestRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.key")
	first, err := sealed.LoadOrCreateRing(path)
	must(t, err)
	want := [][]byte{testKey(2), first[0]}
	must(t, sealed.SaveRing(path, want...))
	got, err := sealed.LoadRing(path)
	must(t, err)
	if len(first) != 1 || len(got) != 2 || !bytes.Equal(got[0], want[0]) || !bytes.Equal(got[1], want[1]) {
		t.Errorf("%d keys, then %d", len(first), len(got))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if key, err := sealed.LoadOrCreateKey(path); err != nil || !bytes.Equal(key, want[0]) {
		t.Errorf("%v", err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	if err := sealed.SaveRing(filepath.Join(t.TempDir(), "nothing"), testKey(1)); err == nil {
		t.Error("saved where no key file is")
	}
}

func TestFits(t *testing.T) {
	place := t.TempDir()
	inner := openBolt(t, place)
	defer func() { must(t, inner.Close()) }()
	for _, want := range []bool{false, true} {
		got, err := sealed.Fits(t.Context(), inner, testKey(1))
		if must(t, err); got != want {
			t.Errorf("fits: %t, want %t", got, want)
		}
		_, err = sealed.New(t.Context(), inner, testKey(1))
		must(t, err)
	}
	if got, err := sealed.Fits(t.Context(), inner, testKey(2)); got || err != nil {
		t.Errorf("another key: %t, %v", got, err)
	}
}
