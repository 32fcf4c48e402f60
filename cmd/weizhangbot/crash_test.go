package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

var crashRounds = flag.Int("crash.rounds", roundsByDefault(), "how often TestCrash kills the program in all; 0: not at all")

// roundsByDefault spares users a minute that the gate does not spare.
func roundsByDefault() int {
	if os.Getenv("CI") == "true" {
		return 200
	}
	return 0
}

// crashPoints are the points of crash_points.go that serving passes, and up to
// which pass they are worth a kill: some lie on every way, some on few.
var crashPoints = map[string]int{
	"U0": 1, "U1": 1, "U2": 1, "U3": 1,
	"W0": 4, "W1": 8, "W2": 8, "W3": 8, "W3a": 4, "W4": 4,
	"Q1": 3, "Q2": 4, "Q3": 4, "Q4": 4, "L1": 6, "L2": 6, "L3": 6, "Q5": 3, "Q6": 3, "Q7": 3,
	"C1": 2, "C5": 2, "C6": 2, "C7": 2, "D1": 1, "D2": 1, "D3": 1,
	"S0": 1, "S1": 1, "S2": 1, "S2a": 1, "S3": 1,
	"T1": 3, "T2": 3, "T3": 3, "T3a": 1, "T4": 2,
	"K1": 2,
}

// towns is how many programs die at the same time.
const towns = 4

// The program is killed while people talk to it and their cars are watched: at
// every point there is a name for, and at any other moment. Nothing that was
// acknowledged is lost, everything is answered and told once, and nothing is
// paid twice.
func TestCrash(t *testing.T) {
	if *crashRounds == 0 {
		t.Skip("kills the program for minutes: give -crash.rounds 200")
	}
	binary := buildProgram(t, "crashpoints")
	plan := crashPlan(*crashRounds * 3 / 4) // beside every fourth, which comes at random
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		reached = map[string]int{}
		lives   int
	)
	for i := range towns {
		wg.Go(func() {
			r := newCrashRun(t, binary, i%2 == 1)
			a := r.through(plan(i))
			for _, fault := range a.faults() {
				t.Errorf("town %d: %s", i, fault)
			}
			t.Logf("town %d: %s", i, r.summary(a))
			mu.Lock()
			defer mu.Unlock()
			lives += len(a.lives) - 1
			for _, l := range a.lives {
				if point, _, _ := strings.Cut(l.point, ":"); l.reached {
					reached[point]++
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d processes killed; at points: %v", lives, reached)
	if *crashRounds < len(crashPoints)*4 {
		return
	}
	for point := range crashPoints {
		if reached[point] == 0 {
			t.Errorf("no process reached the point %s", point)
		}
	}
}

// crashPlan deals the points out to the towns, each as often as the others, and
// some kills at random. Where there are rounds for that, every point is in it.
func crashPlan(rounds int) func(town int) []string {
	shuffle := func(all []string) {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	var all []string
	for len(all) < rounds {
		var cycle []string
		for point, passes := range crashPoints {
			cycle = append(cycle, fmt.Sprintf("%s:%d", point, 1+rand.N(passes))) //nolint:gosec // any pass
		}
		cycle = append(cycle, make([]string, len(cycle)/4)...)
		shuffle(cycle)
		all = append(all, cycle...)
	}
	all = all[:rounds]
	shuffle(all)
	return func(town int) (own []string) {
		for i, point := range all {
			if i%towns == town {
				own = append(own, point)
			}
		}
		return own
	}
}

// A crashRun is one program with its people.
type crashRun struct {
	*crashRig
	town    *town
	talkers []*talker
	began   time.Time
	drain   time.Duration // how long it may take until everybody has heard of everything
}

const (
	pagers   = 2 // on each platform
	watchers = 2 // likewise; every car is watched in both
)

func newCrashRun(t *testing.T, binary string, webhook bool) *crashRun {
	r := &crashRun{crashRig: newCrashRig(t, binary), began: time.Now(), drain: answerIn}
	r.section, r.environ = never+withSafe+withTelegram, impatient()
	if webhook {
		r.section = never + withSafe + r.webhookSection()
	}
	r.o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 30 * time.Millisecond})
	r.town = &town{juhe: r.o.juhe, told: r.hasRead}
	platform := &wechattest.Platform{
		URL: r.front.URL + "/wechat", Account: "gh_0123456789ab", AppID: wxAppID, Token: wxToken, AESKey: wxAESKey,
		Mode: wechattest.Safe, API: r.o.wechat,
	}
	for i := range pagers + watchers {
		plate := ""
		if i >= pagers {
			plate = r.town.newCar()
		}
		r.talkers = append(r.talkers,
			&talker{who: fmt.Sprintf("wechat-%d", i), town: r.town, watches: plate, wait: answerIn,
				mouth: &inWeChat{platform: platform, api: r.o.wechat, openid: fmt.Sprintf("oCanary5678901234567890abc%02d", i)}},
			&talker{who: fmt.Sprintf("telegram-%d", i), town: r.town, watches: plate, silent: true, wait: answerIn,
				mouth: inTelegram{r.o.telegram, int64(1000 + i)}},
		)
	}
	return r
}

// answerIn is how long an answer may take while its program dies and dies, and
// news when it lives.
const answerIn = time.Minute

// hurried is a run whose people have less patience.
func (r *crashRun) hurried(d time.Duration) *crashRun {
	r.drain = d
	for _, p := range r.talkers {
		p.wait = d
	}
	return r
}

func (r *crashRun) hasRead(who, token string) bool {
	for _, p := range r.talkers {
		if p.who == who {
			return slices.ContainsFunc(p.read(), func(r reading) bool { return strings.Contains(r.text, token) })
		}
	}
	return false
}

// through lives the lives of a plan and one more that ends well, and tells what
// came of it.
func (r *crashRun) through(plan []string) *account {
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	stop := make(chan struct{})
	var people, fate sync.WaitGroup
	for _, p := range r.talkers {
		people.Go(func() { p.talk(ctx, stop) })
	}
	fate.Go(func() { r.town.live(ctx, stop) })
	again := map[string]int{}
	for i := 0; len(plan) > 0; i++ {
		if i%4 == 3 {
			// The store gives up a job that was under way at ten deaths in a
			// row, for it may have been their cause.
			r.live("", 2500*time.Millisecond)
			continue
		}
		point := plan[0]
		plan = plan[1:]
		if l := r.live(point, lifeOf(point)); point != "" && !l.reached && again[point] < 2 {
			again[point]++
			plan = append(plan, point)
		}
	}
	end := r.last()
	close(stop)
	people.Wait()
	fate.Wait()
	r.bringParked(ctx)
	end()
	return r.account()
}

// lifeOf is how long a process may live.
func lifeOf(point string) time.Duration {
	switch {
	case point == "":
		return randomLife()
	case strings.HasPrefix(point, "S"): // a check must find something first, and its news wait a moment
		return 6 * time.Second
	}
	return 2500 * time.Millisecond
}

// bringParked waits until everybody has heard of everything. In WeChat, what
// the quota did not let through comes with the person's next message.
func (r *crashRun) bringParked(ctx context.Context) {
	for until := time.Now().Add(r.drain); !r.town.allHeard() && time.Now().Before(until); {
		pause(ctx, 5*time.Second)
		for _, p := range r.talkers {
			if _, ok := p.mouth.(*inWeChat); ok && p.watches != "" {
				p.say(ctx, "帮助")
			}
		}
	}
}

func (r *crashRun) account() *account {
	a := r.books()
	a.store, a.ledger = inspect(r.t.Context(), filepath.Join(r.o.dir, "bot.db"))
	return a
}

// books are an account without what stands in the store.
func (r *crashRun) books() *account {
	a := &account{lives: r.lives, events: r.town.events, payments: map[string]payment{}, charged: r.o.juhe.Meter().Charged}
	for _, p := range r.talkers {
		a.diaries = append(a.diaries, p.diary())
		for _, w := range p.wishes {
			if plate, ok := strings.CutPrefix(w.said, "查违章 "); ok && r.town.watchers[plate] == nil {
				a.payments[plate] = payment{wished: 1, asked: r.asked.of(plate)}
			}
		}
	}
	return a
}

func (r *crashRun) summary(a *account) string {
	wishes := 0
	for _, d := range a.diaries {
		wishes += len(d.wishes)
	}
	told := 0
	for _, e := range a.events {
		told += len(e.watchers)
	}
	return fmt.Sprintf("%d lives in %v, %d messages answered, %d notices told, %d repeated; Juhe charged %d, ledger %+v",
		len(a.lives), time.Since(r.began).Round(time.Second), wishes, told, a.repeated(), a.charged, a.ledger)
}

// The control: a store that does not keep what it says it has kept is found out,
// whether it forgets now and then or acknowledges too early.
func TestCrashFindsBrokenStores(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for a while")
	}
	binary := buildProgram(t, "crashpoints")
	for how, plan := range map[string][]string{
		"drop":  {"", ""},
		"early": {"W3:6", "W3:9", "W3:14", "W3a:3", "T4:2", "W3:8", "W3:11", "W3a:2"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newCrashRun(t, binary, false).hurried(5 * time.Second)
			r.environ = append(r.environ, "CRASHBREAK="+how)
			faults := r.through(plan).faults()
			if len(faults) == 0 {
				t.Error("nothing found")
			}
			for _, fault := range faults {
				t.Logf("found: %s", fault)
			}
		})
	}
}

// The points are in no other build: neither their variable nor their ways.
func TestCrashPointsAreOnlyInTheirBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program twice")
	}
	for tags, want := range map[string]bool{"": false, "crashpoints": true} {
		program, err := os.ReadFile(buildProgram(t, tags))
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range []string{"CRASHPOINT", "CRASHBREAK", "crashStore", "crashTransport", "main.pass"} {
			if got := bytes.Contains(program, []byte(mark)); got != want {
				t.Errorf("tags %q: %s in the program: %v, want %v", tags, mark, got, want)
			}
		}
	}
}
