package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A photo that nobody can read in time: the driver reads what to type, and the
// next message is answered as ever.
func TestOCRDegrades(t *testing.T) {
	const typed, seen = "暂时看不了图片", "从照片上读到"
	wants := map[weather]string{silent3: seen, silent6: seen, silent20: seen, fine: seen}
	for _, k := range append(append([]weather{fine}, all...), unconnected...) {
		t.Run("Telegram "+string(k), func(t *testing.T) {
			want, ok := wants[k]
			if !ok {
				want = typed
			}
			inProvince(t, nil, func(p *province) {
				p.telegram.Upload("photo", []byte("\xff\xd8\xff\xe0 a photo"))
				p.wire.weather(ocrAt, k)
				began := time.Now()
				p.telegram.Send(42, "zh", map[string]any{"photo": []map[string]any{{"file_id": "photo", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 14}}})
				p.telegram.Wait(time.Minute, func() bool { return len(p.telegram.Messages(42)) > 0 })
				got := p.telegram.Messages(42)
				if took := time.Since(began); len(got) != 1 || !strings.Contains(got[0].Text, want) || took > 35*time.Second {
					t.Errorf("after %v: %+v, want %q", took, got, want)
				}
				if got := p.says("你好", 10*time.Second); got.text == "" {
					t.Error("no answer after that")
				}
			})
		})
	}
	for _, k := range append(all, unconnected...) {
		t.Run("WeChat "+string(k), func(t *testing.T) {
			inProvince(t, nil, func(p *province) {
				p.wechat.Photo("http://mmbiz.example/1", `"plate_num":"沪C12345","engine_num":"123456","vin":"LSVAA4182E2654321"`)
				p.wire.weather(wechatAt, k)
				p.inTime("WeChat", p.sends(aDriver, wechattest.Image("http://mmbiz.example/1")), 5*time.Second)
			})
		})
	}
}

// A disk that takes nothing, or takes long: drivers read so, nothing is paid,
// /readyz says so, and everything goes on once the disk does.
func TestDiskDegrades(t *testing.T) {
	for _, tt := range []struct {
		name  string
		err   error
		slow  time.Duration
		wx    string // what WeChat's driver reads; "": nothing yet, and no banner is to be avoided
		ready int
	}{
		{"full", storage.ErrFull, 0, "服务暂时无法保存内容，请稍后再试。没有产生查询。", http.StatusServiceUnavailable},
		{"read-only", &fs.PathError{Op: "write", Path: "bot.db", Err: syscall.EROFS}, 0, "服务出了问题，请稍后再试。", http.StatusServiceUnavailable},
		{"failing", &fs.PathError{Op: "write", Path: "bot.db", Err: syscall.EIO}, 0, "服务出了问题，请稍后再试。", http.StatusServiceUnavailable},
		{"a second for a write", nil, time.Second, "发动机号", http.StatusOK},
		{"20 s for a write", nil, 20 * time.Second, "服务出了问题，请稍后再试。", http.StatusServiceUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inProvince(t, nil, func(p *province) {
				p.disk.is(tt.err, tt.slow)
				wx := p.writes("查违章 沪C12345")
				within := 5 * time.Second
				if tt.slow > within {
					within *= wechattest.Tries // they read so the last time
				}
				p.inTime("WeChat", wx, within)
				if !strings.Contains(wx.text, tt.wx) {
					t.Errorf("reads %q, want %q", wx.text, tt.wx)
				}
				p.telegram.Say(42, "/query 沪C54321 发动机号123456 车架号654321")
				if got := p.get(readyPath); got != tt.ready {
					t.Errorf("readyz: %d, want %d", got, tt.ready)
				}
				if got := p.get(healthPath); got != http.StatusOK {
					t.Errorf("healthz: %d", got)
				}
				if tt.err == nil {
					return
				}
				time.Sleep(time.Hour)
				if m := p.juhe.Meter(); m.Queries != 0 {
					t.Errorf("paid %d times with nowhere to write it down", m.Queries)
				}
				p.disk.is(nil, 0)
				time.Sleep(2 * time.Minute)
				if got := p.telegram.Messages(42); len(got) != 1 || !strings.Contains(got[0].Text, aReport) {
					t.Errorf("what was said on Telegram meanwhile led to %+v", got)
				}
				if got := p.writes("查违章 沪C12345 发动机号123456 车架号654321"); !strings.Contains(got.text, aReport) {
					t.Errorf("the disk is back: %+v", got)
				}
				if got := p.get(readyPath); got != http.StatusOK {
					t.Errorf("readyz: %d", got)
				}
			})
		})
	}
}

// A clock that is off, or jumps: what of WeChat is refused then is told to the
// operator, Telegram goes on, nothing is told or paid twice, and a clock that is
// right again mends it all.
func TestClockDegrades(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, -10 * time.Minute, -time.Minute, time.Minute, 10 * time.Minute, 24 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			inProvince(t, nil, func(p *province) {
				p.watchBoth()
				paid := p.juhe.Meter().Queries
				p.ahead.Store(int64(off))
				refused := off.Abs() > 5*time.Minute
				wx := p.writes("我的车")
				if (wx.banner != "") != refused {
					t.Errorf("WeChat: %+v", wx)
				}
				if told := strings.Contains(p.log.String(), "this machine's clock is right"); told != refused {
					t.Errorf("the operator was told: %v", told)
				}
				if got := p.says("/query 沪C33333 发动机号123456 车架号654321", time.Minute); !strings.Contains(got.text, aReport) {
					t.Errorf("Telegram: %+v", got)
				}
				p.ahead.Store(0)
				for _, got := range []heard{p.writes("我的车"), p.says("我的车", time.Minute)} {
					if !strings.Contains(got.text, "沪C") {
						t.Errorf("the clock is right again: %+v", got)
					}
				}
				time.Sleep(time.Hour)
				if n := p.juhe.Meter().Queries - paid; n < 1 || n > 3 {
					t.Errorf("%d queries, want the one that was asked for, and at most a check of each car that became due", n)
				}
			})
		})
	}
}

// Telegram says no for an hour, in each of its ways: WeChat goes on, Telegram is
// not hammered, and what was said meanwhile is answered afterwards.
func TestTelegramRefusesForAnHour(t *testing.T) {
	for name, f := range map[string]telegramtest.Fault{
		"409": {Method: "getUpdates", Code: http.StatusConflict, Description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"},
		"401": {Code: http.StatusUnauthorized, Description: "Unauthorized"},
		"429": {Code: http.StatusTooManyRequests, Description: "Too Many Requests: retry after 3600", RetryAfter: 3600},
	} {
		t.Run(name, func(t *testing.T) {
			inProvince(t, nil, func(p *province) {
				p.watchBoth()
				before, calls := len(p.telegram.Messages(42)), len(p.telegram.Calls(""))
				p.telegram.Fail(f)
				p.telegram.Say(42, "/query 沪C33333 发动机号123456 车架号654321")
				for range 6 {
					time.Sleep(10 * time.Minute)
					p.inTime("WeChat", p.writes("我的车"), 5*time.Second)
				}
				if n := len(p.telegram.Calls("")) - calls; n > 200 {
					t.Errorf("%d calls in an hour", n)
				}
				p.telegram.Heal()
				time.Sleep(65 * time.Minute)
				got := p.telegram.Messages(42)[before:]
				if len(got) != 1 || !strings.Contains(got[0].Text, aReport) {
					t.Errorf("after the hour: %+v", got)
				}
			})
		})
	}
}

// WeChat's API refuses the account for an hour: passive replies go on, it is
// not hammered for tokens, and the late answer comes when it is accepted again.
func TestWeChatRefusesForAnHour(t *testing.T) {
	for _, code := range []int{40164, 40125, 40013, -1} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			inProvince(t, nil, func(p *province) {
				p.wechat.Fail("stable_token", code, 1_000_000)
				p.wire.weather(queryAt, silent6)
				p.inTime("WeChat", p.writes("查违章 沪C12345 发动机号123456 车架号654321"), 5*time.Second)
				time.Sleep(time.Hour)
				p.inTime("WeChat", p.sends(anotherOne, wechattest.Text("帮助")), 5*time.Second)
				if n := p.wechat.Calls("stable_token"); n > 10 {
					t.Errorf("%d times asked for a token", n)
				}
				p.wechat.Heal()
				time.Sleep(70 * time.Minute)
				if n := strings.Count(p.pushed(), aReport); n != 1 {
					t.Errorf("the report was pushed %d times: %q", n, p.pushed())
				}
			})
		})
	}
}

// Started while everybody is down, serve starts, says so, answers what it can,
// and picks everything up as parties come back.
func TestStartWhileAllAreDown(t *testing.T) {
	sick := []string{juheAt, wechatAt, telegramAt, ocrAt}
	inProvince(t, func(p *province) {
		for _, at := range sick {
			p.wire.weather(at, refused)
		}
	}, func(p *province) {
		if got := p.get(readyPath); got != http.StatusOK {
			t.Errorf("readyz: %d", got)
		}
		got := p.writes("查违章 沪C12345 发动机号123456 车架号654321")
		p.inTime("WeChat", got, 5*time.Second)
		if !unreachable.read(got.text) {
			t.Errorf("reads %q", got.text)
		}
		p.telegram.Say(42, "/query 沪C54321 发动机号123456 车架号654321")
		time.Sleep(time.Hour)
		if !strings.Contains(p.log.String(), "telegram does not answer, trying again") {
			t.Error("the log says nothing of Telegram")
		}
		for _, at := range sick {
			if n := p.wire.dialled(at); n > 200 {
				t.Errorf("%s: %d connections in an hour", at, n)
			}
			p.wire.weather(at, fine)
		}
		time.Sleep(time.Minute)
		if got := p.telegram.Messages(42); len(got) != 1 || !strings.Contains(got[0].Text, aReport) {
			t.Errorf("Telegram is back: %+v", got)
		}
		if got := p.writes("是"); !strings.Contains(got.text, aReport) {
			t.Errorf("Juhe is back: %+v", got)
		}
	})
}

// A day's round of checks while everybody is down costs nothing and hammers
// nobody, and the day after it finds what is new.
func TestChecksWhileAllAreDown(t *testing.T) {
	t.Parallel()
	inProvince(t, func(p *province) { p.config = everyDay }, func(p *province) {
		p.watchBoth()
		p.fined("沪C12345")
		p.fined("沪C54321")
		before := p.juhe.Meter()
		for _, at := range []string{juheAt, wechatAt, telegramAt} {
			p.wire.weather(at, refused)
		}
		dialled := p.wire.dialled(juheAt)
		time.Sleep(25 * time.Hour)
		if n := p.wire.dialled(juheAt) - dialled; n == 0 || n > 20 {
			t.Errorf("%d connections to Juhe in a day", n)
		}
		if m := p.juhe.Meter(); m.Queries != before.Queries {
			t.Errorf("%d queries", m.Queries-before.Queries)
		}
		for _, at := range []string{juheAt, wechatAt, telegramAt} {
			p.wire.weather(at, fine)
		}
		p.writes("你好") // within WeChat's 48 hours
		time.Sleep(25 * time.Hour)
		if n := strings.Count(p.pushed(), "的违章记录有变化"); n != 1 {
			t.Errorf("WeChat's driver was told %d times", n)
		}
		told := 0
		for _, m := range p.telegram.Messages(42) {
			told += strings.Count(m.Text, "的违章记录有变化")
		}
		if told != 1 {
			t.Errorf("Telegram's driver was told %d times", told)
		}
	})
}

// A city that is down and back: what was asked meanwhile arrives by itself.
func TestCityIsBack(t *testing.T) {
	inProvince(t, nil, func(p *province) {
		f := p.juhe.Faults()
		f.Maintenance = true
		p.juhe.Set(f)
		if got := p.writes("查违章 沪C12345 发动机号123456 车架号654321"); !strings.Contains(got.text, "恢复后会自动补查") {
			t.Errorf("%+v", got)
		}
		time.Sleep(5 * time.Hour)
		if m := p.juhe.Meter(); m.Charged != 0 || m.Queries > 10 {
			t.Errorf("meanwhile %+v", m)
		}
		f.Maintenance = false
		p.juhe.Set(f)
		time.Sleep(3 * time.Hour)
		if n := strings.Count(p.pushed(), aReport); n != 1 || p.juhe.Meter().Charged != 1 {
			t.Errorf("pushed %q, charged %d times", p.pushed(), p.juhe.Meter().Charged)
		}
	})
}
