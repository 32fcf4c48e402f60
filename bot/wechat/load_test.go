package wechat_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

var loadFor = flag.Duration("load", 0, "how long TestLoad sends messages, such as 30s; 0: not at all, in CI a second")

// Drivers over real connections, police that take longer than WeChat waits:
// every message is answered within 5 s, every result reaches its driver once,
// every query is paid for once, and nothing is left running.
func TestLoad(t *testing.T) {
	if *loadFor == 0 && !inCI() {
		t.Skip("takes 20 s and more: run it with -load 30s")
	}
	for _, account := range []wechat.Account{wechat.Service, wechat.Basic} {
		t.Run(string(account), func(t *testing.T) {
			leaks := goleak.IgnoreCurrent()
			defer goleak.VerifyNone(t, leaks)
			d := max(*loadFor, time.Second)
			w := newWorld(t, account, wechattest.Safe)
			w.added.Add(int64(20 * time.Second)) // it has not just started
			w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 6500 * time.Millisecond})
			srv := httptest.NewServer(w.adapter)
			transport := &http.Transport{MaxIdleConnsPerHost: connections}
			w.platform.URL, w.platform.Client = srv.URL, &http.Client{Transport: transport}
			m := &measure{}
			until := time.Now().Add(d)
			var drivers sync.WaitGroup
			for i := range connections {
				drivers.Go(func() {
					for n := 0; time.Now().Before(until); n++ {
						m.conversation(t, w, fmt.Sprintf("oDRIVER%06d%06d", i, n))
					}
				})
			}
			drivers.Wait()
			m.waitForPushes(t, w)
			srv.Close()
			transport.CloseIdleConnections()
			w.stop()
			m.report(t, w)
		})
	}
}

// A measure is what the drivers saw.
type measure struct {
	mu       sync.Mutex
	took     []time.Duration // of each try
	asked    atomic.Int64    // queries
	inline   atomic.Int64    // results as an answer
	promised atomic.Int64    // results to be pushed
}

// conversation is one driver with one car of its own.
func (m *measure) conversation(t *testing.T, w *world, openid string) {
	n := m.asked.Add(1)
	plate := fmt.Sprintf("苏E%05d", n)
	for _, text := range []string{"你好", "城市", "查违章 " + plate, "帮助", digits} {
		o := m.send(t, w, openid, text)
		if text != digits {
			continue
		}
		switch {
		case strings.Contains(o.Text, pending):
			m.promised.Add(1)
		case strings.Contains(o.Text, fetch):
			t.Errorf("not there after three tries")
		case strings.Contains(o.Text, plate):
			m.inline.Add(1)
		default:
			t.Errorf("answered %q", o.Text)
		}
	}
}

// send delivers as WeChat does, and measures every try. A try that is left
// unanswered on purpose is one of a basic account's first two.
func (m *measure) send(t *testing.T, w *world, openid, text string) wechattest.Outcome {
	r, err := w.platform.Prepare(openid, wechattest.Text(text))
	if err != nil {
		t.Error(err)
		return wechattest.Outcome{}
	}
	var o wechattest.Outcome
	for try := range wechattest.Tries {
		began := time.Now()
		o = w.platform.Try(context.Background(), r, try)
		if o.Banner == "" {
			m.mu.Lock()
			m.took = append(m.took, time.Since(began))
			m.mu.Unlock()
			return o
		}
		if w.account != wechat.Basic || text != digits {
			t.Errorf("%s: try %d: %s", text, try+1, o.Banner)
			return o
		}
	}
	t.Errorf("the driver sees the banner: %s", o.Banner)
	return o
}

func (m *measure) waitForPushes(t *testing.T, w *world) {
	limit := time.After(30 * time.Second)
	for {
		arrived := w.api.Arrived()
		if int64(w.results()) >= m.promised.Load() {
			return
		}
		select {
		case <-arrived:
		case <-limit:
			t.Fatalf("%d of %d results were pushed\n%.2000s", w.results(), m.promised.Load(), w.logged)
		}
	}
}

func (m *measure) report(t *testing.T, w *world) {
	slices.Sort(m.took)
	if worst := m.took[len(m.took)-1]; worst > wechattest.Patience {
		t.Errorf("an answer took %v", worst)
	}
	sent := w.results()
	// A query of a car that the police do not know is asked once as well, and free.
	asked := w.juhe.Meter().Queries
	if int64(sent) != m.promised.Load() || int64(asked) != m.asked.Load() || m.inline.Load()+m.promised.Load() != m.asked.Load() {
		t.Errorf("%d queries, %d asked, %d answered, %d promised, %d pushed", m.asked.Load(), asked, m.inline.Load(), m.promised.Load(), sent)
	}
	t.Logf("%s: %d messages, %d queries, %d as an answer, %d pushed; p50 %v, p99 %v, worst %v", w.account,
		len(m.took), m.asked.Load(), m.inline.Load(), sent, m.took[len(m.took)/2], m.took[len(m.took)*99/100], m.took[len(m.took)-1])
}

// results is how many answers were pushed; further pages are none of their own.
func (w *world) results() (n int) {
	for _, s := range w.api.Sent("text") {
		if mark := pageMark.FindString(s.Text); mark == "" || strings.HasPrefix(mark, "(1/") {
			n++
		}
	}
	return n
}
