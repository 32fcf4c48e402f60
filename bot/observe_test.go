package bot_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
)

var traceID = regexp.MustCompile(`^[0-9a-f]{32}$`)

func TestMessagesAreSeen(t *testing.T) {
	w := newWorld(t)
	var seen []bot.Seen
	b := bot.New(bot.Config{Store: w.store, Now: w.clock.now, Messages: 9, Admins: []bot.UserID{"test:a"}, Observe: func(_ context.Context, s bot.Seen) { seen = append(seen, s) }})
	for _, tt := range []struct {
		name   string
		m      bot.Message
		intent string
		again  bool
		unread string
	}{
		{"words", bot.Message{Key: "1", Text: "帮助"}, "help", false, ""},
		{"the same", bot.Message{Key: "1", Text: "帮助"}, "", true, ""},
		{"nothing that is known", bot.Message{Key: "2", Text: "桌子有四条腿"}, "unknown", false, "桌子有四条腿"},
		{"a first contact", bot.Message{Key: "3", Event: bot.Followed}, "followed", false, ""},
		{"a sticker", bot.Message{Key: "4", Event: bot.Other}, "other", false, ""},
		{"an operator", bot.Message{Key: "5", Text: "/admin"}, "admin", false, ""},
		{"a photo", bot.Message{Key: "6", Licence: &bot.Licence{}}, "photo", false, ""},
		{"the end", bot.Message{Key: "7", Event: bot.Left}, "left", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			m := tt.m
			m.Channel, m.User = "test", "test:a"
			if _, err := b.Handle(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if len(seen) != 1 {
				t.Fatalf("seen %d times", len(seen))
			}
			s := seen[0]
			if s.Channel != "test" || s.User != m.User || s.Intent != tt.intent || s.Again != tt.again || !traceID.MatchString(s.Trace) {
				t.Errorf("%+v", s)
			}
			if (s.Unread != nil) != (tt.unread != "") || s.Unread != nil && s.Unread.Text != tt.unread {
				t.Errorf("unread: %+v", s.Unread)
			}
		})
	}
}

// One trace from the message to the query, also when it came from outside and
// the message comes again under another.
func TestOneTrace(t *testing.T) {
	w := newWorld(t)
	w.stop()
	var (
		mu     sync.Mutex
		seen   []string
		called []string
	)
	w.observe = func(_ context.Context, s bot.Seen) { seen = append(seen, s.Trace) }
	w.called = func(ctx context.Context, c lookup.Call) {
		mu.Lock()
		defer mu.Unlock()
		called = append(called, c.Endpoint+" "+bot.TraceOf(ctx))
	}
	w.start(t)
	const outside = "0af7651916cd43dd8448eb211c80319c"
	m := bot.Message{Channel: "test", User: "test:a", Key: "1", Text: "沪C12345 发动机号123456 车架号654321"}
	for _, trace := range []string{outside, "4bf92f3577b34da6a3ce929d0e0e4736"} {
		if _, err := w.bot.Handle(bot.WithTrace(t.Context(), trace), m); err != nil {
			t.Fatal(err)
		}
	}
	m.Key, m.Text = "2", "帮助"
	if _, err := w.bot.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 3 || seen[0] != outside || seen[1] != outside || seen[2] == outside || !traceID.MatchString(seen[2]) {
		t.Errorf("messages: %v", seen)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(called) < 2 || called[len(called)-1] != "query "+outside || !strings.HasSuffix(called[0], outside) {
		t.Errorf("calls: %v", called)
	}
}
