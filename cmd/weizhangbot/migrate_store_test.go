package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// migrate runs the command.
func migrate(t *testing.T, from, to string) (code int, printed, faults string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), []string{"migrate-store", "--from", from, "--to", to}, nil, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// inFileAt and inDatabaseAt are storage sections.
func inFileAt(path, key string) string {
	return fmt.Sprintf("storage: {path: '%s', encryption_key: '%s'}\n", path, key)
}

func inDatabaseAt(dsn, key string) string {
	return fmt.Sprintf("storage: {driver: postgres, dsn: '%s', encryption_key: '%s'}\n", dsn, key)
}

// A driver's car, what they subscribed to, the open question and the answer that
// was paid for move to PostgreSQL and back; whoever was forgotten stays so.
func TestMigrateStoreThereAndBack(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("m", sealed.KeySize)))
	dsn := pgtest.DSNOf(t, o.dir)
	second := filepath.Join(o.dir, "second.db")
	files := []string{
		write(t, inFileAt(filepath.Join(o.dir, "bot.db"), key)), write(t, inDatabaseAt(dsn, key)), write(t, inFileAt(second, key)),
	}
	keyed := "WEIZHANG_STORAGE_ENCRYPTION_KEY=" + key
	places := [][]string{
		{keyed}, {keyed, "WEIZHANG_STORAGE_DRIVER=postgres", "WEIZHANG_STORAGE_DSN=" + dsn}, {keyed, "WEIZHANG_STORAGE_PATH=" + second},
	}
	var platform *wechattest.Platform
	says := func(r *running, who, text, want string) {
		t.Helper()
		if platform == nil {
			platform = o.platform(r, wechattest.Safe)
		}
		platform.URL = r.url + "/wechat"
		got, err := platform.Deliver(t.Context(), who, wechattest.Text(text))
		if err != nil || got.Banner != "" || !strings.Contains(wechattest.Show(got.Text).Text, want) {
			t.Errorf("%s: %+v, %v; want %s", text, got, err, want)
		}
	}
	r := o.serveWith(places[0], withSafe)
	says(r, aDriver, "查违章 沪C12345 发动机号123456 车架号654321", "待交罚款")
	says(r, aDriver, "订阅", "已订阅")
	says(r, anotherDriver, "查违章 沪C54321 发动机号123456 车架号654321", "查询时间")
	says(r, anotherDriver, "订阅", "已订阅")
	if code, _, faults := migrate(t, files[0], files[1]); code != exitFailed || !strings.Contains(faults, "stop serve first") {
		t.Errorf("while serve runs: %d %s", code, faults)
	}
	r.end()
	forgetFor(t, files[0], "wechat:"+anotherDriver)

	moved := regexp.MustCompile(`^moved: \d+ rows, \d+ jobs? of them waiting, and \d+ shares; read back and the same, digest ([0-9a-f]{16})\n`)
	var digests []string
	for i := range 2 {
		code, printed, faults := migrate(t, files[i], files[i+1])
		m := moved.FindStringSubmatch(printed)
		if code != exitFine || m == nil {
			t.Fatalf("move %d: %d %s%s", i, code, printed, faults)
		}
		digests = append(digests, m[1])
		if i == 0 {
			if code, _, faults := migrate(t, files[0], files[1]); code != exitFailed || !strings.Contains(faults, "holds a store already") {
				t.Errorf("again: %d %s", code, faults)
			}
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("digests %v of the same store", digests)
	}
	for _, place := range places[1:] {
		r := o.serveWith(place, withSafe)
		says(r, aDriver, "我的车", "沪C12345")
		says(r, aDriver, "查违章 沪C12345 发动机号123456 车架号654321", "待交罚款")
		says(r, anotherDriver, "我的数据", "没有")
		r.end()
	}
	if m := o.juhe.Meter(); m.Charged != 2 {
		t.Errorf("charged %d times, want twice", m.Charged)
	}
}

// forgetFor destroys the share of a person, as ten minutes after 忘记我.
func forgetFor(t *testing.T, file, user string) {
	t.Helper()
	c, err := load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), c.Storage, silent())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), nil, func(tx storage.Tx) error { return storage.Forget(tx, user) })
	seal, ok := beneath[*sealed.Store](s)
	if !ok {
		t.Fatal("not sealed")
	}
	n, burnErr := seal.Burn(t.Context(), time.Now().Add(24*time.Hour))
	if err := errors.Join(err, burnErr, s.Close()); err != nil || n != 1 {
		t.Fatalf("burned %d, %v", n, err)
	}
}

func TestMigrateStoreRefuses(t *testing.T) {
	t.Parallel()
	key := func(c string) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(c, sealed.KeySize)))
	}
	dir := t.TempDir()
	dsn := pgtest.DSNOf(t, dir)
	fill := func(file string) string {
		t.Helper()
		c, err := load(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := openStore(t.Context(), c.Storage, silent())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return file
	}
	full := fill(write(t, inFileAt(filepath.Join(dir, "full.db"), key("a"))))
	database := write(t, inDatabaseAt(dsn, key("a")))
	served := pgtest.DSNOf(t, dir+"/served")
	fill(write(t, inDatabaseAt(served, key("a"))))
	working, err := pgstore.Open(t.Context(), served, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer working.Close()
	release, err := working.Claim(t.Context()) // as a serve at work has
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for name, tt := range map[string]struct{ from, to, want string }{
		"two files":             {full, full, "one of them must be bbolt"},
		"no file":               {write(t, inFileAt(filepath.Join(dir, "no.db"), key("a"))), database, "there is no store yet"},
		"another key":           {full, write(t, inDatabaseAt(dsn, key("b"))), "the key of --to is not the one"},
		"no such database":      {full, write(t, inDatabaseAt("postgres://bot:canary@127.0.0.1:1/x", key("a"))), "cannot be reached"},
		"into what is served":   {full, write(t, inDatabaseAt(served, key("a"))), "in use by a running serve"},
		"out of what is served": {write(t, inDatabaseAt(served, key("a"))), write(t, inFileAt(filepath.Join(dir, "new.db"), key("a"))), "in use by a running serve"},
		"a bad configuration":   {full, full + ".no", "--to: config: "},
	} {
		code, printed, faults := migrate(t, tt.from, tt.to)
		if code == exitFine || !strings.Contains(faults, tt.want) || strings.Contains(faults+printed, "canary") {
			t.Errorf("%s: %d %s%s", name, code, printed, faults)
		}
	}
	if code, printed, faults := migrate(t, full, database); code != exitFine {
		t.Fatalf("%d %s%s", code, printed, faults)
	}
	if code, _, faults := migrate(t, database, full); code == exitFine || !strings.Contains(faults, "holds a store already") {
		t.Errorf("onto a file: %d %s", code, faults)
	}
	if _, err := os.Stat(filepath.Join(dir, "new.db")); err == nil {
		t.Error("a refused move left a file")
	}
}
