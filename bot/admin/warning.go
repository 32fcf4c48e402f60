package admin

import (
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A warning is something an operator should do something about.
type warning struct{ What, Do string }

// When something is worth a warning.
const (
	oldJob    = 5 * time.Minute
	oldCheck  = 24 * time.Hour
	lowBudget = 20 // percent that are left
)

// warnings says what is wrong, and what to do.
func warnings(s State) []warning {
	var all []warning
	add := func(what, do string) { all = append(all, warning{what, do}) }
	for _, b := range s.Breakers {
		if b.State == 0 {
			continue
		}
		add("聚合数据调用已暂停："+alarmName(bot.Alarm(b.Trouble)), breakerAdvice(bot.Alarm(b.Trouble)))
	}
	for _, b := range s.Budgets {
		if b.Budget > 0 && 100*max(0, b.Budget-b.Used) < lowBudget*b.Budget {
			add(budgetTile(b).Name+"不足 20%", "自动检查先停，手动查询到 100% 为止。要继续，请调高 juhe.daily_budget 或 monthly_budget。")
		}
	}
	dead := 0
	for _, q := range s.Queues {
		dead += q.Dead
		if q.Overdue > oldJob && q.Kind != "check" {
			add(fmt.Sprintf("「%s」有任务等了 %s", queueName(q.Kind), spell(q.Overdue)), "看日志里 event=fault 的原因；对方平台可能不可用。")
		}
	}
	if dead > 0 {
		add(fmt.Sprintf("%d 个任务多次失败后被搁置", dead), "在下面「搁置的任务」里重试。再次失败时，用原因指纹在日志里查找。")
	}
	if s.DueLag > oldCheck {
		add("定期检查落后 "+spell(s.DueLag), "多半是预算用完或聚合数据不可用；恢复后会自己追上。")
	}
	if c := s.Costs; c != nil {
		if sum := c.Total(); sum.Unknown > 0 {
			add(fmt.Sprintf("%d 天内有 %d 次查询结果不明", c.Over, sum.Unknown), "可能已经收费。请与聚合数据的账单核对。")
		}
	}
	for _, what := range s.Faults {
		add("读不到："+what, "显示的是上一次的数据。看日志，并运行 weizhangbot doctor。")
	}
	return all
}

func alarmName(a bot.Alarm) string {
	switch a {
	case bot.AlarmKey:
		return "密钥被拒绝"
	case bot.AlarmQuota:
		return "额度或频率用尽"
	case bot.AlarmProvider:
		return "服务连续出错"
	case bot.AlarmUnknownCode:
		return "出现未记载的代码"
	case bot.AlarmBudget:
		return "预算提醒"
	case bot.AlarmChecks:
		return "预算将尽，自动检查已停"
	case bot.AlarmSpent:
		return "预算用完，查询已停"
	case bot.AlarmUncertain:
		return "查询结果不明"
	case bot.AlarmUndelivered:
		return "消息未能送达"
	}
	return string(a)
}

func breakerAdvice(a bot.Alarm) string {
	switch a {
	case bot.AlarmKey:
		return "检查 juhe.key，以及聚合数据账户是否正常；改好后 30 秒内会自己恢复。"
	case bot.AlarmQuota:
		return "到聚合数据个人中心续购或提高频率；每 10 分钟试一次。"
	}
	return "每 30 秒试一次，恢复后自己继续；用户会看到稍后再试。"
}

// spell is a duration for people.
func spell(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d 天", int(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d 小时", int(d/time.Hour))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d 分钟", int(d/time.Minute))
	}
	return fmt.Sprintf("%d 秒", int(d/time.Second))
}
