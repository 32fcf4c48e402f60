package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadPeople hands out every place of the people file at path that was written,
// for a store that moves. There may be none.
func ReadPeople(path string, each func(slot int64, text []byte) error) error {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	text := make([]byte, SlotSize)
	for slot := int64(0); ; slot++ {
		switch _, err := io.ReadFull(f, text); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // a crash may leave the last one half written
			return nil
		case err != nil:
			return fmt.Errorf("sealed: people file %s: %w", path, err)
		case slot == 0 && !bytes.HasPrefix(text, []byte(magic)):
			return fmt.Errorf("sealed: people file %s: not a file of people's keys", path)
		}
		if text[shareSize+checkSize] == 0 && slot > 0 {
			continue
		}
		if err := each(slot, bytes.Clone(text)); err != nil {
			return err
		}
	}
}

// WritePeople makes the people file at path out of the places that all hands
// out. It replaces only one of the same store. Killed at any time, the whole
// file is there or none.
func WritePeople(path string, all func(each func(slot int64, text []byte) error) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = all(func(slot int64, text []byte) error {
		if len(text) != SlotSize || slot < 0 {
			return ErrNoPeople
		}
		_, err := f.WriteAt(text, slot*SlotSize)
		return err
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sealed: people file: %w", err)
	}
	if err := sameOwner(f.Name(), path); err != nil {
		return fmt.Errorf("sealed: people file %s: %w", path, err)
	}
	return errors.Join(os.Rename(f.Name(), path), syncDir(filepath.Dir(path)))
}

// sameOwner refuses a file at path that belongs to another store than the one
// at made.
func sameOwner(made, path string) error {
	have, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	fresh, err := os.ReadFile(made) //nolint:gosec // just written
	if err != nil {
		return err
	}
	if len(have) < SlotSize || len(fresh) < SlotSize || !bytes.Equal(have[:SlotSize], fresh[:SlotSize]) {
		return ErrNoPeople
	}
	return nil
}
