package playground

import (
	"context"
	"fmt"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot"
)

var (
	_ bot.Pusher = (*Page)(nil)
	_ bot.Pusher = (*Chat)(nil)
)

// Push implements bot.Pusher: the replies appear in the person's conversation,
// whether anybody looks at it or not. The same id again shows nothing.
func (p *Page) Push(_ context.Context, to bot.UserID, id string, replies []bot.Reply) error {
	c := p.talks[strings.TrimPrefix(string(to), channel+":")]
	if c == nil || c.user != to {
		return fmt.Errorf("playground: push: no such user: %w", bot.ErrGone)
	}
	c.pushed(id, replies, p.cfg.Now())
	p.Nudge() // those who look at another conversation see that there is something
	return nil
}

// A push is what a terminal is to show between two lines.
type push struct {
	replies []bot.Reply
	shown   chan struct{}
}

// Push implements bot.Pusher: the replies are printed as soon as the answer
// under way is. When the conversation is over they wait for the next one.
func (t *Chat) Push(ctx context.Context, to bot.UserID, _ string, replies []bot.Reply) error {
	if to != t.opt.User {
		return fmt.Errorf("playground: push: nobody is here: %w", bot.ErrParked)
	}
	p := push{replies: replies, shown: make(chan struct{})}
	select {
	case t.pushes <- p:
		<-p.shown
		return nil
	case <-t.over:
		return fmt.Errorf("playground: push: the chat is over: %w", bot.ErrParked)
	case <-ctx.Done():
		return fmt.Errorf("playground: push: %w", ctx.Err())
	}
}
