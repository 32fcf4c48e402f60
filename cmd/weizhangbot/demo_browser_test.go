package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// What a newcomer does with the page, in a browser; what the page itself can do
// is tested in bot/playground, and the buttons in demo_push_test.go.
func TestNewcomer(t *testing.T) {
	s := openScreen(t) // first: its files lie outside of what the demo leaves empty
	d := aDemo(t)
	s.visits(inFrontOf(t, d))
	s.types("查违章 沪C12345")
	s.sees("沪C12345（上海）需要")
	s.types("发动机号123456 车架号654321")
	s.sees("沪C12345 · 上海")
	s.taps(".option", "订阅")
	s.sees("已订阅")
	s.shoot("demo-subscribed")

	s.taps(".action", "新增一条违章")
	s.wait(`document.getElementById('said').innerText.includes('并通知小李')`)
	s.taps(".action", "过一周")
	s.wait(notices + ` === 1`)
	s.wait(`document.getElementById('charged').innerText === '2'`)
	s.wait(`document.getElementById('date').checkVisibility()`)
	s.album()

	// In a week after something new the car is checked more than once: what
	// failed is asked again, for the price of one.
	s.taps(".action", "查询失败一次")
	s.wait(`document.getElementById('said').innerText.includes('失败 1 次')`)
	s.taps(".action", "过一周")
	s.wait(`document.getElementById('charged').innerText === '3'`)
	s.wait(`document.getElementById('rows').innerText.replace(/\s+/g, ' ').includes('没有收费的查询 1 次')`)
	waitForCheck(t, d, "沪C12345")
	s.taps(".action", "新增一条违章")
	s.wait(`document.getElementById('said').innerText.includes('新增 1 条')`)
	s.taps(".action", "过一周")
	s.wait(notices + ` > 1`)
	if n := read[int](s, notices); n != 2 {
		t.Errorf("%d notices of two violations", n)
	}
	s.wait(`document.getElementById('charged').innerText === '4'`)
}

// album keeps pictures of a push on every screen, and in the dark.
func (s *screen) album() {
	s.t.Helper()
	if os.Getenv("PLAYGROUND_SCREENSHOTS") == "" {
		return
	}
	s.shoot("demo-push")
	s.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
	s.shoot("demo-push-phone")
	s.scheme("dark")
	s.shoot("demo-push-phone-dark")
	s.do(chromedp.EmulateViewport(1280, 800))
	s.shoot("demo-push-dark")
	s.scheme("light")
}

const notices = `document.querySelectorAll('.notice').length`

// A screen is a tab of a headless Chromium in front of a page.
type screen struct {
	t   *testing.T
	ctx context.Context
}

// openScreen starts a browser that ends with the test. Without one the test is
// skipped, but not where CI=true says that one must be there.
func openScreen(t *testing.T) *screen {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	switch {
	case path == "" && os.Getenv("CI") == "true":
		t.Fatal("no Chromium found: the demo cannot be tested (install chromium)")
	case path == "":
		t.Skip("no Chromium found: the demo is not tested in a browser (install chromium)")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.NoSandbox}
	for _, flag := range []string{
		"headless", "disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update",
		"disable-sync", "disable-dev-shm-usage", "hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close browser: %v", err)
		}
		closeBrowser()
		stop()
	})
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &screen{t, limited}
}

func (s *screen) visits(url string) {
	s.t.Helper()
	s.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(url))
	s.wait(`document.getElementById('log').getAttribute('aria-busy') === 'false'`)
}

func (s *screen) do(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, actions...); err != nil {
		s.t.Fatal(err)
	}
}

// read evaluates a JavaScript expression.
func read[T any](s *screen, expression string) T {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until the expression is true.
func (s *screen) wait(expression string) {
	s.t.Helper()
	for range 600 {
		if read[bool](s, expression) {
			return
		}
		s.do(chromedp.Sleep(25 * time.Millisecond))
	}
	s.t.Fatalf("never true: %s\npage: %s", expression, read[string](s, `document.body.innerText`))
}

// sees waits for a bubble that contains this.
func (s *screen) sees(text string) {
	s.t.Helper()
	s.wait(fmt.Sprintf(`[...document.querySelectorAll('.bot .bubble')].some((b) => b.lastChild.textContent.includes(%s))`, quoted(text)))
}

// types types a message and sends it with Enter.
func (s *screen) types(text string) {
	s.t.Helper()
	s.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('text').focus()`))
	if _, err := chromedp.Call(s.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		s.t.Fatal(err)
	}
	// One event for key and character, so that a page that takes the key also
	// keeps the line break from the text.
	key := input.DispatchKeyEventParams{Type: "keyDown", Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
	for _, key.Type = range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		if _, err := chromedp.Call(s.ctx, input.DispatchKeyEvent, key); err != nil {
			s.t.Fatal(err)
		}
		key.Text = ""
	}
}

// taps taps the newest visible thing of this selector that begins with this,
// once it stands still.
func (s *screen) taps(selector, words string) {
	s.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%s)].filter((e) => e.innerText.trim().startsWith(%s) && e.checkVisibility()).at(-1)`, quoted(selector), quoted(words))
	s.wait(find + ` !== undefined && !document.getAnimations().some((a) => a instanceof CSSTransition)`)
	at := read[[]float64](s, `(() => { const e = `+find+`; e.scrollIntoView({block: 'nearest'});
		const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	s.do(chromedp.MouseClickXY(at[0], at[1]))
}

func (s *screen) scheme(light string) {
	s.t.Helper()
	p := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: light}}}
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, p); err != nil {
		s.t.Fatal(err)
	}
}

// shoot keeps a picture where PLAYGROUND_SCREENSHOTS says, to be looked at.
func (s *screen) shoot(name string) {
	s.t.Helper()
	dir := os.Getenv("PLAYGROUND_SCREENSHOTS")
	if dir == "" {
		return
	}
	s.do(chromedp.Sleep(300 * time.Millisecond)) // transitions end
	png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}
