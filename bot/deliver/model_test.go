package deliver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A model knows what each person was to be told, and lets anything happen:
// notices, messages, pushes that fail in every way, processes that die between
// sending and settling, restarts, and a clock that makes leaps over days and
// nights.
//
// What must hold in the end: each notice was told exactly once, by a push or by
// an answer. Only what was in a push whose end was lost (the process died, or the
// answer did) may have been told more than once, with a platform that does not
// recognise a repetition, or does not answer it either: nobody could know.
type model struct {
	r       *rig
	count   int
	want    map[bot.UserID][]string // plates
	answers map[bot.UserID][]string
}

var people = []bot.UserID{"test:a", "test:b"}

// A step is one thing that happens, with all that is chosen about it: choices
// are made outside of the bubble, in which a failure could not be shrunk.
type step struct {
	what   string
	who    bot.UserID
	pick   int // which of the notices so far
	text   string
	err    error
	long   time.Duration
	longer int
}

func drawStep(t *rapid.T) step {
	return step{
		what: rapid.SampledFrom([]string{
			"notify", "notify", "notify again", "push under way", "push under way", "message", "message",
			"message, not waited for", "refusal", "outage", "slow platform", "death after a send", "restart", "wait", "wait",
		}).Draw(t, "what"),
		who:  rapid.SampledFrom(people).Draw(t, "who"),
		pick: rapid.IntRange(0, 9).Draw(t, "pick"),
		text: rapid.SampledFrom([]string{"谢谢", "结果", "沪B12345", "帮助"}).Draw(t, "text"),
		err: rapid.SampledFrom([]error{
			errBeforeSending, errAfterSending, bot.ErrParked, bot.ErrGone, bot.RetryAfter(time.Minute), bot.RetryAfter(3 * time.Hour), errAway,
		}).Draw(t, "err"),
		long: rapid.SampledFrom([]time.Duration{
			time.Millisecond, time.Second, 3 * time.Second, time.Minute, 20 * time.Minute, 7 * time.Hour, 26 * time.Hour,
		}).Draw(t, "long"),
		longer: rapid.IntRange(0, 60).Draw(t, "seconds"),
	}
}

// do lets a step happen.
func (m *model) do(s step) {
	switch r := m.r; s.what {
	case "notify":
		m.notify(s.who)
	case "push under way":
		r.platform.set(time.Duration(s.longer) * time.Second)
		m.notify(s.who)
		wait(3 * time.Second)
	case "notify again":
		if known := m.want[s.who]; len(known) > 0 {
			r.notify(s.who, notice(known[s.pick%len(known)]))
		}
	case "message":
		m.hear(s.who, r.says(s.who, s.text))
	case "message, not waited for":
		m.hear(s.who, texts(r.says0(s.who, "沪B12345", time.Millisecond).Replies))
	case "refusal":
		r.platform.refuse(s.who, s.err)
	case "outage":
		for range s.longer {
			r.platform.refuse(s.who, errAway)
		}
	case "slow platform":
		r.platform.set(time.Duration(s.longer) * time.Second)
	case "death after a send":
		r.dies(1)
	case "restart":
		r.restart()
	case "wait":
		wait(s.long)
	}
}

func (m *model) notify(u bot.UserID) {
	m.count++
	plate := fmt.Sprintf("沪A%05d", m.count)
	m.r.notify(u, notice(plate))
	m.want[u] = append(m.want[u], plate)
}

// notice is the notice about a plate: every other one is news.
func notice(plate string) bot.Notice {
	if plate[len(plate)-1]%2 == 0 {
		return news(plate)
	}
	return still(plate)
}

func (m *model) hear(u bot.UserID, text string) { m.answers[u] = append(m.answers[u], text) }

// finish lets everything come to rest on a platform that works, and has
// everybody write, so that what was parked is told.
func (m *model) finish() {
	m.r.platform.heal()
	m.r.dies(0)
	wait(16 * time.Hour) // the longest pause, a night, and a morning's digests
	for _, u := range people {
		m.hear(u, m.r.says(u, "谢谢"))
	}
	wait(time.Hour)
}

// told counts how often a person read of a plate, and tells whether nobody could
// know of one of these times.
func (m *model) told(u bot.UserID, plate string) (times int, unknowable bool) {
	for _, text := range m.answers[u] {
		times += mentions(text, plate)
	}
	for _, l := range m.r.platform.got(u) {
		n := mentions(l.text, plate)
		times += n
		unknowable = unknowable || n > 0 && m.r.platform.lost[l.id] && (m.r.platform.forgets || m.r.platform.silent[l.id])
	}
	return times, unknowable
}

// mentions is 1 when the text tells of the plate: news names it more than once.
func mentions(text, plate string) int { return min(1, strings.Count(text, plate)) }

// Each notice is told exactly once, whatever happens.
func TestEveryNoticeIsToldExactlyOnce(t *testing.T) {
	dir, run := memoryDir(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		path := filepath.Join(dir, fmt.Sprintf("%d.db", run))
		forgets := rapid.Bool().Draw(rt, "the platform forgets")
		script := rapid.SliceOfN(rapid.Custom(drawStep), 5, 20).Draw(rt, "script")
		var fault error
		synctest.Test(t, func(*testing.T) { fault = follow(path, forgets, script) })
		_ = os.Remove(path)
		if fault != nil {
			rt.Fatal(fault)
		}
	})
}

// follow plays a script on a new file, and returns what must not be.
func follow(path string, forgets bool, script []step) (fault error) {
	defer func() {
		if v := recover(); v != nil {
			fault = fmt.Errorf("%v", v)
		}
	}()
	r := newRig(panicker{}, path)
	defer func() { r.stop() }()
	r.platform.forgets = forgets
	r.desk.slow = 5 * time.Second
	m := &model{r: r, want: map[bot.UserID][]string{}, answers: map[bot.UserID][]string{}}
	for _, u := range people {
		r.says(u, "沪B12345")
		r.says(u, "订阅") // who keeps nothing is forgotten after a while, and not told
	}
	for _, s := range script {
		m.do(s)
	}
	m.finish()
	return m.fault()
}

// A panicker fails where there is no test.
type panicker struct{}

func (panicker) Helper()          {}
func (panicker) Fatal(why ...any) { panic(fmt.Sprint(why...)) }

func (m *model) fault() error {
	for _, u := range people {
		for _, plate := range m.want[u] {
			if times, unknowable := m.told(u, plate); times == 0 || times > 1 && !unknowable {
				return fmt.Errorf("%s: %s told %d times; answers %q, letters %+v", string(u), plate, times, m.answers[u], m.r.platform.got(u))
			}
		}
	}
	return nil
}
