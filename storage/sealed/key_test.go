package sealed_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

func TestParseKey(t *testing.T) {
	key := []byte("\xff\xfe 30 bytes of an invented key..")
	for name, text := range map[string]string{
		"standard":         base64.StdEncoding.EncodeToString(key),
		"without padding":  base64.RawStdEncoding.EncodeToString(key),
		"URL alphabet":     base64.URLEncoding.EncodeToString(key),
		"raw URL alphabet": base64.RawURLEncoding.EncodeToString(key),
		"with a new line":  "  " + base64.StdEncoding.EncodeToString(key) + "\r\n",
	} {
		if got, err := sealed.ParseKey(text); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"empty":      "",
		"too short":  base64.StdEncoding.EncodeToString(key[:31]),
		"too long":   base64.StdEncoding.EncodeToString(append(key, 0)),
		"not base64": "my-secret-passphrase!",
	} {
		_, err := sealed.ParseKey(text)
		switch {
		case err == nil:
			t.Errorf("%s: taken", name)
		case text != "" && strings.Contains(err.Error(), text):
			t.Errorf("%s: the error repeats the key", name)
		case !strings.Contains(err.Error(), "openssl rand -base64 32"):
			t.Errorf("%s: %v does not say what to do", name, err)
		}
	}
}

func TestKeyFileIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.key")
	keys := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = sealed.LoadOrCreateKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, key := range keys {
		if len(key) != sealed.KeySize || !bytes.Equal(key, keys[0]) {
			t.Fatalf("keys of %d bytes differ", len(key))
		}
	}
	if bytes.Equal(keys[0], make([]byte, sealed.KeySize)) {
		t.Error("the key is zero")
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	files, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	if len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

func TestKeyFileIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		mode fs.FileMode
		want string
	}{
		"readable by the group": {base64.StdEncoding.EncodeToString(testKey(1)), 0o640, "chmod 600"},
		"readable by all":       {base64.StdEncoding.EncodeToString(testKey(1)), 0o604, "chmod 600"},
		"empty":                 {"", 0o600, "openssl"},
		"something else":        {"hello\n", 0o600, "openssl"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "db.key")
			must(t, os.WriteFile(path, []byte(c.text), 0o600))
			must(t, os.Chmod(path, c.mode))
			_, err := sealed.LoadOrCreateKey(path)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want the path and %q", err, c.want)
			}
			if text, _ := os.ReadFile(path); string(text) != c.text {
				t.Error("the file was changed")
			}
		})
	}
	if _, err := sealed.LoadOrCreateKey(filepath.Join(t.TempDir(), "nowhere", "db.key")); err == nil {
		t.Error("made a key file in a directory that does not exist")
	}
}
