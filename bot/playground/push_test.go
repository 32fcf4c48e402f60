package playground

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// What is pushed appears by itself, once for an id, and only to whom it is for.
func TestPagePush(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	tab := s.open("wang", "")
	tab.entries(1)
	news := []bot.Reply{{Text: "沪C12345 有 1 条新违章"}}
	for _, id := range []string{"1", "1", "2"} { // the second is a retry
		if err := s.page.Push(t.Context(), "demo:wang", id, news); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := tab.entries(2); got[0] != "2 bot: 沪C12345 有 1 条新违章" || !strings.HasPrefix(got[1], "3 bot") {
		t.Errorf("got %q", got)
	}
	for _, stranger := range []bot.UserID{"demo:nobody", "wang", "telegram:wang", ""} {
		if !errors.Is(s.page.Push(t.Context(), stranger, "3", news), bot.ErrGone) {
			t.Errorf("sent to %q", string(stranger))
		}
	}
	if entries, _, _ := s.page.talks["wang"].since(0); len(entries) != 3 {
		t.Errorf("%d entries, want the welcome and two pushes", len(entries))
	}
}

// Files count for the bounds of a conversation, like texts.
func TestFilesAreBounded(t *testing.T) {
	c := newConversation("demo:li")
	big := bot.Reply{Text: "导出", Files: []bot.File{{Name: "a.csv", Data: make([]byte, maxBytes/2+1)}}}
	for _, id := range []string{"1", "2", "3"} {
		c.pushed(id, []bot.Reply{big}, time.Now())
	}
	entries, gap, _ := c.since(0)
	if len(entries) != 1 || !gap || entries[0].Number != 3 || entries[0].Files[0].Name != "a.csv" {
		t.Errorf("%d entries are kept", len(entries))
	}
}

// Somebody sits at the terminal and says nothing: what is pushed is printed, a
// file with what it holds.
func TestTerminalPush(t *testing.T) {
	in, typed := io.Pipe()
	var out bytes.Buffer
	chat := NewChat(newDesk(), TerminalOptions{User: "chat:xiaoli", In: in, Out: &out})
	ended := make(chan error, 1)
	go func() { ended <- chat.Talk(t.Context()) }()
	files := []bot.File{{Name: "a.csv", Data: []byte("沪C12345,02\n\x1b[31m")}}
	if err := chat.Push(t.Context(), "chat:xiaoli", "1", []bot.Reply{{Text: "有新违章", Files: files}}); err != nil {
		t.Fatal(err)
	}
	if err := chat.Push(t.Context(), "chat:other", "2", nil); !errors.Is(err, bot.ErrParked) {
		t.Errorf("to somebody else: %v", err)
	}
	_ = typed.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got, want := out.String(), "有新违章\n--- a.csv\n沪C12345,02\n---\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := chat.Push(t.Context(), "chat:xiaoli", "3", nil); !errors.Is(err, bot.ErrParked) {
		t.Errorf("after the end: %v", err)
	}
}

// A push to a terminal whose answer is under way waits for it, as long as it may.
func TestTerminalPushWaits(t *testing.T) {
	chat := NewChat(newDesk(), TerminalOptions{User: "chat:xiaoli", In: strings.NewReader(""), Out: io.Discard})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody talks
	if err := chat.Push(ctx, "chat:xiaoli", "1", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// add appends an entry as a push does.
func (c *conversation) add(e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.append(e)
	c.wake()
}
