package deliver_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// errAway is a platform that cannot be reached.
var errAway = fmt.Errorf("%w: connection refused", bot.ErrUnsent)

// outlast has the platform refuse so many tries of the driver's.
func (r *rig) outlast(rounds int) {
	for range 5 * rounds {
		r.platform.refuse(driver, errAway)
	}
}

// A platform that is back after an hour: what was not sent is sent then, by
// itself and once.
func TestOutageOfAnHour(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.outlast(1)
		r.notify(driver, still("沪C12345"))
		wait(65 * time.Minute)
		if n := len(r.platform.got(driver)); n != 0 {
			t.Fatalf("%d pushes within the hour", n)
		}
		wait(5 * time.Minute)
		if got := r.platform.got(driver); len(got) != 1 || !strings.Contains(got[0].text, "沪C12345") {
			t.Errorf("pushed %+v", got)
		}
		wait(24 * time.Hour)
		if n := len(r.platform.got(driver)); n != 1 || len(r.gaveUp) != 1 {
			t.Errorf("%d pushes in all, given up %v", n, r.gaveUp)
		}
	})
}

// Who writes meanwhile reads it then, and not again when the platform is back.
func TestOutageAndAMessage(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.outlast(1)
		r.notify(driver, still("沪C12345"))
		wait(30 * time.Minute)
		if answer := r.says(driver, "谢谢"); !strings.Contains(answer, "沪C12345") {
			t.Errorf("answered %s", answer)
		}
		wait(24 * time.Hour)
		if n := len(r.platform.got(driver)); n != 0 {
			t.Errorf("%d pushes of what was read", n)
		}
	})
}

// A late answer is sent once the platform is back, too, and an answer that comes
// meanwhile does not wait for it.
func TestOutageAndAnAnswer(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.desk.slow = 20 * time.Second
		r.outlast(1)
		r.says0(driver, "沪B12345", time.Second)
		wait(10 * time.Minute)
		r.desk.slow = 0
		if answer := r.says(driver, "帮助"); answer == "" {
			t.Error("no answer during the outage")
		}
		wait(2 * time.Hour)
		got := 0
		for _, l := range r.platform.got(driver) {
			got += strings.Count(l.text, "查询时间")
		}
		if got > 1 {
			t.Errorf("the report was pushed %d times", got)
		}
	})
}

// After a day of rounds it waits for the person, and the operator is told so.
func TestOutageWithoutEnd(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.says(driver, "你好")
		r.outlast(100)
		r.notify(driver, still("沪C12345"))
		wait(96 * time.Hour)
		tried := r.platform.tried()
		// A round an hour; at night there is a single one, in the morning.
		if tried < 5*10 || tried > 5*30 {
			t.Errorf("%d tries in four days", tried)
		}
		wait(48 * time.Hour)
		if n := r.platform.tried(); n != tried {
			t.Errorf("%d more tries", n-tried)
		}
		if len(r.gaveUp) != 2 {
			t.Errorf("told %d times, want at first and at last", len(r.gaveUp))
		}
		if answer := r.says(driver, "谢谢"); !strings.Contains(answer, "沪C12345") {
			t.Errorf("answered %s", answer)
		}
	})
}

// What may have arrived is never sent under another name: that it did not, or
// that its process died, leaves it for the person's message.
func TestOutageAfterAnUncertainTry(t *testing.T) {
	for name, tries := range map[string][]error{
		"uncertain at first": {errors.New("no answer"), errAway, errAway, errAway, errAway},
		"uncertain at last":  {errAway, errAway, errAway, errAway, errors.New("no answer")},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, r *rig) {
				r.says(driver, "你好")
				r.platform.refuse(driver, tries...)
				r.notify(driver, still("沪C12345"))
				wait(24 * time.Hour)
				if n := len(r.platform.got(driver)); n != 0 || len(r.gaveUp) != 1 {
					t.Errorf("%d pushes, given up %v", n, r.gaveUp)
				}
				if answer := r.says(driver, "谢谢"); !strings.Contains(answer, "沪C12345") {
					t.Errorf("answered %s", answer)
				}
			})
		})
	}
}
