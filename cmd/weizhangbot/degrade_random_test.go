package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// A spell is a weather over a party for a while, and what drivers do in it.
type spell struct {
	At      string
	Weather weather
	Minutes int
	Asks    bool // both drivers ask about a car that nobody asked about
	News    bool // a new violation, and somebody else's question that finds it
}

// gentle are the weathers of the random schedules: those in which it is certain
// whether a message has arrived, so that once is once.
var gentle = []weather{fine, silent3, silent6, page403, page429, gbk, refused, noName, badTLS, blackhole}

func drawSpell(t *rapid.T) spell {
	at := rapid.SampledFrom([]string{rulesAt, queryAt, juheAt, wechatAt, telegramAt, ocrAt}).Draw(t, "at")
	among := gentle
	switch {
	case at == rulesAt || at == queryAt || at == ocrAt:
		among = all
	case at == juheAt:
		among = unconnected
	}
	return spell{
		At: at, Weather: rapid.SampledFrom(among).Draw(t, "weather"), Minutes: rapid.IntRange(0, 45).Draw(t, "minutes"),
		Asks: rapid.Bool().Draw(t, "asks"), News: rapid.Bool().Draw(t, "news"),
	}
}

// Random weather over all parties, one over the other, and then a fine day: no
// deadline was passed, every question is answered or can be answered, every
// news told once, nothing asked of Juhe twice by itself, nobody hammered, and
// nothing is left running.
func TestRandomWeather(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue { // each is days long
		if err := f.Value.Set("15"); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Value.Set(f.DefValue) }()
	}
	rapid.Check(t, func(rt *rapid.T) {
		spells := rapid.SliceOfN(rapid.Custom(drawSpell), 2, 5).Draw(rt, "spells")
		dir := t.TempDir()
		var faults []string
		synctest.Test(t, func(t *testing.T) { faults = endure(t, dir, spells) })
		_ = os.Remove(filepath.Join(dir, "bot.db"))
		if len(faults) > 0 {
			rt.Fatal(strings.Join(faults, "\n"))
		}
	})
	if n := runtime.NumGoroutine(); n > goroutines+5 {
		t.Errorf("%d goroutines more than before", n-goroutines)
	}
}

// road is where the nth violation happened.
func road(n int) string { return fmt.Sprintf("第%d号公路", n) }

// endure lives through the spells and tells what must not be.
func endure(t *testing.T, dir string, spells []spell) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	p := newProvince(t, dir)
	p.config = everyDay + noLimits
	defer p.leave()
	p.start()
	defer p.end()
	p.watchBoth()
	asked, news := 0, 0
	before := p.juhe.Meter().Queries
	for i, s := range spells {
		p.wire.weather(s.At, s.Weather)
		if s.Asks {
			plate := fmt.Sprintf("沪C%05d", 30000+i)
			got := p.writes("查违章 " + plate + " 发动机号123456 车架号654321")
			if got.banner != "" || got.took >= 5*time.Second {
				fault("spell %d: WeChat showed %q after %v", i, got.banner, got.took)
			}
			p.telegram.Say(42, "查违章 沪C"+fmt.Sprintf("%05d", 40000+i)+" 发动机号123456 车架号654321")
			asked += 2
		}
		if s.News {
			news++
			p.finedAt("沪C12345", road(news))
			p.sends(anotherOne, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321"))
		}
		time.Sleep(time.Duration(s.Minutes) * time.Minute)
	}
	for _, at := range []string{rulesAt, queryAt, juheAt, wechatAt, telegramAt, ocrAt} {
		p.wire.weather(at, fine)
	}
	time.Sleep(100 * time.Minute)
	for _, got := range []heard{p.writes("结果"), p.says("结果", time.Minute)} {
		if got.text == "" || got.banner != "" {
			fault("a fine day, and %+v", got)
		}
	}
	p.writes("取消")
	p.says("取消", time.Minute)
	p.sends(anotherOne, wechattest.Text("取消"))
	p.sends(anotherOne, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321"))
	time.Sleep(time.Minute)
	p.writes("你好") // brings what WeChat's quota kept back
	all := strings.Join(p.answers, "\n") + p.pushed()
	for n := 1; n <= news; n++ {
		if told := strings.Count(all, road(n)); told != 1 {
			fault("news %d was told %d times", n, told)
		}
	}
	for _, got := range []heard{p.writes("查违章 沪C55555 发动机号123456 车架号654321"), p.says("查违章 沪C66666 发动机号123456 车架号654321", time.Minute)} {
		if !strings.Contains(got.text, aReport) {
			fault("a fine day, and a question is answered %q", got.text)
		}
	}
	// Each question at most once, the news', and a day's checks.
	if n := p.juhe.Meter().Queries - before; n > asked+news+3+4 {
		fault("%d queries for %d questions and %d refreshes", n, asked, news)
	}
	for at, most := range map[string]int{juheAt: 1000, wechatAt: 1000, telegramAt: 4000} {
		if n := p.wire.dialled(at); n > most {
			fault("%s was called %d times", at, n)
		}
	}
	return faults
}

// The checker notices: in a weather in which nobody can know whether a message
// arrived, news is told twice, and endure says so.
func TestRandomWeatherNotices(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		faults := endure(t, dir, []spell{
			{At: queryAt, Weather: silent6, Minutes: 1, Asks: true}, // a late answer fetches a token
			{At: queryAt, Weather: fine},
			{At: wechatAt, Weather: mute, Minutes: 1, News: true},
		})
		if !strings.Contains(strings.Join(faults, "\n"), "was told 2 times") {
			t.Errorf("faults %q", faults)
		}
	})
}
