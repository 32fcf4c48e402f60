package playground

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a bot that keeps its contract and knows one car. It answers a key
// once and remembers it; a query waits while slow is on, and longer than its
// deadline is Pending. It is also the panel over itself.
type desk struct {
	mu       sync.Mutex
	answered map[string]bot.Answer
	running  map[string]chan struct{}
	asked    map[bot.UserID]string // the plate whose numbers are wanted
	log      []bot.Message         // as first delivered
	calls    int                   // of Handle
	queries  int
	hits     int
	known    bool // the car was paid for
	on       map[string]bool
	slow     chan struct{} // closed: the traffic police answer
	fail     error
	page     *Page        // where notices go
	ahead    atomic.Int64 // of its clock
}

func newDesk() *desk {
	return &desk{
		answered: map[string]bot.Answer{}, running: map[string]chan struct{}{},
		asked: map[bot.UserID]string{}, on: map[string]bool{}, slow: make(chan struct{}),
	}
}

func (d *desk) Handle(ctx context.Context, m bot.Message) (bot.Answer, error) {
	d.mu.Lock()
	d.calls++
	key := string(m.User) + " " + m.Key
	done := d.running[key]
	if done == nil {
		done = make(chan struct{})
		d.running[key] = done
		d.log = append(d.log, m)
		go d.work(key, m, done, d.waits(m))
	}
	d.mu.Unlock()
	select {
	case <-done:
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.answered[key], d.fail
	case <-ctx.Done():
		return bot.Answer{Pending: true}, ctx.Err()
	}
}

func (d *desk) waits(m bot.Message) bool {
	return d.on["slow"] && strings.Contains(m.Text, "123456")
}

func (d *desk) work(key string, m bot.Message, done chan struct{}, wait bool) {
	if wait {
		<-d.slow
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered[key] = bot.Answer{Replies: d.reply(m)}
	close(done)
}

func (d *desk) reply(m bot.Message) []bot.Reply {
	yes := []bot.Option{{Label: "是", Send: "是"}, {Label: "不是", Send: "不是"}}
	text := strings.TrimPrefix(m.Text, "查违章 ")
	switch {
	case m.Event == bot.Followed:
		return []bot.Reply{{Text: "您好，我是违章助手。\n\n把车牌号发给我，例如：沪C12345。查询时，车牌和所需号码会发给聚合数据，仅用于这一次查询；回复“隐私”看全文。"}}
	case d.fail != nil:
		return []bot.Reply{{Text: "服务暂时不可用，请稍后再试。"}}
	case text == "帮助":
		return []bot.Reply{{Text: "我能查车辆违章，也能在有新违章时告诉您。", Options: []bot.Option{
			{Label: "查违章", Send: "查违章"}, {Label: "支持的城市", Send: "城市"}}}}
	case text == "苏州能查吗":
		return []bot.Reply{{Text: "苏州可以查。需要发动机号后6位，不需要车架号。"}}
	case text == "湖C12345":
		d.asked[m.User] = "沪C12345"
		return []bot.Reply{{Text: "您说的是 沪C12345（上海）吗？", Options: yes}}
	case text == "沪C12345", text == "是":
		d.asked[m.User] = "沪C12345"
		return []bot.Reply{{Text: "沪C12345（上海，小型汽车）还需要：\n发动机号后6位\n车架号后6位\n\n一起发就行，例如：123456 654321。不查了请回复“取消”。",
			Options: []bot.Option{{Label: "在哪里找", Send: "发动机号在哪"}, {Label: "取消", Send: "取消"}}}}
	case strings.Contains(text, "123456") && d.asked[m.User] != "":
		return []bot.Reply{d.report()}
	case text == "不是", text == "取消":
		delete(d.asked, m.User)
		return []bot.Reply{{Text: "好的，不查了，没有产生费用。"}}
	}
	return []bot.Reply{{Text: "没有看懂：" + m.Text + "\n\n请把车牌号发给我，例如：沪C12345。"}}
}

func (d *desk) report() bot.Reply {
	age := "刚刚查询"
	if d.known {
		d.hits++
		age = "12 分钟前的结果"
	} else {
		d.known = true
		d.queries++
	}
	return bot.Reply{Text: "沪C12345 · 上海 · 小型汽车\n未处理 2 条，罚款 350 元，记 6 分\n\n" +
		"1. 2026-10-03 08:21\n上海市延安高架路虹许路下匝道\n不按规定车道行驶（1345）\n罚款 150 元 · 记 3 分 · 未处理\n\n" +
		"2. 2026-09-17 19:40\n苏州市工业园区星湖街与现代大道路口\n违反禁令标志指示（1344）\n罚款 200 元 · 记 3 分 · 未处理\n\n" +
		age + "。以交管部门的记录为准。",
		Options: []bot.Option{{Label: "刷新", Send: "刷新"}, {Label: "有新违章告诉我", Send: "订阅"}, {Label: "查另一辆", Send: "查违章"}}}
}

func (d *desk) Meter(context.Context) (Meter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Meter{
		Calls: d.queries, Charged: d.queries, YuanText: fmt.Sprintf("%.2f", 0.2*float64(d.queries)), CacheHits: d.hits,
		Rows: []MeterRow{{Label: "免费的规则查询", Value: "3 次"}},
	}, nil
}

func (d *desk) Switches() []Switch {
	d.mu.Lock()
	defer d.mu.Unlock()
	return []Switch{
		{ID: "slow", Label: "每次查询慢 8 秒", Hint: "等的时候仍然可以继续说话", On: d.on["slow"]},
		{ID: "maintenance", Label: "城市维护", Hint: "不收费，恢复后会通知您", On: d.on["maintenance"]},
		{ID: "wrong", Label: "号码总是不对", Hint: "错两次就停 24 小时，谁也猜不到号码", On: d.on["wrong"]},
	}
}

func (d *desk) Actions() []Action {
	return []Action{
		{ID: "new", Label: "新增一条违章", Hint: "像交警刚录入的一样"},
		{ID: "week", Label: "过一周", Hint: "订阅的车会查一遍", Look: true},
	}
}

// Do lets a week pass for the page's clock, if it is one that can be moved, and
// a notice come to everybody.
func (d *desk) Do(ctx context.Context, id string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch id {
	case "new":
		return "沪C12345 新增 1 条违章；过一周会查到", nil
	case "week":
		d.ahead.Add(int64(7 * 24 * time.Hour))
		for _, u := range people {
			news := []bot.Reply{{Text: "沪C12345 有 1 条新违章"}}
			if err := d.page.Push(ctx, bot.UserID("demo:"+u.ID), d.runsAhead().String(), news); err != nil {
				return "", err
			}
		}
		return "过了一周", nil
	case "stuck":
		return "", errStuck
	}
	return "", ErrNoAction
}

func (d *desk) runsAhead() time.Duration { return time.Duration(d.ahead.Load()) }

var errStuck = errors.New("stuck")

func (d *desk) Set(id string, on bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch id {
	case "slow", "maintenance", "wrong":
		d.on[id] = on
		return nil
	case "stuck":
		return errStuck
	}
	return ErrNoSwitch
}

func (d *desk) delivered() []bot.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]bot.Message(nil), d.log...)
}

var people = []User{
	{ID: "li", Name: "小李", Hint: "刚买车"},
	{ID: "wang", Name: "老王", Hint: "两辆车"},
	{ID: "fleet", Name: "车队", Hint: "很多辆"},
}

// open makes a page over d that is closed with the test, and whose clock
// stands still but for the weeks that d lets pass. Without d there is no panel, and change brings the bot.
func open(t *testing.T, d *desk, change ...func(*Config)) *Page {
	t.Helper()
	cfg := Config{
		Users: people,
		Now: func() time.Time {
			morning := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
			if d != nil {
				return morning.Add(d.runsAhead())
			}
			return morning
		},
		Log: func(what string, err error) { t.Logf("page: %s: %v", what, err) },
	}
	if d != nil {
		cfg.Bot, cfg.Panel, cfg.Ahead = d, d, d.runsAhead
	}
	for _, f := range change {
		f(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		d.page = p
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}
