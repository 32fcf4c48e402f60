package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// does runs a command of operators on the outside's configuration.
func (o *outside) does(environ []string, args ...string) (code int, stdout, stderr string) {
	o.t.Helper()
	var out, errs bytes.Buffer
	code = run(o.t.Context(), append(args, "--config", filepath.Join(o.dir, "config.yaml")), environ, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// A backup of a running bot that people talk to, restored later: what they kept
// is there, and what was under way is neither paid nor answered a second time by
// itself.
func TestBackupBesideServe(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withTelegram)
	at := []string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r)}
	back := filepath.Join(o.dir, "back.db")

	if code, out, errs := o.admin(at, aTable, "import", "-", "--user", "telegram:42"); code != exitFine {
		t.Fatalf("import: %d\n%s%s", code, out, errs)
	}
	o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 2 * time.Second})
	o.telegram.Say(42, "查违章 沪C12345 发动机号123456 车架号654321")
	until(t, "the query is out", func() bool { return o.juhe.Meter().Queries == 1 })
	for person := int64(100); person < 140; person++ {
		o.telegram.Say(person, "帮助")
	}
	code, out, errs := o.does(at, "backup", back)
	if code != exitFine || !strings.Contains(out, "every page and record verified") || errs != "" {
		t.Fatalf("backup: %d\n%s%s", code, out, errs)
	}
	o.reads("待交罚款")
	r.end()

	code, out, errs = o.does(nil, "restore", back, "--force")
	if code != exitFine || !strings.Contains(out, "the store as it was: ") {
		t.Fatalf("restore: %d\n%s%s", code, out, errs)
	}
	paid := o.juhe.Meter().Queries
	r = o.serve(withTelegram)
	o.reads("结果不确定")
	if now := o.juhe.Meter().Queries; now != paid {
		t.Errorf("%d calls, %d before the restore", now, paid)
	}
	code, out, errs = o.admin([]string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r)}, "", "export", "--user", "telegram:42")
	if code != exitFine || !strings.Contains(out, "沪C54321") {
		t.Errorf("export: %d\n%s%s", code, out, errs)
	}
	r.end()
}

// The wrong token is told as such, and leaves nothing behind.
func TestBackupIsRefused(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_SERVER_ADMIN_TOKEN=canary-operator-token"}, withTelegram)
	at := []string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r)}
	back := filepath.Join(o.dir, "back.db")
	code, _, errs := o.does(at, "backup", back)
	if code != exitFailed || !strings.Contains(errs, "backup: the serve at server.admin_listen") || !strings.Contains(errs, "has another server.admin_token") {
		t.Errorf("%d %s", code, errs)
	}
	for _, name := range []string{back, back + ".partial"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	r.end()
}

// filled is a configuration whose store holds a car and some megabytes.
func filled(t *testing.T) (config string) {
	t.Helper()
	dir := t.TempDir()
	config = filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("server: {admin_listen: 127.0.0.1:1}\nstorage: {path: %s}\njuhe: {key: k}\n", filepath.Join(dir, "bot.db"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), c.Storage, silentLog())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), nil, func(tx storage.Tx) error {
		for i := range 4000 {
			if err := tx.Put("filler", fmt.Sprint(i), make([]byte, 1000)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// wantFilled wants the store, or what was copied from it, sound and whole.
func wantFilled(t *testing.T, config, name string) {
	t.Helper()
	c, err := load(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := verify(context.Background(), name, c.Storage)
	if err != nil || sum.Records["filler"] != 4000 {
		t.Errorf("%s: %v, %d records", filepath.Base(name), err, sum.Records["filler"])
	}
}

// killed starts the program and kills it when it says that it is at step, and
// tells whether it got there. With - as its file it is fed half of a backup.
func killed(t *testing.T, step, config string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("weizhangbot")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append(args, "--progress", "--config", config)...)
	cmd.Stdout = io.Discard
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for in := bufio.NewScanner(said); in.Scan(); {
		if lines = append(lines, in.Text()); strings.HasPrefix(in.Text(), step) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed, or done in that very moment
			return
		}
	}
	t.Fatalf("%v never was at %q: %v, %q", args, step, cmd.Wait(), lines)
}

// Killed at any step, each command leaves the store usable, and nothing that
// could be taken for a backup and is none; the next run cleans up.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	config := filled(t)
	dir := filepath.Dir(config)
	store, back := filepath.Join(dir, "bot.db"), filepath.Join(dir, "back.db")
	for _, tt := range []struct {
		args  []string
		steps []string
	}{
		{[]string{"backup", back}, []string{"copying", "verifying", "publishing"}},
		{[]string{"restore", back, "--force"}, []string{"copying", "verifying", "publishing"}},
		{[]string{"compact"}, []string{"verifying", "copying"}},
	} {
		for _, step := range tt.steps {
			killed(t, step, config, tt.args...)
			wantFilled(t, config, store)
			if _, err := os.Stat(back); err == nil {
				wantFilled(t, config, back)
			}
		}
		if tt.args[0] == "backup" { // the last one may have got its name
			tt.args = append(tt.args, "--force")
		}
		var errs bytes.Buffer
		args := append(tt.args, "--config", config)
		if code := run(t.Context(), args, nil, strings.NewReader(""), io.Discard, &errs); code != exitFine {
			t.Fatalf("%v after the kills: %d %s", tt.args, code, errs.String())
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.partial")); len(left) > 0 {
			t.Errorf("left after %s: %v", tt.args[0], left)
		}
		wantFilled(t, config, store)
		wantFilled(t, config, back)
	}
}

// A disk that is full says so, leaves nothing behind and harms nothing. The
// limit on the size of files stands for the disk.
func TestNoRoomForTheBackup(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("weizhangbot")
	if err != nil {
		t.Fatal(err)
	}
	config := filled(t)
	dir := filepath.Dir(config)
	store, back := filepath.Join(dir, "bot.db"), filepath.Join(dir, "back.db")
	if code := run(t.Context(), []string{"backup", back, "--config", config}, nil, strings.NewReader(""), io.Discard, os.Stderr); code != exitFine {
		t.Fatal(code)
	}
	for _, command := range []string{"backup " + back + "2", "restore --force " + back, "compact"} {
		script := fmt.Sprintf("ulimit -f 2000; exec %s %s --config %s", path, command, config)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "storage: full") || !strings.Contains(string(out), "make room on the disk; nothing has changed") || bytes.Count(out, []byte("\n")) != 1 {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.partial")); len(left) > 0 {
			t.Errorf("left after %s: %v", command, left)
		}
	}
	if _, err := os.Stat(back + "2"); err == nil {
		t.Error("a backup that is none")
	}
	wantFilled(t, config, store)
}

// Files that no bot of this version has made.
func TestRestoreRefusesStrangers(t *testing.T) {
	t.Parallel()
	config := filled(t)
	back := filepath.Join(filepath.Dir(config), "back.db")
	for _, tt := range []struct {
		name   string
		change func(*bolt.Tx) error // nil: a new file
		want   string
	}{
		{"of a later version", func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte{0, 0, 0, 99})
		}, "written by a newer version: the file has version 99, this program knows 2: use the version of weizhangbot that wrote it"},
		{"of another program", func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("meta")) }, "a bbolt file of another program"},
		{"with a flipped bit in a record", func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte("r/filler"))
			k, v := b.Cursor().Last()
			v = bytes.Clone(v)
			v[len(v)/2] ^= 1
			return b.Put(bytes.Clone(k), v)
		}, `a record of bucket "filler": cannot be opened`},
		{"with the record of another in its place", func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte("r/filler"))
			k, _ := b.Cursor().First()
			_, v := b.Cursor().Last()
			return b.Put(bytes.Clone(k), bytes.Clone(v))
		}, "cannot be opened"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var errs bytes.Buffer
			if code := run(t.Context(), []string{"backup", back, "--force", "--config", config}, nil, strings.NewReader(""), io.Discard, &errs); code != exitFine {
				t.Fatal(errs.String())
			}
			db, err := bolt.Open(back, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Update(tt.change); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			code := run(t.Context(), []string{"restore", back, "--force", "--config", config}, nil, strings.NewReader(""), io.Discard, &errs)
			if code != exitFailed || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("%d %s, want %s", code, errs.String(), tt.want)
			}
			wantFilled(t, config, filepath.Join(filepath.Dir(config), "bot.db"))
		})
	}
}

// Ctrl-C: each command ends, says so, and leaves everything as it was.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	config := filled(t)
	dir := filepath.Dir(config)
	back := filepath.Join(dir, "back.db")
	if code := run(t.Context(), []string{"backup", back, "--config", config}, nil, strings.NewReader(""), io.Discard, os.Stderr); code != exitFine {
		t.Fatal(code)
	}
	for _, args := range [][]string{{"backup", back + "2"}, {"backup", "-"}, {"restore", back, "--force"}, {"compact"}} {
		ctx, cancel := context.WithCancel(t.Context())
		errs := &interrupting{cancel: cancel}
		code := run(ctx, append(args, "--progress", "--config", config), nil, strings.NewReader(""), io.Discard, errs)
		if want := "weizhangbot: " + args[0] + ": stopped; nothing has changed\n"; code != exitFailed || !strings.HasSuffix(errs.String(), want) {
			t.Errorf("%v: %d %q", args, code, errs.String())
		}
	}
	wantFilled(t, config, filepath.Join(dir, "bot.db"))
	if files, _ := filepath.Glob(filepath.Join(dir, "*.db*")); len(files) != 4 { // the store, its key, the shares of people, the backup
		t.Errorf("left: %v", files)
	}
}

// interrupting is a stderr whose reader presses Ctrl-C as soon as the copying
// begins.
type interrupting struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (i *interrupting) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("copying")) {
		i.cancel()
	}
	return i.Buffer.Write(p)
}

func TestProgress(t *testing.T) {
	for _, tt := range []struct {
		name   string
		screen bool
		want   string
	}{
		{"lines", false, "copying\ncopying 2 KiB\nverifying\n"},
		{"a terminal", true, "\r\x1b[Kcopying\r\x1b[Kcopying 2 KiB\r\x1b[Kverifying\r\x1b[K"},
	} {
		var b bytes.Buffer
		at := time.Unix(0, 0)
		p := &progress{w: &b, screen: tt.screen, now: func() time.Time { return at }}
		w := p.writer("copying", io.Discard)
		for range 2 {
			if _, err := w.Write(make([]byte, 1024)); err != nil {
				t.Fatal(err)
			}
			at = at.Add(progressEvery / 2)
		}
		at = at.Add(progressEvery)
		p.reached(2048)
		p.step("verifying")
		p.end()
		if b.String() != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, b.String(), tt.want)
		}
	}
	for n, want := range map[int64]string{0: "0 KiB", 1: "1 KiB", 1 << 20: "1.0 MiB", 3 << 29: "1.50 GiB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
