package playground

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// maxKey is the longest key of a message; the page's own have 32 characters.
const maxKey = 100

// A saying is the body of POST /say. Label is what the tapped option said,
// shown instead of what it sends.
type saying struct {
	User  string `json:"user"`
	Key   string `json:"key"`
	Text  string `json:"text"`
	Label string `json:"label"`
}

func (p *Page) postSay(w http.ResponseWriter, r *http.Request) {
	var s saying
	if !readJSON(w, r, &s) {
		return
	}
	c := p.talks[s.User]
	if c == nil {
		refuse(w, http.StatusNotFound, "没有这位用户")
		return
	}
	if s.Key == "" || len(s.Key) > maxKey {
		refuse(w, http.StatusBadRequest, "消息缺少编号")
		return
	}
	shown := s.Text
	if s.Label != "" {
		shown = s.Label
	}
	c.greeted.Do(func() {}) // who speaks before the page was opened needs no welcome
	m := bot.Message{Channel: channel, User: c.user, Key: s.Key, At: p.cfg.Now(), Text: s.Text}
	switch err := p.take(c, m, shown); {
	case errors.Is(err, errTooMany):
		refuse(w, http.StatusTooManyRequests, "前面还有消息没有处理完，请稍候再发")
	case err != nil:
		refuse(w, http.StatusServiceUnavailable, "演示正在关闭")
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// greet lets the bot welcome who opens the chat for the first time, whatever
// the number of tabs and reconnections.
func (p *Page) greet(c *conversation) {
	c.greeted.Do(func() {
		m := bot.Message{
			Channel: channel, User: c.user, Key: "followed-" + p.epoch,
			At: p.cfg.Now(), Event: bot.Followed,
		}
		if err := p.take(c, m, ""); err != nil {
			p.cfg.Log("greet", err)
		}
	})
}

// take puts m in the conversation's queue and sees that it is worked off.
func (p *Page) take(c *conversation, m bot.Message, shown string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	first, err := c.accept(m, shown)
	if first {
		p.turns.Go(func() { p.work(c) })
	}
	return err
}

// work hands the waiting messages to the bot in the order they were typed. One
// that the bot is slow with is left to wait beside the queue, like on a
// platform that hangs up: the person can type on, and be answered, meanwhile.
func (p *Page) work(c *conversation) {
	for m, ok := c.next(); ok; m, ok = c.next() {
		answer, err := p.handle(m, p.pace.patience)
		p.publish(c, answer, err)
		if answer.Pending {
			p.turns.Go(func() { p.await(c, m) })
		}
	}
}

// await delivers m again until its answer is there, or nobody can be expected
// to look at the screen any more. Then the person's next message brings it.
func (p *Page) await(c *conversation, m bot.Message) {
	ctx, cancel := context.WithTimeout(p.ctx, p.pace.giveUp)
	defer cancel()
	for {
		answer, err := p.handle(m, p.pace.wait)
		answer.Pending = answer.Pending && ctx.Err() == nil
		p.publish(c, answer, err)
		if !answer.Pending {
			return
		}
		select {
		case <-time.After(p.pace.retry):
		case <-ctx.Done():
		}
	}
}

func (p *Page) handle(m bot.Message, d time.Duration) (bot.Answer, error) {
	ctx, cancel := context.WithTimeout(p.ctx, d)
	defer cancel()
	return p.cfg.Bot.Handle(ctx, m)
}

// publish shows what is there of an answer. A pending one can bring replies
// too: those that an earlier message did not stay for.
func (p *Page) publish(c *conversation, answer bot.Answer, err error) {
	if err != nil {
		p.cfg.Log("handle", err)
	}
	c.answered(answer.Replies, p.cfg.Now(), !answer.Pending)
	p.Nudge()
}

// Nudge has every open page look whether something changed that no message
// brings: the panel, the clock, what the other people read. What one user asks
// for moves the meter that all of them see.
func (p *Page) Nudge() {
	for _, c := range p.talks {
		c.nudge()
	}
}
