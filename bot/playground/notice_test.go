package playground

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/weizhangbot/weizhangbot/bot"
)

// openNow opens the page with the real clock, which d can set forward.
func openNow(t *testing.T, d *desk) *Page {
	t.Helper()
	return open(t, d, func(c *Config) {
		c.Now = func() time.Time { return time.Now().Add(d.runsAhead()) }
	})
}

// inWeeks is the date in n weeks, as the page writes it.
func inWeeks(n int) string {
	now := time.Now().In(bot.China)
	then := now.AddDate(0, 0, 7*n)
	if then.Year() != now.Year() {
		return then.Format("2006年1月2日")
	}
	return then.Format("1月2日")
}

func pushInBrowser(t *testing.T, b *browser) {
	d := newDesk()
	s := b.open(t, serve(t, openNow(t, d)).url)
	s.types("沪C12345")
	s.sees("沪C12345（上海")
	s.types("123456 654321")
	s.sees("沪C12345 · 上海")
	if s.shows("date") || s.shows("pill-dot") {
		t.Error("today is today, and nobody was told anything")
	}

	s.taps(".action", "新增一条违章")
	s.wait(`document.getElementById('said').innerText === '沪C12345 新增 1 条违章；过一周会查到'`)
	s.taps(".action", "过一周")
	s.sees("沪C12345 有 1 条新违章")
	s.wait(`document.getElementById('said').innerText === '过了一周'`)
	if got, want := s.text("#date"), "演示日期 "+inWeeks(1); got != want || !s.shows("date") {
		t.Errorf("the page says %q, want %q", got, want)
	}
	if got := read[string](s, `document.querySelector('.notice .tag').innerText`); got != "通知" {
		t.Errorf("a notice is labelled %q", got)
	}
	times := read[[]string](s, `[...document.querySelectorAll('.time')].map((e) => e.textContent)`)
	if len(times) != 2 || strings.Contains(times[0], "月") || !strings.HasPrefix(times[1], inWeeks(1)+" ") {
		t.Errorf("times %q: today's without a date, the other with one", times)
	}
	s.wait(`document.querySelector('.user[data-user="wang"] .dot').checkVisibility()`)
	if s.shows("toast") {
		t.Error("what the panel says beside the chat needs no second place")
	}
	s.shoot("desktop-push")

	s.taps(".user", "老王")
	s.sees("沪C12345 有 1 条新违章")
	s.wait(`!document.querySelector('.user[data-user="wang"] .dot').checkVisibility()`)
	if read[bool](s, `document.querySelector('.user[data-user="li"] .dot').checkVisibility()`) {
		t.Error("who was read until now has nothing new")
	}
	s.do(chromedp.Reload())
	s.sees("沪C12345 有 1 条新违章")
	s.wait(`!document.getElementById('date').hidden`)
	again := read[[]string](s, `[...document.querySelectorAll('.time')].map((e) => e.textContent)`)
	if len(again) == 0 || strings.Contains(again[0], "月") {
		t.Errorf("after a reload, times %q: what is said on the page's own day needs no date", again)
	}
}

func pushOnThePhone(t *testing.T, b *browser) {
	d := newDesk()
	s := b.open(t, serve(t, openNow(t, d)).url)
	s.phone()
	s.sees(hello)
	s.taps("#open-panel", "小李")
	s.taps(".action", "新增一条违章")
	s.wait(`document.getElementById('said').innerText.startsWith('沪C12345 新增')`)
	if !read[bool](s, `document.getElementById('panel').checkVisibility({visibilityProperty: true})`) {
		t.Error("the panel closes although nothing can be seen behind it")
	}
	s.shoot("phone-said")
	s.taps(".action", "过一周")
	s.sees("沪C12345 有 1 条新违章")
	s.wait(`!document.getElementById('panel').checkVisibility({visibilityProperty: true})`)
	if got := s.text("#toast"); got != "过了一周" || !s.shows("toast") {
		t.Errorf("behind the panel it says %q", got)
	}
	if !s.shows("pill-dot") {
		t.Error("老王 was told something, but the bar does not say so")
	}
	for name, expression := range map[string]string{
		"wide":     `document.documentElement.scrollWidth`,
		"date":     `document.getElementById('date').getBoundingClientRect().right - document.getElementById('open-panel').getBoundingClientRect().left + 390`,
		"tap area": `Math.max(...[...document.querySelectorAll('.action')].map((e) => 44 - e.offsetHeight)) + 390`,
	} {
		if got := read[float64](s, expression); got > 390 {
			t.Errorf("%s: %v", name, got)
		}
	}
	s.shoot("phone-push")
	s.scheme("dark")
	s.shoot("phone-push-dark")
}

// A press that fails says so, and is not repeated by itself.
func stuckActionInBrowser(t *testing.T, b *browser) {
	d := newDesk()
	s := b.open(t, serve(t, open(t, d)).url)
	s.sees(hello)
	s.wait(`document.querySelectorAll('.action').length === 2`)
	s.run(`window.fetch = () => { window.tries = (window.tries ?? 0) + 1; return Promise.reject(new Error('cut')); }`)
	s.taps(".action", "过一周")
	s.wait(`document.getElementById('said').innerText === '没有连上'`)
	if n := read[int](s, `window.tries`); n != 1 || d.runsAhead() != 0 {
		t.Errorf("tried %d times, %v passed", n, d.runsAhead())
	}
	s.run(`window.fetch = () => new Promise((done) => { window.answer = done; window.tries++; })`)
	s.taps(".action", "过一周")
	s.taps(".action", "过一周")
	s.wait(`document.querySelector('.action[data-id="week"]').getAttribute('aria-busy') === 'true'`)
	if n := read[int](s, `window.tries`); n != 2 {
		t.Errorf("a second press before the answer: %d requests", n-1)
	}
	s.run(`window.answer(new Response('没有做成', {status: 500, headers: {'Content-Type': 'text/plain; charset=utf-8'}}))`)
	s.wait(`document.getElementById('said').innerText === '没有做成' && document.getElementById('said').classList.contains('bad')`)
}
