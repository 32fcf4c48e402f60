package admin_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
)

// promised are the names that operators' own rules stand on, with their labels.
var promised = map[string][]string{
	"weizhangbot_turns_total":            {"channel", "intent"},
	"weizhangbot_turn_seconds":           {"channel"},
	"weizhangbot_juhe_calls_total":       {"charged", "code", "endpoint"},
	"weizhangbot_juhe_seconds":           {"endpoint"},
	"weizhangbot_cache_hits_total":       nil,
	"weizhangbot_notices_total":          {"channel", "outcome"},
	"weizhangbot_subscriptions":          nil,
	"weizhangbot_jobs":                   {"kind", "state"},
	"weizhangbot_budget_left":            {"period"},
	"weizhangbot_unknown_outcomes_total": nil,
	"weizhangbot_oldest_job_seconds":     {"kind"},
	"weizhangbot_due_lag_seconds":        nil,
	"weizhangbot_dead_letters":           nil,
	"weizhangbot_breaker_state":          {"endpoint", "trouble"},
	"weizhangbot_store_tx_seconds":       {"op"},
	"weizhangbot_build_info":             {"go", "version"},
	"weizhangbot_turns_late_total":       {"channel"},
	"weizhangbot_vehicles":               nil,
	"weizhangbot_cities_down":            nil,
}

var (
	sample = regexp.MustCompile(`(?m)^(weizhangbot_[a-z_]+)(?:\{(.*)\})? (\S+)$`)
	label  = regexp.MustCompile(`([a-z]+)="`)
	suffix = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// exposed is the names of a scrape with their labels.
func exposed(text string) map[string][]string {
	names := map[string][]string{}
	for _, m := range sample.FindAllStringSubmatch(text, -1) {
		var labels []string
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			if l[1] != "le" {
				labels = append(labels, l[1])
			}
		}
		slices.Sort(labels)
		names[suffix.ReplaceAllString(m[1], "")] = labels
	}
	return names
}

func TestMetricsArePromised(t *testing.T) {
	r := newRig(t, "")
	r.busy()
	r.surveyed(t)
	r.panel.Call("query", "0", "charged", time.Second)
	r.panel.Notice("wechat", "delivered")
	_ = r.panel.Timed(nopStore{}).View(t.Context(), nil)
	got := exposed(r.gets("/metrics").Body.String())
	for name, labels := range promised {
		have, ok := got[name]
		if !ok || !slices.Equal(have, labels) {
			t.Errorf("%s%v is there: %v, with %v", name, labels, ok, have)
		}
	}
	for name := range got {
		if _, ok := promised[name]; !ok {
			t.Errorf("%s is promised nowhere", name)
		}
	}
}

func TestMetricsCount(t *testing.T) {
	r := newRig(t, "")
	r.surveyed(t)
	r.change(func() { r.queues[0].Dead, r.queues[0].Overdue = 3, 6*time.Minute })
	r.panel.Turn(bot.Seen{Channel: "wechat", Intent: "query", Took: 4800 * time.Millisecond, Pending: true})
	r.panel.Turn(bot.Seen{Channel: "wechat", Intent: "query", Again: true})
	r.panel.Turn(bot.Seen{Channel: "telegram"})
	r.panel.Call("query", "225606", "charged", 9*time.Second)
	r.panel.Call("query", "interrupted", "unknown", 30*time.Second)
	r.panel.Lost()
	r.panel.Notice("telegram", "parked")
	text := r.gets("/metrics").Body.String()
	for _, want := range []string{
		`weizhangbot_turns_total{channel="wechat",intent="query"} 1`,
		`weizhangbot_turns_total{channel="telegram",intent="none"} 1`,
		`weizhangbot_turns_late_total{channel="wechat"} 1`,
		`weizhangbot_turn_seconds_bucket{channel="wechat",le="4.5"} 0`,
		`weizhangbot_turn_seconds_bucket{channel="wechat",le="5"} 1`,
		`weizhangbot_juhe_calls_total{charged="charged",code="225606",endpoint="query"} 1`,
		`weizhangbot_juhe_seconds_bucket{endpoint="query",le="30"} 2`,
		`weizhangbot_unknown_outcomes_total 2`,
		`weizhangbot_cache_hits_total 7`,
		`weizhangbot_notices_total{channel="telegram",outcome="parked"} 1`,
		`weizhangbot_subscriptions 1530`,
		`weizhangbot_jobs{kind="lookup",state="running"} 2`,
		`weizhangbot_jobs{kind="lookup",state="dead"} 3`,
		`weizhangbot_jobs{kind="send",state="behind"} 1`,
		`weizhangbot_oldest_job_seconds{kind="lookup"} 360`,
		`weizhangbot_dead_letters 3`,
		`weizhangbot_due_lag_seconds 90`,
		`weizhangbot_budget_left{period="day"} 27`,
		`weizhangbot_budget_left{period="month"} +Inf`,
		`weizhangbot_breaker_state{endpoint="query",trouble="key"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, grep(text, want[:strings.IndexAny(want, "{ ")]))
		}
	}
}

func grep(text, word string) string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, word) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "")
}

// Nobody reads yet, or ever: what is counted by the panel is there all the same.
func TestMetricsWithoutSources(t *testing.T) {
	p := admin.NewPanel(admin.PanelConfig{Version: "v"})
	c := admin.NewConsole(admin.ConsoleConfig{Panel: p, API: http.NotFoundHandler()})
	for _, target := range []string{"/", "/metrics", "/unread.jsonl"} {
		if res := ask(c, "GET", target, ""); res.Code != 200 {
			t.Errorf("%s: %d", target, res.Code)
		}
	}
}
