package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/pgstore/pgtest"
)

// tomorrow is what the next release changes: file, what stands there today, and
// what instead. A session has a later version and one more field, which counts
// the messages that this program heard and is shown under every answer; queries
// are jobs of a kind of their own with one more field; the tables have a column
// more.
var tomorrow = [][3]string{
	{"bot/session.go", "sessionVersion = 2\n", "sessionVersion = 3\n"},
	{"bot/session.go", "\tYoung    bool ", "\tTomorrow int `json:\"tomorrow,omitempty\"`\n\tYoung    bool "},
	{"bot/layout.go", "s.rest(25, &w.beyond)", "s.number(26, &w.Tomorrow)\n\ts.rest(26, &w.beyond)"},
	{"bot/engine.go", "\td.s.Dating = false\n", "\td.s.Dating = false\n\td.s.Tomorrow++\n"},
	{"bot/engine.go", `strings.Join(d.said, "\n\n"), Options`, `strings.Join(d.said, "\n\n") + "〔" + strings.Repeat("|", d.s.Tomorrow) + "〕", Options`},
	{"bot/work.go", "\tAdmin *adminOrder", "\tTomorrow bool `json:\"tomorrow,omitempty\"`\n\n\tAdmin *adminOrder"},
	{"bot/work.go", "\tbody, err := json.Marshal(t)\n", "\tif t.Tomorrow = true; t.Kind == taskQuery {\n\t\tt.Kind = \"asking\"\n\t}\n\tbody, err := json.Marshal(t)\n"},
	{"bot/work.go", "case taskRule, taskCities, taskQuery:", "case taskRule, taskCities, taskQuery, \"asking\":"},
	{"bot/work.go", "\tcase taskQuery:\n\t\treport", "\tcase taskQuery, \"asking\":\n\t\treport"},
	{
		"storage/pgstore/schema.go", "\t{riverTables(8), 2},\n", `	{riverTables(8), 2},
	{func(ctx context.Context, pool *pgxpool.Pool, _ string, to tables) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "alter table record add column tomorrow text not null default ''"); err != nil {
				return err
			}
			return to.note(ctx, tx)
		})
	}, 2},
`,
	},
}

// buildTomorrow makes the program of the next release.
func buildTomorrow(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	texts, overlay := map[string]string{}, map[string]string{}
	for _, change := range tomorrow {
		file := filepath.Join(root, change[0])
		if texts[file] == "" {
			texts[file] = contents(t, file)
		}
		if strings.Count(texts[file], change[1]) != 1 {
			t.Fatalf("%s has not once %q", change[0], change[1])
		}
		texts[file] = strings.Replace(texts[file], change[1], change[2], 1)
	}
	for file, text := range texts {
		overlay[file] = filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(file, root+"/"), "/", "_"))
		writeFile(t, overlay[file], text)
	}
	replace, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "overlay.json"), string(replace))
	binary := filepath.Join(dir, "tomorrow")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// serveBinary is serveWith by a program of its own.
func (o *outside) serveBinary(binary string, environ []string, sections ...string) *running {
	o.t.Helper()
	r := &running{t: o.t, log: &journal{}, ended: make(chan struct{})}
	cmd := exec.Command(binary, "serve", "--config", o.config(sections...))
	cmd.Env = append(os.Environ(), environ...)
	cmd.Stderr = r.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	r.stop = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		defer close(r.ended)
		_ = cmd.Wait()
		r.code = cmd.ProcessState.ExitCode()
	}()
	o.t.Cleanup(func() { _ = cmd.Process.Kill(); <-r.ended })
	if err != nil {
		<-r.ended
		o.t.Fatalf("serve ended with %d:\n%s", r.code, r.log)
	}
	r.url, _, _ = strings.Cut(line, " ")
	return r
}

// An upgrade is a driver who talks with whichever process the balancer picks.
type upgrade struct {
	*outside
	platform *wechattest.Platform
	read     []string // what the driver read in answer
}

// says sends a message to a process, and wants words of the answer.
func (u *upgrade) says(to *running, text string, wants ...string) {
	u.t.Helper()
	u.platform.URL = to.url + "/wechat"
	got, err := u.platform.Deliver(u.t.Context(), aDriver, wechattest.Text(text))
	if err != nil || got.Banner != "" {
		u.t.Fatalf("%s: %+v, %v", text, got, err)
	}
	shown := wechattest.Show(got.Text).Text
	u.read = append(u.read, shown)
	for _, want := range wants {
		if !strings.Contains(shown, want) {
			u.t.Errorf("%s: %s; want %s", text, shown, want)
		}
	}
}

// told is how often the driver was told something, asked for or not.
func (u *upgrade) told(words ...string) (n int) {
	all := u.read
	for _, s := range u.wechat.Sent("text") {
		all = append(all, s.Text)
	}
	for _, text := range all {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			n++
		}
	}
	return n
}

// once waits until the driver is told, and wants that to be once.
func (u *upgrade) once(words ...string) {
	u.t.Helper()
	until(u.t, strings.Join(words, " "), func() bool { return u.told(words...) > 0 })
	if n := u.told(words...); n != 1 {
		u.t.Errorf("told %d times: %q", n, words)
	}
}

func (u *upgrade) charged(want int) {
	u.t.Helper()
	if got := u.juhe.Meter().Charged; got != want {
		u.t.Errorf("charged %d times, want %d", got, want)
	}
}

// A release is rolled out beside the one before, and rolled back. Nothing is
// lost, asked twice, paid twice or told twice.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	binary := buildTomorrow(t)
	u := &upgrade{outside: newOutside(t)}
	environ := inPostgres(t, u.dir)
	old := u.serveWith(environ, withSafe, never)
	u.platform = u.outside.platform(old, wechattest.Safe)
	u.says(old, "查违章 沪C12345", "发动机号")

	// The new one joins: the tables grow under the old one, and the form goes to
	// and fro.
	fresh := u.serveBinary(binary, environ, withSafe, never)
	u.says(fresh, "发动机号123456", "车架号", "〔|〕")
	u.says(old, "哈哈哈", "车架号")
	u.says(fresh, "帮助", "车架号", "〔||〕") // what only it knows has been kept
	u.says(old, "车架号654321")
	u.once("沪C12345", "查询时间")
	u.charged(1)
	u.says(fresh, "订阅", "已订阅", "〔|||〕")
	u.says(old, "我的车", "沪C12345")
	u.says(fresh, "查违章 沪C54321 发动机号123456 车架号654321") // by a job that the old one does not know
	u.once("沪C54321", "查询时间")
	u.says(old, "查违章 沪C54321 发动机号123456 车架号654321", "查询时间") // from what is known
	u.charged(2)

	// The old one goes, in the middle of a form.
	u.says(old, "查违章 沪C12346", "发动机号")
	old.end()
	u.says(fresh, "我的数据", "沪C12345")
	u.says(fresh, "发动机号123456", "车架号")

	// It is taken back: today's program starts on tomorrow's tables, and goes on.
	again := u.serveWith(environ, withSafe, never)
	u.says(again, "车架号654321")
	u.once("沪C12346", "查询时间")
	u.charged(3)
	fresh.end()
	u.says(again, "我的车", "沪C12345")
	again.end()

	u.news(append(environ, "WEIZHANG_PUSH_EVERY=2s", "WEIZHANG_JUHE_CACHE_FOR=1ms"), binary)
	facts, err := pgstore.Probe(t.Context(), pgtest.DSNOf(t, u.dir), pgstore.Options{})
	if err != nil || facts.Schema != facts.Latest+1 || facts.Fits != facts.Latest {
		t.Errorf("%+v, %v", facts, err)
	}
	u.noDeadLetters(environ)
}

// news has both check the car that was subscribed, impatiently: what is new is
// told once, also after another check.
func (u *upgrade) news(environ []string, binary string) {
	u.t.Helper()
	u.juhe.Happen("沪C12345", "02")
	old, fresh := u.serveWith(environ, withSafe, never), u.serveBinary(binary, environ, withSafe, never)
	until(u.t, "the news", func() bool { return u.told("沪C12345", "新违章 1 条") > 0 })
	before := u.juhe.Meter().Charged
	until(u.t, "another check", func() bool { return u.juhe.Meter().Charged >= before+1 })
	fresh.end()
	old.end()
	u.once("沪C12345", "新违章 1 条")
}

// noDeadLetters looks, when nobody serves, whether a job was set aside.
func (o *outside) noDeadLetters(environ []string) {
	o.t.Helper()
	dsn := strings.TrimPrefix(environ[1], "WEIZHANG_STORAGE_DSN=")
	s, err := pgstore.Open(o.t.Context(), dsn, pgstore.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	defer s.Close()
	queues, err := s.Queues(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, q := range queues {
		if q.Dead > 0 {
			o.t.Errorf("%+v", q)
		}
	}
}
