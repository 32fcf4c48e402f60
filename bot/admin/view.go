package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A view is what the page shows, in the words it shows.
type view struct {
	CSRF  string
	Said  string
	Leave bool // one can sign out

	Version, Since, At string
	Warnings           []warning
	Tiles              []tile
	Turns, Money, Next chart
	Outcomes           []row
	Days               []dayRow
	Priced             bool // Days have money
	Costs              bool // known
	Queues             []Queue
	Letters            []letter
	Outages            []row
	Unread             []Unread // the newest
	UnreadAll          int
	Alarms             []row
}

type tile struct {
	Name, Value, Unit, Note string
	Percent                 int // of the meter; -1: none
	Bad                     bool
}

type row struct{ Name, Value, Note string }

type letter struct {
	Letter
	When string
}

// mostUnreadShown is how many of the messages that were not understood stand on
// the page; the download has them all.
const mostUnreadShown = 12

// view puts together what stands.
func (p *Panel) view() view {
	s, now := p.stateAndCosts(), p.now()
	hours := p.recent.last(now)
	alarms, unread := p.recent.shown()
	v := view{
		Version: p.version, Since: stamped(p.started), At: s.At.In(bot.China).Format("15:04:05"),
		Warnings: warnings(s), Tiles: tiles(s, hours), Turns: turnsChart(hours), Costs: s.Costs != nil,
		Queues: s.Queues, UnreadAll: len(unread), Unread: unread[:min(len(unread), mostUnreadShown)],
	}
	slices.SortFunc(v.Queues, func(a, b Queue) int { return cmp.Compare(queueName(a.Kind), queueName(b.Kind)) })
	if s.Costs != nil {
		v.Money, v.Outcomes = moneyChart(*s.Costs), outcomes(*s.Costs, p.from().CodeText)
		v.Days, v.Priced = days(*s.Costs), s.Costs.Price > 0
	}
	if s.Survey != nil {
		v.Next = nextChart(*s.Survey)
	}
	for _, l := range s.Letters {
		v.Letters = append(v.Letters, letter{l, stamped(l.Died)})
	}
	for _, o := range s.Outages {
		v.Outages = append(v.Outages, row{Name: cmp.Or(o.City, "未记名"), Value: "下次试查 " + stamped(o.Next)})
	}
	for _, a := range alarms {
		v.Alarms = append(v.Alarms, row{Name: alarmName(a.Kind), Value: stamped(a.At), Note: MaskDetail(a.Detail)})
	}
	return v
}

func stamped(t time.Time) string { return t.In(bot.China).Format("01-02 15:04") }

// tiles are the figures at the top.
func tiles(s State, hours []Hour) []tile {
	turns, late := 0, 0
	for _, h := range hours {
		turns += h.Turns
		late += h.Late
	}
	inTime := tile{Name: "按时答复", Value: "—", Note: "24 小时内", Percent: -1}
	if turns > 0 {
		share := 100 * float64(turns-late) / float64(turns)
		inTime.Value, inTime.Percent = fmt.Sprintf("%.1f%%", share), int(share)
		inTime.Bad = share < 90
	}
	all := []tile{{Name: "消息", Value: grouped(turns), Unit: "条", Note: "24 小时内", Percent: -1}, inTime}
	if c := s.Costs; c != nil {
		sum := c.Total()
		all = append(all,
			tile{Name: "今天付费查询", Value: grouped(c.Today), Unit: "次", Note: cmp.Or(money(c.Price, c.Today), "单价未设置（juhe.price）"), Percent: -1},
			tile{Name: "缓存省下", Value: grouped(sum.Spared), Unit: "次", Note: list("，", money(c.Price, sum.Spared), fmt.Sprintf("%d 天内", c.Over)), Percent: -1})
	}
	for _, b := range s.Budgets {
		all = append(all, budgetTile(b))
	}
	watched := tile{Name: "关注中的车", Value: "—", Note: "正在清点", Percent: -1}
	if v := s.Survey; v != nil {
		watched.Value, watched.Unit, watched.Note = grouped(v.Vehicles), "辆", grouped(v.Subscriptions)+" 份订阅"
		if v.Paused > 0 {
			watched.Note += fmt.Sprintf("，%d 份暂停", v.Paused)
		}
	}
	down := tile{Name: "暂停的城市", Value: strconv.Itoa(len(s.Outages)), Unit: "个", Note: "恢复后会通知等待的人", Percent: -1}
	if len(s.Outages) == 0 {
		down.Note = "都可以查询"
	}
	return append(all, watched, down)
}

func budgetTile(b bot.BudgetLeft) tile {
	t := tile{Name: "今天预算", Percent: -1, Value: "不限", Note: "已用 " + grouped(b.Used) + " 次"}
	if b.Period == "month" {
		t.Name = "本月预算"
	}
	if b.Budget > 0 {
		left := max(0, b.Budget-b.Used)
		t.Value, t.Unit, t.Percent = "剩 "+grouped(left), "次", 100*left/b.Budget
		t.Note, t.Bad = "共 "+grouped(b.Budget)+" 次，已用 "+grouped(b.Used)+" 次", t.Percent < lowBudget
	}
	return t
}

// grouped is a number, not below zero, with its thousands apart.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// list is the parts that are not empty.
func list(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// A dayRow is what a day cost, for those who read numbers.
type dayRow struct{ Day, Charged, Unknown, Free, Spared, Money string }

// days are those on which something was asked or spared, newest first.
func days(c bot.CostReport) []dayRow {
	rows := make([]dayRow, 0, len(c.Days))
	for _, d := range c.Days {
		rows = append(rows, dayRow{
			d.Day.In(bot.China).Format("01-02"), grouped(d.Charged), grouped(d.Unknown), grouped(d.Free), grouped(d.Spared), money(c.Price, d.Paid()),
		})
	}
	return rows
}

// money is what so many queries cost; "" when the price is not known.
func money(price float64, n int) string {
	if price <= 0 {
		return ""
	}
	return fmt.Sprintf("¥%.2f", price*float64(n))
}

// outcomes are the calls of all days by their code.
func outcomes(c bot.CostReport, text func(int) string) []row {
	codes := c.Total().Codes
	order := make([]int, 0, len(codes))
	for code := range codes {
		order = append(order, code)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(codes[b], codes[a]), cmp.Compare(a, b)) })
	rows := make([]row, 0, len(order))
	for _, code := range order {
		r := row{Name: strconv.Itoa(code), Value: grouped(codes[code])}
		switch {
		case code == 0:
			r.Name = "有结果"
		case code == -1:
			r.Name, r.Note = "没有回应", "不知是否收费，按收费计"
		case text != nil:
			r.Note = cmp.Or(text(code), "文档里没有的代码")
		}
		rows = append(rows, r)
	}
	return rows
}

// queueName is what the jobs of a queue do.
func queueName(kind string) string {
	switch kind {
	case "lookup":
		return "查询"
	case "later":
		return "稍后再查"
	case "check":
		return "定期检查"
	case "watch":
		return "关注事务"
	case "send":
		return "发送"
	case "digest":
		return "晨间汇总"
	case "broadcast":
		return "群发"
	case "telegram":
		return "Telegram 收件"
	case "telegram-aside":
		return "Telegram 查询"
	}
	return kind
}
