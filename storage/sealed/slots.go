package sealed

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// Slots is where people's shares are: numbered places of SlotSize bytes each,
// which Append makes and Overwrite replaces. It is a file for one machine, and
// whatever several machines share for several. Its methods may be called from
// any goroutine, also in the middle of the store's transactions.
type Slots interface {
	// Head returns what is in place 0, and puts head there first when nothing
	// is.
	Head(head []byte) ([]byte, error)
	// Append puts texts into places that were never used before, one after the
	// other, and returns the first. They are durable when it returns.
	Append(texts [][]byte) (first int64, err error)
	// Read returns what is in a place; nil when nothing ever was.
	Read(slot int64) ([]byte, error)
	// Overwrite replaces what is in places where it stands, as far as something
	// is there. When it returns nil what was there is read by nobody any more.
	Overwrite(slots []int64, texts [][]byte) error
	Close() error
}

// fileSlots are places in a file, one after the other.
type fileSlots struct {
	file *os.File
	path string
	end  int64 // the first that was never written
}

// openFile opens the file at path; made tells that there was none.
func openFile(path string) (f *fileSlots, made bool, err error) {
	info, err := os.Stat(path)
	made = errors.Is(err, fs.ErrNotExist)
	if err == nil {
		err = private(info, path)
	}
	if err != nil && !made {
		return nil, false, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, made, err
	}
	return &fileSlots{file: file, path: path}, made, nil
}

// Head implements Slots.
func (f *fileSlots) Head(head []byte) ([]byte, error) {
	info, err := f.file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < SlotSize { // new, or its making was cut short: no share was given out
		if _, err := f.file.WriteAt(head, 0); err != nil {
			return nil, err
		}
		if err := errors.Join(f.file.Sync(), syncDir(filepath.Dir(f.path))); err != nil {
			return nil, err
		}
	}
	// What a crash left half written at the end is skipped.
	f.end = max(1, (info.Size()+SlotSize-1)/SlotSize)
	return f.Read(0)
}

// Append implements Slots; its caller lets one in at a time.
func (f *fileSlots) Append(texts [][]byte) (first int64, err error) {
	all := make([]byte, 0, len(texts)*SlotSize)
	for _, text := range texts {
		all = append(all, text...)
	}
	_, err = f.file.WriteAt(all, f.end*SlotSize)
	if err == nil {
		err = f.file.Sync()
	}
	if driver.NoRoom(err) {
		return 0, fmt.Errorf("%w: %w", storage.ErrFull, err)
	}
	if err != nil {
		return 0, err
	}
	first = f.end
	f.end += int64(len(texts))
	return first, nil
}

// Read implements Slots.
func (f *fileSlots) Read(slot int64) ([]byte, error) {
	text := make([]byte, SlotSize)
	switch _, err := f.file.ReadAt(text, slot*SlotSize); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrNoPeople, err)
	}
	return text, nil
}

// Overwrite implements Slots; its caller lets one in at a time.
func (f *fileSlots) Overwrite(slots []int64, texts [][]byte) error {
	for i, slot := range slots {
		if slot < 1 || slot >= f.end {
			continue
		}
		if _, err := f.file.WriteAt(texts[i], slot*SlotSize); err != nil {
			return err
		}
	}
	return f.file.Sync()
}

// Close implements Slots.
func (f *fileSlots) Close() error { return f.file.Close() }
