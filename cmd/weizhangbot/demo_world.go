package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// demoUsers are the people of the page.
var demoUsers = []playground.User{
	{ID: "li", Name: "小李", Hint: "第一次来"},
	{ID: "wang", Name: "老王", Hint: "家里两辆车"},
	{ID: "chen", Name: "陈姐", Hint: "开新能源车"},
}

// A demo is a fake world behind the chat page. All of it reads one clock, which
// a button sets forward.
type demo struct {
	clock  clock
	opened time.Time
	world  *world
	page   *playground.Page
}

// openDemo makes a demo, and lets its bot work. Closing its world ends it.
func openDemo(ctx context.Context, log logrus.FieldLogger) (*demo, error) {
	d := &demo{opened: time.Now()}
	var n nudger
	w := &world{
		config: defaults(), log: log, now: d.clock.now,
		// What is new is what a button made so, not what a week brought by itself.
		fakeOptions: []juhetest.Option{juhetest.WithClock(d.clock.now), juhetest.WithHistoryUntil(d.opened)},
		around:      n.around,
	}
	var err error
	if d.world, err = w.unless(w.openFake(ctx)); err != nil {
		return nil, err
	}
	d.page, err = playground.New(playground.Config{
		Bot: w.bot, Panel: newDemoPanel(d), Users: demoUsers,
		Now: d.clock.now, Ahead: d.clock.ahead, Log: logTo(log),
	})
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	n.page.Store(d.page)

	w.outbox.Add(demoChannel, deliver.Channel{Pusher: d.page})
	w.work(ctx)
	return d, nil
}

// checks counts what was paid for watched cars.
func (d *demo) checks(ctx context.Context) (n int, err error) {
	err = d.world.store.View(ctx, func(tx storage.Tx) error {
		costs, err := d.world.desk.Costs(tx, d.opened, d.clock.now())
		n = 0
		for _, day := range costs.Days {
			n += day.Checks
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("demo: checks: %w", err)
	}
	return n, nil
}

// A nudger has the page look at the meter whenever something may have been paid
// for: a check by itself brings no message.
type nudger struct {
	page atomic.Pointer[playground.Page]
}

func (n *nudger) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if page := n.page.Load(); page != nil {
				page.Nudge()
			}
		}()
		h.ServeHTTP(w, r)
	})
}
