package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// price of a charged query, in 分. The service publishes none; the packages
// sold in 2016 and 2017 (¥99 for 2,200 calls to ¥999 for 26,000) came to 4 to
// 4.5 分, rounded up.
const price = 5

// A mishap is a switch of the side panel, and what it does to the fake.
type mishap struct {
	playground.Switch
	apply func(*juhetest.Faults)
}

// mishaps are what the bot protects people from, in the order shown.
var mishaps = []mishap{
	{playground.Switch{ID: "slow", Label: "交管慢：每次查询 8 秒", Hint: "晚到但不丢，不重复收费"},
		func(f *juhetest.Faults) { f.Latency = 8 * time.Second }},
	{playground.Switch{ID: "maintenance", Label: "交管维护", Hint: "不收费，说明原因"},
		func(f *juhetest.Faults) { f.Maintenance = true }},
	{playground.Switch{ID: "wrong", Label: "号码不符（照样收费）", Hint: "请您核对，不替您猜"},
		func(f *juhetest.Faults) { f.WrongDigits = true }},
	{playground.Switch{ID: "cut", Label: "回答在路上丢失", Hint: "不会自己再付一次费"},
		func(f *juhetest.Faults) { f.Nonsense = juhetest.NonsenseCut }},
}

// A demoPanel shows the fake's meter, makes it behave badly on demand, and lets
// things happen.
type demoPanel struct {
	demo *demo

	mu       sync.Mutex
	switches []playground.Switch

	acting sync.Mutex // one event after the other
}

var _ playground.Panel = (*demoPanel)(nil)

func newDemoPanel(d *demo) *demoPanel {
	p := &demoPanel{demo: d}
	for _, m := range mishaps {
		p.switches = append(p.switches, m.Switch)
	}
	return p
}

// Meter implements playground.Panel.
func (p *demoPanel) Meter(ctx context.Context) (playground.Meter, error) {
	checks, err := p.demo.checks(ctx)
	if err != nil {
		return playground.Meter{}, err
	}
	var rows []playground.MeterRow
	if checks > 0 {
		rows = append(rows, playground.MeterRow{Label: "自动检查（已计入）", Value: strconv.Itoa(checks) + " 次"})
	}
	m := p.demo.world.fake.Meter()
	free := 0
	for endpoint, n := range m.Calls {
		if endpoint != "query" {
			free += n
		}
	}
	spent := m.Charged * price
	return playground.Meter{
		Calls:     m.Queries,
		Charged:   m.Charged,
		YuanText:  fmt.Sprintf("%d.%02d", spent/100, spent%100),
		CacheHits: int(p.demo.world.bot.Saved()),
		Rows:      append(rows, playground.MeterRow{Label: "查规则（免费）", Value: strconv.Itoa(free) + " 次"}),
	}, nil
}

// Switches implements playground.Panel.
func (p *demoPanel) Switches() []playground.Switch {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.switches)
}

// Set implements playground.Panel. Only queries misbehave: what a city asks for
// can always be had.
func (p *demoPanel) Set(id string, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.switches, func(s playground.Switch) bool { return s.ID == id })
	if i < 0 {
		return playground.ErrNoSwitch
	}
	p.switches[i].On = on
	faults := juhetest.Faults{Endpoint: "query"}
	for i, s := range p.switches {
		if s.On {
			mishaps[i].apply(&faults)
		}
	}
	p.demo.world.fake.Set(faults)
	return nil
}

// Actions implements playground.Panel.
func (p *demoPanel) Actions() []playground.Action {
	actions := make([]playground.Action, len(events))
	for i, e := range events {
		actions[i] = e.Action
	}
	return actions
}

// Do implements playground.Panel.
func (p *demoPanel) Do(ctx context.Context, id string) (string, error) {
	i := slices.IndexFunc(events, func(e event) bool { return e.ID == id })
	if i < 0 {
		return "", playground.ErrNoAction
	}
	p.acting.Lock()
	defer p.acting.Unlock()
	return events[i].happen(p.demo, ctx)
}
