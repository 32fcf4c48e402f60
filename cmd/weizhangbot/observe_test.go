package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// entries are the lines of the log with an event.
func (r *running) entries(event string) (all []map[string]any) {
	lines := bufio.NewScanner(strings.NewReader(r.log.String()))
	for lines.Scan() {
		var e map[string]any
		if json.Unmarshal(lines.Bytes(), &e) == nil && e["event"] == event {
			all = append(all, e)
		}
	}
	return all
}

// admin is where operators look.
func (r *running) admin() string {
	r.t.Helper()
	address := ""
	until(r.t, "operators can look", func() bool {
		for _, e := range r.entries("admin") {
			address, _ = e["address"].(string)
		}
		return address != ""
	})
	return address
}

// metric is the value of one line of a scrape, by its beginning; "" when it is
// not there.
func metric(text, name string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// A day of two drivers, as their operator sees it.
func TestServeIsSeen(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_JUHE_DAILY_BUDGET=100", "WEIZHANG_JUHE_PRICE=0.2"}, withSafe, withTelegram)
	p := o.platform(r, wechattest.Safe)
	says := func(who, text string) {
		t.Helper()
		if got, err := p.Deliver(t.Context(), who, wechattest.Text(text)); err != nil || got.Banner != "" {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	says(aDriver, "查违章 沪C12345 发动机号123456 车架号654321")
	says(aDriver, "订阅")
	says(anotherDriver, "查违章 沪C12345 发动机号123456 车架号654321") // answered by the first one's answer
	says(anotherDriver, "桌子有四条腿 17712345678")
	o.telegram.Say(42, "/help")
	o.reads("违章")
	o.juhe.Set(juhetest.Faults{WrongDigits: true})
	says(anotherDriver, "查违章 沪C54321 发动机号123456 车架号654321")

	var text string
	until(t, "the counters have moved", func() bool {
		_, text = get(t, r.admin()+"/metrics")
		return metric(text, `weizhangbot_turns_total{channel="telegram",intent="help"}`) == "1" &&
			metric(text, `weizhangbot_store_tx_seconds_count{op="view"}`) != ""
	})
	for name, want := range map[string]string{
		`weizhangbot_turns_total{channel="wechat",intent="query"}`:                       "3",
		`weizhangbot_turns_total{channel="wechat",intent="subscribe"}`:                   "1",
		`weizhangbot_turn_seconds_count{channel="wechat"}`:                               "5",
		`weizhangbot_juhe_calls_total{charged="charged",code="0",endpoint="query"}`:      "1",
		`weizhangbot_juhe_calls_total{charged="charged",code="225606",endpoint="query"}`: "1",
		`weizhangbot_juhe_seconds_count{endpoint="query"}`:                               "2",
		`weizhangbot_cache_hits_total`:                                                   "1",
		`weizhangbot_budget_left{period="month"}`:                                        "+Inf",
		`weizhangbot_breaker_state{endpoint="query",trouble="key"}`:                      "0",
		`weizhangbot_dead_letters`:                                                       "0",
		`weizhangbot_unknown_outcomes_total`:                                             "0",
	} {
		if got := metric(text, name); got != want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
	r.dashboardIsQuiet(t)
	r.oneTrace(t)
	r.end()
}

// dashboardIsQuiet wants nothing of anybody's own on what operators see.
func (r *running) dashboardIsQuiet(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/", "/metrics", "/unread.jsonl"} {
		status, body := get(t, r.admin()+path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		for _, canary := range []string{"anary", "C12345", "C99999", "C54321", "123456", "654321", "17712345678", "telegram:42"} {
			if i := strings.Index(body, canary); i >= 0 && !strings.HasPrefix(body[max(0, i-2):], `le`) {
				t.Errorf("%s holds %q: …%s…", path, canary, body[max(0, i-60):min(len(body), i+60)])
			}
		}
	}
	if _, body := get(t, r.admin()+"/unread.jsonl"); !strings.Contains(body, `"text":"桌子有四条腿 00000000000"`) {
		t.Errorf("the download: %s", body)
	}
	if _, body := get(t, r.admin()+"/"); !strings.Contains(body, "¥0.40") || !strings.Contains(body, "剩 98") {
		t.Error("the page lacks what was paid, or what is left")
	}
}

// oneTrace wants the first message's query under its trace, and its person under
// one pseudonym.
func (r *running) oneTrace(t *testing.T) {
	t.Helper()
	turns, calls := r.entries("turn"), r.entries("juhe")
	if len(turns) < 6 || len(calls) < 2 {
		t.Fatalf("%d turns, %d calls in the log", len(turns), len(calls))
	}
	if last := calls[len(calls)-1]; last["trace"] != turns[len(turns)-1]["trace"] || last["code"] != "225606" {
		t.Errorf("the last query %v is not the last message's %v", last, turns[len(turns)-1])
	}
	users := map[string]int{}
	for _, e := range turns {
		users[fmt.Sprint(e["user"])]++
		if id, ok := e["trace"].(string); !ok || len(id) != 32 || e["ms"] == nil || e["channel"] == nil || e["intent"] == nil {
			t.Errorf("a line lacks something: %v", e)
		}
	}
	if len(users) != 3 {
		t.Errorf("three people are %v", users)
	}
}

// With a token nobody looks without it, and Prometheus gets in.
func TestServeWithAdminToken(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	const token = "canary-admin-token"
	r := o.serveWith([]string{"WEIZHANG_SERVER_ADMIN_TOKEN=" + token}, withSafe)
	if status, _ := get(t, r.admin()+"/metrics"); status != http.StatusUnauthorized {
		t.Errorf("metrics for anybody: %d", status)
	}
	req, err := http.NewRequest(http.MethodGet, r.admin()+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("metrics with the token: %d", resp.StatusCode)
	}
	if resp, err = http.PostForm(r.admin()+"/login", url.Values{"token": {token}}); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	r.end()
}

// An open dashboard does not hold up the end.
func TestServeEndsUnderTheEyesOfItsOperator(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe)
	resp, err := http.Get(r.admin() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.end()
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("out after %v", took)
	}
}

func TestCodeOf(t *testing.T) {
	for _, tt := range []struct {
		name          string
		endpoint      string
		err           error
		code, charged string
	}{
		{"an answer", juhe.EndpointQuery, nil, "0", "charged"},
		{"wrong digits", juhe.EndpointQuery, &juhe.Error{Endpoint: juhe.EndpointQuery, Code: 225606}, "225606", "charged"},
		{"a key", juhe.EndpointQuery, &juhe.Error{Endpoint: juhe.EndpointQuery, Code: 10001}, "10001", "free"},
		{"a code that nobody wrote down", juhe.EndpointQuery, &juhe.Error{Endpoint: juhe.EndpointQuery, Code: 987654}, "undocumented", "unknown"},
		{"not sent", juhe.EndpointQuery, juhe.ErrNotSent, "not_sent", ""},
		{"interrupted", juhe.EndpointQuery, juhe.ErrInterrupted, "interrupted", ""},
		{"malformed", juhe.EndpointQuery, juhe.ErrMalformed, "malformed", ""},
		{"invalid", juhe.EndpointQuery, juhe.ErrInvalid, "invalid", ""},
		{"anything", juhe.EndpointQuery, errors.New("沪C12345"), "other", "unknown"},
		{"the rules are free", juhe.EndpointCities, nil, "0", "free"},
		{"whatever comes", juhe.EndpointPrefix, juhe.ErrMalformed, "malformed", "free"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := codeOf(tt.err); got != tt.code {
				t.Errorf("code %q, want %q", got, tt.code)
			}
			if got := chargeOf(lookup.Call{Endpoint: tt.endpoint, Err: tt.err}); tt.charged != "" && got != tt.charged {
				t.Errorf("%q, want %q", got, tt.charged)
			}
		})
	}
}

func TestPseudonyms(t *testing.T) {
	mine, others := newPseudonyms([]byte("a key")), newPseudonyms([]byte("another"))
	a, b := mine.of("telegram:42"), mine.of("telegram:43")
	if !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(a) || a == b || a != mine.of("telegram:42") || a == others.of("telegram:42") {
		t.Errorf("%s, %s", a, b)
	}
}

func TestTraceparent(t *testing.T) {
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for _, tt := range []struct {
		name   string
		values []string
		want   string
	}{
		{"none", nil, ""},
		{"one", []string{"00-" + trace + "-b7ad6b7169203331-01"}, trace},
		{"of a later version", []string{"01-" + trace + "-b7ad6b7169203331-01-more"}, trace},
		{"two", []string{"00-" + trace + "-b7ad6b7169203331-01", "00-" + trace + "-b7ad6b7169203331-01"}, ""},
		{"more than there is in version 0", []string{"00-" + trace + "-b7ad6b7169203331-01-more"}, ""},
		{"a version that is none", []string{"ff-" + trace + "-b7ad6b7169203331-01"}, ""},
		{"capitals", []string{"00-" + strings.ToUpper(trace) + "-b7ad6b7169203331-01"}, ""},
		{"no trace", []string{"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01"}, ""},
		{"no parent", []string{"00-" + trace + "-0000000000000000-01"}, ""},
		{"short", []string{"00-" + trace[1:] + "-b7ad6b7169203331-01"}, ""},
		{"words", []string{"{\"event\":\"turn\"}"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodPost, "http://x/wechat", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header["Traceparent"] = tt.values
			got := bot.TraceOf(traced(r).Context())
			if bot.TraceID(got) != tt.want || tt.want != "" && got != "00-"+trace+"-b7ad6b7169203331-01" {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// What the adapters say of a message stands under its trace.
func TestAdaptersSpeakUnderTheTrace(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.telegram.Fail(telegramtest.Fault{Method: "sendMessage", Times: 1, Code: http.StatusBadRequest, Description: "Bad Request: nothing that is known"})
	o.wechat.Fail("custom/send", 48001, 1)
	o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 5 * time.Second}) // so that the answer is pushed
	r := o.serve(withSafe, withTelegram)
	o.telegram.Say(42, "/help")
	if got, err := o.platform(r, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321")); err != nil || got.Banner != "" {
		t.Errorf("%+v, %v", got, err)
	}
	traces := map[string]any{} // of the turns, by channel
	for channel, says := range map[string]string{
		"telegram": "telegram: message not sent again",
		"wechat":   "wechat: the account cannot send messages: answers that are late now wait for the person's next message",
	} {
		until(t, channel+" has said it", func() bool { return strings.Contains(r.log.String(), says) })
		for _, e := range r.entries("turn") {
			traces[fmt.Sprint(e["channel"])] = e["trace"]
		}
		for line := range strings.Lines(r.log.String()) {
			var e map[string]any
			if json.Unmarshal([]byte(line), &e) == nil && e["msg"] == says && (e["trace"] == nil || e["trace"] != traces[channel]) {
				t.Errorf("%s: a line under %v, the turn under %v", channel, e["trace"], traces[channel])
			}
		}
	}
	r.end()
}
