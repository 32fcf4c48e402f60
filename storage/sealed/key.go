package sealed

import (
	"bytes"
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
	key, err := loadKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, fmt.Errorf("sealed: make key file: %w", err)
		}
		key, err = loadKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("sealed: key file %s: %w", path, err)
	}
	return key, nil
}

func loadKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := private(info, path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, err
	}
	return ParseKey(string(text))
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
	key := make([]byte, KeySize)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	text := append(base64.StdEncoding.AppendEncode(nil, key), '\n')
	if _, err := bytes.NewReader(text).WriteTo(tmp); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
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
