package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/weizhangbot/weizhangbot/bot"
)

const hello = "您好，我是违章助手。"

func TestConversation(t *testing.T) {
	d := newDesk()
	s := serve(t, open(t, d))
	tab := s.open("li", "")
	s.say("k1", "湖C12345")
	s.say("k2", "是")
	got, _ := tab.entries(5)
	want := []string{
		"1 bot: " + hello,
		"2 me: 湖C12345", "3 bot: 您说的是 沪C12345（上海）吗？",
		"4 me: 是", "5 bot: 沪C12345（上海，小型汽车）还需要：",
	}
	// The second message may be typed before the first is answered.
	sortByKind(got)
	sortByKind(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for i, m := range d.delivered() {
		if m.Channel != "demo" || m.User != "demo:li" {
			t.Errorf("message %d: %q of %q", i, m.Channel, string(m.User))
		}
	}
	if d.delivered()[0].Event != bot.Followed {
		t.Error("who opens the chat for the first time must be welcomed")
	}
}

func TestNoWelcomeForWhoSpokeFirst(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	s.say("k1", "苏州能查吗")
	tab := s.open("li", "")
	s.say("k2", "取消")
	if got, _ := tab.entries(4); strings.Contains(strings.Join(got, "\n"), hello) {
		t.Errorf("got %q", got)
	}
}

// sortByKind drops the numbers and keeps the order within each side.
func sortByKind(lines []string) {
	var me, other []string
	for _, l := range lines {
		_, l, _ = strings.Cut(l, " ")
		if strings.HasPrefix(l, "me") {
			me = append(me, l)
		} else {
			other = append(other, l)
		}
	}
	copy(lines, append(me, other...))
}

func TestOptionsReachThePage(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	tab := s.open("li", "")
	s.say("k1", "帮助")
	tab.entries(2)
	got := tab.until("entry")
	var e entry
	if err := json.Unmarshal([]byte(got[len(got)-1].data), &e); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]option{{"查违章", "查违章"}, {"支持的城市", "城市"}}, e.Options); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// A tapped option shows its label and sends what it stands for.
	code, _ := s.post("/say", saying{User: "li", Key: "k2", Text: "城市", Label: "支持的城市"})
	lines, _ := tab.entries(2)
	if code != http.StatusAccepted || lines[0] != "4 me: 支持的城市" || lines[1] != "5 bot: 没有看懂：城市" {
		t.Errorf("%d %q", code, lines)
	}
}

// A POST whose response was lost is sent again with its key: the page shows
// message and answer once, and the bot hears it once.
func TestRedeliveryShowsOneAnswer(t *testing.T) {
	d := newDesk()
	s := serve(t, open(t, d))
	tab := s.open("li", "")
	for range 3 {
		s.say("k1", "帮助")
	}
	s.say("k2", "取消")
	got, _ := tab.entries(5)
	count := strings.Count(strings.Join(got, "\n"), "我能查车辆违章")
	if count != 1 || len(d.delivered()) != 3 {
		t.Errorf("%d answers, %d messages to the bot:\n%s", count, len(d.delivered()), strings.Join(got, "\n"))
	}
	// And by another tab, later.
	s.say("k1", "帮助")
	s.say("k3", "苏州能查吗")
	if got, _ = tab.entries(2); got[0] != "6 me: 苏州能查吗" {
		t.Errorf("after a late redelivery: %q", got)
	}
}

func TestTabsOfOneUserSeeTheSame(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	one, two, other := s.open("li", ""), s.open("li", ""), s.open("wang", "")
	s.say("k1", "帮助")
	first, _ := one.entries(3)
	second, _ := two.entries(3)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("-one +two:\n%s", diff)
	}
	if lines, _ := other.entries(1); lines[0] != "1 bot: "+hello {
		t.Errorf("another user: %q", lines)
	}
	other.close()
	for e := range other.events {
		if e.name == "entry" {
			t.Errorf("another user sees %s", e.data)
		}
	}
}

func TestReconnect(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	tab := s.open("li", "")
	_, last := tab.entries(1)
	tab.close()
	s.say("k1", "帮助")
	s.say("k2", "苏州能查吗")

	missed, _ := s.open("li", last).entries(4)
	if !strings.HasPrefix(missed[0], "2 me: 帮助") {
		t.Errorf("goes on after what was seen, got %q", missed)
	}
	everything, _ := s.open("li", "").entries(5)
	if !strings.HasPrefix(everything[0], "1 bot: "+hello) {
		t.Errorf("a reload shows the conversation, got %q", everything)
	}
	for _, id := range []string{"otherlife.3", s.page.epoch + ".99", s.page.epoch + ".-1", "nonsense"} {
		if got := names(s.open("li", id).until("entry")); got != "hello reset entry" {
			t.Errorf("id %s: %s", id, got)
		}
	}
	if got := names(s.open("li&last="+s.page.epoch+".4", "").until("entry")); got != "hello entry" {
		t.Errorf("by query: %s", got)
	}
}

func TestTranscriptIsBounded(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	tab := s.open("li", "")
	_, old := tab.entries(1)
	tab.close()
	for i := range maxEntries + 10 {
		if err := s.page.Push(t.Context(), "demo:li", fmt.Sprint(i), []bot.Reply{{Text: "有新违章"}}); err != nil {
			t.Fatal(err)
		}
	}
	got := s.open("li", old).until("ready")
	if len(got) != maxEntries+3 || got[1].name != "reset" {
		t.Errorf("%d events, beginning with %s", len(got), names(got[:3]))
	}

	c := s.page.talks["li"]
	for range 5 {
		c.add(entry{Text: strings.Repeat("长", maxBytes/6)})
	}
	if entries, _, _ := c.since(0); len(entries) != 2 || c.bytes > maxBytes {
		t.Errorf("%d entries of %d bytes", len(entries), c.bytes)
	}
	c.add(entry{Text: strings.Repeat("长", maxBytes)})
	if entries, _, _ := c.since(0); len(entries) != 1 {
		t.Errorf("the newest is kept whatever its size, got %d", len(entries))
	}
}

func TestTypingOnWhileTheBotIsSlow(t *testing.T) {
	d := newDesk()
	p := open(t, d)
	p.pace.patience, p.pace.wait, p.pace.retry = 30*time.Millisecond, 30*time.Millisecond, time.Millisecond
	s := serve(t, p)
	tab := s.open("li", "")
	if code, why := s.post("/panel", map[string]any{"id": "slow", "on": true}); code != http.StatusNoContent {
		t.Fatal(code, why)
	}
	s.say("k1", "沪C12345")
	tab.entries(3)
	s.say("k2", "123456 654321")
	tab.entries(1)
	if got := tab.until("typing"); got[len(got)-1].data != `{"busy":1}` {
		t.Errorf("typing: %v", got)
	}
	s.say("k3", "苏州能查吗")
	if got, _ := tab.entries(2); got[1] != "6 bot: 苏州可以查。需要发动机号后6位，不需要车架号。" {
		t.Errorf("must be answered while the query is out, got %q", got)
	}
	close(d.slow)
	got, _ := tab.entries(1)
	if got[0] != "7 bot: 沪C12345 · 上海 · 小型汽车" {
		t.Errorf("the late answer: %q", got)
	}
	if e := tab.until("typing"); e[len(e)-1].data != `{"busy":0}` {
		t.Errorf("typing: %v", e)
	}
	if m, _ := d.Meter(t.Context()); m.Charged != 1 {
		t.Errorf("redeliveries charged %d times", m.Charged)
	}
}

// A message that is itself pending can bring what an earlier one left behind.
func TestPendingAnswerBringsEarlierReplies(t *testing.T) {
	step := make(chan struct{})
	calls := 0
	h := handlerFunc(func(ctx context.Context, m bot.Message) (bot.Answer, error) {
		if m.Event == bot.Followed {
			return bot.Answer{}, nil
		}
		<-step
		if calls++; calls < 3 {
			return bot.Answer{Pending: true, Replies: []bot.Reply{{Text: fmt.Sprint("早先的结果", calls)}}}, nil
		}
		return bot.Answer{Replies: []bot.Reply{{Text: "这次的结果"}}}, nil
	})
	p := open(t, nil, func(c *Config) { c.Bot = h })
	p.pace.retry = time.Millisecond
	s := serve(t, p)
	tab := s.open("li", "")
	s.say("k1", "沪C12345")
	for i, want := range []string{"2 bot: 早先的结果1", "3 bot: 早先的结果2", "4 bot: 这次的结果"} {
		step <- struct{}{}
		got, _ := tab.entries(1)
		if i == 0 {
			got, _ = tab.entries(1) // after the message itself
		}
		if got[0] != want {
			t.Errorf("got %q, want %q", got[0], want)
		}
		if _, _, busy := p.talks["li"].since(0); (busy == 0) != (i == 2) {
			t.Errorf("after %q: %d unanswered", got[0], busy)
		}
	}
}

func TestGivingUpOnAnAnswer(t *testing.T) {
	d := newDesk()
	d.on["slow"] = true
	p := open(t, d)
	p.pace = pace{patience: time.Millisecond, wait: time.Millisecond, retry: time.Millisecond, giveUp: 20 * time.Millisecond, beat: time.Second, write: time.Second}
	s := serve(t, p)
	tab := s.open("li", "")
	s.say("k1", "123456")
	for busy := ""; busy != `{"busy":0}`; {
		got := tab.until("typing")
		busy = got[len(got)-1].data
	}
	close(d.slow)
}

func TestFloodIsRefused(t *testing.T) {
	gate := make(chan struct{})
	h := handlerFunc(func(ctx context.Context, m bot.Message) (bot.Answer, error) {
		<-gate
		return bot.Answer{Replies: []bot.Reply{{Text: m.Key}}}, nil
	})
	s := serve(t, open(t, nil, func(c *Config) { c.Bot = h }))
	code, why := 0, ""
	n := 0
	for ; n < 2*maxWaiting && code != http.StatusTooManyRequests; n++ {
		code, why = s.post("/say", saying{User: "li", Key: fmt.Sprint(n), Text: "在吗"})
	}
	close(gate)
	if n > maxWaiting+2 || why != "前面还有消息没有处理完，请稍候再发" {
		t.Errorf("after %d: %d %s", n, code, why)
	}
}

type handlerFunc func(context.Context, bot.Message) (bot.Answer, error)

func (f handlerFunc) Handle(ctx context.Context, m bot.Message) (bot.Answer, error) { return f(ctx, m) }

func TestMessagesKeepTheirOrder(t *testing.T) {
	d := newDesk()
	s := serve(t, open(t, d))
	for i := range 10 {
		s.say(fmt.Sprint(i), fmt.Sprint("第", i))
	}
	s.open("li", "").until("ready")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.page.Close(ctx); err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, m := range d.delivered() {
		if m.Event != bot.NoEvent {
			continue
		}
		if m.Text != fmt.Sprint("第", i) {
			t.Errorf("place %d: %s", i, m.Text)
		}
		i++
	}
	if i != 10 {
		t.Errorf("%d messages", i)
	}
}

func TestBotFaultIsLoggedAndItsSentenceShown(t *testing.T) {
	d := newDesk()
	logged := make(chan error, 10)
	s := serve(t, open(t, d, func(c *Config) { c.Log = func(_ string, err error) { logged <- err } }))
	tab := s.open("li", "")
	tab.entries(1)
	d.mu.Lock()
	d.fail = errors.New("disk full")
	d.mu.Unlock()
	s.say("k1", "帮助")
	if got, _ := tab.entries(2); got[1] != "3 bot: 服务暂时不可用，请稍后再试。" {
		t.Errorf("got %q", got)
	}
	if err := <-logged; !errors.Is(err, d.fail) {
		t.Errorf("logged %v", err)
	}
}

func TestHeartbeat(t *testing.T) {
	p := open(t, newDesk())
	p.pace.beat = 5 * time.Millisecond
	tab := serve(t, p).open("li", "")
	tab.until(":")
	tab.until(":")
}

func TestClose(t *testing.T) {
	t.Run("answers what was taken in, then ends the streams", func(t *testing.T) {
		s := serve(t, open(t, newDesk()))
		tab := s.open("li", "")
		tab.until("ready")
		s.say("k1", "帮助")
		if err := s.page.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range tab.events { // ends
		}
		code, why := s.post("/say", saying{User: "li", Key: "k2", Text: "帮助"})
		if code != http.StatusServiceUnavailable || why != "演示正在关闭" {
			t.Errorf("%d %s", code, why)
		}
		if entries, _, busy := s.page.talks["li"].since(0); len(entries) != 3 || busy != 0 {
			t.Errorf("%d entries, %d unanswered", len(entries), busy)
		}
	})
	t.Run("cuts off what takes too long", func(t *testing.T) {
		d := newDesk()
		d.on["slow"] = true
		s := serve(t, open(t, d))
		s.say("k1", "123456")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := s.page.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(d.slow)
	})
}

func TestConfigFaultsAllAtOnce(t *testing.T) {
	_, err := New(Config{Users: []User{{ID: "li", Name: "小李"}, {ID: "li", Name: "小李"}, {ID: "a b", Name: "x"}, {ID: "", Name: "x"}, {ID: "w"}}})
	want := []string{
		"playground: Bot: missing",
		`playground: Users: id "li": twice`,
		`playground: Users: id "a b": letters, digits, - and _ only`,
		`playground: Users: id "": letters, digits, - and _ only`,
		`playground: Users: id "w": no name`,
	}
	if diff := cmp.Diff(want, strings.Split(fmt.Sprint(err), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := New(Config{Bot: newDesk()}); err == nil || !strings.Contains(err.Error(), "at least one") {
		t.Errorf("no users: %v", err)
	}
}
