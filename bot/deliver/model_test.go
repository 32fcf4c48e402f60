package deliver_test

import (
	"fmt"
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
// an answer. With a platform that does not recognise a repetition, those of a
// push whose end was lost (the process died, or the answer did) may have been
// told more than once, under one and the same id; all others not.
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
			"notify", "notify", "notify again", "message", "message, not waited for", "refusal",
			"slow platform", "death after a send", "restart", "wait", "wait",
		}).Draw(t, "what"),
		who:  rapid.SampledFrom(people).Draw(t, "who"),
		pick: rapid.IntRange(0, 9).Draw(t, "pick"),
		text: rapid.SampledFrom([]string{"谢谢", "结果", "沪B12345", "帮助"}).Draw(t, "text"),
		err: rapid.SampledFrom([]error{
			errBeforeSending, errAfterSending, bot.ErrParked, bot.ErrGone, bot.RetryAfter(time.Minute), bot.RetryAfter(3 * time.Hour),
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
		m.count++
		plate := fmt.Sprintf("沪A%05d", m.count)
		r.notify(s.who, notice(plate))
		m.want[s.who] = append(m.want[s.who], plate)
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
	wait(30 * time.Hour)
	for _, u := range people {
		m.hear(u, m.r.says(u, "谢谢"))
	}
	wait(time.Hour)
}

// told counts how often a person read of a plate, and tells whether one letter
// reached them more than once.
func (m *model) told(u bot.UserID, plate string) (times int, repeated bool) {
	ids := map[string]bool{}
	for _, text := range m.answers[u] {
		times += mentions(text, plate)
	}
	for _, l := range m.r.platform.got(u) {
		n := mentions(l.text, plate)
		repeated = repeated || n > 0 && ids[l.id]
		if !ids[l.id] {
			times += n
		}
		ids[l.id] = true
	}
	return times, repeated
}

// mentions is 1 when the text tells of the plate: news names it more than once.
func mentions(text, plate string) int { return min(1, strings.Count(text, plate)) }

// Each notice is told exactly once, whatever happens.
func TestEveryNoticeIsToldExactlyOnce(t *testing.T) {
	dir := memoryDir(t)
	for _, forgets := range []bool{false, true} {
		t.Run(fmt.Sprintf("platform forgets=%v", forgets), func(t *testing.T) {
			run := 0
			rapid.Check(t, func(rt *rapid.T) {
				run++
				path := filepath.Join(dir, fmt.Sprintf("%v-%d.db", forgets, run))
				script := rapid.SliceOfN(rapid.Custom(drawStep), 1, 14).Draw(rt, "script")
				var fault error
				synctest.Test(t, func(*testing.T) { fault = follow(path, forgets, script) })
				if fault != nil {
					rt.Fatal(fault)
				}
			})
		})
	}
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
			times, repeated := m.told(u, plate)
			if times != 1 || repeated && !m.r.platform.forgets {
				return fmt.Errorf("%s: %s told %d times, repeated %v; answers %q, letters %+v",
					string(u), plate, times, repeated, m.answers[u], m.r.platform.got(u))
			}
		}
	}
	return nil
}
