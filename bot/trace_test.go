package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A scribe is a Tracer that writes down stages below one another: a trace's id
// with the number of the stage is what is handed down.
type scribe struct {
	mu     sync.Mutex
	stages []string
}

const scribed = "0af7651916cd43dd8448eb211c80319c"

func (s *scribe) begin(ctx context.Context, st bot.Stage) (context.Context, func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent := strings.TrimPrefix(bot.TraceOf(ctx), "00-"+scribed+"-")
	s.stages = append(s.stages, fmt.Sprintf("%s>%s %s %s", parent, st.Name, st.Channel, st.Kind))
	return bot.WithTrace(ctx, fmt.Sprintf("00-%s-%s", scribed, st.Name)), func(err error) {
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.stages = append(s.stages, "failed "+st.Name)
		}
	}
}

// What a turn leads to belongs under it, also what the store keeps meanwhile.
func TestStagesBelongUnderTheTurn(t *testing.T) {
	w := newWorld(t)
	w.stop()
	var s scribe
	w.tracer = s.begin
	var seen []bot.Seen
	w.observe = func(ctx context.Context, m bot.Seen) {
		if bot.TraceOf(ctx) != m.Trace || bot.TraceID(m.Trace) != scribed {
			t.Errorf("seen under %s, told %s", bot.TraceOf(ctx), m.Trace)
		}
		seen = append(seen, m)
	}
	w.start(t)
	m := bot.Message{Channel: "test", User: "test:a", Key: "1", Text: "沪C12345 发动机号123456 车架号654321"}
	if _, err := w.bot.Handle(bot.WithTrace(t.Context(), "00-"+scribed+"-webhook"), m); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	want := []string{"webhook>turn test ", "turn>lookup  rule", "turn>lookup  query"}
	if !slices.Equal(s.stages, want) || len(seen) != 1 {
		t.Errorf("%q, want %q; seen %d times", s.stages, want, len(seen))
	}
}

func TestTraceID(t *testing.T) {
	for trace, want := range map[string]string{"": "", scribed: scribed, "00-" + scribed + "-b7ad6b7169203331-01": scribed} {
		if got := bot.TraceID(trace); got != want {
			t.Errorf("%q: %q", trace, got)
		}
	}
	if ctx := bot.WithTraceOf(t.Context(), bot.WithTrace(t.Context(), scribed)); bot.TraceOf(ctx) != scribed {
		t.Errorf("handed on as %q", bot.TraceOf(ctx))
	}
}

// What was fetched has a trace of its own from its arrival on, which a second try
// has as well; what came to the door has that of the door.
func TestInboxKeepsTraces(t *testing.T) {
	w := newWorld(t)
	box := bot.NewInbox(w.store, "post")
	if err := box.Store(t.Context(), []bot.Inbound{in("a", 1), in("b", 2)}); err != nil {
		t.Fatal(err)
	}
	if err := box.Store(bot.WithTrace(t.Context(), scribed), []bot.Inbound{in("c", 3)}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	traces := map[string][]string{}
	ctx, stop := context.WithCancel(t.Context())
	err := box.Work(ctx, 3, func(ctx context.Context, in bot.Inbound) (bot.Settled, error) {
		mu.Lock()
		defer mu.Unlock()
		all := append(traces[in.ID], bot.TraceOf(ctx))
		if traces[in.ID] = all; len(all) == 1 {
			return bot.Settled{}, bot.RetryAfter(0)
		}
		if len(traces) == 3 && !slices.ContainsFunc([]string{"7|1", "7|2", "7|3"}, func(id string) bool { return len(traces[id]) < 2 }) {
			stop()
		}
		return bot.Settled{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := traces["7|1"], traces["7|2"], traces["7|3"]
	if !traceID.MatchString(a[0]) || a[0] != a[1] || !traceID.MatchString(b[0]) || b[0] != b[1] || a[0] == b[0] || c[0] != scribed || c[1] != scribed {
		t.Errorf("%v", traces)
	}
}
