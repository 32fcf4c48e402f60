package main

import (
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

const anotherOne = "oCanary5678901234567890abcd2"

// A platform's API, in every weather for an hour, and then back. Meanwhile one
// driver there waits for a slow answer, and another channel's driver makes news
// of the first one's car. Both reach the first by themselves once it is back.
func TestWeChatAPIDegrades(t *testing.T) {
	t.Parallel()
	for _, k := range append(all, unconnected...) {
		for _, fresh := range []bool{false, true} {
			if fresh && !mayHaveArrived[k] {
				continue // the same as without
			}
			name := string(k)
			if fresh {
				name += ", with a token"
			}
			t.Run(name, func(t *testing.T) {
				inProvince(t, func(p *province) { p.config = everyDay }, func(p *province) { p.wechatStory(k, fresh) })
			})
		}
	}
}

// mayHaveArrived are the weathers in which a message that was sent with a token
// may be with the driver: nothing tells. It is not pushed again but comes with
// the driver's next message, so that some read it twice and nobody never.
var mayHaveArrived = map[weather]bool{
	silent20: true, silent40: true, mute: true, drip: true, cutBody: true, cutHead: true, page500: true, page502: true,
	page200: true, shape: true, list: true, huge: true, picture: true, nothing: true,
}

func (p *province) wechatStory(k weather, fresh bool) {
	p.watchBoth()
	time.Sleep(2 * time.Minute)
	if fresh { // a slow answer fetches a token
		p.wire.weather(queryAt, silent6)
		p.writes("查违章 沪C11111 发动机号123456 车架号654321")
		time.Sleep(time.Minute)
	}
	before := p.pushed()
	p.fined("沪C12345")
	p.wire.weather(wechatAt, k)
	p.wire.weather(queryAt, silent6)
	p.inTime("WeChat", p.writes("查违章 沪C22222 发动机号123456 车架号654321"), 5*time.Second)
	p.telegram.Say(43, "/query 沪C12345 发动机号123456 车架号654321")
	dialled := p.wire.dialled(wechatAt)
	time.Sleep(time.Hour)
	if n := p.wire.dialled(wechatAt) - dialled; n > 20 {
		p.t.Errorf("%d connections in an hour", n)
	}
	p.wire.weather(wechatAt, fine)
	time.Sleep(75 * time.Minute)

	pushed := strings.TrimPrefix(p.pushed(), before)
	asked := p.writes("结果").text
	for what, words := range map[string]string{"the answer": "沪C22222 · 上海", "the news": "的违章记录有变化"} {
		itself, then := strings.Count(pushed, words), strings.Count(asked, words)
		switch {
		case itself == 1 && then == 0:
		case fresh && mayHaveArrived[k] && then == 1 && itself <= 1:
		default:
			p.t.Errorf("%s was pushed %d times and read %d times when asked for", what, itself, then)
		}
	}
}

func TestTelegramAPIDegrades(t *testing.T) {
	t.Parallel()
	for _, k := range append(all, unconnected...) {
		t.Run(string(k), func(t *testing.T) {
			inProvince(t, func(p *province) { p.config = everyDay }, func(p *province) { p.telegramStory(k) })
		})
	}
}

func (p *province) telegramStory(k weather) {
	p.watchBoth()
	time.Sleep(2 * time.Minute)
	p.fined("沪C54321")
	p.wire.weather(telegramAt, k)
	p.wire.weather(queryAt, silent6)
	before := len(p.telegram.Messages(42))
	if k == gbk { // what a driver says is then not what they said
		p.telegram.Say(42, "/help")
	} else {
		p.telegram.Say(42, "/query 沪C33333 发动机号123456 车架号654321")
	}
	// WeChat goes on as if nothing were, and its driver makes news.
	got := p.sends(anotherOne, wechattest.Text("查违章 沪C54321 发动机号123456 车架号654321"))
	p.inTime("WeChat", got, 5*time.Second)
	dialled := p.wire.dialled(telegramAt)
	if k == huge { // as often as it is polled, an hour of it is a minute's work
		time.Sleep(10 * time.Minute)
	} else {
		time.Sleep(time.Hour)
	}
	if n := p.wire.dialled(telegramAt) - dialled; n > 400 {
		p.t.Errorf("%d connections in an hour", n)
	}
	p.wire.weather(telegramAt, fine)
	time.Sleep(75 * time.Minute)

	var read strings.Builder
	for _, m := range p.telegram.Messages(42)[before:] {
		read.WriteString(m.Text + "\n")
	}
	want := map[string]string{"the news": "的违章记录有变化", "the answer": "沪C33333 · 上海"}
	if k == gbk {
		want["the answer"] = "查违章"
	}
	for what, words := range want {
		if n := strings.Count(read.String(), words); n != 1 && (k != gbk || n == 0) {
			p.t.Errorf("%s was read %d times: %q", what, n, read.String())
		}
	}
	if p.says("你好", time.Minute).text == "" {
		p.t.Error("Telegram is back, and does not answer")
	}
}
