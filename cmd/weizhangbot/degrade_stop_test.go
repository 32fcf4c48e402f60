package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Stopping while every party hangs and work is waiting: out within the time that
// operators give, without a complaint, and nothing is begun once the signal has
// come.
func TestStopWhileAllHang(t *testing.T) {
	inProvince(t, func(p *province) { p.config = everyDay + noLimits }, func(p *province) {
		const cars = 40
		for i := range cars {
			plate := fmt.Sprintf("沪C%05d", 60000+i)
			p.says("/query "+plate+" 发动机号123456 车架号654321", time.Minute)
			if got := p.says("订阅", time.Minute); !strings.Contains(got.text, "已订阅") {
				t.Fatalf("%+v", got)
			}
			p.fined(plate)
		}
		before := p.juhe.Meter().Queries
		p.wire.weather(queryAt, silent6)
		p.wire.weather(telegramAt, blackhole)
		p.wire.weather(wechatAt, blackhole)
		p.ahead.Add(int64(48 * time.Hour)) // every car is due at once
		p.until(time.Minute, "the checks have begun", func() bool { return p.juhe.Meter().Queries > before })
		time.Sleep(9 * time.Second) // the second lot is out, the news of the first on its way
		asked := p.juhe.Meter().Queries
		if asked-before <= checks || asked-before >= cars {
			t.Fatalf("%d queries are out", asked-before)
		}
		p.stop()
		<-p.ended
		if n := p.juhe.Meter().Queries; n != asked {
			t.Errorf("%d queries after the signal", n-asked)
		}
		if p.code != exitFine {
			t.Errorf("exit code %d:\n%s", p.code, lastOf(p.log.String()))
		}
	})
}

// lastOf is the end of a log.
func lastOf(log string) string { return log[max(0, len(log)-1000):] }
