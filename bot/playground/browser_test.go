package playground

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/weizhangbot/weizhangbot/bot"
)

func TestBrowser(t *testing.T) {
	b := startBrowser(t)
	for name, test := range map[string]func(*testing.T, *browser){
		"a driver's conversation":          conversationInBrowser,
		"a file is offered, not opened":    fileInBrowser,
		"text is never markup":             markupInBrowser,
		"reload and a second tab":          reloadInBrowser,
		"users":                            usersInBrowser,
		"a slow query":                     slowInBrowser,
		"keyboard":                         keyboardInBrowser,
		"phone":                            phoneInBrowser,
		"dark":                             darkInBrowser,
		"a lost response":                  lostResponseInBrowser,
		"an undelivered message":           undeliveredInBrowser,
		"a broken stream":                  brokenStreamInBrowser,
		"names for those who cannot see":   namesInBrowser,
		"a long conversation keeps still":  scrollInBrowser,
		"a tab in the background":          backgroundInBrowser,
		"a push":                           pushInBrowser,
		"a push on the phone":              pushOnThePhone,
		"an action that fails":             stuckActionInBrowser,
		"without a panel there is no pill": bareInBrowser,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

func conversationInBrowser(t *testing.T, b *browser) {
	s := b.open(t, serve(t, open(t, newDesk())).url)
	s.sees(hello)
	if !s.shows("hints") {
		t.Error("a newcomer must see what to say")
	}
	s.shoot("desktop-first")

	s.types("湖C12345")
	s.sees("您说的是 沪C12345")
	if s.shows("hints") {
		t.Error("the suggestions must go when the conversation has begun")
	}
	s.taps(".option", "是")
	s.sees("沪C12345（上海，小型汽车）还需要")
	old := read[[]bool](s, `[...document.querySelectorAll('.option')].map((b) => b.disabled)`)
	if fmt.Sprint(old) != "[true true false false]" {
		t.Errorf("disabled options: %v", old)
	}
	s.types("123456 654321")
	s.sees("沪C12345 · 上海")
	s.wait(`document.getElementById('charged').innerText === '1'`)
	if yuan := s.text("#yuan"); yuan != "0.20" {
		t.Errorf("about ¥%s", yuan)
	}
	lines := read[float64](s, `(() => { const b = [...document.querySelectorAll('.bubble')].at(-1); return b.clientHeight / parseFloat(getComputedStyle(b).lineHeight); })()`)
	if lines < 13 {
		t.Errorf("line breaks are lost: %.1f lines", lines)
	}
	s.shoot("desktop-report")

	s.types("123456 654321")
	s.wait(`document.getElementById('rows').innerText.replace(/\s+/g, ' ').includes('缓存省下 1 次')`)
	want := "湖C12345|是|123456 654321|123456 654321"
	if got := strings.Join(read[[]string](s, `[...document.querySelectorAll('.me .bubble')].map((b) => b.lastChild.textContent)`), "|"); got != want {
		t.Errorf("said %s, want %s", got, want)
	}
}

func markupInBrowser(t *testing.T, b *browser) {
	s := b.open(t, serve(t, open(t, newDesk())).url)
	evil := `<b>粗</b><img src=x onerror="document.title='坏'">`
	s.types(evil)
	s.sees("没有看懂：" + evil)
	s.sees(evil)
	if n := read[int](s, `document.querySelectorAll('.bubble b, .bubble img').length`); n != 0 {
		t.Errorf("%d elements came out of a text", n)
	}
	if title := read[string](s, `document.title`); title != "违章助手 · 小李" {
		t.Errorf("title %s", title)
	}
}

func reloadInBrowser(t *testing.T, b *browser) {
	where := serve(t, open(t, newDesk())).url
	s := b.open(t, where)
	s.types("湖C12345")
	s.sees("您说的是")
	before := strings.Join(s.bubbles(), "\n")
	s.do(chromedp.Reload())
	s.sees("您说的是")
	if after := strings.Join(s.bubbles(), "\n"); after != before {
		t.Errorf("after the reload:\n%s", after)
	}
	other := b.open(t, where)
	other.taps(".option", "是")
	for _, tab := range []*screen{s, other} {
		tab.sees("沪C12345（上海，小型汽车）还需要")
	}
	if got, want := strings.Join(s.bubbles(), "\n"), strings.Join(other.bubbles(), "\n"); got != want {
		t.Errorf("one tab:\n%s\nthe other:\n%s", got, want)
	}
}

func usersInBrowser(t *testing.T, b *browser) {
	where := serve(t, open(t, newDesk())).url
	s := b.open(t, where)
	s.types("苏州能查吗")
	s.sees("苏州可以查")
	s.taps(".user", "老王")
	s.wait(`document.querySelectorAll('.bubble').length === 1`)
	s.sees(hello)
	if got := read[string](s, `location.hash + document.title`); got != "#wang违章助手 · 老王" {
		t.Errorf("as another user: %s", got)
	}
	s.types("帮助")
	s.sees("我能查车辆违章")
	s.taps(".user", "小李")
	s.sees("苏州可以查")
	if s.count("我能查车辆违章") != 0 {
		t.Error("one user reads what another was told")
	}
	if pressed := read[string](s, `[...document.querySelectorAll('.user[aria-pressed="true"]')].map((b) => b.dataset.user).join()`); pressed != "li" {
		t.Errorf("pressed: %s", pressed)
	}
	b.open(t, where+"/#wang").sees("我能查车辆违章")
	b.open(t, where+"/#nobody").sees("苏州可以查")
}

func slowInBrowser(t *testing.T, b *browser) {
	d := newDesk()
	p := open(t, d)
	p.pace.patience, p.pace.retry = 50*time.Millisecond, 10*time.Millisecond
	s := b.open(t, serve(t, p).url)
	s.types("沪C12345")
	s.sees("沪C12345（上海")
	s.taps(".switch", "每次查询慢 8 秒")
	s.wait(`document.querySelector('.switch[data-id="slow"]').getAttribute('aria-checked') === 'true'`)
	for try := 0; !d.Switches()[0].On; try++ { // the page shows it before the desk has heard
		if try == 1200 {
			t.Fatal("the switch stays off")
		}
		s.do(chromedp.Sleep(25 * time.Millisecond))
	}
	s.types("123456 654321")
	s.wait(`document.getElementById('typing').checkVisibility()`)
	s.wait(`document.getElementById('typing').innerText.trim() === '正在查询…'`)
	s.shoot("desktop-typing")
	s.types("苏州能查吗")
	s.sees("苏州可以查")
	close(d.slow)
	s.sees("沪C12345 · 上海")
	s.wait(`!document.getElementById('typing').checkVisibility()`)
}

func keyboardInBrowser(t *testing.T, b *browser) {
	s := b.open(t, serve(t, open(t, newDesk())).url)
	if on := read[string](s, `document.activeElement.id`); on != "text" {
		t.Errorf("typing goes to %q", on)
	}
	s.inserts("第一行")
	s.enter(kb.ModifierShift)
	s.inserts("第二行")
	if got := read[string](s, `document.getElementById('text').value`); got != "第一行\n第二行" {
		t.Errorf("Shift+Enter: %q", got)
	}
	// Enter that chooses a character in an input method does not send.
	s.run(`document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))`)
	if s.count("第一行") != 0 {
		t.Error("sent while a character was being chosen")
	}
	s.enter(0)
	s.sees("没有看懂：第一行\n第二行")
	if left := read[string](s, `document.getElementById('text').value`); left != "" {
		t.Errorf("left in the input: %q", left)
	}
	s.enter(0)
	s.types("  \n ")
	s.types("帮助")
	s.sees("我能查车辆违章")
	if n := read[int](s, `document.querySelectorAll('.me .bubble').length`); n != 2 {
		t.Errorf("%d messages: nothing was typed, so nothing is sent", n)
	}
	// From the input back through the round button to the newest option.
	shiftTab := chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift))
	s.do(shiftTab, shiftTab)
	s.enter(0)
	s.sees("没有看懂：城市")
}

func phoneInBrowser(t *testing.T, b *browser) {
	s := b.open(t, serve(t, open(t, newDesk())).url)
	s.phone()
	s.shoot("phone-first")
	s.taps(".hint", "查违章 沪C12345")
	s.sees("沪C12345（上海")
	s.types("123456 654321")
	s.sees("沪C12345 · 上海")
	s.shoot("phone-report")
	if wide := read[float64](s, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %v wide", wide)
	}
	if bottom := read[float64](s, `document.getElementById('form').getBoundingClientRect().bottom`); bottom != 844 {
		t.Errorf("the input ends at %v, not at the bottom", bottom)
	}
	small := func() string {
		return strings.Join(read[[]string](s, `[...document.querySelectorAll('button, textarea')].filter((e) => e.checkVisibility({visibilityProperty: true}))
			.filter((e) => { const r = e.getBoundingClientRect(); return r.width < 44 || r.height < 44; }).map((e) => e.id || e.innerText)`), ", ")
	}
	if got := small(); got != "" {
		t.Errorf("too small to tap: %s", got)
	}

	panel := `document.getElementById('panel').checkVisibility({visibilityProperty: true})`
	if read[bool](s, panel) {
		t.Error("the panel must be folded away")
	}
	if pill := s.text("#open-panel"); !strings.Contains(pill, "小李") || !strings.Contains(pill, "¥0.20") {
		t.Errorf("the bar says %q", pill)
	}
	s.taps("#open-panel", "小李")
	s.wait(panel + ` && document.activeElement.id === 'close-panel' && document.getElementById('chat').inert`)
	s.shoot("phone-panel")
	if got := small(); got != "" {
		t.Errorf("too small to tap in the panel: %s", got)
	}
	s.do(chromedp.KeyEvent(kb.Escape))
	s.wait(`!` + panel + ` && document.activeElement.id === 'open-panel' && !document.getElementById('chat').inert`)
	s.taps("#open-panel", "小李")
	s.taps(".user", "车队")
	s.wait(`!` + panel)
	s.sees(hello)
}

func darkInBrowser(t *testing.T, b *browser) {
	s := b.open(t, serve(t, open(t, newDesk())).url)
	s.types("查违章 沪C12345")
	s.sees("沪C12345（上海")
	s.types("123456 654321")
	s.sees("沪C12345 · 上海")
	s.taps("#examples", "")
	s.taps(".action", "新增一条违章")
	s.taps(".action", "过一周")
	s.sees("沪C12345 有 1 条新违章")
	s.wait(`document.getElementById('said').innerText === '过了一周'`)
	for _, scheme := range []string{"light", "dark"} {
		s.scheme(scheme)
		for _, selector := range []string{
			".me .bubble", ".notice .tag", ".action b", ".action small", ".said", "#date", ".bot .bubble", "#presence", ".option:enabled", ".hint", "#send", ".user small", ".switch small", "#rows dt", ".about .soft", ".time", "h3",
		} {
			if c := read[float64](s, fmt.Sprintf(contrast, js(selector))); c < 4.5 {
				t.Errorf("%s: %s: contrast %.1f, less than 4.5 (WCAG 2.2, 1.4.3)", scheme, selector, c)
			}
		}
	}
	s.shoot("desktop-dark")
	s.phone()
	s.shoot("phone-dark")
}

// contrast is WCAG's contrast ratio of an element's text and what is behind it.
const contrast = `((selector) => {
	const rgb = (c) => c.match(/[\d.]+/g).map(Number);
	const light = (c) => rgb(c).slice(0, 3).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const e = document.querySelector(selector);
	let back = e;
	while (rgb(getComputedStyle(back).backgroundColor)[3] === 0) back = back.parentElement;
	const [a, b] = [light(getComputedStyle(e).color), light(getComputedStyle(back).backgroundColor)].sort((x, y) => y - x);
	return (a + .05) / (b + .05);
})(%s)`

func namesInBrowser(t *testing.T, b *browser) {
	s := b.open(t, serve(t, open(t, newDesk())).url)
	s.types("帮助")
	s.sees("我能查车辆违章")
	nameless := read[[]string](s, `[...document.querySelectorAll('button')].filter((b) => !b.textContent.trim()).map((b) => b.outerHTML)`)
	if len(nameless) > 0 {
		t.Errorf("without a name: %q", nameless)
	}
	for expression, want := range map[string]string{
		`document.documentElement.lang`:                                                                                              "zh-CN",
		`document.getElementById('text').labels[0].textContent`:                                                                      "消息",
		`document.getElementById('log').getAttribute('aria-live')`:                                                                   "polite",
		`document.querySelector('.me .bubble').textContent`:                                                                          "您：帮助",
		`document.querySelector('.bot .bubble').textContent.slice(0, 6)`:                                                             "助手：您好，",
		`document.querySelector('.options').getAttribute('aria-label')`:                                                              "可以这样回复",
		`document.querySelector('.switch').getAttribute('role')`:                                                                     "switch",
		`[...document.querySelectorAll('h1,h2,h3')].map((h) => h.tagName).join('')`:                                                  "H1H2H3H3H3H3H3",
		`String(document.querySelectorAll('[id]').length === new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size)`: "true",
	} {
		if got := read[string](s, expression); got != want {
			t.Errorf("%s = %q, want %q", expression, got, want)
		}
	}
}

// A file comes as a link that saves it, byte for byte, whatever its kind.
func fileInBrowser(t *testing.T, b *browser) {
	p := open(t, newDesk())
	s := b.open(t, serve(t, p).url)
	files := []bot.File{{Name: "车辆.csv", MIME: "text/html", Data: []byte("<b>沪C12345</b>\xff")}}
	if err := p.Push(t.Context(), "demo:li", "1", []bot.Reply{{Text: "导出完成", Files: files}}); err != nil {
		t.Fatal(err)
	}
	s.sees("导出完成")
	s.wait(`document.querySelector('.file')?.download === '车辆.csv'`)
	for expression, want := range map[string]string{
		`document.querySelector('.file').textContent`:           "下载 车辆.csv",
		`document.querySelector('.file').href.split(':', 1)[0]`: "blob",
	} {
		if got := read[string](s, expression); got != want {
			t.Errorf("%s = %q, want %q", expression, got, want)
		}
	}
}

// Whoever reads further up is not dragged down, but told.
func scrollInBrowser(t *testing.T, b *browser) {
	p := open(t, newDesk())
	s := b.open(t, serve(t, p).url)
	for i := range 40 {
		p.talks["li"].add(entry{From: "bot", Text: fmt.Sprintf("第%d条", i), At: time.Now()})
	}
	s.sees("第39条")
	atEnd := `(() => { const e = document.getElementById('scroll'); return e.scrollHeight - e.scrollTop - e.clientHeight < 2; })()`
	s.wait(atEnd)
	s.run(`document.getElementById('scroll').addEventListener('scroll', () => { window.scrolled = true; }); document.getElementById('scroll').scrollTop = 0`)
	s.wait(`window.scrolled === true`) // the page has seen it too: its own listener came first
	p.talks["li"].add(entry{From: "bot", Text: "新的一条", At: time.Now()})
	s.wait(`document.getElementById('newest').checkVisibility()`)
	if top := read[float64](s, `document.getElementById('scroll').scrollTop`); top != 0 {
		t.Errorf("dragged down to %v", top)
	}
	s.taps("#newest", "有新消息")
	s.wait(atEnd + ` && !document.getElementById('newest').checkVisibility()`)

	// Less room from below: what was last stays in sight.
	for _, visible := range []string{"false", "true"} {
		s.taps("#examples", "")
		s.wait(`document.getElementById('hints').checkVisibility() === ` + visible)
		s.wait(atEnd)
	}
	// An answer taller than the screen is read from its beginning.
	p.talks["li"].add(entry{From: "bot", Text: "很长的结果" + strings.Repeat("\n又一条", 60), At: time.Now()})
	s.sees("很长的结果")
	s.wait(`(() => { const top = (e) => e.getBoundingClientRect().top;
		return Math.abs(top([...document.querySelectorAll('.turn')].at(-1)) - top(document.getElementById('scroll'))) < 24; })()`)
	if moved := read[float64](s, `document.querySelector('.chat').scrollTop`); moved != 0 {
		t.Errorf("the frame moved by %v px: its head is cut off", moved)
	}
}

func bareInBrowser(t *testing.T, b *browser) {
	s := b.open(t, serve(t, open(t, newDesk(), func(c *Config) { c.Panel = nil })).url)
	s.phone()
	s.types("帮助")
	s.sees("我能查车辆违章")
	if pill := s.text("#open-panel"); strings.Contains(pill, "¥") {
		t.Errorf("the bar says %q", pill)
	}
}

// A tab nobody looks at leaves its connection to others, and catches up.
func backgroundInBrowser(t *testing.T, b *browser) {
	p := open(t, newDesk())
	s := b.open(t, serve(t, p).url)
	c := p.talks["li"]
	readers := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.wakes)
	}
	turn := func(hidden string) {
		s.run(`Object.defineProperty(document, 'hidden', {value: ` + hidden + `, configurable: true});
			document.dispatchEvent(new Event('visibilitychange'))`)
	}
	s.sees(hello)
	turn("true")
	for range 200 {
		if readers() == 0 {
			break
		}
		s.do(chromedp.Sleep(10 * time.Millisecond))
	}
	if n := readers(); n != 0 {
		t.Errorf("%d connections of a hidden tab", n)
	}
	c.add(entry{From: "bot", Text: "沪C12345 有 1 条新违章", At: time.Now()})
	turn("false")
	s.sees("沪C12345 有 1 条新违章")
	if n := len(s.bubbles()); n != 2 {
		t.Errorf("%d bubbles after coming back", n)
	}
}
