package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// The page's own tests are in bot/playground; here the whole bot is behind it.
func TestDemoAnswers(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := start(t, "demo", "--listen", "127.0.0.1:0")
	page := s.line()
	if !strings.HasPrefix(page, "http://127.0.0.1:") || !strings.HasSuffix(page, "/") {
		t.Fatalf("first line %q is not the page's address", page)
	}
	s.line()
	if html := fetch(t, page); !strings.Contains(html, "<!doctype html") && !strings.Contains(html, "<!DOCTYPE html") {
		t.Errorf("no page at %s: %.80s", page, html)
	}
	events, err := http.Get(page + "events?user=li")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = events.Body.Close() }()
	lines := bufio.NewScanner(events.Body)
	say(t, page, "a", "查违章 沪C12345")
	expect(t, lines, "发动机号")
	say(t, page, "b", "发动机号123456 车架号654321")
	expect(t, lines, "待交罚款")
	panel := fetch(t, page+"panel")
	if !strings.Contains(panel, `"charged":1`) || !strings.Contains(panel, `"yuan":"0.05"`) {
		t.Errorf("one paid query, but the panel says %s", panel)
	}
	s.end()
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func say(t *testing.T, page, key, text string) {
	t.Helper()
	resp, err := http.Post(page+"say", "application/json", strings.NewReader(`{"user":"li","key":"`+key+`","text":"`+text+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("say %s: %s", text, resp.Status)
	}
}

// expect reads events until one holds want; the test's own deadline ends it.
func expect(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), want) {
			return
		}
	}
	t.Fatalf("the conversation ended without %q: %v", want, lines.Err())
}

// aDemo is a demo that ends with the test.
func aDemo(t *testing.T) *demo {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	d, err := openDemo(t.Context(), silent())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(d.page.Close(context.Background()), d.world.close()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestDemoPanel(t *testing.T) {
	d := aDemo(t)
	fake, p := d.world.fake, newDemoPanel(d)
	meter, err := p.Meter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if meter.Calls != 0 || meter.YuanText != "0.00" || meter.CacheHits != 0 || len(meter.Rows) != 1 {
		t.Errorf("meter = %+v", meter)
	}
	for _, s := range p.Switches() {
		if s.On || s.Label == "" || s.Hint == "" {
			t.Errorf("switch %+v: must be off at first, and say what it does", s)
		}
		if err := p.Set(s.ID, true); err != nil {
			t.Errorf("%s: %v", s.ID, err)
		}
	}
	f := fake.Faults()
	if f.Endpoint != "query" || f.Latency == 0 || !f.Maintenance || !f.WrongDigits || f.Nonsense != juhetest.NonsenseCut {
		t.Errorf("all switches on: %+v", f)
	}
	if err := p.Set("maintenance", false); err != nil {
		t.Fatal(err)
	}
	if f := fake.Faults(); f.Maintenance || !f.WrongDigits {
		t.Errorf("one switch off again: %+v", f)
	}
	if err := p.Set("earthquake", true); !errors.Is(err, playground.ErrNoSwitch) {
		t.Errorf("got %v", err)
	}
}

// What a newcomer sees when turning the switches: each mishap has its sentence,
// and none of them is paid for twice.
func TestMishaps(t *testing.T) {
	for _, tt := range []struct {
		id      string
		says    string
		charged int
	}{
		{"maintenance", "维护", 0},
		{"wrong", "核对", 1},
		{"cut", "可能已", 1},
	} {
		t.Run(tt.id, func(t *testing.T) {
			d := aDemo(t)
			w, panel := d.world, newDemoPanel(d)
			if err := panel.Set(tt.id, true); err != nil {
				t.Fatal(err)
			}
			got := told(t, w, "1", "查违章 沪C12345 发动机号123456 车架号654321")
			if !strings.Contains(got, tt.says) || strings.Contains(got, "待交罚款") {
				t.Errorf("no %q in %s", tt.says, got)
			}
			if m := w.fake.Meter(); m.Charged != tt.charged || m.Queries != 1 {
				t.Errorf("%d queries, %d charged; want 1 and %d", m.Queries, m.Charged, tt.charged)
			}
		})
	}
}

// told is what the bot says to a message, all replies together.
func told(t *testing.T, w *world, key, text string) string {
	t.Helper()
	answer, err := w.bot.Handle(t.Context(), bot.Message{Channel: "demo", User: "demo:li", Key: key, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range answer.Replies {
		b.WriteString(r.Text + "\n")
	}
	return b.String()
}
