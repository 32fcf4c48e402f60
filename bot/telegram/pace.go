package telegram

import (
	"context"
	"sync"
	"time"
)

// rate is how far apart messages go out at least.
type rate struct {
	chat    time.Duration // to one person
	group   time.Duration // to one group
	bulk    time.Duration // of those nobody waits for
	overall time.Duration
}

// usualRate is what the documentation asks for: about one message a second to a
// chat, 20 a minute to a group, 30 a second in all
// (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
// Pushes leave a third of that to people who wait for an answer.
func usualRate() rate {
	return rate{chat: time.Second, group: 3 * time.Second, bulk: time.Second / 20, overall: time.Second / 30}
}

// maxPaced is how many chats are remembered before those long over are dropped.
const maxPaced = 4096

// A pacer makes messages wait for their turn.
type pacer struct {
	rate rate

	mu      sync.Mutex
	chats   map[int64]time.Time // when the next message may go there
	bulk    time.Time
	overall time.Time
}

func newPacer(r rate) *pacer { return &pacer{rate: r, chats: map[int64]time.Time{}} }

// wait returns when a message may go to chat. First the chat's turn is waited
// for, then everybody's: a chat that is paused holds up nobody else.
func (p *pacer) wait(ctx context.Context, chat int64, bulk bool) error {
	if err := sleep(ctx, p.take(chat)); err != nil {
		return err
	}
	if bulk {
		if err := sleep(ctx, p.shared(&p.bulk, p.rate.bulk)); err != nil {
			return err
		}
	}
	return sleep(ctx, p.shared(&p.overall, p.rate.overall))
}

// take reserves the chat's next turn and tells how far it is.
func (p *pacer) take(chat int64) time.Duration {
	apart := p.rate.chat
	if chat < 0 { // groups have negative ids
		apart = p.rate.group
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.forget(now)
	at := latest(now, p.chats[chat])
	p.chats[chat] = at.Add(apart)
	return at.Sub(now)
}

func (p *pacer) shared(next *time.Time, apart time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	at := latest(now, *next)
	*next = at.Add(apart)
	return at.Sub(now)
}

// pause keeps messages from chat for d.
func (p *pacer) pause(chat int64, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chats[chat] = latest(p.chats[chat], time.Now().Add(d))
}

// forget drops the chats whose turn is over, once there are many.
func (p *pacer) forget(now time.Time) {
	if len(p.chats) < maxPaced {
		return
	}
	for chat, at := range p.chats {
		if at.Before(now) {
			delete(p.chats, chat)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
