package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// adminAt is where a running serve listens for operators.
func adminAt(t *testing.T, r *running) string {
	t.Helper()
	address := adminIn(r.log)
	if address == "" {
		t.Fatalf("no listener for operators:\n%s", r.log)
	}
	return address
}

// adminIn finds the same in a log; "": not there.
func adminIn(log *journal) string {
	found := regexp.MustCompile(`"address":"http://(127\.0\.0\.1:\d+)","event":"admin"`).FindStringSubmatch(log.String())
	if found == nil {
		return ""
	}
	return found[1]
}

// admin runs a command as an operator beside the running serve does.
func (o *outside) admin(environ []string, stdin string, args ...string) (code int, stdout, stderr string) {
	o.t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"admin"}, append(args, "--config", filepath.Join(o.dir, "config.yaml"))...)
	code = run(o.t.Context(), args, environ, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

const aTable = "车牌号,发动机号,车架号,名称\n沪C12345,123456,654321,老婆的车\n沪C54321,123456,654321,\n"

// While serve holds the store, the commands go through it, and the person finds
// their cars in the chat.
func TestAdminBesideServe(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withTelegram, "admins: ['telegram:42']\n")
	at := []string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r), "WEIZHANG_JUHE_PRICE=0.5"}

	code, out, errs := o.admin(at, aTable, "import", "-", "--user", "telegram:42", "--dry-run")
	if code != exitFine || !strings.Contains(out, "to be imported: 2 (a dry run") {
		t.Fatalf("dry run: %d\n%s%s", code, out, errs)
	}
	code, out, errs = o.admin(at, aTable+"护C1,1,1,\n", "import", "-", "--user", "telegram:42")
	if code != exitFailed || !strings.Contains(out, "imported: 0\n") || !strings.Contains(errs, "1 line with faults") {
		t.Errorf("a faulty one: %d\n%s%s", code, out, errs)
	}
	code, out, errs = o.admin(at, aTable, "import", "-", "--user", "telegram:42")
	if code != exitFine || !strings.Contains(out, "imported: 2\n") {
		t.Fatalf("import: %d\n%s%s", code, out, errs)
	}
	o.telegram.Say(42, "我的车")
	o.reads("老婆的车")

	code, out, errs = o.admin(at, "", "export", "--user", "telegram:42")
	if code != exitFine || !strings.HasPrefix(out, "\ufeff车牌号,") || !strings.Contains(out, "沪C54321") {
		t.Errorf("export: %d\n%s%s", code, out, errs)
	}
	o.telegram.Say(42, "查违章 沪C12345 发动机号123456 车架号654321")
	o.reads("待交罚款")
	code, out, errs = o.admin(at, "", "cost", "--days", "1")
	if code != exitFine || !strings.Contains(out, "The last 1 days: paid queries: 1") {
		t.Errorf("cost: %d\n%s%s", code, out, errs)
	}
	o.telegram.Say(42, "/admin cost")
	o.reads("最近 7 天：付费查询")
	o.telegram.Say(43, "/admin cost")
	o.hears(43, "没有这个命令")

	// A page in a browser on this machine gets nothing.
	if status, body := get(t, "http://"+adminAt(t, r)+"/costs"); status != http.StatusUnauthorized {
		t.Errorf("without the header: %d %s", status, body)
	}
	code, _, errs = o.admin([]string{"WEIZHANG_SERVER_ADMIN_LISTEN=127.0.0.1:1"}, "", "cost")
	if code != exitFailed || !strings.Contains(errs, "no serve answers at server.admin_listen (127.0.0.1:1)") {
		t.Errorf("elsewhere: %d %s", code, errs)
	}
	r.end()

	// The same without serve, on the same store.
	code, out, errs = o.admin(nil, aTable, "import", "-", "--user", "telegram:42")
	if code != exitFine || !strings.Contains(out, "0 new") {
		t.Errorf("after serve: %d\n%s%s", code, out, errs)
	}
}

func TestAdminWithAToken(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	const token = "canary-operator-token"
	file := filepath.Join(o.dir, "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	r := o.serveWith([]string{"WEIZHANG_SERVER_ADMIN_TOKEN_FILE=" + file}, withTelegram)
	at := "WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r)
	if code, out, errs := o.admin([]string{at, "WEIZHANG_SERVER_ADMIN_TOKEN=" + token}, "", "cost"); code != exitFine {
		t.Errorf("with the token: %d\n%s%s", code, out, errs)
	}
	for _, environ := range [][]string{{at}, {at, "WEIZHANG_SERVER_ADMIN_TOKEN=another-token"}} {
		code, _, errs := o.admin(environ, "", "cost")
		if code != exitFailed || !strings.Contains(errs, "has another server.admin_token") {
			t.Errorf("%d of %d: %d %s", len(environ), 2, code, errs)
		}
	}
	r.end()
}

func TestAdminURL(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:9090": "http://127.0.0.1:9090", "0.0.0.0:9090": "http://127.0.0.1:9090", ":9090": "http://127.0.0.1:9090",
		"[::]:9090": "http://127.0.0.1:9090", "[::1]:9090": "http://[::1]:9090", "bot.example:9090": "http://bot.example:9090",
	} {
		if got := (Server{AdminListen: listen}).adminURL(); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}

func TestImportReadsGBK(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(aTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, want, said string }{
		{"UTF-8", aTable, aTable, ""},
		{"GBK", gbk, aTable, "read as GBK"},
		{"neither", "\xff\xfe\x00\x01", "\xff\xfe\x00\x01", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "cars.csv")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			got, err := adminImport{File: file}.table(&program{stderr: &said})
			if err != nil || string(got) != tt.want || !strings.Contains(said.String(), tt.said) || tt.said == "" && said.Len() > 0 {
				t.Errorf("%q, %v; said %q", got, err, said.String())
			}
		})
	}
}
