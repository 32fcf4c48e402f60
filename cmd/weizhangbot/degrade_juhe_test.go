package main

import (
	"strings"
	"testing"
	"time"
)

// all are the weathers in which a connection comes about.
var all = []weather{
	silent3, silent6, silent20, silent40, mute, drip, cutBody, cutHead, page500, page502, page403, page429, page200,
	shape, list, gbk, huge, picture, nothing,
}

// unconnected are those in which none does.
var unconnected = []weather{refused, noName, badTLS, blackhole}

// What drivers read of Juhe.
const (
	aReport     = "查询时间"
	noService   = "暂时连不上查询服务，没有收费。"
	noServiceOr = "查询服务或交管部门的网络暂时不通，没有收费。"
	cutOff      = "查询中断，没有等到结果，这次可能已经计费。"
	onceMore    = "要再查一次"
	underWay    = "正在查询，请稍候。"
)

// A forecast is what becomes of a question while a party is under a weather.
type forecast struct {
	reads []string // one of them: the first time, and when the breaker is open
	asks  int      // how often the question itself may be put, at most
	log   string
}

var (
	well        = forecast{[]string{aReport}, 1, ""}
	unreachable = forecast{[]string{noService, noServiceOr}, 0, "unreachable"}
	interrupted = forecast{[]string{cutOff}, 1, "interrupted"}
)

// juheFates is the table: the half of Juhe, the weather, and what comes of it.
// The rules cost nothing and are asked again by themselves, three times in all;
// a query that may have been carried out is not.
func juheFates(half string, k weather) forecast {
	switch {
	case half == juheAt:
		return unreachable
	case k == silent3 || k == silent6, half == queryAt && k == silent20:
		return well
	case half == rulesAt:
		return unreachable
	}
	return interrupted
}

// Juhe, both halves, in every weather for an hour, and then back: each driver
// reads a sentence with a next step in time, nothing is paid twice or without a
// question, nobody hammers, and one word brings the report when it is back.
func TestJuheDegrades(t *testing.T) {
	t.Parallel()
	for half, weathers := range map[string][]weather{rulesAt: all, queryAt: all, juheAt: unconnected} {
		for _, k := range weathers {
			t.Run(half+"/"+string(k), func(t *testing.T) {
				inProvince(t, nil, func(p *province) { p.juheStory(half, k, juheFates(half, k)) })
			})
		}
	}
}

func (p *province) juheStory(half string, k weather, f forecast) {
	p.wire.weather(half, k)
	const digits = " 发动机号123456 车架号654321"
	wx := p.writes("查违章 沪C12345" + digits)
	p.inTime("WeChat", wx, 5*time.Second)
	tg := p.says("/query 沪C54321"+digits, 5*time.Minute)
	p.inTime("Telegram", tg, time.Minute)
	time.Sleep(time.Hour)

	if pushed := p.pushed(); strings.Contains(wx.text, underWay) {
		wx.text = pushed
	} else if pushed != "" {
		p.t.Errorf("pushed, though it was answered: %q", pushed)
	}
	for name, got := range map[string]string{"WeChat": wx.text, "Telegram": tg.text} {
		if !f.read(got) {
			p.t.Errorf("%s reads %q, want one of %q", name, got, f.reads)
		}
		if f.log != "" && !strings.Contains(got, onceMore) {
			p.t.Errorf("%s reads of no next step: %q", name, got)
		}
	}
	m := p.juhe.Meter()
	if m.Queries > 2*f.asks || m.Calls["carPre"] > 6 || p.wire.dialled(juheAt) > 8 {
		p.t.Errorf("in an hour: %+v, %d connections", m, p.wire.dialled(juheAt))
	}
	if !strings.Contains(p.log.String(), f.log) {
		p.t.Errorf("the log lacks %q", f.log)
	}
	if f.log == "" {
		return
	}
	p.wire.weather(half, fine)
	for name, got := range map[string]heard{"WeChat": p.writes("是"), "Telegram": p.says("是", time.Minute)} {
		if !strings.Contains(got.text, aReport) {
			p.t.Errorf("it is back, and %s reads %+v", name, got)
		}
	}
	if after := p.juhe.Meter(); after.Queries != m.Queries+2 {
		p.t.Errorf("%d queries once it was back, want 2", after.Queries-m.Queries)
	}
}

func (f forecast) read(text string) bool {
	for _, s := range f.reads {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// inTime wants an answer, and no banner, within d.
func (p *province) inTime(name string, got heard, d time.Duration) {
	p.t.Helper()
	if got.banner != "" || got.text == "" || got.took >= d {
		p.t.Errorf("%s: %q, banner %q, after %v, want an answer within %v", name, got.text, got.banner, got.took, d)
	}
}
