package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
)

// done writes down what an office was asked for, as a line.
func (o *office) done(what string, args ...any) {
	o.asked = append(o.asked, strings.TrimSpace(what+" "+fmt.Sprintln(args...)))
}

func (o *office) Stats(context.Context) (bot.Stats, error) {
	o.done("stats")
	return bot.Stats{People: bot.PeopleFigures{Known: 3}, Queues: []bot.QueueFigures{{Kind: "send", Dead: 1}}}, o.err
}

func (o *office) Alerts(_ context.Context, who string, on *bool) ([]bot.AlertState, error) {
	if on == nil {
		o.done("alerts", who)
		return []bot.AlertState{{User: "telegram:7***", On: true}}, o.err
	}
	o.done("alerts", who, *on)
	return []bot.AlertState{{User: who, On: *on}}, o.err
}

func (o *office) Block(_ context.Context, who string, on bool) (bot.BlockState, error) {
	o.done("block", who, on)
	return bot.BlockState{User: "telegram:12***", Blocked: on, Changed: true}, o.err
}

func (o *office) Conversation(_ context.Context, who string) (bot.Conversation, error) {
	o.done("conversation", who)
	return bot.Conversation{Known: true, Ask: "ask_digits", Cars: 2, Form: bot.Holds{Plate: true}}, o.err
}

func (o *office) Reset(_ context.Context, who string) (bot.Conversation, error) {
	o.done("reset", who)
	return bot.Conversation{Known: true}, o.err
}

func (o *office) PlanBroadcast(_ context.Context, text string) (bot.BroadcastPlan, error) {
	o.done("plan", text)
	return bot.BroadcastPlan{Text: text, People: 5, Channels: map[string]bot.ChannelReach{"wechat": {People: 5, Waiting: 2}}}, o.err
}

func (o *office) Broadcast(_ context.Context, order bot.BroadcastOrder) (bot.BroadcastReport, error) {
	o.done("broadcast", order.ID, order.Text)
	return bot.BroadcastReport{ID: order.ID, State: bot.BroadcastRunning, People: 5, Outcomes: bot.Outcomes{Waiting: 5}}, o.err
}

func (o *office) BroadcastReport(context.Context) (bot.BroadcastReport, error) {
	o.done("report")
	return bot.BroadcastReport{State: bot.BroadcastSent, People: 5, Outcomes: bot.Outcomes{Sent: 5}}, o.err
}

func (o *office) StopBroadcast(context.Context) (bot.BroadcastReport, error) {
	o.done("stop")
	return bot.BroadcastReport{State: bot.BroadcastStopped}, o.err
}

func TestActs(t *testing.T) {
	for _, tt := range []struct {
		name, method, target, body string
		headers                    []string
		want                       int
		text, asked                string
	}{
		{"figures", "GET", "/stats", "", nil, 200, `"known":3`, "stats"},
		{"who hears alarms", "GET", "/alerts", "", nil, 200, `"on":true`, "alerts"},
		{"one does no more", "POST", "/alerts?on=0", "", []string{theirs}, 200, `"on":false`, "alerts telegram:123456 false"},
		{"one does", "POST", "/alerts?on=1", "", []string{theirs}, 200, `"on":true`, "alerts telegram:123456 true"},
		{"perhaps", "POST", "/alerts?on=maybe", "", []string{theirs}, 400, "1 or 0", ""},
		{"nobody does", "POST", "/alerts?on=1", "", nil, 400, "1 or 0", ""},
		{"a block", "POST", "/block", "", []string{theirs}, 200, `"blocked":true`, "block telegram:123456 true"},
		{"by the log's name", "POST", "/block", "", []string{admin.UserHeader + "=365e9b5cc231"}, 200, `"blocked":true`, "block 365e9b5cc231 true"},
		{"its end", "POST", "/unblock", "", []string{theirs}, 200, `"blocked":false`, "block telegram:123456 false"},
		{"of nobody", "POST", "/block", "", nil, 400, "about whom", ""},
		{"by looking", "GET", "/block", "", []string{theirs}, 405, "", ""},
		{"a conversation", "GET", "/conversation", "", []string{theirs}, 200, `"question":"ask_digits"`, "conversation telegram:123456"},
		{"anew", "POST", "/reset", "", []string{theirs}, 200, `"known":true`, "reset telegram:123456"},
		{"a plan", "POST", "/broadcast?dry_run=1", "tonight", nil, 200, `"people":5`, "plan tonight"},
		{"a broadcast", "POST", "/broadcast?id=abc1", "tonight", nil, 200, `"state":"running"`, "broadcast abc1 tonight"},
		{"without an id", "POST", "/broadcast", "tonight", nil, 400, "up to 64", ""},
		{"with half a path for one", "POST", "/broadcast?id=a/b", "tonight", nil, 400, "up to 64", ""},
		{"how far", "GET", "/broadcast", "", nil, 200, `"sent":5`, "report"},
		{"its end", "POST", "/broadcast/stop", "", nil, 200, `"state":"stopped"`, "stop"},
		{"its end by looking", "GET", "/broadcast/stop", "", nil, 405, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log, hook := test.NewNullLogger()
			log.SetLevel(logrus.TraceLevel)
			o := &office{}
			res := ask(admin.New(admin.Config{Office: always(o), Log: log}), tt.method, tt.target, tt.body, append(tt.headers, mine)...)
			if got := strings.Join(o.asked, ", "); res.Code != tt.want || !strings.Contains(res.Body.String(), tt.text) || got != tt.asked {
				t.Errorf("%d: %.200s; asked %q", res.Code, res.Body, got)
			}
			for _, e := range hook.AllEntries() {
				if line, _ := e.String(); strings.Contains(line, "123456") || strings.Contains(line, "tonight") {
					t.Errorf("the log tells about whom, or what: %s", line)
				}
			}
		})
	}
}

// No page gets in, and nobody without the token.
func TestActsAreGuarded(t *testing.T) {
	for _, target := range []string{"GET /stats", "GET /alerts", "POST /alerts?on=0", "POST /block", "POST /unblock", "GET /conversation", "POST /reset", "GET /broadcast", "POST /broadcast?id=a", "POST /broadcast/stop"} {
		method, path, _ := strings.Cut(target, " ")
		for name, tt := range map[string]struct {
			token   string
			headers []string
			want    int
		}{
			"without the header":   {"", []string{theirs}, http.StatusUnauthorized},
			"by another name":      {"", []string{theirs, mine, "Host=evil.example"}, http.StatusUnauthorized},
			"with another token":   {"s3cret", []string{theirs, mine, "Authorization=Bearer other"}, http.StatusUnauthorized},
			"from another's page":  {"", []string{theirs, mine, "Sec-Fetch-Site=cross-site"}, http.StatusForbidden},
			"from an older page":   {"", []string{theirs, mine, "Origin=https://evil.example"}, http.StatusForbidden},
			"as the operator does": {"s3cret", []string{theirs, "Authorization=Bearer s3cret"}, http.StatusOK},
		} {
			log, _ := test.NewNullLogger()
			o := &office{}
			want := tt.want
			if want == http.StatusForbidden && method == "GET" {
				continue // it changes nothing, and the answer is not for other origins to read
			}
			res := ask(admin.New(admin.Config{Office: always(o), Token: tt.token, Log: log}), method, path, "x", tt.headers...)
			if res.Code != want || (len(o.asked) > 0) != (want == http.StatusOK) {
				t.Errorf("%s %s: %d, asked %q", target, name, res.Code, o.asked)
			}
		}
	}
}

// What cannot be done is the asker's to mend, and no fault for the log.
func TestActsAreRefused(t *testing.T) {
	for err, want := range map[error]int{
		bot.ErrNobody: 404, bot.ErrNoAdmin: 404, bot.ErrAdmin: 409, bot.ErrBroadcasting: 409, bot.ErrNoBroadcast: 409, bot.ErrBroadcastText: 400,
		errors.New("storage: full"): 500,
	} {
		log, hook := test.NewNullLogger()
		c := admin.New(admin.Config{Office: always(&office{err: err}), Log: log})
		res := ask(c, "POST", "/block", "", mine, theirs)
		if res.Code != want || !strings.Contains(res.Body.String(), err.Error()) || (len(hook.AllEntries()) > 0) != (want == 500) {
			t.Errorf("%v: %d %s, %d lines in the log", err, res.Code, res.Body, len(hook.AllEntries()))
		}
	}
}

func TestClientActs(t *testing.T) {
	o := &office{}
	c := listening(t, o, "s3cret", "s3cret")
	off := false
	for name, ok := range map[string]func() (bool, error){
		"stats":          func() (bool, error) { s, err := c.Stats(t.Context()); return s.People.Known == 3, err },
		"alerts":         func() (bool, error) { s, err := c.Alerts(t.Context(), "", nil); return len(s) == 1 && s[0].On, err },
		"alerts 7 false": func() (bool, error) { s, err := c.Alerts(t.Context(), "7", &off); return len(s) == 1 && !s[0].On, err },
		"block 8 true":   func() (bool, error) { s, err := c.Block(t.Context(), "8", true); return s.Blocked, err },
		"block 9 false":  func() (bool, error) { s, err := c.Block(t.Context(), "9", false); return !s.Blocked, err },
		"conversation 8": func() (bool, error) { v, err := c.Conversation(t.Context(), "8"); return v.Form.Plate, err },
		"reset 8":        func() (bool, error) { v, err := c.Reset(t.Context(), "8"); return v.Known, err },
		"plan 今晚\n维护": func() (bool, error) {
			p, err := c.PlanBroadcast(t.Context(), "今晚\n维护")
			return p.Channels["wechat"].Waiting == 2, err
		},
		"broadcast a1 今晚": func() (bool, error) {
			r, err := c.Broadcast(t.Context(), bot.BroadcastOrder{ID: "a1", Text: "今晚"})
			return r.Waiting == 5 && !r.Over(), err
		},
		"report": func() (bool, error) { r, err := c.BroadcastReport(t.Context()); return r.Sent == 5 && r.Over(), err },
		"stop": func() (bool, error) {
			r, err := c.StopBroadcast(t.Context())
			return r.State == bot.BroadcastStopped, err
		},
	} {
		o.asked = nil
		if fine, err := ok(); err != nil || !fine || len(o.asked) != 1 || o.asked[0] != name {
			t.Errorf("%s: %v, %v; asked %q", name, fine, err, o.asked)
		}
	}
}
