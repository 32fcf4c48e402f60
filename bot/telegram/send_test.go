package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
)

// What may be sent again is, what might arrive twice is not.
func TestSendingThroughFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fault   telegramtest.Fault
		arrives int // how often
		calls   int
		atLeast time.Duration
	}{
		{"told to wait a second", telegramtest.Fault{Code: 429, RetryAfter: 1, Times: 1}, 1, 2, time.Second},
		{"the server's fault", telegramtest.Fault{Code: 500, Description: "Internal Server Error", Times: 2}, 1, 3, 0},
		{"a gateway's fault", telegramtest.Fault{Code: 502, HTML: true, Times: 3}, 1, 4, 0},
		{"done, but no answer came", telegramtest.Fault{DropAfter: true, Times: 1}, 1, 1, 0},
		{"not done, and no answer came", telegramtest.Fault{DropBefore: true, Times: 1}, 0, 1, 0},
		{"refused for good", telegramtest.Fault{Code: 400, Description: "Bad Request: message is too long", Times: 1}, 0, 1, 0},
		{"cannot be parsed: once more as plain text", telegramtest.Fault{Code: 400, Description: "Bad Request: can't parse entities: x", Times: 1}, 1, 2, 0},
		{"the chat has moved", telegramtest.Fault{Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: 42, Times: 1}, 1, 2, 0},
		{"blocked", telegramtest.Fault{Code: 403, Description: "Forbidden: bot was blocked by the user", Times: 1}, 0, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, &parrot{})
			r.says("你好")
			calls := len(r.tg.Calls("sendMessage"))
			tt.fault.Method = "sendMessage"
			r.tg.Fail(tt.fault)
			began := time.Now()
			got := r.says("再见")
			if len(got) != tt.arrives || len(r.tg.Calls("sendMessage"))-calls != tt.calls {
				t.Errorf("arrives %d times after %d calls, want %d and %d; log:\n%s", len(got), len(r.tg.Calls("sendMessage"))-calls, tt.arrives, tt.calls, r.log)
			}
			if d := time.Since(began); d < tt.atLeast {
				t.Errorf("sent again after %s", d)
			}
			if next := r.says("还在吗"); len(next) != 1 {
				t.Errorf("afterwards: %+v", next)
			}
		})
	}
}

// An outage that outlasts the tries in place: the answer comes when it is over,
// once, and the person's next message waits for it.
func TestOutage(t *testing.T) {
	r := newRig(t, &parrot{})
	r.says("你好")
	r.tg.Fail(telegramtest.Fault{Method: "sendMessage", Code: 503, Description: "Service Unavailable"})
	first := r.tg.Say(42, "一")
	r.tg.Wait(30*time.Second, func() bool { return len(r.tg.Calls("sendMessage")) > maxTries })
	second := r.tg.Say(42, "二")
	r.tg.Heal()
	r.settle(first, second)
	var texts []string
	for _, m := range r.tg.Messages(42)[1:] {
		texts = append(texts, m.Text)
	}
	if fmt.Sprint(texts) != "[答 一 答 二]" {
		t.Errorf("the person reads %q", texts)
	}
}

// The result is put into the placeholder's place whatever happens to the edit.
func TestEditing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults []telegramtest.Fault
		before func(*rig, telegramtest.Message)
		texts  string
	}{
		{"no answer came: once more, it does no harm", []telegramtest.Fault{{DropAfter: true, Times: 1}}, nil, "[结果]"},
		{"the server's fault", []telegramtest.Fault{{Code: 500, Times: 1}}, nil, "[结果]"},
		{"not modified is done", []telegramtest.Fault{{Code: 400, Description: "Bad Request: message is not modified: x", Times: 1}}, nil, "[正在查询，请稍候。]"},
		{"cannot be parsed", []telegramtest.Fault{{Code: 400, Description: "Bad Request: can't parse entities", Times: 1}}, nil, "[结果]"},
		{"can no longer be edited", []telegramtest.Fault{{Code: 400, Description: "Bad Request: message can't be edited", Times: 1}}, nil, "[正在查询，请稍候。 结果]"},
		{"deleted by the person", []telegramtest.Fault{{Code: 400, Description: "Bad Request: message to edit not found", Times: 1}}, nil, "[正在查询，请稍候。 结果]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"查询": slowly(release, replies("结果"))}}
			r := newRig(t, p, withPace(impatient))
			update := r.tg.Say(42, "查询")
			r.reads("正在查询")
			for _, f := range tt.faults {
				f.Method = "editMessageText"
				r.tg.Fail(f)
			}
			close(release)
			r.settle(update)
			var texts []string
			for _, m := range r.tg.Messages(42) {
				texts = append(texts, m.Text)
			}
			if fmt.Sprint(texts) != tt.texts {
				t.Errorf("the person reads %q, want %s", texts, tt.texts)
			}
		})
	}
}

// No message shows a preview of a link, and all are HTML.
func TestMessagesAsSent(t *testing.T) {
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
		"查询": always(replies("请到 https://gab.122.gov.cn 办理 <b>&</b>")),
	}}
	r := newRig(t, p)
	m := r.says("查询")[0]
	if m.Preview || m.Text != "请到 https://gab.122.gov.cn 办理 <b>&</b>" || !strings.Contains(m.HTML, "&lt;b&gt;") {
		t.Errorf("%+v", m)
	}
}

// The pace holds for what really goes out.
func TestPaceOnTheWire(t *testing.T) {
	r := newRig(t, &parrot{}, withPace(func(p *timing) { p.rate = rate{chat: 100 * time.Millisecond, overall: 10 * time.Millisecond} }))
	began := time.Now()
	var updates []int64
	for i := range 5 {
		updates = append(updates, r.tg.Say(42, fmt.Sprint(i)), r.tg.Say(43, fmt.Sprint(i)))
	}
	r.settle(updates...)
	sent := map[string]int{}
	for _, c := range r.tg.Calls("sendMessage") {
		chat := c.Params["chat_id"]
		// However late a message arrives, it was not sent before its time.
		if due := time.Duration(sent[chat]) * 100 * time.Millisecond; c.At.Sub(began) < due-time.Millisecond {
			t.Errorf("message %d to %s after %s, not before %s", sent[chat], chat, c.At.Sub(began), due)
		}
		sent[chat]++
	}
}

func TestPush(t *testing.T) {
	two := []bot.Reply{{Text: "沪C12345 有 1 条新违章", Options: []bot.Option{{Label: "查看", Send: "查第1辆"}}}, {Text: "以交管部门的记录为准。"}}
	for _, tt := range []struct {
		name    string
		to      bot.UserID
		fault   *telegramtest.Fault
		want    error
		later   time.Duration
		retries bool
		arrives int
	}{
		{"to a person", "telegram:42", nil, nil, 0, false, 2},
		{"to somebody else's channel", "wechat:42", nil, bot.ErrGone, 0, false, 0},
		{"to a group", "telegram:-42", nil, bot.ErrGone, 0, false, 0},
		{"to nobody", "telegram:", nil, bot.ErrGone, 0, false, 0},
		{"to a stranger", "telegram:99", nil, bot.ErrGone, 0, false, 0},
		{"blocked", "telegram:42", &telegramtest.Fault{Code: 403, Description: "Forbidden: bot was blocked by the user"}, bot.ErrGone, 0, false, 0},
		{"deactivated", "telegram:42", &telegramtest.Fault{Code: 403, Description: "Forbidden: user is deactivated"}, bot.ErrGone, 0, false, 0},
		{"told to wait for an hour", "telegram:42", &telegramtest.Fault{Code: 429, RetryAfter: 3600}, nil, time.Hour, false, 0},
		{"an outage", "telegram:42", &telegramtest.Fault{Code: 500}, nil, 0, true, 0},
		{"an outage before the second", "telegram:42", &telegramtest.Fault{Code: 500, Times: maxTries + 1}, nil, 0, true, 1},
		{"no answer: not repeated", "telegram:42", &telegramtest.Fault{DropAfter: true}, nil, 0, false, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &parrot{}
			r := newRig(t, p)
			r.says("你好")
			if tt.name == "an outage before the second" {
				if err := r.adapter.Push(t.Context(), tt.to, "id", two[:1]); err != nil {
					t.Fatal(err)
				}
			}
			if tt.fault != nil {
				tt.fault.Method = "sendMessage"
				r.tg.Fail(*tt.fault)
			}
			err := r.adapter.Push(t.Context(), tt.to, "id", two)
			switch {
			case tt.retries:
				if err == nil || errors.Is(err, bot.ErrGone) {
					t.Errorf("%v", err)
				}
			case tt.later > 0:
				if err == nil || err.Error() != bot.RetryAfter(tt.later).Error() {
					t.Errorf("%v", err)
				}
			case !errors.Is(err, tt.want) || (tt.want == nil) != (err == nil):
				t.Errorf("%v, want %v", err, tt.want)
			}
			if got := len(r.tg.Messages(42)) - 1; got != tt.arrives {
				t.Errorf("%d messages, want %d", got, tt.arrives)
			}
			if !tt.retries {
				return
			}
			r.tg.Heal()
			if err := r.adapter.Push(t.Context(), tt.to, "id", two); err != nil || len(r.tg.Messages(42)) != 3 {
				t.Errorf("the second try: %v, %d messages", err, len(r.tg.Messages(42))-1)
			}
		})
	}
}

// What is pushed can be tapped, and makes older buttons old.
func TestPushedButtons(t *testing.T) {
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"车牌": always(offering("吗？", "是"))}}
	r := newRig(t, p)
	asked := r.tg.Say(42, "车牌")
	r.settle(asked)
	r.offered(asked) // what is pushed before that may be older
	old := r.last()
	err := r.adapter.Push(t.Context(), "telegram:42", "1", offering("有新违章", "查看").Replies)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		message telegramtest.Message
		label   string
		stale   bool
	}{{old, "是", true}, {r.last(), "查看", false}} {
		update, err := r.tg.Tap(42, tt.message.ID, tt.label)
		if err != nil {
			t.Fatal(err)
		}
		r.settle(update)
		taps := r.tg.Taps()
		if stale := taps[len(taps)-1].Text != ""; stale != tt.stale {
			t.Errorf("%s: stale %v", tt.label, stale)
		}
	}
	if p.last().Text != "查看" {
		t.Errorf("heard %q", p.last().Text)
	}
}

// Files follow the text of their reply, once, in an answer as well as in a push.
func TestFiles(t *testing.T) {
	export := bot.Answer{Replies: []bot.Reply{
		{Text: "导出完成", Files: []bot.File{{Name: "车辆.csv", MIME: "text/csv", Data: []byte("沪C12345,02")}, {Name: "a.ics", Data: []byte("BEGIN")}}},
		{Files: []bot.File{{Name: "b.csv", Data: []byte("x")}}},
	}}
	r := newRig(t, &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"导出": always(export)}})
	seen := func(ms []telegramtest.Message) (texts []string) {
		for _, m := range ms {
			texts = append(texts, m.Text+m.File+"="+m.Data)
		}
		return texts
	}
	const want = "[导出完成= 车辆.csv=沪C12345,02 a.ics=BEGIN b.csv= b.csv=x]"
	if got := fmt.Sprint(seen(r.says("导出"))); got != want {
		t.Errorf("the answer is %s", got)
	}
	before := len(r.tg.Messages(42))
	r.tg.Fail(telegramtest.Fault{Method: "sendDocument", Code: 500, Times: maxTries + 1})
	if err := r.adapter.Push(t.Context(), "telegram:42", "id", export.Replies); err == nil {
		t.Error("sent through an outage")
	}
	if err := r.adapter.Push(t.Context(), "telegram:42", "id", export.Replies); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(seen(r.tg.Messages(42)[before:])); got != want {
		t.Errorf("the push is %s", got)
	}
}
