package playground

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// maxLine is how much of a line is read. The bot refuses far shorter ones; the
// rest of such a line is dropped, it does not become a message of its own.
const maxLine = 64 << 10

// redelivery is the pause before a message is handed over again whose answer
// was not there yet.
const redelivery = 200 * time.Millisecond

// TerminalOptions is what a conversation in the terminal needs.
type TerminalOptions struct {
	User bot.UserID // chat:NAME
	In   io.Reader
	Out  io.Writer
	// Interactive: somebody sits there. The bot then says hello first, and
	// there is a prompt and some colour; otherwise Out holds replies alone.
	Interactive bool
	// Now dates the messages; nil: time.Now.
	Now func() time.Time
	// Log is told of the bot's faults, whose sentence the person has read; nil: nobody is.
	Log func(what string, err error)
}

// Terminal holds a conversation: a line in, the replies out, until In ends,
// which is no error. Each answer is waited for before the next line is read.
//
// When ctx ends in the middle, an interactive conversation is simply over; one
// that is fed by a program returns ctx's error, for lines of it were not
// answered. A read of In cannot be interrupted: the goroutine that waits for a
// line ends with the next line or the end of In.
func Terminal(ctx context.Context, h bot.Handler, opt TerminalOptions) error {
	return NewChat(h, opt).Talk(ctx)
}

// NewChat makes a conversation in the terminal that can be told things between
// its lines.
func NewChat(h bot.Handler, opt TerminalOptions) *Chat {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = func(string, error) {}
	}
	return &Chat{bot: h, opt: opt, run: rand.Text()[:12], pushes: make(chan push), over: make(chan struct{})}
}

// Talk holds the conversation, as Terminal does; once.
func (t *Chat) Talk(ctx context.Context) error {
	defer close(t.over)
	err := t.talk(ctx)
	if t.opt.Interactive && ctx.Err() != nil {
		t.printf("\n")
		return t.err
	}
	return err
}

// A Chat is one conversation. The first error of Out stays, and nothing is
// written after it.
type Chat struct {
	bot     bot.Handler
	opt     TerminalOptions
	run     string // begins this run's keys, so that they differ from yesterday's
	count   int
	options []bot.Option // of the newest reply that has some
	err     error

	pushes chan push
	over   chan struct{} // closed when Talk returns
}

func (t *Chat) talk(ctx context.Context) error {
	if t.opt.Interactive {
		if err := t.turn(ctx, bot.Message{Event: bot.Followed}); err != nil {
			return err
		}
	}
	lines, failed := readLines(ctx, t.opt.In)
	for {
		t.prompt()
		if t.err != nil {
			return t.err
		}
		select {
		case line, ok := <-lines:
			if !ok {
				return t.end(<-failed)
			}
			if err := t.turn(ctx, bot.Message{Text: t.meant(line)}); err != nil {
				return err
			}
		case p := <-t.pushes:
			t.interrupt()
			t.show(p.replies)
			close(p.shown)
		case <-ctx.Done():
			return fmt.Errorf("playground: chat: %w", ctx.Err())
		}
	}
}

// interrupt leaves the line of the prompt.
func (t *Chat) interrupt() {
	if t.opt.Interactive {
		t.printf("\n")
	}
}

func (t *Chat) end(err error) error {
	if t.opt.Interactive {
		t.printf("\n")
	}
	if err != nil {
		return fmt.Errorf("playground: chat: read: %w", err)
	}
	return t.err
}

// turn sends one message and prints what it leads to. The only error is ctx's
// or Out's: the bot's own come with a sentence for the person.
func (t *Chat) turn(ctx context.Context, m bot.Message) error {
	t.count++
	m.Channel, m.User, m.At = "chat", t.opt.User, t.opt.Now()
	m.Key = fmt.Sprintf("%s-%d", t.run, t.count)
	answer, err := t.bot.Handle(ctx, m)
	for answer.Pending {
		t.show(answer.Replies) // of earlier messages
		select {
		case <-time.After(redelivery):
			answer, err = t.bot.Handle(ctx, m)
		case <-ctx.Done():
			return fmt.Errorf("playground: chat: %w", ctx.Err())
		}
	}
	if err != nil {
		t.opt.Log("handle", err)
	}
	t.show(answer.Replies)
	return t.err
}

// meant is the text of a line: what is typed as an option's label means what
// tapping the option would.
func (t *Chat) meant(line string) string {
	for _, o := range t.options {
		if strings.TrimSpace(line) == Plain(o.Label) {
			return o.Send
		}
	}
	return line
}

// show prints the replies, an empty line after each.
func (t *Chat) show(replies []bot.Reply) {
	if len(replies) > 0 {
		t.options = nil
	}
	for _, r := range replies {
		t.printf("%s\n", strings.TrimRight(Plain(r.Text), "\n"))
		for _, f := range r.Files {
			t.printf("--- %s\n%s\n---\n", Plain(f.Name), strings.TrimRight(Plain(string(f.Data)), "\n"))
		}
		if len(r.Options) > 0 {
			t.options = r.Options
			t.printf("%s\n", t.faint(offer(r.Options)))
		}
		t.printf("\n")
	}
}

func offer(options []bot.Option) string {
	labels := make([]string, len(options))
	for i, o := range options {
		labels[i] = Plain(o.Label)
	}
	return "（可回复：" + strings.Join(labels, " / ") + "）"
}

func (t *Chat) prompt() {
	if t.opt.Interactive {
		t.printf("\x1b[1;32m您 ›\x1b[0m ")
	}
}

func (t *Chat) faint(s string) string {
	if t.opt.Interactive {
		return "\x1b[2m" + s + "\x1b[0m"
	}
	return s
}

func (t *Chat) printf(format string, args ...any) {
	if t.err == nil {
		if _, err := fmt.Fprintf(t.opt.Out, format, args...); err != nil {
			t.err = fmt.Errorf("playground: chat: write: %w", err)
		}
	}
}

// readLines reads in the background, so that ctx can end the wait for a line.
// When lines is closed, failed holds why: nil for the end of in.
func readLines(ctx context.Context, in io.Reader) (lines <-chan string, failed <-chan error) {
	out, fail := make(chan string), make(chan error, 1)
	go func() {
		defer close(out)
		r := bufio.NewReaderSize(in, maxLine)
		for {
			line, err := readLine(r)
			if errors.Is(err, io.EOF) && line == "" {
				fail <- nil
				return
			}
			if err != nil && !errors.Is(err, io.EOF) {
				fail <- err
				return
			}
			select {
			case out <- line:
			case <-ctx.Done():
				fail <- nil
				return
			}
		}
	}()
	return out, fail
}

// readLine reads a line, without its end, and no more of it than r's buffer.
// io.EOF comes with the last line when that one has no end.
func readLine(r *bufio.Reader) (string, error) {
	head, err := r.ReadSlice('\n')
	line := strings.ToValidUTF8(strings.TrimRight(string(head), "\r\n"), "�")
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	return line, err
}
