package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/weizhangbot/weizhangbot/bot"
)

// deliver sends replies in order, the first of them in the place of the message
// over, if that is not 0. It returns the first error that keeps the rest from
// being sent; called again with the same id, it goes on after what was sent.
func (e *errand) deliver(ctx context.Context, id string, replies []bot.Reply, over int) (err error) {
	if len(replies) == 0 {
		return nil
	}
	ctx, ended := e.a.cfg.Tracer.Begin(ctx, bot.Stage{Name: "send", Channel: Channel})
	defer func() { ended(err) }()
	return e.a.deliver(ctx, delivery{id: id, stamp: stampOf(e.in.ID), chat: e.chat.ID, replies: replies, over: over})
}

// A delivery is what one update, or push, leads to.
type delivery struct {
	id      string
	stamp   uint32
	chat    int64
	replies []bot.Reply
	over    int
	bulk    bool
}

func (a *Adapter) deliver(ctx context.Context, d delivery) error {
	for i, o := range a.messages(d) {
		if i < a.sent.of(d.id) {
			continue
		}
		var err error
		if i == 0 && d.over != 0 {
			err = a.send.edit(ctx, d.over, o)
		} else {
			_, err = a.send.post(ctx, o)
		}
		if err != nil {
			if _, passing := isPassing(err); passing || isGone(err) {
				return err
			}
			// Once more could be once too often, or would fail in the same way.
			a.log(ctx).WithError(a.wire.redact(err)).WithField("update", logID(d.id)).Error("telegram: message not sent again")
		}
		a.sent.set(d.id, i+1)
	}
	return nil
}

// messages renders replies. What can be tapped stands under the last text of its
// reply; its files follow, so that the first message is never one: it may take
// the place of 「正在查询」.
func (a *Adapter) messages(d delivery) []outgoing {
	var all []outgoing
	for _, r := range d.replies {
		parts := render(r.Text)
		if len(parts) == 0 && len(r.Files) > 0 {
			parts = []part{plain(r.Files[0].Name)}
		}
		for i, p := range parts {
			o := outgoing{chat: d.chat, part: p, bulk: d.bulk}
			if i == len(parts)-1 {
				o.keys = a.keys.keyboard(d.chat, d.stamp, r.Options)
			}
			all = append(all, o)
		}
		for i := range r.Files {
			all = append(all, outgoing{chat: d.chat, bulk: d.bulk, file: &r.Files[i]})
		}
	}
	return all
}

// Push implements bot.Pusher: it sends what nobody waits for, behind the answers
// that somebody does. A message that may have arrived is not sent again.
func (a *Adapter) Push(ctx context.Context, to bot.UserID, id string, replies []bot.Reply) error {
	channel, number, _ := strings.Cut(string(to), ":")
	chat, err := strconv.ParseInt(number, 10, 64)
	if channel != Channel || err != nil || chat <= 0 {
		return fmt.Errorf("telegram: push: %s is nobody here: %w", to, bot.ErrGone)
	}
	d := delivery{id: "push|" + id, stamp: stampOf("push|" + id), chat: chat, replies: replies, bulk: true}
	if offers(replies) {
		err := a.cfg.Inbox.Note(ctx, to, func(last []byte) []byte {
			n := readNote(last)
			n.Stamp = d.stamp
			return n.bytes()
		})
		if err != nil {
			return fmt.Errorf("telegram: push: %w", err)
		}
	}
	err = a.deliver(ctx, d)
	if l, ok := errors.AsType[*laterError](err); ok && l.after > 0 {
		return bot.RetryAfter(l.after)
	}
	switch {
	case err == nil:
		return nil
	case isGone(err):
		a.log(ctx).WithError(a.wire.redact(err)).Info("telegram: the person is gone")
		return errors.Join(bot.ErrGone, a.cfg.Inbox.Note(ctx, to, func([]byte) []byte { return []byte{} }))
	}
	if _, passing := isPassing(err); passing && a.sent.of(d.id) == 0 {
		return fmt.Errorf("telegram: push: %w: %w", bot.ErrUnsent, a.wire.redact(err))
	}
	return fmt.Errorf("telegram: push: %w", a.wire.redact(err))
}

// maxProgress is how many deliveries are remembered.
const maxProgress = 4096

// A progress remembers how many messages of a delivery went out, so that a
// second try does not repeat them. It is memory only: after a crash the person
// may read a message twice, never not at all.
type progress struct {
	mu    sync.Mutex
	n     map[string]int
	order []string
}

func (p *progress) of(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n[id]
}

func (p *progress) set(id string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == nil {
		p.n = map[string]int{}
	}
	if _, known := p.n[id]; !known {
		if len(p.order) == maxProgress {
			delete(p.n, p.order[0])
			p.order = p.order[1:]
		}
		p.order = append(p.order, id)
	}
	p.n[id] = n
}
