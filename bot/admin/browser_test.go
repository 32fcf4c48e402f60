package admin_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// What an operator sees, in a browser.
func TestDashboardInBrowser(t *testing.T) {
	s := openScreen(t)
	r := newRig(t, "")
	r.busy()
	r.surveyed(t)
	server := httptest.NewServer(r.console)
	t.Cleanup(func() { _ = r.console.Close(context.Background()); server.Close() })

	s.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(server.URL))
	s.wait(`document.getElementById('live').textContent === '实时'`)
	s.wait(`document.styleSheets.length === 1 && document.querySelectorAll('#turns rect').length > 20`)
	s.album("dashboard")
	s.fits()

	s.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach((d) => { d.open = true; })`))
	s.album("details")
	s.fits()

	// What changes, changes by itself.
	r.change(func() { r.down = nil; r.now = r.now.Add(6 * time.Second) })
	s.wait(`document.getElementById('outages').innerText.includes('没有城市暂停')`)

	// A dead letter is retried, and is gone.
	s.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#dead button').click()`))
	s.wait(`document.querySelector('.said') !== null && document.querySelectorAll('#dead button').length === 1`)
	r.change(func() {
		if fmt.Sprint(r.revived) != "[00aa]" {
			t.Errorf("revived %v", r.revived)
		}
	})

	for _, width := range []int64{320, 390, 768} {
		s.do(chromedp.EmulateViewport(width, 800))
		s.fits()
	}
}

// A bot that nobody has written to yet.
func TestEmptyDashboardInBrowser(t *testing.T) {
	s := openScreen(t)
	r := newRig(t, "")
	r.change(func() { r.queues, r.used = nil, 0 })
	server := httptest.NewServer(r.console)
	t.Cleanup(func() { _ = r.console.Close(context.Background()); server.Close() })
	s.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(server.URL))
	s.wait(`document.getElementById('live').textContent === '实时'`)
	s.album("empty")
	s.fits()
}

// Signing in, where there is a token.
func TestLoginInBrowser(t *testing.T) {
	s := openScreen(t)
	r := newRig(t, "a long token")
	server := httptest.NewServer(r.console)
	t.Cleanup(func() { _ = r.console.Close(context.Background()); server.Close() })
	s.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(server.URL))
	sign := func(token string) {
		s.wait(`document.getElementById('token') !== null`)
		s.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById('token').value = %q; document.querySelector('form button').click()`, token)))
	}
	sign("another")
	s.wait(`document.querySelector('.wrong') !== null`)
	s.shoot("login-phone")
	sign("a long token")
	s.wait(`document.getElementById('live') !== null && document.getElementById('live').textContent === '实时'`)
	if cookies := evaluate[string](s, `document.cookie`); cookies != "" {
		t.Errorf("a script reads the session: %q", cookies)
	}
	s.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.top button').click()`))
	s.wait(`document.getElementById('token') !== null`)
}

// A screen is a tab of a headless Chromium.
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
		t.Fatal("no Chromium found: the dashboard cannot be tested (install chromium)")
	case path == "":
		t.Skip("no Chromium found: the dashboard is not tested in a browser (install chromium)")
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

func (s *screen) do(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, actions...); err != nil {
		s.t.Fatal(err)
	}
}

func evaluate[T any](s *screen, expression string) T {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until the expression is true. A page that is just being left for
// another one answers nothing.
func (s *screen) wait(expression string) {
	s.t.Helper()
	for range 1200 {
		ok, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](expression))
		switch {
		case ok && err == nil:
			return
		case s.ctx.Err() != nil:
			s.t.Fatalf("%s: %v", expression, err)
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatalf("never true: %s\npage: %s", expression, evaluate[string](s, `document.body.innerText`))
}

// fits wants nothing to stand out of the screen sideways, and nothing cut off,
// once the page has taken a new width in.
func (s *screen) fits() {
	s.t.Helper()
	var out string
	for range 400 {
		if out = evaluate[string](s, tooWide); out == "" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Errorf("too wide at %d: %s", evaluate[int](s, `innerWidth`), out)
}

// tooWide lists what stands out or is cut off.
const tooWide = `(() => { const wide = document.documentElement.clientWidth;
	return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > wide + 1 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && !(e instanceof SVGElement))
		.map((e) => e.tagName + '.' + e.className + ':' + e.textContent.slice(0, 20)).join(' | '); })()`

func (s *screen) scheme(light string) {
	s.t.Helper()
	p := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: light}}}
	if _, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, p); err != nil {
		s.t.Fatal(err)
	}
}

// album keeps pictures of the page on every screen, and in the dark.
func (s *screen) album(name string) {
	s.t.Helper()
	if os.Getenv("ADMIN_SCREENSHOTS") == "" {
		return
	}
	s.do(chromedp.EmulateViewport(1280, 1340))
	s.shoot(name)
	s.scheme("dark")
	s.shoot(name + "-dark")
	s.do(chromedp.EmulateViewport(390, 2300, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
	s.shoot(name + "-phone-dark")
	s.scheme("light")
	s.shoot(name + "-phone")
	s.do(chromedp.EmulateViewport(1280, 900))
}

// shoot keeps a picture where ADMIN_SCREENSHOTS says, to be looked at.
func (s *screen) shoot(name string) {
	s.t.Helper()
	dir := os.Getenv("ADMIN_SCREENSHOTS")
	if dir == "" {
		return
	}
	s.do(chromedp.Sleep(300 * time.Millisecond))
	png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		s.t.Fatal(err)
	}
}
