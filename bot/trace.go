package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
)

// A Tracer shows a stage as a span, under the trace that ctx has, or a new one.
// The ctx that it returns has the trace with the span as the parent of what
// follows; ended is called once, with why the stage failed, or nil. It must not
// wait. The nil Tracer shows nothing; traces have their ids all the same.
type Tracer func(ctx context.Context, s Stage) (_ context.Context, ended func(error))

// A Stage is a part of what a message or a check leads to. Its fields take few
// values, and none that is somebody's own.
type Stage struct {
	Name    string // webhook, update, turn, lookup, retry, check, push, send
	Channel string // "": of none
	Kind    string // of the lookup, the check, or what is pushed; "": there is one only
}

// Begin begins a stage; afterwards ctx has a trace.
func (t Tracer) Begin(ctx context.Context, s Stage) (context.Context, func(error)) {
	if t != nil {
		return t(ctx, s)
	}
	if TraceOf(ctx) == "" {
		ctx = WithTrace(ctx, NewTrace())
	}
	return ctx, untraced
}

func untraced(error) {}

type traceKey struct{}

// WithTrace hands a trace down: its id, 32 lower-case hexadecimal digits, or a
// traceparent of W3C Trace Context (https://www.w3.org/TR/trace-context/), which
// is the id with the span that what follows belongs under.
func WithTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// WithTraceOf hands the trace of another ctx down, for what outlives that.
func WithTraceOf(ctx, other context.Context) context.Context {
	if trace := TraceOf(other); trace != "" {
		return WithTrace(ctx, trace)
	}
	return ctx
}

// TraceOf is what WithTrace handed down, or "". It goes into the store with what
// is to be done later.
func TraceOf(ctx context.Context) string {
	trace, _ := ctx.Value(traceKey{}).(string)
	return trace
}

// TraceID is the id of a trace, for the log.
func TraceID(trace string) string {
	const version, id = len("00-"), 32
	if len(trace) > version+id {
		return trace[version : version+id]
	}
	return trace
}

// NewTrace draws the id of a trace. It says nothing of what is traced.
func NewTrace() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
