package bot_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// takeover is how soon another process goes on, whatever became of the one
// before.
const takeover = 30 * time.Second

// A stand is where one of several processes may stand at a time.
type stand struct {
	t       *testing.T
	mu      sync.Mutex
	inside  int
	name    string    // of who stands there last
	vacant  time.Time // since when nobody does
	changes int
}

func (p *stand) take(name string) func(context.Context) {
	return func(ctx context.Context) {
		p.mu.Lock()
		if p.inside++; p.inside > 1 {
			p.t.Errorf("%s begins while %s goes on", name, p.name)
		}
		p.name = name
		p.changes++
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.inside--
		p.vacant = time.Now()
	}
}

func (p *stand) who() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside == 0 {
		return ""
	}
	return p.name
}

// A link is a store that one process cannot reach at times.
type link struct {
	storage.Store
	cut  atomic.Bool
	deaf time.Duration // how long a transaction that is cut off outlasts its ctx
}

var errCut = errors.New("the store cannot be reached")

func (l *link) Update(ctx context.Context, keys []string, fn func(storage.Tx) error) error {
	if l.cut.Load() {
		time.Sleep(l.deaf)
		<-ctx.Done() // as a network that swallows what is sent
		return ctx.Err()
	}
	return l.Store.Update(ctx, keys, fn)
}

func (l *link) View(ctx context.Context, fn func(storage.Tx) error) error {
	if l.cut.Load() {
		return errCut
	}
	return l.Store.View(ctx, fn)
}

// A candidate is a process that wants it.
type candidate struct {
	link *link
	stop func() // and wait
}

func (p *stand) candidate(ctx context.Context, s storage.Store, name string) *candidate {
	c := &candidate{link: &link{Store: s}}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	lease := &bot.Lease{Store: c.link, Name: "test"}
	go func() { defer close(ended); lease.Hold(ctx, p.take(name)) }()
	c.stop = sync.OnceFunc(func() { cancel(); <-ended })
	return c
}

// inLease runs a story in which time passes as fast as it can.
func inLease(t *testing.T, story func(t *testing.T, s storage.Store, p *stand)) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		s, err := boltstore.Open(path, boltstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		story(t, s, &stand{t: t})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// One of three has it. When that one ends the next has it at once; when it can
// no longer be heard of, within half a minute, and never before it has stopped.
func TestLeaseGoesOn(t *testing.T) {
	inLease(t, func(t *testing.T, s storage.Store, p *stand) {
		all := map[string]*candidate{}
		for _, name := range []string{"a", "b", "c"} {
			all[name] = p.candidate(t.Context(), s, name)
			defer all[name].stop()
		}
		time.Sleep(time.Minute)
		first := p.who()
		if first == "" || p.changes != 1 {
			t.Fatalf("%q has it, after %d changes", first, p.changes)
		}
		all[first].stop()
		time.Sleep(3 * time.Second)
		second := p.who()
		if second == "" || second == first {
			t.Fatalf("%q has it after %q has ended", second, first)
		}
		all[second].link.cut.Store(true)
		time.Sleep(takeover)
		third := p.who()
		if third == "" || third == second {
			t.Fatalf("%q has it after %q was cut off", third, second)
		}
		all[second].link.cut.Store(false)
		time.Sleep(time.Hour)
		if p.who() != third {
			t.Errorf("%q has it, though %q goes on", p.who(), third)
		}
	})
}

// Who has it is cut off in the middle of a renewal, which does not come back
// for long: it has stopped when the next one begins.
func TestLeaseStopsWithoutAnAnswer(t *testing.T) {
	inLease(t, func(t *testing.T, s storage.Store, p *stand) {
		first := p.candidate(t.Context(), s, "first")
		defer first.stop()
		time.Sleep(10 * time.Second)
		second := p.candidate(t.Context(), s, "second")
		defer second.stop()
		time.Sleep(time.Minute)
		if p.who() != "first" {
			t.Fatalf("%q has it", p.who())
		}
		first.link.deaf = time.Minute
		first.link.cut.Store(true)
		time.Sleep(takeover)
		if p.who() != "second" {
			t.Errorf("%q has it after the first was cut off", p.who())
		}
		first.link.cut.Store(false)
		time.Sleep(time.Hour)
		if p.who() != "second" || p.changes != 2 {
			t.Errorf("%q has it, after %d changes", p.who(), p.changes)
		}
	})
}

// Links break and heal, processes end and begin, at any time: never two at once,
// and never nobody for long while somebody could.
func TestLeaseUnderWeather(t *testing.T) {
	for round := range 20 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(round), 7))
			inLease(t, func(t *testing.T, s storage.Store, p *stand) {
				const n = 3
				var all [n]*candidate
				for i := range n {
					all[i] = p.candidate(t.Context(), s, fmt.Sprint(i, " of the beginning"))
				}
				for step := range 200 {
					i := random.IntN(n)
					switch random.IntN(3) {
					case 0:
						all[i].link.cut.Store(true)
					case 1:
						all[i].link.cut.Store(false)
					default:
						all[i].link.cut.Store(false)
						all[i].stop()
						all[i] = p.candidate(t.Context(), s, fmt.Sprint(i, " of ", step))
					}
					time.Sleep(time.Duration(random.Int64N(int64(20 * time.Second))))
					if step%20 == 19 { // quiet: all can be reached
						for _, c := range all {
							c.link.cut.Store(false)
						}
						time.Sleep(takeover)
						if p.who() == "" {
							t.Errorf("step %d: nobody has it", step)
						}
					}
				}
				for _, c := range all {
					c.link.cut.Store(false)
					c.stop()
				}
			})
		})
	}
}
