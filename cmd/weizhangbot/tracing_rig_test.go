package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A collector is a receiver of OTLP over HTTP. Its body is read as TracesData,
// which is on the wire what ExportTraceServiceRequest is.
type collector struct {
	t      *testing.T
	answer http.HandlerFunc // instead of 200; nil: that
	URL    string

	mu       sync.Mutex
	requests []*http.Request
	bodies   []byte
	resource map[string]string
	spans    []*tracepb.Span
}

// newCollector starts one on this machine.
func newCollector(t *testing.T, answer http.HandlerFunc) *collector {
	t.Helper()
	c := &collector{t: t, answer: answer}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// ServeHTTP implements http.Handler.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent tracepb.TracesData
	if err != nil || proto.Unmarshal(body, &sent) != nil {
		c.t.Errorf("what was sent cannot be read: %v", err)
	}
	c.keep(r, body, &sent)
	if c.answer != nil {
		c.answer(w, r)
	}
}

func (c *collector) keep(r *http.Request, body []byte, sent *tracepb.TracesData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r)
	c.bodies = append(c.bodies, body...)
	c.resource = map[string]string{}
	for _, rs := range sent.ResourceSpans {
		for _, kv := range rs.Resource.Attributes {
			c.resource[kv.Key] = kv.Value.GetStringValue()
		}
		for _, ss := range rs.ScopeSpans {
			c.spans = append(c.spans, ss.Spans...)
		}
	}
}

// all is what has arrived.
func (c *collector) all() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// wire is what has arrived, as it came.
func (c *collector) wire() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.bodies)
}

// has waits for a span of each name. The end of a serve waits for its last spans
// too, but not for long.
func (c *collector) has(names ...string) {
	c.t.Helper()
	for _, name := range names {
		until(c.t, "a span has come: "+name, func() bool { return len(c.named(name)) > 0 })
	}
}

// named are the spans of a name.
func (c *collector) named(name string) []*tracepb.Span {
	return slices.DeleteFunc(c.all(), func(s *tracepb.Span) bool { return s.Name != name })
}

// tree is a trace with everything that it says: a line a span, those that began
// first in front.
func (c *collector) tree(id []byte) string {
	spans := slices.DeleteFunc(c.all(), func(s *tracepb.Span) bool { return string(s.TraceId) != string(id) })
	slices.SortStableFunc(spans, func(a, b *tracepb.Span) int { return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano)) }) //nolint:gosec // nanoseconds of today
	known := map[string]bool{}
	for _, s := range spans {
		known[string(s.SpanId)] = true
	}
	var b strings.Builder
	var write func(parent string, depth int)
	write = func(parent string, depth int) {
		for _, s := range spans {
			p := string(s.ParentSpanId)
			if !known[p] { // a root, or below a span of somebody else
				p = ""
			}
			if p == parent {
				fmt.Fprintf(&b, "%s%s%s\n", strings.Repeat("  ", depth), s.Name, said(s))
				write(string(s.SpanId), depth+1)
			}
		}
	}
	write("", 0)
	return b.String()
}

// said is what a span says beside its name and times.
func said(s *tracepb.Span) string {
	var all []string
	for _, kv := range s.Attributes {
		all = append(all, " "+kv.Key+"="+valueText(kv.Value))
	}
	slices.Sort(all)
	if s.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		all = append(all, " failed"+s.Status.GetMessage())
	}
	for _, e := range s.Events {
		all = append(all, " event:"+e.Name)
	}
	return strings.Join(all, "")
}

func valueText(v *commonpb.AnyValue) string {
	switch v := v.Value.(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_IntValue:
		return fmt.Sprint(v.IntValue)
	case *commonpb.AnyValue_BoolValue:
		return fmt.Sprint(v.BoolValue)
	}
	return fmt.Sprint(v)
}

// to is the environment of a serve that sends its spans here.
func (c *collector) to(more ...string) []string {
	return append([]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL}, more...)
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
