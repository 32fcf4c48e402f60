package admin_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

func TestWhoMayLook(t *testing.T) {
	const token = "s3cret"
	for _, tt := range []struct {
		name, token, method, target string
		headers                     []string
		want                        int
	}{
		{"this machine", "", "GET", "/", nil, 200},
		{"this machine by name", "", "GET", "/", []string{"Host=localhost:9090"}, 200},
		{"a page that leads its own name here", "", "GET", "/", []string{"Host=evil.example:9090"}, 403},
		{"its style", "", "GET", "/style.css", []string{"Host=evil.example:9090"}, 403},
		{"its metrics", "", "GET", "/metrics", []string{"Host=evil.example"}, 403},
		{"its events", "", "GET", "/events", []string{"Host=evil.example"}, 403},
		{"metrics from here", "", "GET", "/metrics", nil, 200},
		{"profiles from here", "", "GET", "/debug/pprof/", nil, 200},
		{"the command line is nobody's business", "", "GET", "/debug/pprof/cmdline", nil, 404},
		{"nobody signed in", token, "GET", "/", nil, 303},
		{"the way in", token, "GET", "/login", []string{"Host=bot.example"}, 200},
		{"the download", token, "GET", "/unread.jsonl", nil, 401},
		{"the events", token, "GET", "/events", nil, 401},
		{"metrics", token, "GET", "/metrics", nil, 401},
		{"metrics with another token", token, "GET", "/metrics", []string{"Authorization=Bearer s3cret2"}, 401},
		{"metrics with the token", token, "GET", "/metrics", []string{"Authorization=Bearer s3cret", "Host=bot.example"}, 200},
		{"profiles", token, "GET", "/debug/pprof/heap", nil, 401},
		{"an invented session", token, "GET", "/", []string{"Cookie=weizhangbot_admin=x"}, 303},
		{"a retry without a session", token, "POST", "/retry", nil, 401},
		{"a retry without its secret", "", "POST", "/retry", nil, 403},
		{"signing in where there is no token", "", "POST", "/login", nil, 403},
		{"what the console does not know goes to the API", "", "GET", "/costs", nil, 401},
		{"and is answered there", "", "GET", "/costs", []string{mine}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := ask(newRig(t, tt.token).console, tt.method, tt.target, "", tt.headers...)
			if res.Code != tt.want {
				t.Errorf("%d: %.200s", res.Code, res.Body)
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": ""} {
				if got := res.Header().Get(name); got != want {
					t.Errorf("%s: %q", name, got)
				}
			}
			if csp := res.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("policy %q", csp)
			}
		})
	}
}

var secretOf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// post sends a form.
func (r *rig) post(target string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	return ask(r.console, http.MethodPost, target, form.Encode(), append(headers, "Content-Type=application/x-www-form-urlencoded")...)
}

func TestSession(t *testing.T) {
	const token = "a long token"
	r := newRig(t, token)
	if res := r.post("/login", url.Values{"token": {"wrong"}}); res.Code != http.StatusForbidden || res.Header().Get("Set-Cookie") != "" {
		t.Errorf("a wrong token: %d", res.Code)
	}
	res := r.post("/login", url.Values{"token": {token}}, "X-Forwarded-Proto=https")
	cookie := res.Header().Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age=43200"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, token) {
		t.Error("the cookie is the token")
	}
	session, _, _ := strings.Cut(cookie, ";")
	signed := "Cookie=" + session
	page := r.gets("/", signed)
	secret := secretOf.FindStringSubmatch(page.Body.String())
	if page.Code != http.StatusOK || secret == nil {
		t.Fatalf("%d, %v", page.Code, secret)
	}
	for _, tt := range []struct {
		name    string
		secret  string
		headers []string
		want    int
	}{
		{"no secret", "", []string{signed}, 403},
		{"another's", "x", []string{signed}, 403},
		{"from another site", secret[1], []string{signed, "Sec-Fetch-Site=cross-site"}, 403},
		{"from another origin", secret[1], []string{signed, "Origin=https://evil.example"}, 403},
		{"from the page", secret[1], []string{signed, "Sec-Fetch-Site=same-origin"}, 303},
	} {
		if res := r.post("/retry", url.Values{"csrf": {tt.secret}, "ref": {"00"}}, tt.headers...); res.Code != tt.want {
			t.Errorf("a retry, %s: %d, want %d", tt.name, res.Code, tt.want)
		}
	}
	r.change(func() { r.now = r.now.Add(13 * time.Hour) })
	if res := r.gets("/", signed); res.Code != http.StatusSeeOther {
		t.Errorf("the next day: %d", res.Code)
	}
}

func TestSigningOut(t *testing.T) {
	r := newRig(t, "token")
	cookie, _, _ := strings.Cut(r.post("/login", url.Values{"token": {"token"}}).Header().Get("Set-Cookie"), ";")
	secret := secretOf.FindStringSubmatch(r.gets("/", "Cookie="+cookie).Body.String())
	if res := r.post("/logout", url.Values{"csrf": {secret[1]}}, "Cookie="+cookie); res.Code != http.StatusSeeOther {
		t.Errorf("%d", res.Code)
	}
	if res := r.gets("/", "Cookie="+cookie); res.Code != http.StatusSeeOther {
		t.Errorf("a session that was ended: %d", res.Code)
	}
}

// Whoever guesses is stopped, and so is everybody else for a minute.
func TestGuessing(t *testing.T) {
	r := newRig(t, "token")
	codes := map[int]int{}
	for range 20 {
		codes[r.post("/login", url.Values{"token": {"guess"}}).Code]++
	}
	if codes[http.StatusForbidden] != 10 || codes[http.StatusTooManyRequests] != 10 {
		t.Errorf("%v", codes)
	}
	r.change(func() { r.now = r.now.Add(time.Minute) })
	if res := r.post("/login", url.Values{"token": {"token"}}); res.Code != http.StatusSeeOther {
		t.Errorf("a minute later: %d", res.Code)
	}
}

func TestRetry(t *testing.T) {
	r := newRig(t, "")
	r.busy()
	secret := secretOf.FindStringSubmatch(r.gets("/").Body.String())[1]
	for _, tt := range []struct{ ref, want string }{{"00bb", "retried"}, {"00bb", "gone"}, {"", "gone"}} {
		res := r.post("/retry", url.Values{"csrf": {secret}, "ref": {tt.ref}})
		if to := res.Header().Get("Location"); res.Code != http.StatusSeeOther || to != "/?said="+tt.want {
			t.Errorf("%q: %d to %s, want %s", tt.ref, res.Code, to, tt.want)
		}
	}
	page := r.gets("/?said=retried").Body.String()
	if strings.Contains(page, "00bb") || !strings.Contains(page, "已重新排队") {
		t.Error("the page does not show that the letter is gone")
	}
	if page := r.gets("/?said=%3Cscript%3E").Body.String(); strings.Contains(page, "class=\"said\"") {
		t.Error("the address puts words into the page")
	}
}

// figure is what a line of metrics ends with.
var figure = regexp.MustCompile(`(?m) \S+$`)

// What people wrote is never markup, and masked.
func TestDashboardTellsNobody(t *testing.T) {
	r := newRig(t, "")
	canaries := []string{"沪C12345", "C12345", "13812345678", "LFV2A21K6A3012345", "telegram:42424242", "canarykey0123456789", "<script>alert"}
	for _, c := range canaries {
		r.panel.Turn(bot.Seen{Channel: "wechat", User: "wechat:oCanary", Intent: "unknown", Unread: &bot.Unread{Text: c}})
	}
	r.panel.Alarm(bot.AlarmUndelivered, "telegram:42424242 canarykey0123456789")
	r.panel.Notice("telegram", "delivered")
	for _, target := range []string{"/", "/metrics", "/unread.jsonl"} {
		body := r.gets(target).Body.String()
		if target == "/metrics" { // a figure may be any
			body = figure.ReplaceAllString(body, "")
		}
		for _, c := range append(canaries, "oCanary", "42424242", "12345") {
			if strings.Contains(body, c) && (c[0] != '<' || target == "/") { // the download is no page
				t.Errorf("%s shows %q", target, c)
			}
		}
	}
	if body := r.gets("/").Body.String(); !strings.Contains(body, "沪X00000") || !strings.Contains(body, "&lt;script&gt;") {
		t.Error("what was not understood is not shown at all")
	}
}

func TestDashboardShows(t *testing.T) {
	r := newRig(t, "")
	if body := r.gets("/").Body.String(); !strings.Contains(body, "正在清点") {
		t.Error("before the first count the page does not say so")
	}
	r.busy()
	r.surveyed(t)
	r.change(func() { r.now = r.now.Add(time.Minute) })
	body := r.gets("/").Body.String()
	for _, want := range []string{
		"1,284", "1,530 份订阅", "剩 27", "¥14.60", "¥42.40", "苏州", "车辆信息错误", "没有回应", "*url.Error:3f09c1d2e4b5",
		"¥12.20", "预算提醒", "50 % of the daily budget", "ask_engine6", "2 个任务多次失败后被搁置", "次查询结果不明", "v1.2.3",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "style=") || strings.Contains(body, "onclick") || strings.Contains(body, "ZgotmplZ") {
		t.Error("the page holds what its own policy forbids")
	}
}

// Alarms are called by words, each by its own.
func TestAlarmsHaveNames(t *testing.T) {
	r := newRig(t, "")
	for _, a := range bot.Alarms() {
		r.panel.Alarm(a, "")
	}
	names := regexp.MustCompile(`<li><b>([^<]*)</b>`).FindAllStringSubmatch(r.gets("/").Body.String(), -1)
	seen := map[string]bool{}
	for _, m := range names {
		if seen[m[1]] || !regexp.MustCompile(`^[\p{Han}，]+$`).MatchString(m[1]) {
			t.Errorf("an alarm is called %q", m[1])
		}
		seen[m[1]] = true
	}
	if len(names) != len(bot.Alarms()) {
		t.Errorf("%d alarms are shown, want %d", len(names), len(bot.Alarms()))
	}
}

// A store that cannot be read is said, beside what was read before.
func TestDashboardWithoutStore(t *testing.T) {
	r := newRig(t, "")
	r.busy()
	r.gets("/")
	r.change(func() { r.broken, r.now = true, r.now.Add(time.Minute) })
	body := r.gets("/").Body.String()
	if !strings.Contains(body, "读不到：队列") || !strings.Contains(body, "苏州") {
		t.Error("the page does not say what it cannot read, or forgets what it knew")
	}
}

// However many look, the store is read once in five seconds.
func TestStateIsShared(t *testing.T) {
	r := newRig(t, "")
	r.gets("/metrics")
	if r.costs != 0 {
		t.Error("a scrape reads the costs")
	}
	for range 50 {
		r.gets("/")
		r.gets("/metrics")
	}
	if r.costs != 1 {
		t.Errorf("the costs are read %d times for one page", r.costs)
	}
	once := r.reads
	r.change(func() { r.now = r.now.Add(5 * time.Second) })
	r.gets("/metrics")
	if once != 5 || r.reads != 2*once { // five sources that count their readings
		t.Errorf("%d readings, then %d", once, r.reads)
	}
}

func TestEvents(t *testing.T) {
	r := newRig(t, "")
	server := httptest.NewServer(r.console)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("type %q", kind)
	}
	lines := bufio.NewScanner(resp.Body)
	seen := map[string]bool{}
	for lines.Scan() && lines.Text() != "" {
		name, _, _ := strings.Cut(lines.Text(), ":")
		seen[name] = true
	}
	if len(seen) != 2 || !seen["event"] || !seen["data"] {
		t.Errorf("fields %v", seen)
	}
	// The end of the listener ends the stream.
	if err := r.console.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream ended badly: %v", err)
	}
}

// A page stays connected for longer than the server gives a request.
func TestEventsOutlastTheServersTimes(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	server := httptest.NewUnstartedServer(r.console)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	server.Start()
	defer server.Close()
	defer func() { _ = r.console.Close(context.Background()) }()
	resp, err := server.Client().Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	began := time.Now()
	r.change(func() { r.now = r.now.Add(time.Minute) })
	lines, events := bufio.NewScanner(resp.Body), 0
	for events < 2 && lines.Scan() {
		if lines.Text() == "event: sections" {
			events++
		}
	}
	if events < 2 || time.Since(began) < time.Second {
		t.Errorf("%d events within %v: %v", events, time.Since(began), lines.Err())
	}
}

func TestTooManyStreams(t *testing.T) {
	r := newRig(t, "")
	server := httptest.NewServer(r.console)
	defer server.Close()
	defer func() { _ = r.console.Close(context.Background()) }()
	for range 16 {
		resp, err := server.Client().Get(server.URL + "/events")
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(err, resp)
		}
		defer resp.Body.Close()
	}
	resp, err := server.Client().Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", resp.StatusCode)
	}
}
