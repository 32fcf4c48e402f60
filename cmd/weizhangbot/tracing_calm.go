package main

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// tellLossEvery is how often the log hears that spans are lost: the collector is
// not what the bot is for.
const tellLossEvery = 10 * time.Minute

// A calmExporter hands spans on. What it cannot hand on is lost and told in the
// log now and then, without what proves who sends and without the collector's own
// words; the library would print it each time, to the standard log.
type calmExporter struct {
	sdktrace.SpanExporter
	log    logrus.FieldLogger
	hidden *strings.Replacer

	mu   sync.Mutex
	lost int // since it was told
	told time.Time
}

func newCalmExporter(out sdktrace.SpanExporter, p tracingPlan, log logrus.FieldLogger) *calmExporter {
	var hide []string
	for _, v := range p.headers {
		hide = append(hide, v, "***")
	}
	if u, err := url.Parse(p.endpoint); err == nil && len(u.Path) > 1 { // some services put a key into the path
		hide = append(hide, u.EscapedPath(), "/***", u.Path, "/***")
	}
	return &calmExporter{SpanExporter: out, log: log, hidden: strings.NewReplacer(hide...)}
}

// ExportSpans implements sdktrace.SpanExporter. It never fails.
func (e *calmExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	lost := len(spans)
	if m := takenInPart.FindStringSubmatch(err.Error()); m != nil {
		lost, _ = strconv.Atoi(m[1]) // digits
		err = errors.New("the collector rejects some of them")
	}
	if lost > 0 {
		e.lose(lost, err)
	}
	return nil
}

// takenInPart is what the library says of a collector that took some spans, or all
// of them with a remark. Its type for that is its own.
var takenInPart = regexp.MustCompile(`(?s)^traces export: OTLP partial success: .*\((\d+) spans rejected\)$`)

// lose counts spans that are lost, and tells of them if it is time to.
func (e *calmExporter) lose(n int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lost += n
	if now := time.Now(); e.told.IsZero() || now.Sub(e.told) >= tellLossEvery {
		e.log.WithFields(logrus.Fields{"event": "traces", "lost": e.lost, "error": e.why(err)}).
			Warn("spans are lost: see whether OTEL_EXPORTER_OTLP_ENDPOINT can be reached and lets us in; nothing else waits for it")
		e.lost, e.told = 0, now
	}
}

// giveUp breaks off what is still on its way when ctx has ended.
func (e *calmExporter) giveUp(ctx context.Context) {
	e.mu.Lock()
	e.told = time.Now() // of what is broken off, nothing more is told
	e.mu.Unlock()
	e.log.WithField("event", "traces").Warn("the last spans are lost: the collector does not answer in time")
	_ = e.SpanExporter.Shutdown(ctx) // which says that ctx has ended
}

// mostWhy is how many characters of a cause are told.
const mostWhy = 160

// why is an error for the log.
func (e *calmExporter) why(err error) string {
	text := err.Error()
	if u, ok := errors.AsType[*url.Error](err); ok {
		text = u.Err.Error()
	}
	text, _, _ = strings.Cut(text, "body: ") // the collector's own words
	text = strings.TrimRight(e.hidden.Replace(firstLine(text)), " (:")
	if r := []rune(text); len(r) > mostWhy {
		text = string(r[:mostWhy]) + "…"
	}
	return text
}
