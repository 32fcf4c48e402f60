package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// aStore makes a store of many rows of many people, and returns its
// configuration and the file of it.
func aStore(t *testing.T, key string, people int) (c Storage, config string) {
	t.Helper()
	c = Storage{Driver: "bbolt", Path: filepath.Join(t.TempDir(), "bot.db"), EncryptionKey: Secret(key)}
	s, err := openStore(t.Context(), c, silent())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), nil, func(tx storage.Tx) error {
		for i := range people {
			key := fmt.Sprintf("telegram:%d", i)
			if err := tx.Put("user", key, []byte(`{"v":1,"garage":[{"plate":"沪C12345","type":"02"}]}`)); err != nil {
				return err
			}
			if _, err := tx.Enqueue(storage.Job{ID: key + "/~1", Queue: "send", Key: key}); err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("storage: {path: %s, encryption_key: '%s'}\n", c.Path, key)
	return c, write(t, text)
}

// rekey runs the command.
func rekey(t *testing.T, args ...string) (code int, out, faults string) {
	t.Helper()
	var stdout, stderr strings.Builder
	code = run(t.Context(), append([]string{"rekey", "--config"}, args...), nil, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// people counts the records of people that a store yields.
func people(t *testing.T, c Storage) (n int) {
	t.Helper()
	s, err := openStore(t.Context(), c, silent())
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx storage.Tx) error {
		kvs, err := tx.Scan("user", "", storage.End, 0)
		n = len(kvs)
		return err
	})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
	return n
}

func TestRekeyOfAKeyFile(t *testing.T) {
	c, config := aStore(t, "", 100)
	old := contentOf(t, c.Path+".key")
	for _, given := range []bool{false, true} {
		before := contentOf(t, c.Path+".key")
		args := []string{config}
		if given {
			args = append(args, "--new-key-file", keyFileOf(t, bytes.Repeat([]byte{7}, sealed.KeySize)))
		}
		code, out, faults := rekey(t, args...)
		if code != exitFine || !strings.Contains(out, "is sealed under the new key") || strings.Contains(out, "encryption_key") {
			t.Fatalf("%d %s%s", code, out, faults)
		}
		if !strings.Contains(faults, "rows") {
			t.Errorf("no progress: %q", faults)
		}
		after := contentOf(t, c.Path+".key")
		if after == before || strings.Count(after, "\n") != 1 {
			t.Errorf("the key file has %d lines, changed: %t", strings.Count(after, "\n"), after != before)
		}
		if n := people(t, c); n != 100 {
			t.Errorf("%d people, want 100", n)
		}
	}
	c.EncryptionKey = Secret(strings.TrimSpace(old))
	if _, err := openStore(t.Context(), c, silent()); !errors.Is(err, sealed.ErrWrongKey) {
		t.Errorf("the old key: %v", err)
	}
	files, err := filepath.Glob(c.Path + "*")
	if want := []string{c.Path, c.Path + ".key", c.Path + ".people"}; err != nil || strings.Join(files, " ") != strings.Join(want, " ") {
		t.Errorf("left are %q", files)
	}
}

func TestRekeyOfAConfiguredKey(t *testing.T) {
	first, second := bytes.Repeat([]byte{1}, sealed.KeySize), bytes.Repeat([]byte{2}, sealed.KeySize)
	c, config := aStore(t, base64.StdEncoding.EncodeToString(first), 10)
	if code, _, faults := rekey(t, config); code != exitFailed || !strings.Contains(faults, "--new-key-file") {
		t.Errorf("without a place for the key: %d %s", code, faults)
	}
	for range 2 { // the second time there is nothing left to do
		code, out, faults := rekey(t, config, "--new-key-file", keyFileOf(t, second))
		if code != exitFine || !strings.Contains(out, "storage.encryption_key is still the old key") {
			t.Fatalf("%d %s%s", code, out, faults)
		}
	}
	c.EncryptionKey = Secret(base64.StdEncoding.EncodeToString(second))
	if n := people(t, c); n != 10 {
		t.Errorf("%d people", n)
	}
	if _, err := os.Stat(c.Path + ".key"); err == nil {
		t.Error("a key file was made")
	}
}

func TestRekeyRefuses(t *testing.T) {
	c, config := aStore(t, "", 1)
	s, err := openStore(t.Context(), c, silent())
	if err != nil {
		t.Fatal(err)
	}
	if code, _, faults := rekey(t, config); code != exitFailed || !strings.Contains(faults, "stop serve first") {
		t.Errorf("while another has it: %d %s", code, faults)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	nowhere := write(t, "storage: {path: "+filepath.Join(t.TempDir(), "no.db")+"}\n")
	open := keyFileOf(t, bytes.Repeat([]byte{3}, sealed.KeySize))
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no store":            {[]string{nowhere}, "no store is there"},
		"a key open to all":   {[]string{config, "--new-key-file", open}, "chmod 600"},
		"a key that is none":  {[]string{config, "--new-key-file", config}, "not base64"},
		"no key file":         {[]string{config, "--new-key-file", nowhere + ".no"}, "no such file"},
		"the key it has":      {[]string{config, "--new-key-file", c.Path + ".key"}, "has already"},
		"no file":             {[]string{write(t, "storage: {driver: postgres, dsn: 'postgres://a@b/c', encryption_key: "+base64.StdEncoding.EncodeToString(make([]byte, 32))+"}\n")}, "move it to bbolt"},
		"no such file at all": {[]string{nowhere + ".no"}, "no such file"},
	} {
		code, _, faults := rekey(t, tt.args...)
		if !strings.Contains(faults, tt.want) || code == exitFine {
			t.Errorf("%s: %d %s", name, code, faults)
		}
	}
	if n := people(t, c); n != 1 {
		t.Errorf("%d people", n)
	}
}

// Killed in the middle, at each of some moments, the store serves on under the
// old key, and the next run finishes.
func TestRekeyKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	program, err := exec.LookPath("weizhangbot")
	if err != nil {
		t.Fatal(err)
	}
	c, config := aStore(t, "", 8000)
	old := contentOf(t, c.Path+".key")
	cmd := exec.Command(program, "rekey", "--config", config)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stderr).ReadString('\n')
	if err != nil || !strings.Contains(line, "rows") {
		t.Errorf("progress %q, %v", line, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if ring, err := sealed.LoadRing(c.Path + ".key"); err != nil || len(ring) != 2 {
		t.Fatalf("killed too late: %d keys, %v", len(ring), err)
	}
	if n := people(t, c); n != 8000 {
		t.Errorf("%d people while it is unfinished", n)
	}
	if code, out, faults := rekey(t, config, "--new-key-file", keyFileOf(t, bytes.Repeat([]byte{3}, 32))); code == exitFine {
		t.Errorf("a third key in the middle: %s%s", out, faults)
	}
	if code, out, faults := rekey(t, config); code != exitFine {
		t.Fatalf("%d %s%s", code, out, faults)
	}
	if n := people(t, c); n != 8000 {
		t.Errorf("%d people", n)
	}
	c.EncryptionKey = Secret(strings.TrimSpace(old))
	if _, err := openStore(t.Context(), c, silent()); !errors.Is(err, sealed.ErrWrongKey) {
		t.Errorf("the old key: %v", err)
	}
}

// Killed after the store was replaced, and before its key file was.
func TestRekeyKilledAtTheEnd(t *testing.T) {
	c, config := aStore(t, "", 10)
	old := contentOf(t, c.Path+".key")
	if code, _, faults := rekey(t, config); code != exitFine {
		t.Fatal(faults)
	}
	fresh := contentOf(t, c.Path+".key")
	if err := os.WriteFile(c.Path+".key", []byte(fresh+old), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := people(t, c); n != 10 {
		t.Errorf("%d people before it is finished", n)
	}
	if code, _, faults := rekey(t, config); code != exitFine {
		t.Fatal(faults)
	}
	if got := contentOf(t, c.Path+".key"); got != fresh {
		t.Error("the key file holds something else than the new key")
	}
	if n := people(t, c); n != 10 {
		t.Errorf("%d people", n)
	}
}

func contentOf(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func keyFileOf(t *testing.T, key []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "new.key")
	if err := os.WriteFile(name, []byte(base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
