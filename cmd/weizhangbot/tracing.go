package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A tracing shows what happens as spans of OpenTelemetry. Spans are gathered in
// memory, 2,048 at most, and sent in the background: a collector that is slow or
// gone costs spans and nothing else. The nil tracing shows nothing.
type tracing struct {
	tracer   trace.Tracer
	provider *sdktrace.TracerProvider
	exporter *calmExporter
}

// newTracing makes what the environment asks for; nil: nothing is traced. Spans
// for the console go to w.
func newTracing(ctx context.Context, environ []string, m machine, w io.Writer, log logrus.FieldLogger) (*tracing, error) {
	p, err := readTracing(environ)
	if err != nil {
		return nil, usageError{err}
	}
	if p.exporter == "" {
		return nil, nil //nolint:nilnil // as promised
	}
	out, err := p.open(ctx, m, w)
	if err != nil { // what the library reads does not go together
		return nil, usageError{fmt.Errorf("OTEL_EXPORTER_OTLP_*: %w", err)}
	}
	res, err := p.resource(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	calm := newCalmExporter(out, p, log)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(calm), sdktrace.WithResource(res), sdktrace.WithSampler(p.sampler),
		sdktrace.WithIDGenerator(traceIDs{}),
	)
	return &tracing{tracer: provider.Tracer(module), provider: provider, exporter: calm}, nil
}

// module names who made the spans.
const module = "github.com/weizhangbot/weizhangbot"

// open makes the exporter.
func (p tracingPlan) open(ctx context.Context, m machine, w io.Writer) (sdktrace.SpanExporter, error) {
	if p.exporter == "console" {
		return stdouttrace.New(stdouttrace.WithWriter(w))
	}
	options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(p.endpoint), otlptracehttp.WithHeaders(p.headers)}
	if c := m.client(); c != nil {
		options = append(options, otlptracehttp.WithHTTPClient(c))
	}
	return otlptracehttp.New(ctx, options...)
}

// resource is who sends the spans.
func (p tracingPlan) resource(ctx context.Context) (*resource.Resource, error) {
	about := []attribute.KeyValue{attribute.String("service.name", "weizhangbot"), attribute.String("service.version", version())}
	for k, v := range p.resources {
		about = append(about, attribute.String(k, v))
	}
	if p.service != "" {
		about = append(about, attribute.String("service.name", p.service))
	}
	return resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(about...))
}

// flushFor is how long the last spans may take on their way out.
const flushFor = 3 * time.Second

// close sends what is left, as far as that is quickly done. A collector's trouble
// is told in the log and is no reason to end badly.
func (t *tracing) close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushFor)
	defer cancel()
	if t.provider.Shutdown(ctx) != nil {
		t.exporter.giveUp(ctx)
	}
	return nil
}

// traceIDs draws ids, as the bot does: a trace that has begun goes on.
type traceIDs struct{}

// NewIDs implements sdktrace.IDGenerator, for a span without a parent.
func (traceIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, err := trace.TraceIDFromHex(bot.TraceID(bot.TraceOf(ctx)))
	if err != nil {
		id, _ = trace.TraceIDFromHex(bot.NewTrace()) // is one
	}
	return id, newSpanID()
}

// NewSpanID implements sdktrace.IDGenerator.
func (traceIDs) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return newSpanID() }
