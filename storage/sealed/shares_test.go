package sealed_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// readPeople is what a people file hands out.
func readPeople(t *testing.T, path string) (slots []int64, texts [][]byte) {
	t.Helper()
	must(t, sealed.ReadPeople(path, func(slot int64, text []byte) error {
		slots, texts = append(slots, slot), append(texts, text)
		return nil
	}))
	return slots, texts
}

// writePeople makes a file of what another one handed out.
func writePeople(path string, slots []int64, texts [][]byte) error {
	return sealed.WritePeople(path, func(each func(int64, []byte) error) error {
		for i := range slots {
			if err := each(slots[i], texts[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// A store opens with the shares that were handed on, those that were destroyed
// among them; what a crash left half written is not handed on.
func TestPeopleMove(t *testing.T) {
	place := t.TempDir()
	path := filepath.Join(place, "people")
	s := openOwned(t, place)
	put(t, s, "b", "anna", "hers")
	put(t, s, "b", "bob", "his")
	forget(t, s, "anna")
	burn(t, s, 1)
	must(t, s.Close())
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = f.Write([]byte("half a share"))
	must(t, errors.Join(err, f.Close()))

	slots, texts := readPeople(t, path)
	if len(slots) < 3 || slots[0] != 0 || slots[1] != 1 {
		t.Fatalf("places %v", slots)
	}
	must(t, os.Remove(path))
	must(t, writePeople(path, slots, texts))
	must(t, writePeople(path, slots, texts)) // as when it is done again
	s = openOwned(t, place)
	if a, b := get(t, s, "b", "anna"), get(t, s, "b", "bob"); a != "" || b != "his" {
		t.Errorf("%q, %q", a, b)
	}
	must(t, s.Close())

	other := t.TempDir()
	must(t, openOwned(t, other).Close())
	strange := filepath.Join(other, "people")
	before, err := os.ReadFile(strange)
	must(t, err)
	if err := writePeople(strange, slots, texts); !errors.Is(err, sealed.ErrNoPeople) {
		t.Errorf("over another store's: %v", err)
	}
	after, err := os.ReadFile(strange)
	must(t, err)
	if left, _ := filepath.Glob(filepath.Join(other, "people.*")); !bytes.Equal(before, after) || len(left) > 0 {
		t.Errorf("another store's file was changed, or something left: %v", left)
	}
}

func TestReadPeopleRefuses(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	if slots, _ := readPeople(t, none); len(slots) > 0 {
		t.Errorf("%v", slots)
	}
	must(t, os.WriteFile(none, make([]byte, 2*sealed.SlotSize), 0o600))
	if err := sealed.ReadPeople(none, func(int64, []byte) error { return nil }); err == nil {
		t.Error("what is no people file was read")
	}
}
