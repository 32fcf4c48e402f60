package wechat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// sendTime bounds everything that one answer has to send.
	sendTime = 30 * time.Second
	// maxProgress bounds how many half-sent answers are remembered.
	maxProgress = 1024
)

// Push implements bot.Pusher by customer messages, as few as the replies fit
// into. It starts only what the person's quota lets it finish, and after a
// failure goes on behind the message that was sent last. Where the platform
// lets none through, replies that carry News go as template messages. What
// nothing can carry, or of which it is unknown whether it arrived, is parked: a
// customer message has no key by which WeChat could tell a repetition.
func (a *Adapter) Push(ctx context.Context, to bot.UserID, id string, replies []bot.Reply) error {
	if !a.enter() {
		return bot.RetryAfter(time.Second)
	}
	defer a.work.Done()
	user := openid(to)
	untouched, err := a.pushTexts(ctx, user, id, paginate(render(replies)))
	if untouched && errors.Is(err, bot.ErrParked) {
		if forms := formsOf(replies); forms != nil && a.hasForms() {
			return a.pushForms(ctx, user, id, forms)
		}
	}
	return err
}

// pushTexts sends customer messages. untouched tells that none can have
// reached the person.
func (a *Adapter) pushTexts(ctx context.Context, user, id string, pages []string) (untouched bool, err error) {
	done := min(a.progress.of(id), len(pages))
	pages = pages[done:]
	now := a.cfg.Now()
	switch {
	case len(pages) == 0:
		return false, nil
	case !a.Pushes():
		return done == 0, fmt.Errorf("%w: the account sends no customer messages", bot.ErrParked)
	case now.Unix() < a.exhausted.Load():
		return done == 0, fmt.Errorf("%w: the quota of the day is used up", bot.ErrParked)
	case !a.windows.reserve(user, len(pages), now):
		return done == 0, fmt.Errorf("%w: the person's quota is used up", bot.ErrParked)
	}
	for i, page := range pages {
		if err := a.api.sendText(ctx, user, page); err != nil {
			a.windows.release(user, len(pages)-i, now)
			a.progress.put(id, done+i)
			verdict := a.verdict(ctx, user, err)
			if done+i == 0 {
				verdict = unsent(err, verdict)
			}
			return done+i == 0 && codeOf(err) != 0, verdict
		}
	}
	a.progress.drop(id)
	return false, nil
}

// unsent marks the verdict on a push whose first message failed with err, when it
// is to be tried again and certain that nothing was sent.
func unsent(err, verdict error) error {
	refused := actions[codeOf(err)] == again && (codeOf(err) != 0 || neverLeft(err))
	if refused || errors.Is(err, errNoToken) {
		return fmt.Errorf("%w: %w", bot.ErrUnsent, verdict)
	}
	return verdict
}

// showTyping shows the person that the bot is at work. It is a courtesy: that
// it is on already, or that the person did not act for 30 s, is no fault.
func (a *Adapter) showTyping(ctx context.Context, openid string) {
	if !a.enter() {
		return
	}
	defer a.work.Done()
	ctx, cancel := context.WithTimeout(bot.WithTraceOf(a.ctx, ctx), patience)
	defer cancel()
	if err := a.api.showTyping(ctx, openid); err != nil {
		a.log(ctx).WithError(err).Debug("wechat: typing not shown")
	}
}

// progress tells how many messages of a push were sent before it failed.
type progress struct {
	mu   sync.Mutex
	sent map[string]int
}

func (p *progress) of(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[id]
}

func (p *progress) put(id string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil || len(p.sent) >= maxProgress {
		p.sent = map[string]int{}
	}
	p.sent[id] = n
}

func (p *progress) drop(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sent, id)
}
