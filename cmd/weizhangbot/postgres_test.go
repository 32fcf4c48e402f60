package main

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// inPostgres is the environment of a bot whose store is a database's.
func inPostgres(t *testing.T, place string) []string {
	t.Helper()
	return []string{
		"WEIZHANG_STORAGE_DRIVER=postgres", "WEIZHANG_STORAGE_DSN=" + pgtest.DSNOf(t, place),
		"WEIZHANG_STORAGE_ENCRYPTION_KEY=" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", sealed.KeySize))),
	}
}

// A driver asks and subscribes; the bot is restarted, and then served by two
// machines at once: everything is known to each, and paid for once.
func TestServeOnPostgres(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	environ := inPostgres(t, o.dir)
	first := o.serveWith(environ, withSafe, withTelegram)
	platform := o.platform(first, wechattest.Safe)
	says := func(r *running, text, want string) {
		t.Helper()
		platform.URL = r.url + "/wechat"
		got, err := platform.Deliver(t.Context(), aDriver, wechattest.Text(text))
		if err != nil || got.Banner != "" || !strings.Contains(wechattest.Show(got.Text).Text, want) {
			t.Errorf("%s: %+v, %v; want %s", text, got, err, want)
		}
	}
	says(first, "查违章 沪C12345", "发动机号")
	o.telegram.Say(42, "/query 沪C54321 发动机号123456 车架号654321")
	o.reads("查询时间")
	first.end()

	second := o.serveWith(environ, withSafe)
	says(second, "发动机号123456 车架号654321", "待交罚款") // the open question is remembered
	says(second, "订阅", "已订阅")
	third := o.serveWith(environ, withSafe)
	says(third, "我的车", "沪C12345")
	says(third, "查违章 沪C12345 发动机号123456 车架号654321", "待交罚款")
	says(second, "我的数据", "沪C12345")
	if m := o.juhe.Meter(); m.Charged != 2 {
		t.Errorf("charged %d times, want twice: the third answer is a cached one", m.Charged)
	}
	if status, _ := get(t, third.url+readyPath); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
	chat := func() (code int, faults string) {
		var out, errs strings.Builder
		code = run(t.Context(), []string{"chat", "--config", o.config(withSafe)}, environ, strings.NewReader("我的车\n"), &out, &errs)
		return code, errs.String()
	}
	until(t, "chat beside it is refused", func() bool {
		code, faults := chat()
		return code == exitFailed && strings.Contains(faults, "in use by a running serve")
	})
	third.end()
	second.end()
	if code, faults := chat(); code != exitFine {
		t.Errorf("chat alone: %d %s", code, faults)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "bot.db")); err == nil {
		t.Error("a file was made as well")
	}
}

func TestDoctorOnPostgres(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	environ := inPostgres(t, o.dir)
	file := o.config(withSafe)
	doctor := func(environ []string) (code int, printed string) {
		var out, faults strings.Builder
		code = run(t.Context(), []string{"doctor", "--config", file}, environ, strings.NewReader(""), &out, &faults)
		if strings.Contains(out.String()+faults.String(), "anary") {
			t.Errorf("a secret:\n%s", out.String())
		}
		return code, out.String()
	}
	has := func(printed string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(printed, want) {
				t.Errorf("no %q in\n%s", want, printed)
			}
		}
	}
	code, out := doctor(environ)
	has(out, "✓ database: PostgreSQL ", " answers", "✓ store: the tables are made at the first start, sealed with storage.encryption_key")
	if code != exitFine {
		t.Errorf("exit code %d", code)
	}
	o.serveWith(environ, withSafe).end()
	file = o.config(withSafe)
	_, out = doctor(environ)
	has(out, "✓ store: the tables, version 2, open")
	code, out = doctor(append(environ[:2:2], "WEIZHANG_STORAGE_ENCRYPTION_KEY="+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", sealed.KeySize)))))
	has(out, "✗ store: ", "the key that the other machines have")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	code, out = doctor([]string{environ[0], "WEIZHANG_STORAGE_DSN=postgres://bot:canary@127.0.0.1:1/x", environ[2]})
	has(out, "✗ database: pgstore: the database cannot be reached: ")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

// What the doctor says of a database's ways, which no database here has.
func TestDoctorOnDatabases(t *testing.T) {
	t.Parallel()
	d := &doctor{}
	d.manners("database", pgstore.Facts{Clock: -databaseSkew * 2, Open: true})
	var all []string
	for _, f := range d.found {
		all = append(all, f.line())
	}
	for i, want := range []string{"4s apart", "not on its disk", "not encrypted"} {
		if len(all) != 3 || !strings.Contains(all[i], want) {
			t.Errorf("%q, want %q", all, want)
		}
	}
}

// Commands for the file of bbolt say what there is instead.
func TestFileCommandsOnPostgres(t *testing.T) {
	t.Parallel()
	file := write(t, "storage: {driver: postgres, dsn: 'postgres://bot:canary@127.0.0.1:1/x', encryption_key: "+other["storage.encryption_key"]+"}\n")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"backup", "x"}, "use pg_dump"},
		{[]string{"restore", "x"}, "use pg_dump"},
		{[]string{"compact"}, "autovacuum"},
		{[]string{"rekey"}, "migrate-store"},
	} {
		var out, faults strings.Builder
		code := run(t.Context(), append(tt.args, "--config", file), nil, strings.NewReader(""), &out, &faults)
		if code != exitUsage || !strings.Contains(faults.String(), tt.want) || strings.Contains(faults.String(), "canary") {
			t.Errorf("%v: %d %s", tt.args, code, faults.String())
		}
	}
	w := &world{config: Config{Storage: Storage{Driver: "postgres"}}}
	if err := w.copier().Backup(t.Context(), io.Discard); !errors.Is(err, errUsePgDump) {
		t.Errorf("the running bot: %v", err)
	}
}

// What operators see of jobs they see on a database too.
func TestJobsAreSeenOnPostgres(t *testing.T) {
	t.Parallel()
	c := Storage{Driver: "postgres", DSN: Secret(pgtest.DSNOf(t, t.TempDir())), EncryptionKey: Secret(other["storage.encryption_key"])}
	w, err := openWorld(t.Context(), Config{Storage: c, Juhe: Juhe{BaseURL: "http://127.0.0.1:1", Key: "k", Timeout: time.Second}}, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}()
	err = w.store.Update(t.Context(), nil, func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Job{ID: "~1", Queue: "sad"})
		_, later := tx.Enqueue(storage.Job{ID: "~2", Queue: "sad", At: time.Now().Add(time.Hour)})
		return errors.Join(err, later)
	})
	if err != nil {
		t.Fatal(err)
	}
	var queues []bot.QueueFigures
	counts := func(due, later, dead int) func() bool {
		return func() bool {
			queues, err = w.figures().Queues(t.Context())
			return err == nil && len(queues) == 1 && queues[0] == bot.QueueFigures{Kind: "sad", Due: due, Later: later, Dead: dead}
		}
	}
	until(t, "one due, one later", counts(1, 1, 0))
	letters, err := w.sources().Letters(t.Context(), 0)
	if err != nil || len(letters) != 0 {
		t.Errorf("%+v, %v", letters, err)
	}
	if err := w.sources().Revive(t.Context(), "1"); !errors.Is(err, storage.ErrNoLetter) {
		t.Errorf("%v", err)
	}
}

// Whatever stands before the database, its layers are found, as with a file.
func TestLayersAreFoundOnPostgres(t *testing.T) {
	t.Parallel()
	c := Storage{Driver: "postgres", DSN: Secret(pgtest.DSNOf(t, t.TempDir())), EncryptionKey: Secret(other["storage.encryption_key"])}
	s, err := openStore(t.Context(), c, silent())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	outer := admin.NewPanel(admin.PanelConfig{Version: "test", Log: silent()}).Timed(s)
	if _, ok := beneath[*sealed.Store](outer); !ok {
		t.Error("no sealing store")
	}
	if _, ok := beneath[*storingStore](outer); !ok {
		t.Error("nothing that remembers failed writes")
	}
	if _, ok := beneath[*pgstore.Store](outer); !ok {
		t.Error("no database")
	}
	if _, ok := beneath[storage.Jobs](outer); !ok {
		t.Error("nothing to see of jobs")
	}
}
