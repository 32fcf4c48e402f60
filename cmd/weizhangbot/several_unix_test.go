//go:build unix

package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

var severalFaults = flag.Int("several.faults", faultsByDefault(), "how many faults TestSeveral lets happen; 0: it is skipped")

func faultsByDefault() int {
	if os.Getenv("CI") == "true" {
		return 8
	}
	return 0
}

// heardIn is how long something may take with several processes: what one of
// them has begun another goes on with when its hold has run out, in 30 s, and
// that one may have died by then, and the next.
const heardIn = 150 * time.Second

// Three processes on one database, while people talk and cars are watched. One
// is killed, at any moment and at the points of crash_points.go, stands still and wakes, loses the database with and without being
// told; the database dies. Everything is answered and told once, nothing is lost
// and nothing paid twice.
func TestSeveral(t *testing.T) {
	t.Parallel()
	if *severalFaults == 0 {
		t.Skip("takes minutes: give -several.faults 20")
	}
	r := newCrashRun(t, buildProgram(t, "crashpoints"), true).hurried(heardIn)
	f := newFleet(t, r.crashRig)
	f.begin()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := make(chan struct{})
	var people, fate sync.WaitGroup
	for _, p := range r.talkers {
		if w, ok := p.mouth.(*inWeChat); ok {
			w.patient = true // so that not all deliveries reach a process without a database
		}
		p.rest = 6 * time.Second // nobody says a hundred things while a machine stands still
		people.Go(func() { p.talk(ctx, stop) })
	}
	fate.Go(func() { r.town.live(ctx, stop) })
	happened := f.weather(*severalFaults)
	close(stop)
	people.Wait()
	fate.Wait()
	r.bringParked(ctx)
	until(t, "what the last one to die had begun is gone on with", func() bool {
		pause(ctx, time.Second)
		_, l := f.inspect()
		return l.open == 0
	})
	f.end()
	a := r.books()
	a.store, a.ledger = f.inspect()
	for _, fault := range a.faults() {
		t.Error(fault)
	}
	if n := f.o.wechat.Tokens(); n != 1 {
		t.Errorf("WeChat gave %d tokens: processes take them from each other", n)
	}
	t.Logf("%v; %s", happened, r.summary(a))
}

// weather lets faults happen, one after the other, and one process stand still
// for longer than any hold lasts.
func (f *fleet) weather(faults int) (happened map[string]int) {
	happened = map[string]int{"frozen for 40 s": 1}
	serving := slices.DeleteFunc(slices.Sorted(maps.Keys(crashPoints)), func(point string) bool {
		return strings.HasPrefix(point, "K") // nobody backs it up here
	})
	var long sync.WaitGroup
	long.Go(func() { f.members[0].freeze(40 * time.Second) })
	defer long.Wait()
	kinds := []struct {
		name string
		do   func(m *member)
	}{
		{"killed", (*member).kill},
		{"killed at a point", func(m *member) {
			point := serving[rand.N(len(serving))]                                            //nolint:gosec // any
			if at := point + ":" + strconv.Itoa(1+rand.N(crashPoints[point])); m.killAt(at) { //nolint:gosec // any
				happened[point]++
			}
		}},
		{"frozen for 3 s", func(m *member) { m.freeze(3 * time.Second) }},
		{"cut off", func(m *member) {
			m.during(2*time.Second, func() { m.cable.set(pulled) }, func() { m.cable.set(plugged) })
		}},
		{"swallowed", func(m *member) {
			m.during(6*time.Second, func() { m.cable.set(swallowed) }, func() { m.cable.set(plugged) })
		}},
		{"database died", func(*member) { f.databaseDies() }},
	}
	for i := range faults {
		kind := kinds[i%len(kinds)]
		kind.do(f.members[1+rand.N(several-1)]) //nolint:gosec // any
		happened[kind.name]++
		time.Sleep(time.Second + rand.N(time.Second)) //nolint:gosec // any
	}
	return happened
}

func (f *fleet) databaseDies() {
	if err := f.server.Stop("immediate"); err != nil {
		f.t.Error(err)
	}
	for _, m := range f.members {
		f.died(m.process(), time.Now())
	}
	if err := f.server.Start(); err != nil {
		f.t.Error(err)
	}
	for _, m := range f.members {
		f.died(m.process(), time.Now())
	}
}

// inFleet runs a story with three processes and nobody but those in it.
func inFleet(t *testing.T, section string, environ []string, story func(t *testing.T, f *fleet)) {
	t.Helper()
	r := newCrashRig(t, buildProgram(t, ""))
	r.section, r.environ = never+section, append([]string{"WEIZHANG_LIMITS_MESSAGES_PER_USER_PER_MINUTE=0"}, environ...)
	f := newFleet(t, r)
	f.begin()
	story(t, f)
	f.end()
}

func (f *fleet) person(n int) *inWeChat {
	return &inWeChat{
		platform: &wechattest.Platform{
			URL: f.front.URL + "/wechat", Account: "gh_0123456789ab", AppID: wxAppID, Token: wxToken, AESKey: wxAESKey, Mode: wechattest.Safe, API: f.o.wechat,
		},
		api: f.o.wechat, openid: fmt.Sprintf("oCanary5678901234567890abc%02d", n),
	}
}

// reads waits until a person has read something, and tells how often.
func (f *fleet) reads(p mouth, want string) (copies int) {
	f.t.Helper()
	until(f.t, "a person reads "+want, func() bool {
		copies = 0
		for _, r := range p.read() {
			if strings.Contains(r.text, want) {
				copies++
			}
		}
		return copies > 0
	})
	return copies
}

// settles waits until nothing is under way: whoever dies then leaves nothing of
// which nobody knows whether it was sent.
func (f *fleet) settles() {
	f.t.Helper()
	s, err := f.open()
	if err != nil {
		f.t.Fatal(err)
	}
	defer s.Close()
	jobs, _ := beneath[storage.Jobs](s)
	until(f.t, "nothing is under way", func() bool {
		queues, err := jobs.Queues(f.t.Context())
		return err == nil && !slices.ContainsFunc(queues, func(q storage.QueueState) bool { return q.Running+q.Due > 0 })
	})
}

// A car that many ask for at once, each through the next process: one query.
// What one process was told counts in the others: a person's limit, and the
// budget of all.
func TestSeveralShareWhatIsPaid(t *testing.T) {
	t.Parallel()
	environ := []string{"WEIZHANG_LIMITS_QUERIES_PER_USER_PER_DAY=2", "WEIZHANG_JUHE_DAILY_BUDGET=10"}
	inFleet(t, withSafe, environ, func(t *testing.T, f *fleet) {
		f.o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 300 * time.Millisecond})
		var all sync.WaitGroup
		f.warmUp()
		for n := range 12 {
			all.Go(func() {
				p := f.person(n)
				p.say(t.Context(), "查违章 沪C12345 发动机号123456 车架号654321")
				f.reads(p, "待交罚款")
			})
		}
		all.Wait()
		if m := f.o.juhe.Meter(); m.Queries != 1 || f.asked.of("沪C12345") != 1 {
			t.Errorf("asked %d times for one car", m.Queries)
		}
		one := f.person(50)
		for n := range 6 {
			one.say(t.Context(), fmt.Sprintf("查违章 苏E1000%d 发动机号123456 车架号654321", n))
		}
		until(t, "six answers", func() bool { return len(one.read()) >= 6 })
		if m := f.o.juhe.Meter(); m.Queries != 3 {
			t.Errorf("%d queries: a person with a limit of two had %d", m.Queries, m.Queries-1)
		}
		for n := range 10 {
			all.Go(func() {
				p := f.person(60 + n)
				for k := range 2 {
					p.say(t.Context(), fmt.Sprintf("查违章 苏E2%d00%d 发动机号123456 车架号654321", k, n))
				}
				until(t, "two answers", func() bool { return len(p.read()) >= 2 })
			})
		}
		all.Wait()
		if m := f.o.juhe.Meter(); m.Charged > 10 {
			t.Errorf("charged %d times, with a budget of ten", m.Charged)
		}
	})
}

// The police take longer than WeChat waits: what WeChat sends again reaches
// other processes, which join in. Paid once, answered once.
func TestSeveralJoinWhatRuns(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"service", "basic"} {
		t.Run(account, func(t *testing.T) {
			t.Parallel()
			inFleet(t, withSafe, []string{"WEIZHANG_WECHAT_ACCOUNT=" + account}, func(t *testing.T, f *fleet) {
				f.o.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 7 * time.Second})
				f.warmUp()
				if account == "basic" {
					f.grownUp()
				}
				p := f.person(1)
				got, err := p.platform.Deliver(t.Context(), p.openid, wechattest.Text("查违章 沪C12345 发动机号123456 车架号654321"))
				if err != nil || got.Banner != "" {
					t.Fatalf("%+v, %v", got, err)
				}
				p.passed = append(p.passed, reading{at: time.Now(), text: got.Text})
				if copies := f.reads(p, "待交罚款"); copies != 1 {
					t.Errorf("answered %d times", copies)
				}
				if account == "basic" && !strings.Contains(got.Text, "待交罚款") {
					t.Errorf("the third try brings %q", got.Text)
				}
				if n := f.asked.of("沪C12345"); n != 1 {
					t.Errorf("asked %d times", n)
				}
			})
		})
	}
}

// warmUp has each process answer once: it has its connections when it counts.
func (f *fleet) warmUp() {
	f.t.Helper()
	for n := range several {
		p := f.person(90 + n)
		p.say(f.t.Context(), "帮助")
		f.reads(p, "查违章")
	}
}

// grownUp waits until no process is so young that a message may have reached
// one before it: such a process never leaves a message to the next delivery.
func (f *fleet) grownUp() { time.Sleep(time.Until(f.began.Add(17 * time.Second))) }

// What one person says goes to one process after the other, and is answered in
// the order it was said in.
func TestSeveralKeepTheOrder(t *testing.T) {
	t.Parallel()
	r := newCrashRig(t, buildProgram(t, ""))
	r.section, r.environ = never+r.webhookSection(), []string{"WEIZHANG_LIMITS_MESSAGES_PER_USER_PER_MINUTE=0"}
	f := newFleet(t, r)
	f.begin()
	person := inTelegram{f.o.telegram, 77}
	person.say(t.Context(), "查违章 苏E30009") // what is slow the first time is answered beside the others
	f.reads(person, "苏E30009")
	const said = 20
	for n := range said {
		person.say(t.Context(), fmt.Sprintf("查违章 苏E3000%c", 'A'+n))
	}
	until(t, "everything is answered", func() bool { return len(person.read()) >= 1+said })
	at := -1
	all := person.read()[1:]
	for n := range said {
		plate := fmt.Sprintf("苏E3000%c", 'A'+n)
		i := slices.IndexFunc(all, func(r reading) bool { return strings.Contains(r.text, plate) })
		if i <= at && !strings.ContainsAny(plate, "IO") { // letters that plates do not have
			t.Errorf("%s is answered at place %d, the one before at %d", plate, i, at)
		}
		at = max(at, i)
	}
	if len(all) != said {
		t.Errorf("%d answers to %d messages", len(all), said)
	}
	f.end()
}

// One process polls Telegram. When it ends the next does at once; killed or
// frozen, within half a minute; woken up, it does no harm.
func TestSeveralPollByOne(t *testing.T) {
	t.Parallel()
	inFleet(t, withTelegram, nil, func(t *testing.T, f *fleet) {
		f.talks(time.Minute)
		f.settles()
		first := f.polls()
		began := time.Now()
		first.kill()
		f.talks(takeoverIn)
		second := f.polls()
		if second == first && time.Since(began) < 10*time.Second {
			t.Error("who polls was not killed")
		}
		f.settles() // what it has sent it has written down
		var frozen sync.WaitGroup
		frozen.Go(func() { second.freeze(takeoverIn) })
		f.talks(takeoverIn)
		frozen.Wait()
		f.talks(20 * time.Second)
		f.answeredOnce()
	})
}

// Who polls and loses the database stops before the next one begins, although
// Telegram can be reached all the time; with the database back it does no harm.
func TestSeveralPollerIsCutOff(t *testing.T) {
	t.Parallel()
	inFleet(t, withTelegram, nil, func(t *testing.T, f *fleet) {
		f.talks(time.Minute)
		for _, way := range []cableState{pulled, swallowed} {
			f.settles()
			before := f.polls()
			before.cable.set(way)
			f.talks(takeoverIn)
			if after := f.polls(); after == before {
				t.Error("who is cut off polls")
			}
			f.talks(20 * time.Second)
			before.cable.set(plugged)
			f.talks(20 * time.Second)
		}
		f.answeredOnce()
		for _, m := range f.members {
			if log := m.process().log.String(); strings.Contains(log, "terminated by other getUpdates") {
				t.Errorf("two polled at a time:\n%s", log)
			}
		}
	})
}

// talks has somebody say something in Telegram that they are answered within that
// time.
func (f *fleet) talks(within time.Duration) {
	f.t.Helper()
	f.said++
	person := inTelegram{f.o.telegram, 100 + f.said}
	began := time.Now()
	person.say(f.t.Context(), "帮助")
	f.reads(person, "查违章")
	if took := time.Since(began); took > within {
		f.t.Errorf("answered after %v", took)
	}
}

// answeredOnce looks whether all of them were answered no more than once.
func (f *fleet) answeredOnce() {
	f.t.Helper()
	for n := range f.said {
		if got := f.o.telegram.Messages(101 + n); len(got) != 1 {
			f.t.Errorf("one message was answered %d times: %v", len(got), got)
		}
	}
}

// polls is the process that polls.
func (f *fleet) polls() (who *member) {
	f.t.Helper()
	until(f.t, "one polls", func() bool {
		who = nil
		for _, m := range f.members {
			log := m.process().log.String()
			if strings.LastIndex(log, "this process polls\"") > strings.LastIndex(log, "this process polls no more") {
				who = m
			}
		}
		return who != nil
	})
	return who
}

// takeoverIn is how soon another process polls, and its answer is there.
const takeoverIn = 35 * time.Second
