package playground

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/weizhangbot/weizhangbot/bot"
)

func TestTerminalStories(t *testing.T) {
	tests := []struct {
		name        string
		interactive bool
		in          string
		want        string
	}{
		{
			name: "piped: replies alone, no welcome, no prompt, no colour",
			in:   "苏州能查吗\n",
			want: "苏州可以查。需要发动机号后6位，不需要车架号。\n\n",
		},
		{
			name: "a question shows what can be replied",
			in:   "湖C12345\n不是\n",
			want: "您说的是 沪C12345（上海）吗？\n（可回复：是 / 不是）\n\n" +
				"好的，不查了，没有产生费用。\n\n",
		},
		{
			name: "an option's label means what tapping it would",
			in:   "帮助\n  支持的城市 \n支持的城市\n",
			want: "我能查车辆违章，也能在有新违章时告诉您。\n（可回复：查违章 / 支持的城市）\n\n" +
				"没有看懂：城市\n\n请把车牌号发给我，例如：沪C12345。\n\n" +
				"没有看懂：支持的城市\n\n请把车牌号发给我，例如：沪C12345。\n\n",
		},
		{
			name: "the last line needs no end, and Windows ends are fine",
			in:   "苏州能查吗\r\n取消",
			want: "苏州可以查。需要发动机号后6位，不需要车架号。\n\n好的，不查了，没有产生费用。\n\n",
		},
		{
			name: "what the bot repeats cannot command the terminal",
			in:   "\x1b]0;标题\a\x1b[31m红\x1b[0m\u202e反\xff\n",
			want: "没有看懂：红反�\n\n请把车牌号发给我，例如：沪C12345。\n\n",
		},
		{
			name:        "somebody sits there: a welcome and a prompt",
			interactive: true,
			in:          "湖C12345\n",
			want: "您好，我是违章助手。\n\n把车牌号发给我，例如：沪C12345。查询时，车牌和所需号码会发给聚合数据，仅用于这一次查询；回复“隐私”看全文。\n\n" +
				"\x1b[1;32m您 ›\x1b[0m 您说的是 沪C12345（上海）吗？\n\x1b[2m（可回复：是 / 不是）\x1b[0m\n\n" +
				"\x1b[1;32m您 ›\x1b[0m \n",
		},
		{name: "nothing in, nothing out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Terminal(t.Context(), newDesk(), TerminalOptions{
				User: "chat:xiaoli", In: strings.NewReader(tt.in), Out: &out, Interactive: tt.interactive,
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestTerminalMessages(t *testing.T) {
	d := newDesk()
	at := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	opt := TerminalOptions{User: "chat:xiaoli", Out: io.Discard, Now: func() time.Time { return at }}
	for range 2 {
		opt.In = strings.NewReader("帮助\n帮助\n")
		if err := Terminal(t.Context(), d, opt); err != nil {
			t.Fatal(err)
		}
	}
	keys := map[string]bool{}
	for _, m := range d.delivered() {
		keys[m.Key] = true
		if m.Channel != "chat" || m.User != "chat:xiaoli" || !m.At.Equal(at) || m.Text != "帮助" {
			t.Errorf("delivered %+v", m)
		}
	}
	if len(keys) != 4 {
		t.Errorf("%d keys for 4 messages: a later run must not look like a redelivery", len(keys))
	}
}

func TestTerminalEnormousLine(t *testing.T) {
	d := newDesk()
	in := strings.Repeat("x", 3*maxLine) + "\n帮助\n"
	err := Terminal(t.Context(), d, TerminalOptions{User: "chat:xiaoli", In: strings.NewReader(in), Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	got := d.delivered()
	if len(got) != 2 || len(got[0].Text) != maxLine || got[1].Text != "帮助" {
		t.Errorf("the rest of a long line must be dropped, not become messages: %d messages", len(got))
	}
}

func TestTerminalBotFault(t *testing.T) {
	d := newDesk()
	d.fail = errors.New("disk full")
	var out bytes.Buffer
	var logged []error
	err := Terminal(t.Context(), d, TerminalOptions{
		User: "chat:xiaoli", In: strings.NewReader("帮助\n"), Out: &out,
		Log: func(_ string, err error) { logged = append(logged, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "服务暂时不可用，请稍后再试。\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(logged) != 1 || !errors.Is(logged[0], d.fail) {
		t.Errorf("logged %v, want the fault", logged)
	}
}

func TestTerminalInterrupted(t *testing.T) {
	for _, interactive := range []bool{true, false} {
		in, feed := io.Pipe()
		ctx, interrupt := context.WithCancel(t.Context())
		var out bytes.Buffer
		ended := make(chan error)
		go func() {
			ended <- Terminal(ctx, newDesk(), TerminalOptions{User: "chat:xiaoli", In: in, Out: &out, Interactive: interactive})
		}()
		if _, err := io.WriteString(feed, "帮助\n"); err != nil {
			t.Fatal(err)
		}
		interrupt()
		err := <-ended
		if interactive && err != nil {
			t.Errorf("leaving with Ctrl-C is no fault: %v", err)
		}
		if !interactive && !errors.Is(err, context.Canceled) {
			t.Errorf("a script must learn that it was cut off: %v", err)
		}
		_ = feed.Close()
	}
}

// The answer of a message whose ctx ended comes with its redelivery.
func TestTerminalPending(t *testing.T) {
	h := &sluggish{late: 2}
	var out bytes.Buffer
	if err := Terminal(t.Context(), h, TerminalOptions{In: strings.NewReader("沪C12345\n"), Out: &out}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "早先的结果\n\n查到了\n\n" || h.keys != 1 {
		t.Errorf("got %q with %d keys", got, h.keys)
	}
}

// sluggish answers a message only when it is delivered for the last time.
type sluggish struct {
	late, keys int
	key        string
}

func (s *sluggish) Handle(_ context.Context, m bot.Message) (bot.Answer, error) {
	if m.Key != s.key {
		s.key = m.Key
		s.keys++
	}
	switch s.late--; {
	case s.late > 0: // with what an earlier message did not stay for
		return bot.Answer{Pending: true, Replies: []bot.Reply{{Text: "早先的结果"}}}, nil
	case s.late == 0:
		return bot.Answer{Pending: true}, nil
	}
	return bot.Answer{Replies: []bot.Reply{{Text: "查到了"}}}, nil
}

func TestTerminalBrokenEnds(t *testing.T) {
	broken := errors.New("broken pipe")
	tests := []struct {
		name string
		opt  TerminalOptions
	}{
		{"in", TerminalOptions{In: failing{broken}, Out: io.Discard}},
		{"out", TerminalOptions{In: strings.NewReader("帮助\n取消\n"), Out: failing{broken}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if err := Terminal(ctx, newDesk(), tt.opt); !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestPlain(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"text", "沪C12345\n\t未处理 2 条 🚗", "沪C12345\n\t未处理 2 条 🚗"},
		{"colour", "\x1b[1;31m红\x1b[0m", "红"},
		{"C1 colour", "\u009b31m红", "红"},
		{"cursor", "甲\x1b[2J\x1b[H乙", "甲乙"},
		{"title, BEL", "\x1b]0;x\a甲", "甲"},
		{"title, ST", "\x1b]8;;http://example.com\x1b\\甲\x1b]8;;\x1b\\", "甲"},
		{"title, C1", "\u009d0;x\u009c甲", "甲"},
		{"unfinished title", "\x1b]0;x\n甲", "\n甲"},
		{"unfinished colour", "\x1b[31", ""},
		{"lone escape", "甲\x1b", "甲"},
		{"character set", "\x1b(B甲", "甲"},
		{"carriage return, backspace, bell", "甲\r\b\a乙\x7f", "甲乙"},
		{"direction", "\u202e反\u2066x\u2069", "反x"},
		{"not UTF-8", "甲\xff\xfe乙", "甲乙"},
		{"the replacement character itself", "甲�", "甲�"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Plain(tt.in); got != tt.want {
				t.Errorf("Plain(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"沪C12345", "\x1b[31m红", "\x1b]0;x\a", "\u009b1", "\x1bP\x1b", "\xff\x1b("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Plain(s)
		if Plain(got) != got {
			t.Errorf("Plain(%q) = %q is not plain", s, got)
		}
		for _, r := range got {
			if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f {
				t.Errorf("Plain(%q) keeps %U", s, r)
			}
		}
	})
}
