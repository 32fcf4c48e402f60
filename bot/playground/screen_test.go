package playground

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A browser is a running headless Chromium.
type browser struct{ ctx context.Context }

// startBrowser starts a browser that ends with the test. Without one the test
// is skipped, but not where CI=true says that one must be there.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	switch {
	case path == "" && os.Getenv("CI") == "true":
		t.Fatal("no Chromium found: the chat page cannot be tested (install chromium)")
	case path == "":
		t.Skip("no Chromium found: the chat page is not tested in a browser (install chromium)")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile(t)), chromedp.NoFirstRun, chromedp.NoSandbox,
	}
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
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &browser{ctx}
}

// profile is a fresh directory for the browser. Its processes write there for a
// moment after it was closed, over which t.TempDir would stumble.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weizhangbot-browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Logf("remove profile: %v", err)
	})
	return dir
}

// A screen is a tab of the browser in front of a page.
type screen struct {
	t   *testing.T
	ctx context.Context
}

// open opens another tab, on a desktop's screen. An exception, or anything the
// content policy had to stop, fails the test.
func (b *browser) open(t *testing.T, url string) *screen {
	t.Helper()
	c := &complaints{}
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithListener(c.hear))
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(func() {
		cancel()
		closeTab()
		for _, text := range c.all() {
			t.Errorf("browser: %s", text)
		}
	})
	s := &screen{t: t, ctx: ctx}
	s.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(url))
	s.wait(`document.getElementById('log').getAttribute('aria-busy') === 'false'`)
	return s
}

// complaints are what a browser writes to its console that must not be there.
type complaints struct {
	mu    sync.Mutex
	texts []string
}

func (c *complaints) hear(e any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := e.(type) {
	case *runtime.EventExceptionThrown:
		c.texts = append(c.texts, fmt.Sprintf("%+v", *e.ExceptionDetails))
	case *cdplog.EventEntryAdded:
		if e.Entry.Source == "security" || strings.Contains(e.Entry.Text, "Content Security Policy") {
			c.texts = append(c.texts, e.Entry.Text)
		}
	}
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.texts
}

func (s *screen) do(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, actions...); err != nil {
		s.t.Fatal(err)
	}
}

// run evaluates JavaScript for what it does.
func (s *screen) run(script string) {
	s.t.Helper()
	s.do(chromedp.Evaluate[chromedp.Void](script))
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
	for range 1200 {
		if read[bool](s, expression) {
			return
		}
		s.do(chromedp.Sleep(25 * time.Millisecond))
	}
	s.t.Fatalf("never true: %s\nbubbles: %q", expression, s.bubbles())
}

// bubbles are the texts of the conversation, without the words that only a
// screen reader reads.
func (s *screen) bubbles() []string {
	s.t.Helper()
	return read[[]string](s, `[...document.querySelectorAll('.bubble')].map((b) => b.lastChild.textContent)`)
}

// count counts the bubbles that begin with this.
func (s *screen) count(text string) int {
	s.t.Helper()
	n := 0
	for _, b := range s.bubbles() {
		if strings.HasPrefix(b, text) {
			n++
		}
	}
	return n
}

// sees waits for a bubble that begins with this, the newest or not.
func (s *screen) sees(text string) {
	s.t.Helper()
	s.wait(fmt.Sprintf(`[...document.querySelectorAll('.bubble')].some((b) => b.lastChild.textContent.startsWith(%s))`, js(text)))
}

// types types a message and sends it with Enter.
func (s *screen) types(text string) {
	s.t.Helper()
	s.run(`document.getElementById('text').focus()`)
	s.inserts(text)
	s.enter(0)
}

// enter presses Enter, as one event for key and character, so that a page that
// takes the key also keeps the line break from the text.
func (s *screen) enter(with kb.Modifier) {
	s.t.Helper()
	key := input.DispatchKeyEventParams{
		Type: "keyDown", Modifiers: with.Int64(), Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13,
	}
	for _, key.Type = range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		if _, err := chromedp.Call(s.ctx, input.DispatchKeyEvent, key); err != nil {
			s.t.Fatal(err)
		}
		key.Text = ""
	}
}

// inserts puts text where the cursor is, as an input method does.
func (s *screen) inserts(text string) {
	s.t.Helper()
	if _, err := chromedp.Call(s.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		s.t.Fatal(err)
	}
}

// taps taps the newest visible thing of this selector that begins with this,
// once it stands still.
func (s *screen) taps(selector, words string) {
	s.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%s)].filter((e) => e.innerText.trim().startsWith(%s) && e.checkVisibility()).at(-1)`, js(selector), js(words))
	s.wait(find + ` !== undefined && !document.getAnimations().some((a) => a instanceof CSSTransition)`)
	at := read[[]float64](s, `(() => { const e = `+find+`; e.scrollIntoView({block: 'nearest'});
		const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	s.do(chromedp.MouseClickXY(at[0], at[1]))
}

// text is what an element shows.
func (s *screen) text(selector string) string {
	s.t.Helper()
	return read[string](s, fmt.Sprintf(`document.querySelector(%s).innerText`, js(selector)))
}

// shows tells whether the element of this id can be seen.
func (s *screen) shows(id string) bool {
	s.t.Helper()
	return read[bool](s, fmt.Sprintf(`document.getElementById(%s).checkVisibility({visibilityProperty: true})`, js(id)))
}

func (s *screen) scheme(light string) {
	s.t.Helper()
	p := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: light}}}
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, p); err != nil {
		s.t.Fatal(err)
	}
}

// phone makes the screen a phone's.
func (s *screen) phone() {
	s.t.Helper()
	s.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// shoot keeps a picture where PLAYGROUND_SCREENSHOTS says, to be looked at.
func (s *screen) shoot(name string) {
	s.t.Helper()
	dir := os.Getenv("PLAYGROUND_SCREENSHOTS")
	if dir == "" {
		dir = s.t.TempDir()
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

func js(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}
