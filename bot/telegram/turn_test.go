package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
)

// slowly answers a when it is released.
func slowly(release <-chan struct{}, a bot.Answer) func(context.Context, bot.Message) (bot.Answer, error) {
	return func(ctx context.Context, _ bot.Message) (bot.Answer, error) {
		select {
		case <-release:
			return a, nil
		case <-ctx.Done():
			return bot.Answer{Pending: true}, nil
		}
	}
}

func impatient(p *timing) { p.typing, p.patience = 5*time.Millisecond, 30*time.Millisecond }

// A query that takes longer is announced, what is said meanwhile is answered
// meanwhile, and the announcement becomes the result.
func TestSlowQuery(t *testing.T) {
	for _, mode := range []Mode{Polling, Webhook} {
		t.Run(string(mode), func(t *testing.T) {
			release := make(chan struct{})
			p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
				"查询": slowly(release, offering("沪C12345\n共 2 条", "刷新")),
			}}
			r := newRig(t, p, inMode(mode), withPace(impatient))
			asked := r.tg.Say(42, "查询")
			placeholder := r.reads("正在查询，请稍候。")
			if got := r.says("还在吗"); len(got) != 1 || got[0].Text != "答 还在吗" {
				t.Errorf("meanwhile: %+v", got)
			}
			if n := len(r.tg.Calls("sendChatAction")); n == 0 {
				t.Error("no typing was shown")
			}
			close(release)
			m := r.reads("共 2 条")
			r.offered(asked)
			if m.ID != placeholder.ID || m.Edits != 1 || len(m.Keyboard) != 1 {
				t.Errorf("the result is %+v, want the placeholder %d edited", m, placeholder.ID)
			}
			if n := len(r.tg.Messages(42)); n != 2 {
				t.Errorf("%d messages, want 2", n)
			}
			update, err := r.tg.Tap(42, m.ID, "刷新")
			if err != nil {
				t.Fatal(err)
			}
			r.settle(update)
			r.reads("答 刷新")
		})
	}
}

// Stopped while a query is out: nothing is lost, the announcement of before
// becomes the result of after.
func TestRestartDuringSlowQuery(t *testing.T) {
	release := make(chan struct{})
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"查询": slowly(release, replies("共 2 条"))}}
	r := newRig(t, p, withPace(impatient))
	r.tg.Say(42, "查询")
	placeholder := r.reads("正在查询")
	began := time.Now()
	r.stop()
	if d := time.Since(began); d > time.Second {
		t.Errorf("stopping took %s", d)
	}
	r.start()
	close(release)
	if m := r.reads("共 2 条"); m.ID != placeholder.ID || len(r.tg.Messages(42)) != 1 {
		t.Errorf("after the restart: %+v", r.tg.Messages(42))
	}
	keys := map[string]bool{}
	for _, m := range p.heard {
		keys[m.Key] = true
	}
	if len(keys) != 1 {
		t.Errorf("one message came under %d keys", len(keys))
	}
}

// An answer that does not come at all is promised, with a button to fetch it.
func TestAnswerThatDoesNotCome(t *testing.T) {
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"查询": slowly(nil, bot.Answer{})}}
	r := newRig(t, p, withPace(impatient), withPace(func(p *timing) { p.wait = 50 * time.Millisecond }))
	r.offered(r.tg.Say(42, "查询"))
	m := r.last()
	if m.Text != bot.Sentence(bot.Chinese, bot.TextFetch) || m.Edits != 1 || m.Keyboard[0][0].Text != "结果" {
		t.Fatalf("the person reads %+v", m)
	}
	update, err := r.tg.Tap(42, m.ID, "结果")
	if err != nil {
		t.Fatal(err)
	}
	r.settle(update)
	if r.last().Text != "答 结果" {
		t.Errorf("fetched: %q", r.last().Text)
	}
}

// If somebody else has told the result, the announcement goes.
func TestAnswerToldElsewhere(t *testing.T) {
	release := make(chan struct{})
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"查询": slowly(release, bot.Answer{})}}
	r := newRig(t, p, withPace(impatient))
	update := r.tg.Say(42, "查询")
	r.reads("正在查询")
	close(release)
	r.settle(update)
	if got := r.tg.Messages(42); len(got) != 0 {
		t.Errorf("left behind: %+v", got)
	}
}

// A store that is slow to answer is no fault of the person's message.
func TestSlowStoreIsWaitedFor(t *testing.T) {
	var once sync.Once
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
		"你好": func(ctx context.Context, _ bot.Message) (a bot.Answer, err error) {
			a = replies("您好")
			once.Do(func() {
				<-ctx.Done()
				a, err = replies(bot.UserText(bot.Chinese, bot.Broken)), &bot.Error{Kind: bot.Broken, Err: ctx.Err()}
			})
			return a, err
		},
	}}
	r := newRig(t, p, withPace(impatient))
	r.settle(r.tg.Say(42, "你好"))
	if got := r.tg.Messages(42); len(got) != 1 || got[0].Text != "您好" {
		t.Errorf("the person reads %+v", got)
	}
}

// Two people at a time; one person's messages one after the other.
func TestOrderAndParallel(t *testing.T) {
	for _, mode := range []Mode{Polling, Webhook} {
		t.Run(string(mode), func(t *testing.T) {
			release := make(chan struct{})
			p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"0": slowly(release, replies("答 0"))}}
			r := newRig(t, p, inMode(mode), withPace(func(p *timing) { p.patience = 20 * time.Second }))
			var updates []int64
			for i := range 20 {
				updates = append(updates, r.tg.Say(42, fmt.Sprint(i)))
			}
			other := r.tg.Say(43, "我也要")
			r.settle(other)
			if n := len(r.tg.Messages(42)); n != 0 {
				t.Errorf("%d answers before the first", n)
			}
			close(release)
			r.settle(updates...)
			for i, m := range r.tg.Messages(42) {
				if m.Text != fmt.Sprint("答 ", i) {
					t.Errorf("answer %d is %q", i, m.Text)
				}
			}
		})
	}
}

// Choices are buttons; tapping one is answered at once and means what it says.
func TestTaps(t *testing.T) {
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
		"车牌":  always(offering("车牌是 沪C12345 吗？", "是", "不是")),
		"别的车": always(offering("车牌是 苏E54321 吗？", "是", "不是")),
		"闲聊":  always(replies("在的。")),
	}}
	r := newRig(t, p)
	tap := func(m telegramtest.Message, label string) telegramtest.Answer {
		t.Helper()
		update, err := r.tg.Tap(42, m.ID, label)
		if err != nil {
			t.Fatal(err)
		}
		r.settle(update)
		taps := r.tg.Taps()
		return taps[len(taps)-1]
	}
	first := r.says("车牌")[0]
	if len(first.Keyboard) != 1 || len(first.Keyboard[0]) != 2 {
		t.Fatalf("keyboard %+v", first.Keyboard)
	}
	if a := tap(first, "是"); a.Times != 1 || a.Text != "" || r.last().Text != "答 是" {
		t.Errorf("tapped: %+v, %q", a, r.last().Text)
	}
	r.says("闲聊")
	if tap(first, "不是"); r.last().Text != "答 不是" {
		t.Errorf("the newest keyboard counts until there is a newer one: %q", r.last().Text)
	}
	second := r.says("别的车")[0]
	n := p.count()
	if a := tap(first, "是"); a.Text != bot.Sentence(bot.Chinese, bot.TextStale) || p.count() != n {
		t.Errorf("an old button: %+v, heard %+v", a, p.last())
	}
	r.stop()
	r.start()
	if a := tap(first, "是"); a.Text == "" {
		t.Error("an old button came to life by a restart")
	}
	if a := tap(second, "是"); a.Text != "" || p.last().Text != "是" {
		t.Errorf("the newest button after a restart: %+v", a)
	}
	n = p.count()
	for name, forge := range map[string]func() int64{
		"invented":      func() int64 { return r.tg.TapData(42, 42, second.ID, "是") },
		"somebody else": func() int64 { return r.tg.TapData(42, 43, second.ID, second.Keyboard[0][0].Data) },
		"another chat's": func() int64 {
			r.tg.Say(43, "你好")
			return r.tg.TapData(43, 43, 1, second.Keyboard[0][0].Data)
		},
		"long": func() int64 { return r.tg.TapData(42, 42, second.ID, strings.Repeat("A", 64)) },
	} {
		r.settle(forge())
		taps := r.tg.Taps()
		if a := taps[len(taps)-1]; a.Text != bot.Sentence(bot.Chinese, bot.TextStale) {
			t.Errorf("%s: answered %+v", name, a)
		}
	}
	for _, m := range p.heard[n:] {
		if m.Text == "是" {
			t.Errorf("a forged tap reached the dialogue as %+v", m)
		}
	}
}

// Turning a page changes the report in its place; what is no page does not.
func TestPagesTurnInPlace(t *testing.T) {
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
		"报告":  always(offering("第 1–5 条", "下一页", "刷新")),
		"下一页": always(offering("第 6–10 条", "上一页", "刷新")),
		"上一页": always(replies("这份结果已经过期。")),
	}}
	r := newRig(t, p)
	report := r.says("报告")[0]
	for _, tt := range []struct {
		label string
		want  []string
	}{
		{"下一页", []string{"第 6–10 条"}},
		{"上一页", []string{"第 6–10 条", "这份结果已经过期。"}},
	} {
		update, err := r.tg.Tap(42, report.ID, tt.label)
		if err != nil {
			t.Fatal(err)
		}
		r.settle(update)
		var texts []string
		for _, m := range r.tg.Messages(42) {
			texts = append(texts, m.Text)
		}
		if !slices.Equal(texts, tt.want) {
			t.Errorf("after %s: %q, want %q", tt.label, texts, tt.want)
		}
	}
	if typed := r.says("下一页"); len(typed) != 1 {
		t.Errorf("typed instead of tapped: %+v", typed)
	}
}

// An update that makes the program panic is tried again, then skipped; what is
// behind it is answered.
func TestPoisonedUpdate(t *testing.T) {
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
		"毒": func(context.Context, bot.Message) (bot.Answer, error) { panic("沪C12345") },
	}}
	r := newRig(t, p)
	poison, next := r.tg.Say(42, "毒"), r.tg.Say(42, "之后")
	r.settle(poison, next)
	if r.last().Text != "答 之后" || p.count() != maxPoison+1 {
		t.Errorf("the person reads %q after %d tries", r.last().Text, p.count())
	}
	if log := r.log.String(); !strings.Contains(log, "makes the program panic") || strings.Contains(log, "沪C") {
		t.Errorf("log:\n%s", log)
	}
}

// A dialogue that fails is asked again; when it goes on failing, the person
// reads its sentence.
func TestFailingDialogue(t *testing.T) {
	for name, test := range map[string]struct {
		kind bot.Kind
		fail int
		want string
		asks int
	}{
		"in passing":  {bot.Broken, 1, "好了", 2},
		"for good":    {bot.Broken, 99, bot.UserText(bot.Chinese, bot.Broken), maxPoison},
		"a full disk": {bot.StoreFull, 99, bot.UserText(bot.Chinese, bot.StoreFull), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
				"你好": func(context.Context, bot.Message) (bot.Answer, error) {
					if n++; n <= test.fail {
						return replies(bot.UserText(bot.Chinese, test.kind)), &bot.Error{Kind: test.kind, Err: errors.New("no")}
					}
					return replies("好了"), nil
				},
			}}
			r := newRig(t, p)
			if got := r.says("你好"); len(got) != 1 || got[0].Text != test.want || n != test.asks {
				t.Errorf("after %d tries: %+v", n, got)
			}
		})
	}
}

// The menu of commands is registered in Chinese and English, for private chats.
func TestMenu(t *testing.T) {
	r := newRig(t, &parrot{})
	if !r.tg.Wait(30*time.Second, func() bool { return len(r.tg.Menus()) == 2 }) {
		t.Fatalf("menus %q", r.tg.Menus())
	}
	for lang, catalogue := range map[string]bot.Lang{"": bot.English, "zh": bot.Chinese} {
		menu := r.tg.Commands(lang)
		for _, c := range commands {
			if menu[c.name] == "" || menu[c.name] != c.describe(catalogue) {
				t.Errorf("%q: /%s says %q", lang, c.name, menu[c.name])
			}
		}
		if len(menu) != len(commands) {
			t.Errorf("%q: %d commands", lang, len(menu))
		}
	}
	for _, c := range r.tg.Calls("setMyCommands") {
		if !strings.Contains(c.Params["scope"], "all_private_chats") {
			t.Errorf("scope %s", c.Params["scope"])
		}
	}
}

// A long answer comes in parts, in order, its buttons under the last; a second
// try after a fault goes on where it was.
func TestLongAnswer(t *testing.T) {
	long := strings.Repeat(strings.Repeat("很长", 500)+"\n\n", 9)
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){"报告": always(offering(long, "刷新"))}}
	r := newRig(t, p)
	r.says("你好")
	send := len(r.tg.Calls("sendMessage"))
	update := r.tg.Say(42, "报告")
	// The second part is refused longer than is waited for in place.
	r.tg.Wait(30*time.Second, func() bool {
		if len(r.tg.Calls("sendMessage")) == send+1 {
			r.tg.Fail(telegramtest.Fault{Method: "sendMessage", Code: 500, Description: "Internal Server Error", Times: maxTries})
		}
		return len(r.tg.Calls("sendMessage")) > send
	})
	r.settle(update)
	got := r.tg.Messages(42)[1:]
	if len(got) != 3 {
		t.Fatalf("%d parts", len(got))
	}
	var all string
	for i, m := range got {
		if n := len([]rune(m.Text)); n > maxText {
			t.Errorf("part %d has %d characters", i, n)
		}
		if last := i == len(got)-1; last != (len(m.Keyboard) > 0) {
			t.Errorf("part %d: keyboard %+v", i, m.Keyboard)
		}
		all += m.Text
	}
	if strings.Count(all, "很长") != 4500 {
		t.Errorf("%d of 4500 words arrived", strings.Count(all, "很长"))
	}
}
