package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/storage"
)

// Two people watch one car. What is new reaches both, once, and is paid for
// once; a query that fails is no news, and costs nothing.
func TestPushReachesEverybodyOnce(t *testing.T) {
	d := aDemo(t)
	page := inFrontOf(t, d)
	li, wang := meet(t, page, "li"), meet(t, page, "wang")
	both := []*visitor{li, wang}
	for _, p := range both {
		p.say("查违章 沪C12345 发动机号123456 车架号654321")
		p.hears("共 3 条")
		p.say("订阅")
		p.hears("已订阅")
	}
	paid := func(queries, charged int) {
		t.Helper()
		if m := d.world.fake.Meter(); m.Queries != queries || m.Charged != charged {
			t.Errorf("%d queries, %d charged; want %d and %d", m.Queries, m.Charged, queries, charged)
		}
	}
	paid(1, 1)

	// A check that fails is free, and no news; what happened meanwhile is found
	// by the next one.
	press(t, page, "fail")
	if got := press(t, page, "week"); !strings.Contains(got, "订阅的 1 辆车正在查") {
		t.Errorf("a week later: %s", got)
	}
	li.sees(`"calls":2,"charged":1`)
	for n := range 2 {
		if got := press(t, page, "new"); got != "沪C12345 新增 1 条违章；过一周会查到，并通知小李、老王" {
			t.Errorf("a new violation: %s", got)
		}
		press(t, page, "week")
		for _, p := range both {
			if b := p.hears(news); !b.Notice {
				t.Errorf("%s asked for this: %s", p.user, b.Text)
			}
			if told := p.notices(); len(told) != n+1 {
				t.Errorf("%s was told %d times, want %d: %q", p.user, len(told), n+1, told)
			}
		}
		paid(3+n, 2+n)
	}
}

// inFrontOf serves the page of a demo, until the test ends.
func inFrontOf(t *testing.T, d *demo) (url string) {
	t.Helper()
	srv := httptest.NewServer(d.page)
	t.Cleanup(func() {
		if err := d.page.Close(context.Background()); err != nil { // ends the streams, for which the server waits
			t.Error(err)
		}
		srv.Close()
	})
	return srv.URL
}

// waitForCheck waits until a car that 小李 watches has been checked in the present
// week, and what was found is written down.
func waitForCheck(t *testing.T, d *demo, plate string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		var w bot.Watched
		err := d.world.store.View(t.Context(), func(tx storage.Tx) (err error) {
			w, _, err = d.world.watch.State(tx, d.clock.now(), "demo:li", bot.Vehicle{Plate: plate, Type: "02"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if d.clock.now().Sub(w.Checked) < week/2 {
			return
		}
		<-tick.C
	}
	t.Fatal("not checked in this week")
}

// news is what a notice of one new violation says.
const news = "新违章 1 条"

// What the buttons say when there is nothing to see yet.
func TestEventsWithoutWatchers(t *testing.T) {
	d := aDemo(t)
	panel := newDemoPanel(d)
	does := func(id, want string) {
		t.Helper()
		if got, err := panel.Do(t.Context(), id); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", id, got, err, want)
		}
	}
	does("new", "还没有查过的车。请先查一辆，例如：沪C12345")
	month, day := func() (time.Month, int) { _, m, d := time.Now().Add(week).In(bot.China).Date(); return m, d }()
	does("week", fmt.Sprintf("到了%d月%d日。还没有人订阅车辆，什么也没有查", month, day))

	told(t, d.world, "1", "查违章 苏E12345 发动机号123456 车架号654321")
	told(t, d.world, "2", "查违章 沪C12345 发动机号123456 车架号654321")
	does("new", "沪C12345 新增 1 条违章；没有人订阅这辆车，要查了才知道")
	told(t, d.world, "3", "刷新")
	if got := told(t, d.world, "4", "是"); !strings.Contains(got, "共 4 条") {
		t.Errorf("asked again: %s", got)
	}

	does("fail", "接下来的查询会失败 1 次；失败不收费")
	does("fail", "接下来的查询会失败 2 次；失败不收费")
	if _, err := panel.Do(t.Context(), "earthquake"); !errors.Is(err, playground.ErrNoAction) {
		t.Errorf("got %v", err)
	}
	for _, a := range panel.Actions() {
		if a.Label == "" || a.Hint == "" {
			t.Errorf("button %+v: must say what it does", a)
		}
	}
}

// A failure of a person's own query passes by itself: they get the answer, and
// it is paid for once.
func TestFailedQueryIsTriedAgain(t *testing.T) {
	d := aDemo(t)
	if _, err := newDemoPanel(d).Do(t.Context(), "fail"); err != nil {
		t.Fatal(err)
	}
	if got := told(t, d.world, "1", "查违章 沪C12345 发动机号123456 车架号654321"); !strings.Contains(got, "共 3 条") {
		t.Errorf("got %s", got)
	}
	if m := d.world.fake.Meter(); m.Queries != 2 || m.Charged != 1 {
		t.Errorf("%d queries, %d charged", m.Queries, m.Charged)
	}
}

// The store's jobs, the bot and the fake live by the demo's clock.
func TestWholeDemoReadsOneClock(t *testing.T) {
	d := aDemo(t)
	told(t, d.world, "1", "查违章 沪C12345 发动机号123456 车架号654321")
	d.clock.forward(week)
	got := told(t, d.world, "2", "查违章 沪C12345 发动机号123456 车架号654321")
	if day := d.clock.now().In(bot.China).Format("查询时间：1月2日"); !strings.Contains(got, day) || !strings.Contains(got, "共 3 条") {
		t.Errorf("a week later there is no %q in %s", day, got)
	}
	if m := d.world.fake.Meter(); m.Charged != 2 {
		t.Errorf("charged %d times: an answer of last week is no answer", m.Charged)
	}
}

// A visitor is one of the page's people, in front of it.
type visitor struct {
	t     *testing.T
	page  string
	user  string
	lines *bufio.Scanner
	said  int
}

// A bubble is what the page shows of something that was said.
type bubble struct {
	From   string `json:"from"`
	Text   string `json:"text"`
	Notice bool   `json:"notice"`
}

func meet(t *testing.T, page, user string) *visitor {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page+"/events?user="+user, nil)
	if err != nil {
		t.Fatal(err)
	}
	events, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = events.Body.Close() })
	lines := bufio.NewScanner(events.Body)
	lines.Buffer(nil, 1<<20)
	return &visitor{t: t, page: page, user: user, lines: lines}
}

func (p *visitor) say(text string) {
	p.t.Helper()
	p.said++
	post(p.t, p.page+"/say", map[string]string{"user": p.user, "key": fmt.Sprint(p.said), "text": text})
}

// event is the data of the next event of this name; "": the stream ended.
func (p *visitor) event(name string) string {
	for p.lines.Scan() {
		if p.lines.Text() == "event: "+name && p.lines.Scan() {
			return strings.TrimPrefix(p.lines.Text(), "data: ")
		}
	}
	return ""
}

// hears reads on until the bot has said this.
func (p *visitor) hears(want string) bubble {
	p.t.Helper()
	for {
		data := p.event("entry")
		if data == "" {
			p.t.Fatalf("the conversation ended without %q: %v", want, p.lines.Err())
		}
		var b bubble
		if err := json.Unmarshal([]byte(data), &b); err != nil {
			p.t.Fatal(err)
		}
		if b.From == "bot" && strings.Contains(b.Text, want) {
			return b
		}
	}
}

// sees reads on until the panel says this.
func (p *visitor) sees(want string) {
	p.t.Helper()
	for {
		data := p.event("panel")
		if data == "" {
			p.t.Fatalf("the panel never said %s", want)
		}
		if strings.Contains(data, want) {
			return
		}
	}
}

// notices is what news the person was told, from the beginning.
func (p *visitor) notices() (told []string) {
	p.t.Helper()
	again := meet(p.t, p.page, p.user)
	for again.lines.Scan() && again.lines.Text() != "event: ready" {
		data, ok := strings.CutPrefix(again.lines.Text(), "data: ")
		if !ok {
			continue
		}
		var b bubble
		if err := json.Unmarshal([]byte(data), &b); err != nil {
			p.t.Fatal(err)
		}
		if b.Notice && strings.Contains(b.Text, news) {
			told = append(told, b.Text)
		}
	}
	return told
}

// press presses a button, and returns the line that says what happened.
func press(t *testing.T, page, id string) string {
	t.Helper()
	var answer struct{ Said string }
	if err := json.Unmarshal(post(t, page+"/act", map[string]string{"id": id}), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Said
}

// post posts a JSON body that must be taken, and returns the answer.
func post(t *testing.T, url string, body any) []byte {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s: %s %s (%v)", url, resp.Status, answer, err)
	}
	return answer
}
