package main

import (
	"net/http"
	"regexp"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/weizhangbot/weizhangbot/bot"
)

// traceparent is the header of W3C Trace Context (https://www.w3.org/TR/trace-context/):
// version, trace, parent, flags. A later version may have more behind them.
var traceparent = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$`)

// traced takes in the trace that a proxy in front began, so that its log and
// ours tell one story. What is no trace is left out: one begins then with the
// message.
func traced(r *http.Request) *http.Request {
	all := r.Header.Values("Traceparent")
	if len(all) != 1 {
		return r
	}
	m := traceparent.FindStringSubmatch(strings.TrimSpace(all[0]))
	switch {
	case m == nil, m[1] == "ff", m[1] == "00" && m[5] != "",
		strings.Trim(m[2], "0") == "", strings.Trim(m[3], "0") == "":
		return r
	}
	return r.WithContext(bot.WithTrace(r.Context(), "00-"+m[2]+"-"+m[3]+"-"+m[4]))
}

// traceparentOf is how a span is handed down.
func traceparentOf(sc trace.SpanContext) string {
	if !sc.IsValid() {
		return ""
	}
	return "00-" + sc.TraceID().String() + "-" + sc.SpanID().String() + "-" + sc.TraceFlags().String()
}

// spanContextOf reads what was handed down; ok is false for an id without a span.
func spanContextOf(handed string) (sc trace.SpanContext, ok bool) {
	m := traceparent.FindStringSubmatch(handed)
	if m == nil {
		return sc, false
	}
	var c trace.SpanContextConfig
	c.TraceID, _ = trace.TraceIDFromHex(m[2]) // one that is none makes the whole invalid
	c.SpanID, _ = trace.SpanIDFromHex(m[3])
	if strings.ContainsAny(m[4][1:], "13579bdf") { // the last bit: sampled
		c.TraceFlags = trace.FlagsSampled
	}
	sc = trace.NewSpanContext(c)
	return sc, sc.IsValid()
}
