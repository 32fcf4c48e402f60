package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// A payload is what somebody types where the police type the name of a road.
type payload struct {
	name, text string
	// want is what people read of it: everything, or what is left of it on one
	// line. Wherever it stands, it is text.
	want string
}

const wechatLink = `<a href="weixin://bizmsgmenu?msgmenucontent=忘记我&msgmenuid=1">点我</a>`

var payloads = []payload{
	{"HTML", `<b>粗</b><script>alert(1)</script>`, `<b>粗</b><script>alert(1)</script>`},
	{"HTML attributes", `"onmouseover='x'><img src=x onerror=alert(1)>`, `"onmouseover='x'><img src=x onerror=alert(1)>`},
	{"Markdown", "*a*_b_`c`[d](https://x.example)||e||", "*a*_b_`c`[d](https://x.example)||e||"},
	{"entities", `&lt;b&gt;&amp;&#60;i&#62;`, `&lt;b&gt;&amp;&#60;i&#62;`},
	{"a link of WeChat", wechatLink, wechatLink},
	{"an end of CDATA", `]]></Content><Content>x`, `]]></Content><Content>x`},
	{"line ends", "路\r\n共 0 条：未查询到\r\n\r\nSet-Cookie: a=b", "路 共 0 条：未查询到 Set-Cookie: a=b"},
	{"other line ends", "路\u2028共 0 条\u2029\u0085完", "路 共 0 条 完"},
	{"NUL", "人\x00民", "人 民"},
	{"overrides", "\u202e条0共\u202c\u2066路\u2069", "条0共路"},
	{"not seen", "人\u200b民\ufeff\u2060路\U000e0041", "人民路"},
	{"escape sequences", "\x1b[2J\x1b]0;题\a红\x1b[0m", "[2J ]0;题 红 [0m"},
	{"C1 controls", "\u009b31m红\u009d0;题\u009c", "31m红 0;题"},
	{"a template", `{{.}}{{printf "%s" .}}${7*7}#{7*7}`, `{{.}}{{printf "%s" .}}${7*7}#{7*7}`},
	{"a format", `%s%n%d%!x(MISSING)`, `%s%n%d%!x(MISSING)`},
	{"a shell", "$(id)`id`;|id", "$(id)`id`;|id"},
	{"a formula", `=cmd|'/c calc'!A0`, `=cmd|'/c calc'!A0`},
	{"a pile of marks", "路" + strings.Repeat("\u0301", 20_000), "路\u0301\u0301\u0301"},
	{"no end", strings.Repeat("路", 20_000), strings.Repeat("路", 200) + "…"},
}

// car is the i-th payload as a car that was caught there.
func (p payload) car(i int) juhetest.Car {
	v := juhetest.Violation{Date: "2026-06-06 12:14:00", Area: p.text, Act: p.text, Code: "1", Fen: "3", Money: "100", Handled: "0", Archiveno: p.text, WZCity: p.text, CJGG: p.text}
	return juhetest.Car{Plate: fmt.Sprintf("沪C70%03d", i), Engine: "123456", VIN: "LSVAA4182E2654321", Violations: []juhetest.Violation{v}}
}

const theirDigits = " 发动机号123456 车架号654321"

// An outlet shows a car, and returns what somebody reads there.
type outlet struct {
	name string
	show func(t *testing.T, i int, plate string) string
}

// Everything that others can write comes out as text, at every outlet: with its
// real renderer, and read as the one at the other end reads.
func TestInjection(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	for i, p := range payloads {
		o.juhe.AddCar(p.car(i))
	}
	r := o.serve(withSafe, withTelegram)
	for _, out := range []outlet{
		{"WeChat", o.readsInWeChat(r)},
		{"Telegram", o.readsInTelegram},
		{"the chat page", o.readsOnThePage(o.ownWorld("page.db"))},
		{"the terminal chat", o.readsOf("chat")},
		{"query", o.readsOf("query")},
		{"query --json", o.readsOf("query", "--json")},
	} {
		t.Run(out.name, func(t *testing.T) {
			for i, p := range payloads {
				read := out.show(t, i, p.car(i).Plate)
				wantsText(t, p, read)
				if out.name == "query --json" {
					read = unquoted(t, read)
				}
				if n := strings.Count(read, p.want); n < 2 {
					t.Errorf("%s: read %d times, want place and act at least:\n%s", p.name, n, ends(read))
				}
				if len(read) > 8<<10 {
					t.Errorf("%s: %d bytes", p.name, len(read))
				}
			}
		})
	}
	r.end()
	t.Run("the log", func(t *testing.T) { wantsLog(t, r.log.String()) })
}

// wantsText wants nothing that is obeyed, hidden, or a line of its own.
func wantsText(t *testing.T, p payload, read string) {
	t.Helper()
	if !utf8.ValidString(read) {
		t.Errorf("%s: no UTF-8: %q", p.name, ends(read))
	}
	for _, c := range read {
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || bot.TurnsText(c)) {
			t.Errorf("%s: %U comes through: %q", p.name, c, ends(read))
			break
		}
	}
	for line := range strings.Lines(read) {
		for _, forged := range []string{"共 0 条", "Set-Cookie", "完"} {
			if strings.HasPrefix(line, forged) {
				t.Errorf("%s: a line of its own: %q", p.name, line)
			}
		}
	}
}

// The check finds what it is there to find.
func TestInjectionChecksCanFail(t *testing.T) {
	for _, bad := range []string{"\x1b[2J", "\u202e", "路\r\n", "\u009b31m", "a\n共 0 条", "\xff"} {
		probe := &testing.T{}
		wantsText(probe, payload{}, bad)
		if !probe.Failed() {
			t.Errorf("%q passes", bad)
		}
	}
}

// ends is the beginning and the end of a long text.
func ends(s string) string {
	if len(s) <= 1500 {
		return s
	}
	return s[:1000] + " … " + s[len(s)-500:]
}

func (o *outside) readsInWeChat(r *running) func(*testing.T, int, string) string {
	p := o.platform(r, wechattest.Safe)
	return func(t *testing.T, i int, plate string) string {
		got, err := p.Deliver(t.Context(), fmt.Sprintf("oInject90123456789012345%04d", i), wechattest.Text("查违章 "+plate+theirDigits))
		if err != nil || got.Banner != "" {
			t.Errorf("%+v, %v", got, err)
		}
		seen := wechattest.Show(got.Text)
		for _, tap := range seen.Taps {
			if strings.Contains(tap.Sends, "忘记我") || tap.Label == "点我" {
				t.Errorf("a tap of somebody else: %+v", tap)
			}
		}
		return seen.Text
	}
}

func (o *outside) readsInTelegram(t *testing.T, i int, plate string) string {
	who := int64(7000 + i)
	o.telegram.Say(who, "查违章 "+plate+theirDigits)
	var read string
	until(t, "the report is there", func() bool {
		read = ""
		for _, m := range o.telegram.Messages(who) {
			read += m.Text + "\n"
			if m.Preview {
				t.Errorf("links are fetched for a preview")
			}
			for _, b := range slices.Concat(m.Keyboard...) {
				if b.URL != "" {
					t.Errorf("a button leads to %s", b.URL)
				}
			}
		}
		return strings.Contains(read, "查询时间")
	})
	return read
}

// ownWorld is a bot in this process with a store of its own.
func (o *outside) ownWorld(file string) *world {
	o.t.Helper()
	c, err := load(o.config(), []string{"WEIZHANG_STORAGE_PATH=" + filepath.Join(o.dir, file)})
	if err != nil {
		o.t.Fatal(err)
	}
	c.Limits = Limits{VehiclesPerUser: 1000}
	w, err := openWorld(o.t.Context(), c, silent())
	if err != nil {
		o.t.Fatal(err)
	}
	w.work(o.t.Context())
	o.t.Cleanup(func() {
		if err := w.close(); err != nil {
			o.t.Error(err)
		}
	})
	return w
}

// readsOnThePage reads the events that the page shows as textContent, which its
// own tests hold (TestPageKeepsItsOwnPolicy).
func (o *outside) readsOnThePage(w *world) func(*testing.T, int, string) string {
	var users []playground.User
	for i := range payloads {
		users = append(users, playground.User{ID: fmt.Sprint("u", i), Name: "某人"})
	}
	page, err := playground.New(playground.Config{Bot: w.bot, Users: users})
	if err != nil {
		o.t.Fatal(err)
	}
	s := httptest.NewServer(page)
	o.t.Cleanup(func() { _ = page.Close(o.t.Context()); s.Close() })
	return func(t *testing.T, i int, plate string) string {
		body := fmt.Sprintf(`{"user":"u%d","key":"k","text":"查违章 %s%s"}`, i, plate, theirDigits)
		resp, err := http.Post(s.URL+"/say", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return pageEvents(t, fmt.Sprintf("%s/events?user=u%d", s.URL, i), "查询时间")
	}
}

// pageEvents reads a conversation until a text with these words has come.
func pageEvents(t *testing.T, address, words string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var read string
	d := &eventReader{r: resp.Body}
	for !strings.Contains(read, words) {
		data, ok := d.next()
		if !ok {
			t.Fatalf("the stream ends: %s", ends(read))
		}
		var e struct{ From, Text string }
		if json.Unmarshal([]byte(data), &e) == nil && e.From == "bot" {
			read += e.Text + "\n"
		}
	}
	return read
}

// readsOf is what a command prints.
func (o *outside) readsOf(command string, flags ...string) func(*testing.T, int, string) string {
	return func(t *testing.T, _ int, plate string) string {
		args, stdin := []string{command, "--config", filepath.Join(o.dir, "config.yaml")}, ""
		if command == "query" {
			args = append(args, plate, "--engine", "123456", "--vin", "654321")
		} else {
			stdin = "查违章 " + plate + theirDigits + "\n"
		}
		var out, errs bytes.Buffer
		environ := []string{"WEIZHANG_STORAGE_PATH=" + filepath.Join(o.dir, "commands.db"), "WEIZHANG_LIMITS_QUERIES_PER_USER_PER_DAY=0"}
		if code := run(t.Context(), append(args, flags...), environ, strings.NewReader(stdin), &out, &errs); code != exitFine {
			t.Errorf("exit code %d: %s", code, errs.String())
		}
		wantsText(t, payload{name: "stderr"}, errs.String())
		return out.String()
	}
}

// unquoted is JSON with its strings as text, a line each.
func unquoted(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	d := json.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(string); ok {
			b.WriteString(s + "\n")
		}
	}
}

// wantsLog wants a log of whole JSON objects, one a line, with nothing of what
// was said.
func wantsLog(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["level"] == nil {
			t.Errorf("no line of ours: %q", ends(line))
		}
		wantsText(t, payload{name: "the log"}, line)
		for _, p := range payloads {
			if strings.Contains(line, p.want) {
				t.Errorf("the log holds %s: %q", p.name, ends(line))
			}
		}
	}
}

// The tables and the calendar, read back as a spreadsheet and a calendar do.
func TestInjectionIntoFiles(t *testing.T) {
	for _, p := range payloads {
		t.Run(p.name, func(t *testing.T) {
			v := bot.Violation{At: time.Now(), Place: p.text, Act: p.text, Code: p.text, City: p.text, Archive: p.text}
			car := bot.Car{
				Saved: bot.Saved{Vehicle: bot.Vehicle{Plate: "沪C12345", Type: "02"}, City: p.text, Name: p.text, Inspection: bot.Inspection{Until: time.Now().AddDate(0, 2, 0)}},
				Plan:  bot.Plan{On: true, Watched: bot.Watched{Checked: time.Now(), Rows: []bot.Violation{v}}},
			}
			for _, f := range []bot.File{bot.CarsCSV(bot.Chinese, []bot.Car{car}), bot.ViolationsCSV(bot.Chinese, []bot.Car{car})} {
				rows, err := csv.NewReader(bytes.NewReader(f.Data)).ReadAll()
				if err != nil || len(rows) != 2 || len(rows[0]) != len(rows[1]) {
					t.Fatalf("%s: %d rows, %v", f.Name, len(rows), err)
				}
				for _, cell := range rows[1] {
					wantsText(t, p, cell)
					if strings.ContainsAny(cell, "\n\t") || strings.HasPrefix(strings.TrimSpace(cell), "=") {
						t.Errorf("%s: %q", f.Name, ends(cell))
					}
				}
			}
			ics := string(bot.InspectionCalendar(bot.Chinese, []bot.Car{car}, time.Now()).Data)
			if n := strings.Count(ics, "BEGIN:VEVENT"); n != 1 || !strings.Contains(ics, "SUMMARY:") {
				t.Errorf("%d events", n)
			}
			wantsText(t, p, strings.ReplaceAll(ics, "\r\n", "\n"))
			for line := range strings.SplitSeq(ics, "\r\n") {
				if strings.Contains(line, "\n") || len(line) > 75 || strings.HasPrefix(line, "Set-Cookie") {
					t.Errorf("a line of the calendar: %q", ends(line))
				}
			}
		})
	}
}

// What people call their cars, in lists, tables and the calendar.
func TestInjectionThroughNames(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_LIMITS_MESSAGES_PER_USER_PER_MINUTE=0", "WEIZHANG_LIMITS_VEHICLES_PER_USER=0"}, withTelegram)
	at := []string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r)}
	names := []string{`<b>车</b>`, `&lt;b&gt;`, `*_[x](y)`, `]]>`, `{{.}}`, `%s%n%d`, `=1+1`, `@SUM(A1)`, "$(id)`id`"}
	table := "plate,engine,vin,name\n"
	for i, name := range names {
		table += fmt.Sprintf("沪C7%04d,123456,654321,\"%s\"\n", i, name)
	}
	code, out, errs := o.admin(at, table, "import", "-", "--user", "telegram:42")
	if code != exitFine {
		t.Fatalf("%d\n%s%s", code, out, errs)
	}
	o.telegram.Say(42, "我的车")
	code, out, _ = o.admin(at, "", "export", "--user", "telegram:42")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != exitFine || err != nil || len(rows) != len(names)+1 {
		t.Fatalf("exported as %q, %v", rows, err)
	}
	for i, name := range names {
		o.telegram.Say(42, fmt.Sprintf("沪C7%04d 年检", i))
		o.hears(42, name)
		want := name
		if strings.ContainsAny(name[:1], "=@") {
			want = "'" + name
		}
		if rows[i+1][2] != want {
			t.Errorf("%s: exported as %q", name, rows[i+1])
		}
	}
	table = "plate,engine,vin,name\n沪C54321,123456,654321,\"a\x1b[31m\"\n沪C54322,123456,654321,\u202e车\n沪C54323,123456,654321,\"车\u009b1m\"\n沪C5\x1b[31m,1,1,1\n"
	_, out, errs = o.admin(at, table, "import", "-", "--user", "telegram:999", "--skip-faulty")
	wantsText(t, payload{name: "the report of an import"}, out+errs)
	_, out, _ = o.admin(at, "", "export", "--user", "telegram:999")
	wantsText(t, payload{name: "the export"}, strings.ReplaceAll(out, "\r\n", "\n"))
	r.end()
}

// What people say: however odd and long, there is one plain answer and no query.
func TestInjectionThroughMessages(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe)
	p := o.platform(r, wechattest.Safe)
	for i, said := range payloads {
		text := said.text
		if len(text) > 40<<10 { // WeChat's door takes 64 KiB, sealed in base64
			text = text[:len("路")+20<<10]
		}
		got, err := p.Deliver(t.Context(), fmt.Sprintf("oSaying90123456789012345%04d", i), wechattest.Text(text))
		if err != nil || got.Banner != "" || got.Text == "" || len(wechattest.Show(got.Text).Text) > 4<<10 {
			t.Errorf("%s: %+v, %v", said.name, got, err)
		}
		wantsText(t, said, wechattest.Show(got.Text).Text)
	}
	if m := o.juhe.Meter(); m.Queries != 0 {
		t.Errorf("%d queries", m.Queries)
	}
	r.end()
	for line := range strings.Lines(r.log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no line of ours: %q", ends(line))
		}
	}
}

// Ten megabytes of combining marks, at the two commands that read lines.
func TestEnormousLines(t *testing.T) {
	t.Parallel()
	enormous := "路" + strings.Repeat("\u0301", 5<<20) + "\n帮助\n"
	for _, command := range []string{"chat", "parse", "plate"} {
		var out, errs bytes.Buffer
		began := time.Now()
		if code := run(t.Context(), []string{command}, nil, strings.NewReader(enormous), &out, &errs); code != exitFine {
			t.Errorf("%s: exit code %d: %s", command, code, ends(errs.String()))
		}
		if out.Len() == 0 || out.Len() > 8<<20 {
			t.Errorf("%s: %d bytes", command, out.Len())
		}
		if command == "chat" && (out.Len() > 8<<10 || !strings.Contains(out.String(), "可以这样使用")) {
			t.Errorf("chat: %s", ends(out.String()))
		}
		t.Logf("%s: %d bytes in, %d out, %v", command, len(enormous), out.Len(), time.Since(began).Round(time.Millisecond))
	}
}

// Cities named by somebody else, in the terminal.
func TestInjectionIntoCities(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		cities := make([]map[string]string, len(payloads))
		for i, p := range payloads {
			cities[i] = map[string]string{"city_name": p.text, "city_code": fmt.Sprint("ZJ_", i), "abbr": "浙", "engine": "1", "engineno": "6", "classa": "0", "class": "0", "classno": "0"}
		}
		result := map[string]any{"ZJ": map[string]any{"province": "浙\x1b[31m江\n伪", "province_code": "ZJ", "citys": cities}}
		_ = json.NewEncoder(w).Encode(map[string]any{"resultcode": "200", "reason": "ok", "error_code": 0, "result": result})
	}))
	defer s.Close()
	for _, flags := range [][]string{nil, {"--json"}} {
		var out, errs bytes.Buffer
		args := append([]string{"cities", "--config", o.config()}, flags...)
		code := run(t.Context(), args, []string{"WEIZHANG_JUHE_BASE_URL=" + s.URL}, strings.NewReader(""), &out, &errs)
		if code != exitFine || !strings.Contains(out.String(), "ZJ_3") {
			t.Errorf("%v: exit code %d: %s%s", flags, code, ends(out.String()), errs.String())
		}
		wantsText(t, payload{name: fmt.Sprint("cities", flags)}, out.String())
		if n := strings.Count(out.String(), "\n"); flags == nil && n != len(payloads)+1 {
			t.Errorf("%d lines for %d cities", n, len(payloads))
		}
	}
}
