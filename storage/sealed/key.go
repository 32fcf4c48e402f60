package sealed

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// ParseKey reads a key as it stands in a configuration: 32 bytes in base64,
// standard or URL alphabet, with or without padding. Errors never repeat it.
func ParseKey(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(text))
	key, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, errors.New("sealed: the key is not base64; make one with: openssl rand -base64 32")
	}
	if len(key) != KeySize {
		return nil, fmt.Errorf("sealed: the key has %d bytes, it needs %d; make one with: openssl rand -base64 32", len(key), KeySize)
	}
	return key, nil
}

// LoadOrCreateKey reads the key file at path, and makes one with a new key if
// there is none. Of two processes that make it at once both get the same key.
// The file must not be open to others. Whoever loses it loses the store.
func LoadOrCreateKey(path string) ([]byte, error) {
	ring, err := LoadOrCreateRing(path)
	if err != nil {
		return nil, err
	}
	return ring[0], nil
}

// LoadOrCreateRing is LoadOrCreateKey for a file that may hold several keys, one
// a line, the newest first: while a rotation is under way it has two.
func LoadOrCreateRing(path string) ([][]byte, error) {
	ring, err := LoadRing(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, fmt.Errorf("sealed: make key file: %w", err)
		}
		ring, err = LoadRing(path)
	}
	return ring, err
}

// LoadRing reads the keys at path.
func LoadRing(path string) ([][]byte, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("sealed: key file %s: %w", path, err)
	}
	var ring [][]byte
	for line := range strings.Lines(strings.TrimSpace(string(text)) + "\n") {
		key, err := ParseKey(line)
		if err != nil {
			return nil, fmt.Errorf("sealed: key file %s: %w", path, err)
		}
		ring = append(ring, key)
	}
	return ring, nil
}

func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := private(info, path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // the operator's own path
}

// private refuses a file that others may open.
func private(info fs.FileInfo, path string) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("others may open it (mode %04o); close it with: chmod 600 %s", mode, path)
	}
	return nil
}

// createKey writes a new key so that path holds all of it or does not exist,
// also after a power failure, and never replaces a file.
func createKey(path string) (err error) {
	tmp, err := writeKeys(path, NewKey())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp)) }()
	if err := os.Link(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// SaveRing puts keys into the file at path in place of those it held, which are
// overwritten. Killed at any time, the file holds the ones or the others.
func SaveRing(path string, ring ...[]byte) error {
	err := saveRing(path, ring)
	if err != nil {
		return fmt.Errorf("sealed: key file %s: %w", path, err)
	}
	return nil
}

func saveRing(path string, ring [][]byte) error {
	old, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	tmp, err := writeKeys(path, ring...)
	if err == nil {
		err = errors.Join(os.Rename(tmp, path), syncDir(filepath.Dir(path)))
	}
	if err != nil {
		return errors.Join(err, old.Close())
	}
	info, err := old.Stat()
	if err == nil {
		_, err = old.WriteAt(make([]byte, info.Size()), 0)
	}
	return errors.Join(err, old.Sync(), old.Close())
}

// NewKey makes a key.
func NewKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	return key
}

// writeKeys writes a file beside path, for its owner alone, and on disk.
func writeKeys(path string, keys ...[]byte) (name string, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return "", err
	}
	var text []byte
	for _, key := range keys {
		text = append(base64.StdEncoding.AppendEncode(text, key), '\n')
	}
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", errors.Join(err, os.Remove(tmp.Name()))
	}
	return tmp.Name(), nil
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there, and need not be
	}
	d, err := os.Open(dir) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
