package wechat_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// connections is how many senders work at once, as WeChat's servers do.
const connections = 64

var (
	users = flag.Int("users", 1000, "how many people BenchmarkLoad stores before it begins")
	turns = flag.Int("turns", 6000, "how many turns a round of BenchmarkLoad has at 64 connections; an eighth at one")
)

// collectAt is how the program has its garbage collected. The library's server is
// measured with what Go has otherwise.
var collectAt = flag.Int("gogc", 300, "how much garbage gathers in BenchmarkLoad's bot, in percent of what is in use; 100 for the echo")

// BenchmarkLoad compares the whole bot, every turn understood, sealed and durable
// before it is answered, with the library's own server repeating what it is told
// and storing nothing. An iteration is a round of each, so that whatever else the
// machine does meets both. The figures are medians of the rounds; the CPU is that
// of the process, senders and all.
//
// The store lies where TMPDIR says: on a disk, or the fsync is none.
func BenchmarkLoad(b *testing.B) {
	for _, mode := range []wechattest.Mode{wechattest.Plain, wechattest.Safe} {
		for _, senders := range []int{1, connections} {
			b.Run(fmt.Sprintf("%s/%d", mode, senders), func(b *testing.B) { compare(b, mode, senders) })
		}
	}
}

func compare(b *testing.B, mode wechattest.Mode, senders int) {
	w := newWorld(b, wechat.Service, mode)
	w.populate(*users)
	n := *turns
	if senders == 1 {
		n /= 8
	}
	echo := newSide(b, w.platform, libraryEcho(mode), senders)
	whole := newSide(b, w.platform, w.adapter, senders)
	whole.collectAt = *collectAt
	echo.round(b, n, false)
	whole.round(b, n, false)
	for b.Loop() {
		echo.round(b, n, true)
		whole.round(b, n, true)
	}
	b.ReportMetric(0, "ns/op")
	echo.report(b, "echo")
	whole.report(b, "bot")
	b.ReportMetric(middle(each(whole.rate, echo.rate)), "ratio")
	b.ReportMetric(middle(each(echo.cpu, whole.cpu)), "cpu-ratio")
}

func libraryEcho(mode wechattest.Mode) http.Handler {
	c := &config.Config{AppID: appID, AppSecret: secret, Token: token, Cache: cache.NewMemcache("127.0.0.1:1")}
	if mode == wechattest.Safe {
		c.EncodingAESKey = aesKey
	}
	oa := officialaccount.NewOfficialAccount(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := oa.GetServer(r, w)
		s.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
			return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText(m.Content)}
		})
		if err := s.Serve(); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_ = s.Send()
	})
}

// A side is one of the two that are compared.
type side struct {
	platform  *wechattest.Platform
	callers   []*caller
	rate, cpu []float64 // of each round: turns/s, µs/turn
	took      []time.Duration
	collectAt int
	memory    []float64 // MB that the process has beside mapped files, senders and all
}

func newSide(b *testing.B, of *wechattest.Platform, h http.Handler, senders int) *side {
	srv := httptest.NewServer(h)
	b.Cleanup(srv.Close)
	s := &side{collectAt: 100, platform: &wechattest.Platform{URL: "/wechat", Account: of.Account, AppID: of.AppID, Token: of.Token, AESKey: of.AESKey, Mode: of.Mode, Now: of.Now}}
	for range senders {
		s.callers = append(s.callers, dial(b, srv.Listener.Addr().String()))
	}
	return s
}

// round lets the callers send n turns side by side.
func (s *side) round(b *testing.B, n int, counts bool) {
	requests := make([][][]byte, len(s.callers))
	took := make([][]time.Duration, len(s.callers))
	for i := range requests {
		requests[i] = turnsOf(b, s.platform, n/len(s.callers), func() int { return rand.IntN(*users) })
	}
	defer debug.SetGCPercent(debug.SetGCPercent(s.collectAt))
	runtime.GC() // what preparing left behind is nobody's
	var all sync.WaitGroup
	began, used := time.Now(), cpuTime()
	for i, c := range s.callers {
		all.Go(func() {
			var err error
			if took[i], err = c.send(requests[i]); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	elapsed, used := time.Since(began), cpuTime()-used
	if b.Failed() {
		b.FailNow()
	}
	if done := slices.Concat(took...); counts {
		s.took = append(s.took, done...)
		s.rate = append(s.rate, float64(len(done))/elapsed.Seconds())
		s.cpu = append(s.cpu, float64(used.Microseconds())/float64(len(done)))
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.memory = append(s.memory, float64(m.Sys-m.HeapReleased)/(1<<20))
	}
}

func (s *side) report(b *testing.B, name string) {
	slices.Sort(s.took)
	b.ReportMetric(middle(s.rate), name+"-turns/s")
	b.ReportMetric(middle(s.cpu), name+"-cpu-µs/turn")
	b.ReportMetric(float64(s.took[len(s.took)/2].Microseconds()), name+"-p50-µs")
	b.ReportMetric(float64(s.took[len(s.took)*99/100].Microseconds()), name+"-p99-µs")
	b.ReportMetric(slices.Max(s.memory), name+"-MB")
}

// each is a/b, round by round.
func each(a, b []float64) []float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return ratios
}

func middle(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// populate stores n people, each where one is after a dialogue.
func (w *world) populate(n int) {
	w.t.Helper()
	const bucket = "user"
	key := func(i int) string { return wechat.Channel + ":" + benchOpenid(i) }
	for range 4 {
		for _, text := range []string{"苏E54321", "取消"} {
			w.says(benchOpenid(0), text)
		}
	}
	// Each group is as large as what is there already: bbolt puts a group of
	// random keys into the pages there are before it splits them.
	for from, size := 0, 500; from < n; from, size = from+size, min(2*size, 20_000) {
		err := w.store.Update(context.Background(), nil, func(tx storage.Tx) error {
			record, err := tx.Get(bucket, key(0))
			if err != nil || len(record) == 0 {
				return fmt.Errorf("nobody is stored: %w", err)
			}
			for i := from; i < min(n, from+size); i++ {
				if err := tx.Put(bucket, key(i), record); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	// Groups of this size leave more free pages than turns do, and every commit
	// of bbolt sorts and writes the list of them.
	w.stop()
	if _, err := boltstore.Compact(context.Background(), filepath.Join(w.dir, "bot.db"), nil); err != nil {
		w.t.Fatal(err)
	}
	w.start()
	settle()
	debug.FreeOSMemory() // what storing so many took is not the bot's
}

// settle waits until this process has nothing more to do: a bot that starts looks
// through all the people it has.
func settle() {
	const look = 200 * time.Millisecond
	for until := time.Now().Add(15 * time.Minute); time.Now().Before(until); {
		used := cpuTime()
		time.Sleep(look)
		if cpuTime()-used < look/20 {
			return
		}
	}
}
