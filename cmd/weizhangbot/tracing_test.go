package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel/trace"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// One query in the chat is one trace, from the door to Juhe and to the answer that
// came late; the log's lines about it have its id, and a proxy's own.
func TestOneQueryIsOneTrace(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	c := newCollector(t, nil)
	r := o.serveWith(c.to(
		"OTEL_EXPORTER_OTLP_HEADERS=api-key=canary%20key,x-team=cars", "OTEL_SERVICE_NAME=the-bot", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment=test",
	), withSafe)
	o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 5 * time.Second}) // WeChat waits for less
	got, err := o.platform(r, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321"))
	if err != nil || !strings.Contains(got.Text, "正在查询") {
		t.Errorf("%+v, %v", got, err)
	}
	until(t, "the answer has come late", func() bool { return len(r.entries("sent")) > 0 })
	c.has("push")
	r.end()

	// On a slow machine WeChat asks again: that is another trace.
	turns := slices.DeleteFunc(c.named("turn"), func(s *tracepb.Span) bool { return strings.Contains(said(s), "again=true") })
	if len(turns) != 1 {
		t.Fatalf("%d turns", len(turns))
	}
	const want = `webhook channel=wechat http.response.status_code=200
  turn again=false channel=wechat intent=query pending=true
    lookup kind=rule
      juhe charged=free code=0 endpoint=carPre
    lookup kind=query
      juhe charged=charged code=0 endpoint=query
    push channel=wechat kind=answer outcome=delivered
`
	if tree := c.tree(turns[0].TraceId); tree != want {
		t.Errorf("the trace:\n%s\nwant:\n%s", tree, want)
	}
	for _, event := range []string{"turn", "juhe", "sent"} {
		for _, e := range r.entries(event) {
			if e["trace"] != hexOf(turns[0].TraceId) && e["endpoint"] != "citys" {
				t.Errorf("a line of another trace: %v", e)
			}
		}
	}
	if r0 := c.requests[0]; r0.URL.Path != "/v1/traces" || r0.Header.Get("Api-Key") != "canary key" || r0.Header.Get("X-Team") != "cars" ||
		r0.Header.Get("Content-Type") != "application/x-protobuf" {
		t.Errorf("%s %v", r0.URL, r0.Header)
	}
	if c.resource["service.name"] != "the-bot" || c.resource["deployment.environment"] != "test" || c.resource["service.version"] == "" {
		t.Errorf("who sends: %v", c.resource)
	}
}

// A check is a trace of its own, down to the notice that it leads to.
func TestOneCheckIsOneTrace(t *testing.T) {
	t.Parallel()
	c := &collector{t: t}
	inProvince(t, func(p *province) {
		p.config, p.environ = everyDay, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + collectorAt}
		p.wire.serve(collectorAt, c)
	}, func(p *province) {
		p.watchBoth()
		p.fined("沪C12345")
		time.Sleep(25 * time.Hour)
		if got := p.pushed(); !strings.Contains(got, "朝阳路") {
			t.Fatalf("pushed %q", got)
		}
	})
	pushes := c.named("push")
	if len(pushes) != 1 {
		t.Fatalf("%d pushes", len(pushes))
	}
	const want = `check kind=regular
  juhe charged=charged code=0 endpoint=query
  push channel=wechat kind=notice outcome=delivered
`
	if tree := c.tree(pushes[0].TraceId); tree != want {
		t.Errorf("the trace:\n%s\nwant:\n%s", tree, want)
	}
}

// In Telegram the message waits in the store between the door and the turn; with
// the proxy's trace around it. What was redelivered points to the first.
func TestTraceThroughTheInbox(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	c := newCollector(t, nil)
	r := o.serveWith(c.to(), "telegram: {token: '"+tgToken+"', api_base: 'TELEGRAM', mode: webhook, webhook_url: 'https://bot.example/telegram', webhook_secret: "+tgSecret+"}\n")
	o.telegram.Send(42, "zh", map[string]any{"text": "只是让这个人存在"})
	until(t, "the update is taken", func() bool {
		req, err := http.NewRequest(http.MethodPost, r.url+"/telegram", strings.NewReader(
			`{"update_id":1,"message":{"message_id":1,"date":1,"text":"/query 沪C12345","chat":{"id":42,"type":"private"},"from":{"id":42,"is_bot":false,"first_name":"x","language_code":"zh"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", tgSecret)
		req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	o.reads("发动机号")
	c.has("webhook", "update")
	r.end()
	turns := c.named("turn")
	if len(turns) != 1 || hexOf(turns[0].TraceId) != "0af7651916cd43dd8448eb211c80319c" {
		t.Fatalf("the turns: %v", turns)
	}
	want := regexp.MustCompile(`^(webhook channel=telegram http.response.status_code=503\n)*webhook channel=telegram http.response.status_code=200
  update channel=telegram
    turn again=false channel=telegram intent=query pending=false
      lookup kind=rule
        juhe charged=free code=0 endpoint=carPre
    send channel=telegram
$`)
	if tree := c.tree(turns[0].TraceId); !want.MatchString(tree) {
		t.Errorf("the trace:\n%s", tree)
	}
}

// What fails is told by its kind, and a driver's redelivery points to the first.
func TestTraceOfWhatFails(t *testing.T) {
	t.Parallel()
	var sent bytes.Buffer
	tr := consoleTracing(t, &sent)
	ctx, end := tr.begin(t.Context(), bot.Stage{Name: "lookup", Kind: "query"})
	end(&bot.Error{Kind: bot.Busy, Err: context.DeadlineExceeded})
	first := bot.TraceOf(ctx)
	again, end := tr.begin(t.Context(), bot.Stage{Name: "turn"})
	tr.seen(again, bot.Seen{Trace: first, Again: true})
	end(nil)
	if err := tr.close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(sent.String(), "\n")
	if !strings.Contains(lines[0], `"Value":"`+string(bot.Busy)+`"`) || !strings.Contains(lines[0], `"Code":"Error"`) || strings.Contains(lines[0], "deadline") {
		t.Errorf("a failure: %s", lines[0])
	}
	if !strings.Contains(lines[1], `"Links":[{"SpanContext":{"TraceID":"`+bot.TraceID(first)) {
		t.Errorf("a repetition: %s", lines[1])
	}
}

func consoleTracing(t *testing.T, w *bytes.Buffer) *tracing {
	t.Helper()
	tr, err := newTracing(t.Context(), []string{"OTEL_TRACES_EXPORTER=console"}, machine{}, w, logrus.New())
	if err != nil || tr == nil {
		t.Fatalf("%v, %v", tr, err)
	}
	return tr
}

// A bare id goes on as the trace's, whatever began before somebody traced.
func TestTraceGoesOn(t *testing.T) {
	t.Parallel()
	var sent bytes.Buffer
	tr := consoleTracing(t, &sent)
	const id = "0af7651916cd43dd8448eb211c80319c"
	ctx, end := tr.begin(bot.WithTrace(t.Context(), id), bot.Stage{Name: "push"})
	end(nil)
	if got := bot.TraceOf(ctx); bot.TraceID(got) != id || trace.SpanContextFromContext(ctx).TraceID().String() != id {
		t.Errorf("%s goes on as %s", id, got)
	}
	fresh, end := tr.begin(t.Context(), bot.Stage{Name: "check"})
	end(nil)
	if got := bot.TraceID(bot.TraceOf(fresh)); !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(got) || got == id {
		t.Errorf("a new one is %s", got)
	}
	if err := tr.close(); err != nil {
		t.Fatal(err)
	}
}

// A collector that does not answer holds up neither a driver nor the end, one that
// refuses is told of once, and neither has the log say what proves who we are.
func TestTraceCollectorInTrouble(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		gone   bool
		silent bool // until the end
		told   string
	}{
		{"refuses", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "canary words about "+r.Header.Get("Api-Key"), http.StatusUnauthorized)
		}, false, false, "401 Unauthorized"},
		{"never answers", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, false, true, "does not answer in time"},
		{"is gone", nil, true, false, "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			at := newCollector(t, tt.answer).URL
			if tt.gone {
				at = nobodyAt(t)
			}
			r := o.serveWith([]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + at + "/canary-path", "OTEL_EXPORTER_OTLP_HEADERS=api-key=canarykey"}, withSafe)
			got, err := o.platform(r, wechattest.Safe).Deliver(t.Context(), aDriver, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321"))
			if err != nil || got.Banner != "" || !strings.Contains(got.Text, "待交罚款") {
				t.Errorf("%+v, %v", got, err)
			}
			if !tt.silent {
				until(t, "it is told", func() bool { return len(r.entries("traces")) > 0 })
			}
			began := time.Now()
			r.end()
			if took := time.Since(began); took > flushFor+15*time.Second {
				t.Errorf("out after %v", took)
			}
			// On a slow machine the last ones may come to nothing as well.
			told := slices.DeleteFunc(r.entries("traces"), func(e map[string]any) bool { return !strings.Contains(fmt.Sprint(e), tt.told) })
			if len(told) != 1 {
				t.Errorf("told: %v", told)
			}
		})
	}
}

// What a collector takes with a remark is not lost, and of what it rejects it is
// told how many, not in its own words.
func TestTraceCollectorTakesAPart(t *testing.T) {
	for name, tt := range map[string]struct {
		rejected int64
		want     string
	}{"with a remark": {0, ""}, "not all": {2, "lost=2"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCollector(t, func(w http.ResponseWriter, _ *http.Request) {
				answer, err := proto.Marshal(&collectorpb.ExportTraceServiceResponse{
					PartialSuccess: &collectorpb.ExportTracePartialSuccess{RejectedSpans: tt.rejected, ErrorMessage: "canary\nwords"},
				})
				if err != nil {
					t.Error(err)
				}
				w.Header().Set("Content-Type", "application/x-protobuf")
				_, _ = w.Write(answer)
			})
			var said journal
			log := logrus.New()
			log.SetOutput(&said)
			tr, err := newTracing(t.Context(), c.to(), machine{}, nil, log)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				_, end := tr.begin(t.Context(), bot.Stage{Name: "turn"})
				end(nil)
			}
			c.has("turn")
			if err := tr.close(); err != nil {
				t.Fatal(err)
			}
			if got := said.String(); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) || strings.Contains(got, "canary") {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// nobodyAt is an address on this machine where nobody listens any more.
func nobodyAt(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return "http://" + l.Addr().String()
}
