package main

import (
	"strings"
	"testing"
)

// What the configuration limits is limited, and the admins hear of it.
func TestServeHoldsTheBudget(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_JUHE_DAILY_BUDGET=1", "WEIZHANG_ADMINS=telegram:42"}, withTelegram)
	o.telegram.Say(43, "查违章 沪C12345 发动机号123456 车架号654321")
	o.hears(43, "待交罚款")
	o.telegram.Say(43, "查违章 沪C54321 发动机号123456 车架号654321")
	o.hears(43, "查询额度已经用完")
	o.telegram.Say(42, "/admin cost")
	o.hears(42, "预算还剩 0 次（共 1 次）")
	if m := o.juhe.Meter(); m.Queries != 1 {
		t.Errorf("asked %d times, want once", m.Queries)
	}
	r.end()
}

func TestServeHoldsThePersonsLimit(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_LIMITS_QUERIES_PER_USER_PER_DAY=1"}, withTelegram)
	o.telegram.Say(43, "查违章 沪C12345 发动机号123456 车架号654321")
	o.hears(43, "待交罚款")
	o.telegram.Say(43, "查违章 沪C54321 发动机号123456 车架号654321")
	o.hears(43, "今天的查询次数已经用完")
	r.end()
}

func TestServeHoldsThePace(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_LIMITS_MESSAGES_PER_USER_PER_MINUTE=2"}, withTelegram)
	for range 4 {
		o.telegram.Say(43, "帮助")
	}
	o.hears(43, "消息太多了")
	r.end()
}

// hears waits until a person sees these words in Telegram.
func (o *outside) hears(person int64, words string) {
	o.t.Helper()
	until(o.t, "somebody reads "+words, func() bool {
		for _, m := range o.telegram.Messages(person) {
			if strings.Contains(m.Text, words) {
				return true
			}
		}
		return false
	})
}

// Whoever has the configuration is not one of its users: the budget binds them,
// the limit of a person does not.
func TestQueryIsNoPersonsQuery(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	config := o.config()
	for i, want := range []struct {
		plate string
		code  int
	}{{"沪C12345", exitFine}, {"沪C54321", exitFine}, {"沪C23456", exitFailed}} {
		var out journal
		environ := []string{"WEIZHANG_LIMITS_QUERIES_PER_USER_PER_DAY=1", "WEIZHANG_JUHE_DAILY_BUDGET=2"}
		code := run(t.Context(), []string{"query", want.plate, "--engine", "LFV1234567", "--vin", "123456", "--config", config}, environ, strings.NewReader(""), &out, &out)
		if code != want.code {
			t.Errorf("query %d: exit code %d, want %d:\n%s", i+1, code, want.code, out.String())
		}
	}
}
