package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// A mouth is a person's end of a platform.
type mouth interface {
	// say delivers a message as the platform does: again and again until it is
	// taken.
	say(ctx context.Context, text string)
	read() []reading
}

// inTelegram is a person there. The platform keeps what they say until the bot
// has it.
type inTelegram struct {
	api *telegramtest.Server
	id  int64
}

func (p inTelegram) say(_ context.Context, text string) { p.api.Say(p.id, text) }

func (p inTelegram) read() []reading {
	var all []reading
	for _, m := range p.api.Messages(p.id) {
		all = append(all, reading{at: m.At, text: m.Text, again: true})
	}
	return all
}

// inWeChat is a person there. The platform delivers the same three times within
// fifteen seconds; here it goes on until there is an answer, a little faster,
// because nobody's process dies that often.
type inWeChat struct {
	platform *wechattest.Platform
	api      *wechattest.API
	openid   string
	patient  bool // deliveries are as far apart as in life

	mu     sync.Mutex
	passed []reading // passive answers
}

const redeliverAfter = 40 * time.Millisecond

func (p *inWeChat) say(ctx context.Context, text string) {
	r, err := p.platform.Prepare(p.openid, wechattest.Text(text))
	for try := 0; err == nil && ctx.Err() == nil; try++ {
		began := time.Now()
		o := p.platform.Try(ctx, r, try)
		if o.Banner == "" {
			if o.Text != "" {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.passed = append(p.passed, reading{at: time.Now(), text: o.Text})
			}
			return
		}
		if p.patient {
			pause(ctx, time.Until(began.Add(wechattest.Patience)))
		}
		pause(ctx, redeliverAfter)
	}
}

func (p *inWeChat) read() []reading {
	p.mu.Lock()
	all := append([]reading(nil), p.passed...)
	p.mu.Unlock()
	for _, s := range p.api.Sent("text") {
		if s.To == p.openid {
			all = append(all, reading{at: s.At, text: s.Text, again: true})
		}
	}
	return all
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// A talker is a person who talks to the bot all the time, one message after the
// other, and knows what each must lead to.
type talker struct {
	mouth
	who     string
	town    *town
	watches string        // a plate they keep watching; "": they turn pages instead
	silent  bool          // and say nothing more: news must be pushed to them
	wait    time.Duration // how long an answer may take
	rest    time.Duration // between thoughts

	wishes []wish
}

// uncertain is how a person is told that nobody knows what came of a query.
func uncertain(plate string) string { return plate + "：上次查询时服务中断" }

// ask says something and waits for what it must lead to. It returns false when
// that did not come, or nobody knows.
func (p *talker) ask(ctx context.Context, w wish, plate string) bool {
	w.asked, w.shared = time.Now(), plate == p.watches
	p.say(ctx, w.said)
	for until := w.asked.Add(p.wait); ctx.Err() == nil && !w.answered && !w.uncertain && time.Now().Before(until); {
		for _, r := range p.read() {
			w.answered = w.answered || strings.Contains(r.text, w.want)
			w.uncertain = w.uncertain || strings.Contains(r.text, uncertain(plate))
		}
		pause(ctx, 10*time.Millisecond)
	}
	w.uncertain = w.uncertain && !w.answered
	p.wishes = append(p.wishes, w)
	return w.answered
}

// talk goes on until stop is closed; then the current thought is finished. A
// person who gets no answer gives up.
func (p *talker) talk(ctx context.Context, stop <-chan struct{}) {
	if p.watches != "" && (!p.subscribe(ctx) || p.silent) {
		return
	}
	for ctx.Err() == nil {
		select {
		case <-stop:
			return
		default:
		}
		pause(ctx, p.rest)
		plate := p.town.newCar()
		going := p.query(ctx, plate)
		for page := 2; going && p.watches == "" && page <= pages; page++ {
			going = p.ask(ctx, wish{said: "下一页", want: p.town.row(plate, (page-1)*rowsOfPage+1)}, plate)
		}
		if !going && !p.wishes[len(p.wishes)-1].uncertain {
			return
		}
	}
}

// query has a plate looked up in two messages.
func (p *talker) query(ctx context.Context, plate string) bool {
	return p.ask(ctx, wish{said: "查违章 " + plate, want: plate + "（苏州）需要"}, plate) &&
		p.ask(ctx, wish{said: "发动机号123456 车架号654321", want: p.town.row(plate, 1)}, plate)
}

// subscribe has the car watched. When nobody knows what came of the query, it
// is another car.
func (p *talker) subscribe(ctx context.Context) bool {
	for !p.query(ctx, p.watches) {
		if !p.wishes[len(p.wishes)-1].uncertain {
			return false
		}
		p.watches = p.town.newCar()
	}
	if !p.ask(ctx, wish{said: "订阅", want: p.watches + " 已订阅"}, p.watches) {
		return false
	}
	p.town.watched(p.watches, p.who)
	return true
}

func (p *talker) diary() diary { return diary{who: p.who, wishes: p.wishes, read: p.read()} }
