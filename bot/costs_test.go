package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/bot"
)

func someCosts() bot.Costs {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, bot.China)
	return bot.Costs{
		Today: 4, Month: 30, DailyBudget: 10, MonthlyBudget: 20,
		People: []bot.UserCosts{{By: "0123456789abcdef", Paid: 9}, {By: "feed", Paid: 3}, {By: "b", Paid: 1}, {By: "c", Paid: 1}, {By: "d", Paid: 1}, {By: "left out", Paid: 1}},
		Days: []bot.DayCosts{
			{Day: at, Calls: 5, Charged: 3, Free: 1, Unknown: 1, Checks: 1, Spared: 2, Codes: map[int]int{0: 3, 225607: 1, -1: 1}},
			{Day: at.AddDate(0, 0, -2), Calls: 10, Charged: 10, Checks: 8, Codes: map[int]int{0: 8, 225606: 2}},
			{Day: at.AddDate(0, 0, -20), Calls: 1, Charged: 1, Codes: map[int]int{0: 1}},
		},
	}
}

func TestCostReport(t *testing.T) {
	f, desk, _ := aFleet(t)
	desk.costs = someCosts()
	for _, tt := range []struct {
		name  string
		price float64
		lang  bot.Lang
		want  string
	}{
		{"in Chinese, without a price", 0, bot.Chinese, `今天：付费查询 4 次，预算还剩 6 次（共 10 次）
本月：付费查询 30 次，预算还剩 0 次（共 20 次）

最近 30 天：付费查询 15 次
· 有人查询 6 次，自动检查 9 次
· 发出 16 次：收费 14，免费 1，不确定 1（按收费计）
· 结果：有答复 12 次、225606 2 次、没有答复 1 次、225607 1 次
· 为谁付得最多（代号）：01234567 9 次、feed 3 次、b 1 次、c 1 次、d 1 次
· 用之前的结果省下 2 次

每天的付费次数（有人查询 + 自动检查；省下）：
11-23　4（3 + 1；2）
11-22　0（0 + 0；0）
11-21　10（2 + 8；0）
11-20　0（0 + 0；0）
11-19　0（0 + 0；0）
11-18　0（0 + 0；0）
11-17　0（0 + 0；0）`},
		{"in English, with a price", 0.125, bot.English, `Today: paid queries: 4 (about 0.50 yuan), left of the budget: 6 of 10
This month: paid queries: 30 (about 3.75 yuan), left of the budget: 0 of 20

The last 30 days: paid queries: 15 (about 1.88 yuan)
· asked for by people: 6, automatic checks: 9
· sent: 16; charged 14, free 1, uncertain 1 (counted as charged)
· outcomes: answered: 12, 225606: 2, no answer: 1, 225607: 1
· most was paid for (pseudonyms): 01234567: 9, feed: 3, b: 1, c: 1, d: 1
· served by earlier answers: 2 (about 0.25 yuan saved)

Paid queries a day (people + checks; spared):
11-23: 4 (3 + 1; 2)
11-22: 0 (0 + 0; 0)
11-21: 10 (2 + 8; 0)
11-20: 0 (0 + 0; 0)
11-19: 0 (0 + 0; 0)
11-18: 0 (0 + 0; 0)
11-17: 0 (0 + 0; 0)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.Price = tt.price
			r, err := f.Costs(t.Context(), 30)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, r.Text(tt.lang)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if from, to := desk.from.Format(time.DateOnly), desk.to.Format(time.DateOnly); from != "2026-10-25" || to != "2026-11-23" {
		t.Errorf("asked for %s to %s", from, to)
	}
}

func TestCostReportOfNothing(t *testing.T) {
	f, _, _ := aFleet(t)
	r, err := f.Costs(t.Context(), 2)
	text := r.Text(bot.Chinese)
	if err != nil || !strings.Contains(text, "没有设预算") || strings.Contains(text, "结果：") || strings.Count(text, "\n11-") != 2 {
		t.Errorf("%v\n%s", err, text)
	}
}
