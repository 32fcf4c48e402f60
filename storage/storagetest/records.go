package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weizhangbot/weizhangbot/storage"
)

var recordChecks = []check{
	{"what is put is got, what is deleted is gone", putGetDelete},
	{"buckets do not mix", bucketsApart},
	{"a transaction sees its own writes", ownWrites},
	{"a scan is in byte order and half-open", scanOrder},
	{"a scan finds what is below a prefix", scanBelow},
	{"keys may be binary, Chinese and long", oddKeys},
	{"nothing returned or passed in aliases the store", aliasing},
	{"a megabyte is fine, as is the largest value", largeValues},
	{"ten thousand keys fit a transaction", manyKeys},
	{"invalid calls are refused and apply nothing", invalidCalls},
}

func putGetDelete(w *world) {
	w.wantValue("b", "unknown", "-")
	w.put("b", "k", "one")
	w.wantValue("b", "k", "one")
	w.put("b", "k", "two")
	w.wantValue("b", "k", "two")
	w.put("b", "empty", "")
	w.wantValue("b", "empty", "")
	for range 2 { // deleting twice is fine
		w.update(func(tx storage.Tx) error { return tx.Put("b", "k", nil) })
		w.wantValue("b", "k", "-")
	}
	w.update(func(tx storage.Tx) error { return tx.Put("never", "k", nil) })
	w.put("b", "k", "three")
	w.wantValue("b", "k", "three")
}

func bucketsApart(w *world) {
	w.put("a", "k", "1")
	w.put("ab", "k", "2")
	w.wantValue("a", "k", "1")
	w.wantValue("ab", "k", "2")
	w.wantValue("b", "k", "-")
	if got := w.scan("a", "", storage.End, 0); len(got) != 1 {
		w.Errorf("bucket a holds %q", got)
	}
	if got := w.scan("none", "", storage.End, 0); len(got) != 0 {
		w.Errorf("a bucket never written to holds %q", got)
	}
}

func ownWrites(w *world) {
	w.put("b", "old", "1")
	w.update(func(tx storage.Tx) error {
		if err := errors.Join(tx.Put("b", "~new", []byte("2")), tx.Put("b", "old", nil)); err != nil {
			return err
		}
		if v, err := tx.Get("b", "~new"); string(v) != "2" || err != nil {
			w.Errorf("own write reads %q, %v", v, err)
		}
		if v, err := tx.Get("b", "old"); v != nil || err != nil {
			w.Errorf("own delete reads %q, %v", v, err)
		}
		kvs, err := tx.Scan("b", "", storage.End, 0)
		if len(kvs) != 1 || kvs[0].Key != "~new" {
			w.Errorf("own scan finds %v", kvs)
		}
		return err
	})
}

func scanOrder(w *world) {
	keys := []string{"~", "~\x00", "~\x00\x01", "~0", "~1", "~10", "~2", "~a", "~ab", "~b", "~沪", "~\xf0\x9f\x9a\x97"}
	w.update(func(tx storage.Tx) error {
		for _, k := range slices.Backward(keys) {
			if err := tx.Put("b", k, []byte("v")); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		from, to string
		limit    int
		want     []string
	}{
		{"", storage.End, 0, keys},
		{"~", "~" + storage.End, 0, keys},
		{"~1", "~2", 0, []string{"~1", "~10"}},
		{"~1", "~2", 1, []string{"~1"}},
		{"~1", "~2", 2, []string{"~1", "~10"}},
		{"~1", "~2", 9, []string{"~1", "~10"}},
		{"~2", "~1", 0, nil},
		{"~1", "~1", 0, nil},
		{"~1\x00", "~2", 0, []string{"~10"}},
		{"~c", "~" + storage.End, 0, []string{"~沪", "~\xf0\x9f\x9a\x97"}},
		{"~c", storage.End, -1, []string{"~沪", "~\xf0\x9f\x9a\x97"}},
	} {
		got := w.scan("b", c.from, c.to, c.limit)
		for i := range got {
			got[i] = strings.TrimSuffix(got[i], "=v")
		}
		if !slices.Equal(got, c.want) {
			w.Errorf("scan [%q, %q) limit %d: %q, want %q", c.from, c.to, c.limit, got, c.want)
		}
	}
}

func scanBelow(w *world) {
	for _, k := range []string{
		"wx/anna", "wx/anna/~1", "wx/anna/~2/x", "wx/anna/~3", "wx/annabel/~1", "wx/bob/~1", "tg/anna/~1",
	} {
		w.put("b", k, "v")
	}
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"wx/anna/", "wx/anna/" + storage.End, []string{"wx/anna/~1=v", "wx/anna/~2/x=v", "wx/anna/~3=v"}},
		{"wx/anna/~2", "wx/anna/" + storage.End, []string{"wx/anna/~2/x=v", "wx/anna/~3=v"}},
		{"wx/anna/", "wx/anna/~2", []string{"wx/anna/~1=v"}},
		{"wx/anna/~2/", "wx/anna/~2/" + storage.End, []string{"wx/anna/~2/x=v"}},
		{"wx/carl/", "wx/carl/" + storage.End, nil},
	} {
		if got := w.scan("b", c.from, c.to, 0); !slices.Equal(got, c.want) {
			w.Errorf("scan [%q, %q): %q, want %q", c.from, c.to, got, c.want)
		}
	}
	if got := w.scan("b", "wx/", "wx/"+storage.End, 0); len(got) != 6 {
		w.Errorf("below wx/: %q, want 6 entries", got)
	}
}

func oddKeys(w *world) {
	keys := []string{
		"\x00", "\x80\xfe", "a\x00b", "沪C12345", "沪 C", "a/b", "a//b", "a/", "/a", "/", "..", "%2F", "A", "a", "'; --",
		strings.Repeat("k", 300),
	}
	for _, k := range keys {
		w.put("b", k, "value of "+k)
	}
	for _, k := range keys {
		w.wantValue("b", k, "value of "+k)
	}
	if got := w.scan("b", "", storage.End, 0); len(got) != len(keys) {
		w.Errorf("%d keys, want %d", len(got), len(keys))
	}
	for _, entry := range w.scan("b", "", storage.End, 0) {
		if k, v, _ := strings.Cut(entry, "="); v != "value of "+k {
			w.Errorf("scan returns %q", entry)
		}
	}
}

func aliasing(w *world) {
	mine := []byte("original")
	w.update(func(tx storage.Tx) error {
		err := tx.Put("b", "~k", mine)
		copy(mine, "CHANGED!")
		return err
	})
	copy(mine, "AGAIN!!!")
	w.wantValue("b", "~k", "original")

	var kept [][]byte
	read := func(tx storage.Tx) error {
		v, err := tx.Get("b", "~k")
		if err != nil {
			return err
		}
		kvs, err := tx.Scan("b", "", storage.End, 0)
		if err != nil {
			return err
		}
		for _, b := range [][]byte{v, kvs[0].Value} {
			kept = append(kept, bytes.Clone(b), b)
			copy(b, "SCRATCH!")
			_ = append(b, "behind the end"...)
		}
		return nil
	}
	w.must(w.store.View(w.ctx, read))
	w.update(read)
	w.wantValue("b", "~k", "original")
	w.put("b", "~k", "later")
	for i := 0; i < len(kept); i += 2 {
		if string(kept[i]) != "original" || string(kept[i+1]) != "SCRATCH!" {
			w.Errorf("read %q, %q after being changed", kept[i], kept[i+1])
		}
	}
	w.wantValue("b", "~k", "later")
}

func largeValues(w *world) {
	big := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	w.put("b", "big", big)
	largest := strings.Repeat("x", storage.MaxValue)
	w.put("b", "largest", largest)
	w.reopen()
	if w.get("b", "big") != big || w.get("b", "largest") != largest {
		w.Error("large values changed")
	}
	err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
		return tx.Put("b", "larger", make([]byte, storage.MaxValue+storage.Overhead+1))
	})
	if !errors.Is(err, storage.ErrInvalid) {
		w.Errorf("a value over the limit: %v, want ErrInvalid", err)
	}
	w.wantValue("b", "larger", "-")
}

func manyKeys(w *world) {
	const n = 10_000
	w.update(func(tx storage.Tx) error {
		for i := range n {
			if err := tx.Put("b", fmt.Sprintf("~%05d", i), fmt.Appendf(nil, "%d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	got := w.scan("b", "", storage.End, 0)
	if len(got) != n || got[0] != "~00000=0" || got[n-1] != "~09999=9999" {
		w.Errorf("%d keys from %.20q", len(got), got)
	}
	if got := w.scan("b", "~04990", "~05000", 0); len(got) != 10 {
		w.Errorf("ten keys in the middle: %q", got)
	}
}

func invalidCalls(w *world) {
	w.put("b", "k", "v")
	long := strings.Repeat("~", storage.MaxKey+1)
	for name, call := range map[string]func(storage.Tx) error{
		"an empty key":      func(tx storage.Tx) error { return tx.Put("b", "", []byte("v")) },
		"an empty bucket":   func(tx storage.Tx) error { return tx.Put("", "k", []byte("v")) },
		"a key too long":    func(tx storage.Tx) error { return tx.Put("b", long, []byte("v")) },
		"a job without ID":  func(tx storage.Tx) error { _, err := tx.Enqueue(storage.Job{Queue: "q"}); return err },
		"a job of no queue": func(tx storage.Tx) error { _, err := tx.Enqueue(storage.Job{ID: "1"}); return err },
		"a job's ID too long": func(tx storage.Tx) error {
			_, err := tx.Enqueue(storage.Job{ID: long, Queue: "q"})
			return err
		},
	} {
		var got error
		err := w.store.Update(w.ctx, nil, func(tx storage.Tx) error {
			got = call(tx)
			return got
		})
		if !errors.Is(err, storage.ErrInvalid) || !errors.Is(got, storage.ErrInvalid) {
			w.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	w.wantValue("b", "k", "v")
}
