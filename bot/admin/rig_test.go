package admin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A works is what a panel reads, and can be changed under it.
type works struct {
	mu      sync.Mutex
	now     time.Time
	letters []admin.Letter
	revived []string
	down    []bot.Outage
	queues  []admin.Queue
	used    int
	broken  bool // every reading fails
	reads   int
	costs   int // readings of them
}

var noon = time.Date(2026, 11, 25, 12, 20, 0, 0, bot.China)

func newWorks() *works {
	return &works{now: noon, used: 73, queues: []admin.Queue{{Kind: "lookup", Running: 2, Due: 1}, {Kind: "send", Later: 3, Behind: 1}}}
}

func (w *works) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *works) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// read is one reading of the store.
func read[T any](w *works, v func() T) func(context.Context) (T, error) {
	return func(context.Context) (out T, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.reads++
		if w.broken {
			return out, errors.New("the store is gone")
		}
		return v(), nil
	}
}

func (w *works) sources() admin.Sources {
	return admin.Sources{
		Queues:  read(w, func() []admin.Queue { return append([]admin.Queue(nil), w.queues...) }),
		Outages: read(w, func() []bot.Outage { return w.down }),
		DueLag:  read(w, func() time.Duration { return 90 * time.Second }),
		Survey:  read(w, survey),
		Budgets: read(w, func() []bot.BudgetLeft {
			return []bot.BudgetLeft{{Period: "day", Used: w.used, Budget: 100}, {Period: "month", Used: 640}}
		}),
		Letters: func(ctx context.Context, limit int) ([]admin.Letter, error) {
			return read(w, func() []admin.Letter { return w.letters[:min(limit, len(w.letters))] })(ctx)
		},
		Revive: func(_ context.Context, ref string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			for i, l := range w.letters {
				if l.Ref == ref {
					w.letters = append(w.letters[:i:i], w.letters[i+1:]...)
					w.revived = append(w.revived, ref)
					return nil
				}
			}
			return storage.ErrNoLetter
		},
		Costs: func(context.Context, int) (bot.CostReport, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.costs++
			return costs(), nil
		},
		Breakers: func() []bot.Breaker { return []bot.Breaker{{Endpoint: "query", Trouble: "key"}} },
		Saved:    func() int64 { return 7 },
		CodeText: func(code int) string {
			return map[int]string{225606: "车辆信息错误", 225605: "城市维护中"}[code]
		},
	}
}

func survey() bot.Survey {
	s := bot.Survey{At: noon, Vehicles: 1284, Subscriptions: 1530, Paused: 12, Hours: make([]int, 168)}
	for i := range s.Hours {
		s.Hours[i] = 5 + (i*7)%6
	}
	s.Hours[0] = 21
	return s
}

func costs() bot.CostReport {
	r := bot.CostReport{At: noon, Over: admin.CostDays, Price: .2}
	r.Today, r.Month, r.DailyBudget = 73, 640, 100
	for i, n := range []int{61, 52, 47, 70, 38, 41, 66, 58, 49, 0, 72, 44, 53} {
		r.Days = append(r.Days, bot.DayCosts{
			Day: noon.AddDate(0, 0, -i), Calls: n + n/8, Charged: n, Free: n / 8, Unknown: i % 5 / 4, Spared: n / 3,
			Codes: map[int]int{0: n - n/10, 225606: n / 10, 225605: n / 8, -1: i % 5 / 4},
		})
	}
	return r
}

// A console in front of works.
type rig struct {
	*works
	panel   *admin.Panel
	console *admin.Console
	log     *test.Hook
}

func newRig(t *testing.T, token string) *rig {
	t.Helper()
	w := newWorks()
	log, hook := test.NewNullLogger()
	p := admin.NewPanel(admin.PanelConfig{Version: "v1.2.3", Log: log, Now: w.clock})
	p.Read(w.sources())
	c := admin.NewConsole(admin.ConsoleConfig{
		Panel: p, Token: token, Log: log,
		API: admin.New(admin.Config{Office: always(&office{}), Token: token, Log: log}),
	})
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return &rig{works: w, panel: p, console: c, log: hook}
}

// surveyed waits until what is watched was counted.
func (r *rig) surveyed(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	counted := make(chan struct{})
	s := r.sources()
	count := s.Survey
	var once sync.Once
	s.Survey = func(ctx context.Context) (bot.Survey, error) {
		defer once.Do(func() { close(counted) })
		return count(ctx)
	}
	r.panel.Read(s)
	go func() { ended <- r.panel.Run(ctx) }()
	<-counted
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// busy is a day of a bot with some trouble.
func (r *rig) busy() {
	r.change(func() {
		r.letters = []admin.Letter{
			{Ref: "00aa", Kind: "send", Attempts: 10, Died: noon.Add(-2 * time.Hour), Cause: "*url.Error:3f09c1d2e4b5"},
			{Ref: "00bb", Kind: "check", Attempts: 10, Died: noon.Add(-time.Hour), Cause: "*errors.errorString:99aa01b2c3d4"},
		}
		r.queues = append(r.queues, admin.Queue{Kind: "check", Due: 14, Later: 2, Dead: 1, Overdue: 40 * time.Second}, admin.Queue{Kind: "digest", Later: 38})
		r.queues[1].Dead = 1
		r.down = []bot.Outage{{City: "苏州", Next: noon.Add(20 * time.Minute)}, {City: "昆明", Next: noon.Add(time.Hour)}}
	})
	for h := range 24 {
		r.change(func() { r.now = noon.Add(time.Duration(h-23) * time.Hour) })
		for i := range 3 + (h*5)%17 {
			r.panel.Turn(bot.Seen{Channel: "wechat", Intent: "query", Took: time.Second, Pending: i%9 == 8})
		}
	}
	r.change(func() { r.now = noon })
	r.panel.Alarm(bot.AlarmBudget, "50 % of the daily budget: 50 of 100")
	r.panel.Alarm(bot.AlarmUndelivered, "telegram: connection reset")
	for _, u := range []bot.Unread{{Text: "能帮我看看那个啥不"}, {Text: "沪C12345 上次那个 13812345678", Open: "ask_engine6"}, {Text: "LFV2A21K6A3012345 对不对", Open: "ask_vin6"}} {
		r.panel.Turn(bot.Seen{Channel: "telegram", Intent: "unknown", Took: time.Millisecond, Unread: &u})
	}
}

// gets sends a GET, with headers as ask takes them.
func (r *rig) gets(target string, headers ...string) *httptest.ResponseRecorder {
	return ask(r.console, http.MethodGet, target, "", headers...)
}

// always is an office that stays the same.
func always(o admin.Office) func() admin.Office { return func() admin.Office { return o } }
