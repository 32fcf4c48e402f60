package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

func TestWorldAnswersAndLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Setenv("TMPDIR", t.TempDir())
	w, err := fakeWorld(t.Context(), silent())
	if err != nil {
		t.Fatal(err)
	}
	w.work(t.Context())
	answer, err := w.bot.Handle(t.Context(), bot.Message{Channel: "chat", User: "chat:li", Key: "1", Text: "查违章 沪C12345 发动机号123456 车架号654321"})
	if err != nil || len(answer.Replies) == 0 || !strings.Contains(answer.Replies[len(answer.Replies)-1].Text, "待交罚款") {
		t.Errorf("answer %+v, %v", answer, err)
	}
	if m := w.fake.Meter(); m.Charged != 1 {
		t.Errorf("charged %d times, want once", m.Charged)
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
	if err := w.close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestWorldClosesInReverse(t *testing.T) {
	var order []string
	broken := errors.New("broken")
	w := &world{}
	w.later(func() error { order = append(order, "store"); return broken })
	w.inBackground(t.Context(), func(ctx context.Context) error {
		<-ctx.Done()
		order = append(order, "work")
		return nil
	})
	if err := w.close(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(order, " "); got != "work store" {
		t.Errorf("ended %q", got)
	}
}

func TestOpenStore(t *testing.T) {
	dir := t.TempDir()
	c := Storage{Driver: "bbolt", Path: filepath.Join(dir, "bot.db")}
	s, err := openStore(t.Context(), c, silent())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(c.Path + ".key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
	if _, err := openStore(t.Context(), c, silent()); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	t.Run("again, with the same key", func(t *testing.T) {
		s, err := openStore(t.Context(), c, silent())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("with another key", func(t *testing.T) {
		c := c
		c.EncryptionKey = Secret(other["storage.encryption_key"])
		if _, err := openStore(t.Context(), c, silent()); !errors.Is(err, sealed.ErrWrongKey) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("that is no store", func(t *testing.T) {
		c := Storage{
			Driver: "bbolt", Path: filepath.Join(dir, "letter.txt"), EncryptionKey: Secret(other["storage.encryption_key"]),
		}
		if err := os.WriteFile(c.Path, []byte(strings.Repeat("Dear Sir or Madam, ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openStore(t.Context(), c, silent()); !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("whose key is gone", func(t *testing.T) {
		moved := c.Path + ".key.elsewhere"
		if err := os.Rename(c.Path+".key", moved); err != nil {
			t.Fatal(err)
		}
		if _, err := openStore(t.Context(), c, silent()); err == nil || !strings.Contains(err.Error(), "is missing: put it back") {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(c.Path + ".key"); err == nil {
			t.Error("a new key was made, which opens nothing")
		}
	})
	t.Run("in a directory that is not there", func(t *testing.T) {
		c := Storage{Driver: "bbolt", Path: filepath.Join(dir, "no", "bot.db")}
		if _, err := openStore(t.Context(), c, silent()); err == nil {
			t.Error("opened")
		}
	})
	t.Run("in a database that is not there", func(t *testing.T) {
		c := Storage{Driver: "postgres", DSN: "postgres://127.0.0.1:1/x", EncryptionKey: Secret(other["storage.encryption_key"])}
		if _, err := openStore(t.Context(), c, silent()); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
			t.Errorf("got %v", err)
		}
	})
}

// The commands on a real configuration say what is wrong with the world.
func TestWorldOfAConfiguration(t *testing.T) {
	p := &program{stderr: os.Stderr}
	dir := t.TempDir()
	file := write(t, "juhe: {key: some-key, base_url: 'http://127.0.0.1:1/x'}\nstorage: {path: "+filepath.Join(dir, "bot.db")+"}\n")
	w, err := configFlag{Config: file}.world(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.close() }()
	if w.fake != nil {
		t.Error("a configured world has a fake in it")
	}
	_, err = configFlag{Config: file}.world(t.Context(), p)
	if !errors.Is(err, storage.ErrLocked) || !strings.HasPrefix(err.Error(), "storage: ") {
		t.Errorf("a second process: %v", err)
	}
}
