package playground

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// weather stands between browser and page.
type weather struct {
	mu    sync.Mutex
	page  http.Handler
	storm func(w http.ResponseWriter, r *http.Request, page http.Handler) bool // true: it was dealt with
}

func (x *weather) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	storm := x.storm
	x.mu.Unlock()
	if storm == nil || !storm(w, r, x.page) {
		x.page.ServeHTTP(w, r)
	}
}

func (x *weather) set(storm func(http.ResponseWriter, *http.Request, http.Handler) bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.storm = storm
}

// outside serves a page with weather.
func outside(t *testing.T, p *Page) (*weather, string) {
	t.Helper()
	x := &weather{page: p}
	srv := httptest.NewServer(x)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = p.Close(ctx)
		srv.Close()
	})
	return x, srv.URL
}

// The message arrived but the answer to the POST did not: the page sends it
// again, and shows message and answer once.
func lostResponseInBrowser(t *testing.T, b *browser) {
	d := newDesk()
	x, url := outside(t, open(t, d))
	s := b.open(t, url)
	posts := make(chan struct{}, 10)
	x.set(func(_ http.ResponseWriter, r *http.Request, page http.Handler) bool {
		if r.Method != http.MethodPost {
			return false
		}
		posts <- struct{}{}
		if len(posts) > 2 {
			return false
		}
		page.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
	s.types("帮助")
	s.sees("我能查车辆违章")
	for len(posts) < 3 {
		s.do(chromedp.Sleep(50 * time.Millisecond))
	}
	s.types("苏州能查吗")
	s.sees("苏州可以查")
	if got := strings.Join(s.bubbles(), "|"); s.count("我能查车辆违章") != 1 || s.count("帮助") != 1 {
		t.Errorf("after %d posts: %s", len(posts), got)
	}
	if n := len(d.delivered()); n != 3 {
		t.Errorf("the bot heard %d messages", n)
	}
}

func undeliveredInBrowser(t *testing.T, b *browser) {
	x, url := outside(t, open(t, newDesk()))
	s := b.open(t, url)
	x.set(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPost {
			http.Error(w, "这里不许发消息", http.StatusForbidden)
		}
		return r.Method == http.MethodPost
	})
	s.types("帮助")
	s.wait(`document.querySelector('.trouble')?.innerText.includes('未送达：这里不许发消息') ?? false`)
	s.shoot("desktop-undelivered")
	s.taps(".switch", "城市维护")
	s.wait(`document.querySelector('.switch[data-id="maintenance"]').getAttribute('aria-checked') === 'false'`)
	x.set(nil)
	s.taps(".again", "重试")
	s.sees("我能查车辆违章")
	if s.count("帮助") != 1 || read[int](s, `document.querySelectorAll('.trouble').length`) != 0 {
		t.Errorf("after sending again: %q", s.bubbles())
	}
	s.types(strings.Repeat("长", maxBody))
	s.wait(`document.querySelector('.trouble')?.innerText.includes('未送达：消息太长') ?? false`)
	s.do(chromedp.Reload())
	s.sees("我能查车辆违章")
	x.set(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPost {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusGone)
		}
		return r.Method == http.MethodPost
	})
	s.types("取消")
	s.wait(`document.querySelector('.trouble')?.innerText.includes('未送达：服务器回答 410') ?? false`)
}

func brokenStreamInBrowser(t *testing.T, b *browser) {
	p := open(t, newDesk())
	x, url := outside(t, p)
	cut := make(chan struct{})
	x.set(func(w http.ResponseWriter, r *http.Request, page http.Handler) bool {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			select {
			case <-cut:
				cancel()
			case <-stop:
			}
		}()
		page.ServeHTTP(w, r.WithContext(ctx))
		return true
	})
	s := b.open(t, url)
	s.types("帮助")
	s.sees("我能查车辆违章")
	x.set(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		http.Error(w, "代理暂时不通", http.StatusBadGateway)
		return true
	})
	close(cut)
	s.wait(`document.getElementById('presence').innerText === '正在重新连接…'`)
	p.talks["li"].add(entry{From: "bot", Text: "沪C12345 有 1 条新违章"})
	x.set(nil)
	s.sees("沪C12345 有 1 条新违章")
	s.wait(`document.getElementById('presence').innerText === '在线'`)
	if got := strings.Join(s.bubbles(), "|"); strings.Count(got, "我能查车辆违章") != 1 || len(s.bubbles()) != 4 {
		t.Errorf("after the reconnection: %s", got)
	}
}
