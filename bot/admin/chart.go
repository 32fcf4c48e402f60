package admin

import (
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A chart is bars on a grid of its own: a unit wide each, and chartHeight high.
// What is written stands beside it, so that it keeps its size on every screen.
type chart struct {
	Title  string // for those who do not see it
	Width  int
	Bars   []bar
	Labels []string // at equal distances below
	Top    string   // what the highest line stands for, with its unit
	Empty  bool
	Legend []legend
}

type bar struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

type legend struct{ Class, Name, Value string }

const (
	chartHeight = 100
	barWidth    = .74
)

// A stack is one bar's parts from the bottom up.
type stack struct {
	title string
	parts []part
}

type part struct {
	class string
	n     int
}

// stacked draws stacks side by side; unit is what they count.
func stacked(title, unit string, stacks []stack) chart {
	c := chart{Title: title, Width: len(stacks)}
	most := 0
	for _, s := range stacks {
		most = max(most, s.sum())
	}
	c.Empty = most == 0
	top := rounded(most)
	c.Top = grouped(top) + " " + unit
	for i, s := range stacks {
		y := float64(chartHeight)
		for _, p := range s.parts {
			if p.n == 0 {
				continue
			}
			h := float64(p.n) / float64(top) * chartHeight
			y -= h
			c.Bars = append(c.Bars, bar{X: float64(i) + (1-barWidth)/2, Y: y, W: barWidth, H: h, Class: p.class, Title: s.title})
		}
	}
	return c
}

func (s stack) sum() (n int) {
	for _, p := range s.parts {
		n += p.n
	}
	return n
}

// rounded is the next number after n that reads well as the top of a chart.
func rounded(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, k := range []int{1, 2, 4, 5, 8} {
			if k*unit >= n && k*unit >= 4 {
				return k * unit
			}
		}
	}
}

func turnsChart(hours []Hour) chart {
	stacks := make([]stack, len(hours))
	turns, late := 0, 0
	for i, h := range hours {
		title := fmt.Sprintf("%s：%d 条", h.At.In(bot.China).Format("15:04"), h.Turns)
		if h.Late > 0 {
			title += fmt.Sprintf("，%d 条超时", h.Late)
		}
		stacks[i] = stack{title, []part{{"good", h.Turns - h.Late}, {"warn", h.Late}}}
		turns += h.Turns
		late += h.Late
	}
	c := stacked(fmt.Sprintf("24 小时内 %d 条消息，%d 条答复超时", turns, late), "条", stacks)
	c.Legend = []legend{{"good", "按时", grouped(turns-late) + " 条"}, {"warn", "超时，随后送达", grouped(late) + " 条"}}
	for i := 0; i < len(hours); i += len(hours) / 4 {
		c.Labels = append(c.Labels, hours[i].At.In(bot.China).Format("15:04"))
	}
	return c
}

func moneyChart(r bot.CostReport) chart {
	byDay := map[string]bot.DayCosts{}
	for _, d := range r.Days {
		byDay[d.Day.In(bot.China).Format(time.DateOnly)] = d
	}
	stacks := make([]stack, r.Over)
	labels := make([]string, r.Over)
	for i := range stacks {
		at := r.At.In(bot.China).AddDate(0, 0, i+1-r.Over)
		d := byDay[at.Format(time.DateOnly)]
		title := fmt.Sprintf("%s：付费 %d，不明 %d，免费 %d", at.Format("01-02"), d.Charged, d.Unknown, d.Free)
		if m := money(r.Price, d.Paid()); m != "" {
			title += "，" + m
		}
		stacks[i] = stack{title, []part{{"good", d.Charged}, {"warn", d.Unknown}, {"calm", d.Free}}}
		labels[i] = at.Format("02")
	}
	sum := r.Total()
	c := stacked(fmt.Sprintf("%d 天内付费 %d 次，结果不明 %d 次，免费 %d 次", r.Over, sum.Charged, sum.Unknown, sum.Free), "次", stacks)
	c.Labels = labels
	c.Legend = []legend{
		{"good", "付费", priced(r.Price, sum.Charged)}, {"warn", "结果不明", priced(r.Price, sum.Unknown)}, {"calm", "免费", grouped(sum.Free) + " 次"},
	}
	return c
}

func priced(price float64, n int) string {
	times := grouped(n) + " 次"
	if m := money(price, n); m != "" {
		return times + " · " + m
	}
	return times
}

// nextHours is how many hours one bar of the coming checks stands for.
const nextHours = 4

func nextChart(s bot.Survey) chart {
	stacks := make([]stack, 0, len(s.Hours)/nextHours)
	total := 0
	for i := 0; i+nextHours <= len(s.Hours); i += nextHours {
		n := 0
		for _, one := range s.Hours[i : i+nextHours] {
			n += one
		}
		total += n
		at := s.At.In(bot.China).Add(time.Duration(i) * time.Hour)
		stacks = append(stacks, stack{fmt.Sprintf("%s 起 %d 小时：%d 辆", at.Format("01-02 15:04"), nextHours, n), []part{{"good", n}}})
	}
	c := stacked(fmt.Sprintf("一周内到期的检查：%d 次", total), "次", stacks)
	c.Legend = []legend{{"good", fmt.Sprintf("每格 %d 小时，一周共", nextHours), grouped(total) + " 次"}}
	for day := range 7 {
		c.Labels = append(c.Labels, s.At.In(bot.China).AddDate(0, 0, day).Format("01-02"))
	}
	return c
}
