package playground

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/weizhangbot/weizhangbot/bot"
)

func TestActions(t *testing.T) {
	d := newDesk()
	s := serve(t, open(t, d))
	tab := s.open("li", "")
	got := tab.until("panel")
	if want := `"actions":[{"id":"new","label":"新增一条违章","hint":"像交警刚录入的一样"},{"id":"week",`; !strings.Contains(got[len(got)-1].data, want) {
		t.Errorf("panel: %s", got[len(got)-1].data)
	}
	if code, body := s.post("/act", map[string]string{"id": "new"}); code != http.StatusOK || body != `{"said":"沪C12345 新增 1 条违章；过一周会查到"}` {
		t.Errorf("%d %s", code, body)
	}
	if d.runsAhead() != 0 {
		t.Error("time passed by itself")
	}
}

// A week passes: every open page hears of the clock before it reads what is
// dated by it, and of whom something was said to.
func TestWeekPasses(t *testing.T) {
	d := newDesk()
	s := serve(t, open(t, d))
	li, wang := s.open("li", ""), s.open("wang", "")
	for _, tab := range []*tab{li, wang} {
		if got := tab.until("hello"); got[0].data != `{"ahead":0}` {
			t.Errorf("at first: %s", got[0].data)
		}
		tab.entries(1)
	}
	if code, body := s.post("/act", map[string]string{"id": "week"}); code != http.StatusOK || body != `{"said":"过了一周"}` {
		t.Fatalf("%d %s", code, body)
	}
	last := func(events []event, name string) (data string) {
		for _, e := range events {
			if e.name == name {
				data = e.data
			}
		}
		return data
	}
	var talks string // as Li's page heard of them last, be it before its own entry
	for name, tab := range map[string]*tab{"li": li, "wang": wang} {
		got := tab.until("entry")
		clock := last(got, "clock")
		if tab == li {
			talks = last(got, "talks")
		}
		var e entry
		if err := json.Unmarshal([]byte(got[len(got)-1].data), &e); err != nil {
			t.Fatal(err)
		}
		if clock != `{"ahead":604800}` || !e.Notice || !e.At.Equal(time.Date(2026, 11, 30, 9, 30, 0, 0, time.UTC)) {
			t.Errorf("%s: clock %q before the notice %+v", name, clock, e)
		}
	}
	for talks != `{"fleet":1,"li":2,"wang":2}` {
		talks = last(li.until("talks"), "talks")
	}
	if got := s.open("li", "").until("hello"); got[0].data != `{"ahead":604800}` {
		t.Errorf("a page opened later: %s", got[0].data)
	}
}

func TestBadActions(t *testing.T) {
	s := serve(t, open(t, newDesk()))
	for name, tt := range map[string]struct {
		body, sentence string
		want           int
	}{
		"unknown":       {`{"id":"earthquake"}`, "没有这个按钮", 404},
		"stuck":         {`{"id":"stuck"}`, "没有做成", 500},
		"no JSON":       {`week`, "读不懂这个请求", 400},
		"unknown field": {`{"id":"new","times":1000}`, "读不懂这个请求", 400},
	} {
		t.Run(name, func(t *testing.T) {
			if code, sentence := s.post("/act", tt.body); code != tt.want || sentence != tt.sentence {
				t.Errorf("got %d %q, want %d %q", code, sentence, tt.want, tt.sentence)
			}
		})
	}
	none := serve(t, open(t, newDesk(), func(c *Config) { c.Panel = nil }))
	if code, why := none.post("/act", `{"id":"new"}`); code != http.StatusNotFound || why != "没有侧栏" {
		t.Errorf("%d %s", code, why)
	}
	if code, why := none.do(http.MethodPost, "/act", `{"id":"new"}`, "Content-Type", "text/plain"); code != http.StatusNotFound {
		t.Errorf("%d %s", code, why)
	}
}

// Whoever read the clock first may come second; the times of a transcript stay
// in order all the same.
func TestTimesStayInOrder(t *testing.T) {
	c := newConversation("demo:li")
	morning := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	c.pushed("1", []bot.Reply{{Text: "沪C12345 有 1 条新违章"}}, morning.AddDate(0, 0, 7))
	m := bot.Message{Key: "k1", At: morning, Text: "帮助"}
	if _, err := c.accept(m, m.Text); err != nil {
		t.Fatal(err)
	}
	c.answered([]bot.Reply{{Text: "我能查车辆违章"}}, morning.AddDate(0, 0, 8), true)
	entries, _, _ := c.since(0)
	var days []int
	for _, e := range entries {
		days = append(days, e.At.Day())
	}
	if diff := cmp.Diff([]int{30, 30, 1}, days); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, _ := c.next(); !got.At.Equal(morning) {
		t.Errorf("the bot hears the message of %v, not of when it was said", got.At)
	}
}
