package sealed

import (
	"bytes"
	"errors"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Whatever opens is what was sealed. (Each of the fuzzer's processes seals with
// a nonce of its own, all with the same key.)
func FuzzOpen(f *testing.F) {
	s, err := newSealer(bytes.Repeat([]byte{1}, KeySize))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.seal(kindRecord, "b", "k", []byte("value"), "key"))
	f.Add([]byte{formatGCM, firstKey})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, box []byte) {
		key, value, err := s.openRecord("b", "k", box)
		if err == nil && (key != "key" || string(value) != "value") {
			t.Errorf("opened as %q = %q", key, value)
		}
		if err != nil && !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%v, want ErrCorrupt", err)
		}
	})
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("\x03keyvalue"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, rest, ok := cut(b)
		if ok && len(text)+len(rest) >= len(b) {
			t.Errorf("%d bytes became %d and %d", len(b), len(text), len(rest))
		}
	})
}

// The key of the largest id opens what it sealed, whichever is the primary one:
// that is all a rotation needs of the format.
func TestOlderKeysStillOpen(t *testing.T) {
	older, err := newSealer(bytes.Repeat([]byte{1}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	box := older.seal(kindRecord, "b", "k", []byte("value"), "key")

	newer, err := newSealer(bytes.Repeat([]byte{1}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	if newer.keys[dataKeys-1], err = newAEAD(bytes.Repeat([]byte{2}, KeySize)); err != nil {
		t.Fatal(err)
	}
	newer.primary = dataKeys - 1
	for _, b := range [][]byte{box, newer.seal(kindRecord, "b", "k", []byte("value"), "key")} {
		if key, value, err := newer.openRecord("b", "k", b); err != nil || key != "key" || string(value) != "value" {
			t.Errorf("%q = %q, %v", key, value, err)
		}
	}
}
