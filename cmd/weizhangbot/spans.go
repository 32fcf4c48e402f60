package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/storage"
)

// What spans say takes few values, as labels of metrics do: nothing in them is
// anybody's own, and no error's text is.

// begin is a bot.Tracer. The parent stands in ctx as the bot hands it down, also
// through the store.
func (t *tracing) begin(ctx context.Context, s bot.Stage) (context.Context, func(error)) {
	kind := trace.SpanKindInternal
	if s.Name == "webhook" {
		kind = trace.SpanKindServer
	}
	ctx, span := t.tracer.Start(t.parent(ctx), s.Name, trace.WithSpanKind(kind), trace.WithAttributes(stageAttributes(s)...))
	return bot.WithTrace(ctx, traceparentOf(span.SpanContext())), func(err error) { ended(span, err) }
}

// parent lets the span belong under what the bot handed down.
func (t *tracing) parent(ctx context.Context) context.Context {
	handed := bot.TraceOf(ctx)
	if own := trace.SpanContextFromContext(ctx); own.IsValid() && traceparentOf(own) == handed {
		return ctx
	}
	sc, _ := spanContextOf(handed) // of a bare id there is none, and traceIDs goes on with it
	return trace.ContextWithRemoteSpanContext(ctx, sc)
}

func stageAttributes(s bot.Stage) []attribute.KeyValue {
	var all []attribute.KeyValue
	if s.Channel != "" {
		all = append(all, attribute.String("channel", s.Channel))
	}
	if s.Kind != "" {
		all = append(all, attribute.String("kind", s.Kind))
	}
	return all
}

// ended ends a span. What is to run again later is no failure.
func ended(span trace.Span, err error) {
	if _, later := storage.Snoozed(err); later {
		span.SetAttributes(attribute.Bool("later", true))
	} else if err != nil {
		span.SetAttributes(attribute.String("error.type", string(bot.KindOf(err))))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// seen adds what a message was to its turn. One that came before points to the
// trace of then.
func (t *tracing) seen(ctx context.Context, s bot.Seen) {
	if t == nil {
		return
	}
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(attribute.String("intent", s.Intent), attribute.Bool("again", s.Again), attribute.Bool("pending", s.Pending))
	if sc, ok := spanContextOf(s.Trace); ok && sc.TraceID() != span.SpanContext().TraceID() {
		span.AddLink(trace.Link{SpanContext: sc})
	}
}

// called shows a call of Juhe, which has just ended. Its error is told by code.
func (t *tracing) called(ctx context.Context, c lookup.Call, code, charged string) {
	if t == nil {
		return
	}
	now := time.Now()
	_, span := t.tracer.Start(t.parent(ctx), "juhe", trace.WithTimestamp(now.Add(-c.Took)), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("endpoint", c.Endpoint), attribute.String("code", code), attribute.String("charged", charged)))
	if c.Err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(now))
}

// sent adds what became of a message of our own.
func (t *tracing) sent(ctx context.Context, outcome string) {
	if t != nil {
		trace.SpanFromContext(ctx).SetAttributes(attribute.String("outcome", outcome))
	}
}

// asTracer is t for the packages that know no OpenTelemetry.
func (t *tracing) asTracer() bot.Tracer {
	if t == nil {
		return nil
	}
	return t.begin
}

// door shows the requests of a platform. All of them have a trace.
func (t *tracing) door(channel string, h http.Handler) http.Handler {
	tracer := t.asTracer()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, ended := tracer.Begin(r.Context(), bot.Stage{Name: "webhook", Channel: channel})
		defer ended(nil)
		if t != nil {
			answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
			defer func() {
				trace.SpanFromContext(ctx).SetAttributes(attribute.Int("http.response.status_code", answer.status))
			}()
			w = answer
		}
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// A statusWriter keeps the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// newSpanID draws an id that is not zero.
func newSpanID() (id trace.SpanID) {
	for !id.IsValid() {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id
}
