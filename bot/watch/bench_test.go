package watch

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// fleetSize is how many vehicles the benchmarks watch; WATCH_VEHICLES sets
// another number. The figures that are quoted are those of 1000000, with
// -benchtime=3x.
func fleetSize() int {
	if n, err := strconv.Atoi(os.Getenv("WATCH_VEHICLES")); err == nil {
		return n
	}
	return 20_000
}

// A fleet is many watched vehicles in a store, and a clock.
type fleet struct {
	size   int
	path   string
	sealed bool
	store  storage.Store
	desk   *Desk
	police *swift
	cars   []bot.Vehicle
	clock  atomic.Int64
}

func (f *fleet) now() time.Time { return time.Unix(0, f.clock.Load()) }

// A courteous post knows everybody, and keeps what it is given in people's
// records.
type courteous struct{ now func() time.Time }

func (c courteous) Notify(tx storage.Tx, u bot.UserID, n bot.Notice) error {
	return put(tx, "user", bot.UserKey(u), n)
}

func (c courteous) Person(storage.Tx, bot.UserID) (bot.Person, error) {
	return bot.Person{Known: true, Seen: c.now()}, nil
}

func (courteous) Release(storage.Tx, bot.UserID, bot.Vehicle) error { return nil }

// A swift police answers at once, and that nothing has changed.
type swift struct {
	bot.Desk
	now   func() time.Time
	asked atomic.Int64
}

func (s *swift) Rule(storage.Tx, time.Time, string, bool) (bot.Rule, bool, error) {
	return bot.Rule{City: "SH", Engine: 6, VIN: bot.NotNeeded}, true, nil
}

func (s *swift) Query(_ context.Context, r bot.Request) (bot.Report, error) {
	s.asked.Add(1)
	return bot.Report{Vehicle: r.Vehicle, City: "上海", At: s.now(), Violations: list(jam)}, nil
}

// BenchmarkFleet measures what watching a fleet asks of the store.
func BenchmarkFleet(b *testing.B) {
	for _, kind := range []string{"bare", "sealed"} {
		b.Run(kind, func(b *testing.B) {
			f := newFleet(b, kind == "sealed")
			b.Run("due1%", f.benchDue)
			b.Run("walk", f.benchWalk)
			b.Run("floor1%", f.benchFloor)
			b.Run("changed1%", f.benchChanged)
			b.Run("checks1%", f.benchChecks)
			b.Run("dispatch1%", f.benchDispatch)
			b.Run("start", f.benchStart)
		})
	}
}

// newFleet builds it and reports what that took.
func newFleet(b *testing.B, seal bool) *fleet {
	f := &fleet{size: fleetSize(), path: filepath.Join(b.TempDir(), "db"), sealed: seal}
	f.clock.Store(day(0).UnixNano())
	f.police = &swift{now: f.now}
	b.Cleanup(func() { _ = f.store.Close() })
	f.open(b)
	if err := f.desk.Dispatch(b.Context()); err != nil { // draws the salt
		b.Fatal(err)
	}
	start := time.Now()
	f.build(b)
	info, err := os.Stat(f.path)
	if err != nil {
		b.Fatal(err)
	}
	var mem runtime.MemStats
	if err := f.store.Update(b.Context(), nil, func(storage.Tx) error { return nil }); err != nil { // the store lets go of the last call
		b.Fatal(err)
	}
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	runtime.ReadMemStats(&mem)
	b.Logf("%d vehicles: built in %.1f s, file %d MB, heap %.1f MB", f.size, time.Since(start).Seconds(), info.Size()>>20, float64(mem.HeapAlloc)/(1<<20))
	return f
}

// open opens the store, and is ready to watch.
func (f *fleet) open(b *testing.B) {
	bolt, err := boltstore.Open(f.path, boltstore.Options{Clock: f.now})
	if err != nil {
		b.Fatal(err)
	}
	f.store = bolt
	if f.sealed {
		if f.store, err = sealed.New(b.Context(), bolt, make([]byte, sealed.KeySize)); err != nil {
			b.Fatal(err)
		}
	}
	f.desk = New(Config{Store: f.store, Desk: f.police, Mail: courteous{f.now}, Now: f.now})
}

// build writes what a year of watching would have left: a state and a watcher
// with one row for each vehicle.
func (f *fleet) build(b *testing.B) {
	var salt []byte
	if err := f.store.View(b.Context(), func(tx storage.Tx) (err error) {
		salt, err = tx.Get(dispatchBucket, saltKey)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	cars := make([]bot.Vehicle, f.size)
	for i := range cars {
		cars[i] = bot.Vehicle{Plate: fmt.Sprintf("沪%c%c%04d", 'A'+i/10_000/20, 'A'+i/10_000%20, i%10_000), Type: "02", Engine: "123456"}
	}
	slices.SortFunc(cars, func(a, b bot.Vehicle) int { return cmp.Compare(place(salt, name(a)), place(salt, name(b))) })
	for part := range slices.Chunk(cars, 10_000) {
		if err := f.store.Update(b.Context(), nil, func(tx storage.Tx) error {
			for _, c := range part {
				w := watcher{User: bot.UserID("telegram:" + c.Plate), Vehicle: c, Since: day(-300), Renewed: day(-300), As: day(-100), Rows: []row{{Violation: jam}}}
				if err := w.save(tx); err != nil {
					return err
				}
				if err := put(tx, stateBucket, stateKey(place(salt, name(c)), name(c)), state{Checked: day(-7)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	f.cars = slices.Clone(cars[:f.size/100]) // the rest would count as memory
}

// benchDue finds those of the due index that are due: one in a hundred.
func (f *fleet) benchDue(b *testing.B) {
	if err := f.store.Update(b.Context(), nil, func(tx storage.Tx) error {
		for i, c := range f.cars {
			if err := (order{Vehicle: c, Kind: planned, At: f.now().Add(-time.Duration(i) * time.Millisecond)}).plan(tx); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := f.store.View(b.Context(), func(tx storage.Tx) error {
			kvs, err := tx.Scan(dueBucket, "~", stamp(f.now().Add(time.Second)), 0)
			if len(kvs) != len(f.cars) {
				b.Fatalf("%d due", len(kvs))
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if err := f.store.Update(b.Context(), nil, func(tx storage.Tx) error {
		kvs, err := tx.Scan(dueBucket, "~", storage.End, 0)
		for _, kv := range kvs {
			if err := tx.Put(dueBucket, kv.Key, nil); err != nil {
				return err
			}
		}
		return err
	}); err != nil {
		b.Fatal(err)
	}
}

// benchWalk reads the slots of a whole period, page by page: all that moving
// every due time comes to.
func (f *fleet) benchWalk(b *testing.B) {
	for b.Loop() {
		n, from := 0, "~0000"
		for {
			var kvs []storage.KV
			if err := f.store.View(b.Context(), func(tx storage.Tx) (err error) {
				kvs, err = tx.Scan(stateBucket, from, "~g", page+1)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			n += min(len(kvs), page)
			if len(kvs) <= page {
				break
			}
			from = kvs[page].Key
		}
		if n != f.size {
			b.Fatalf("walked past %d vehicles", n)
		}
	}
}

// atOnce runs fn for one vehicle in a hundred, 64 at a time, each in a
// transaction.
func (f *fleet) atOnce(b *testing.B, fn func(tx storage.Tx, c bot.Vehicle) error) {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(f.cars)); i = next.Add(1) - 1 {
				if err := f.store.Update(b.Context(), nil, func(tx storage.Tx) error { return fn(tx, f.cars[i]) }); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// benchFloor writes a person's record for one vehicle in a hundred, and nothing
// else: what the store takes for one random key a transaction.
func (f *fleet) benchFloor(b *testing.B) {
	for b.Loop() {
		f.atOnce(b, func(tx storage.Tx, c bot.Vehicle) error {
			return courteous{}.Notify(tx, bot.UserID("telegram:"+c.Plate), bot.Notice{At: f.now(), New: list(jam)})
		})
	}
}

// benchChanged settles news for one vehicle in a hundred: the watcher's rows,
// the vehicle's state, the check of tomorrow, the notice.
func (f *fleet) benchChanged(b *testing.B) {
	for b.Loop() {
		f.clock.Add(int64(week))
		rows := list(v(8, fmt.Sprint("路口", f.clock.Load()), "闯红灯"), jam)
		f.atOnce(b, func(tx storage.Tx, c bot.Vehicle) error {
			report := bot.Report{Vehicle: c, At: f.now(), Violations: rows}
			r := result{order: order{Vehicle: c, Kind: regular, At: f.now()}, tried: true, report: &report}
			return f.desk.commit(tx, r, []bot.UserID{bot.UserID("telegram:" + c.Plate)})
		})
	}
}

// benchDispatch follows the rhythm for a hundredth of the period, and makes a
// job of each vehicle met there.
func (f *fleet) benchDispatch(b *testing.B) {
	f.clock.Add(int64(-50 * 365 * 24 * time.Hour)) // planned checks of earlier benchmarks are not due
	if err := f.desk.Dispatch(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f.clock.Add(int64(week / 100))
		if err := f.desk.Dispatch(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// benchStart opens the file as a process does that begins, until it can answer.
func (f *fleet) benchStart(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		if err := f.store.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		f.open(b)
		if err := f.store.View(b.Context(), func(tx storage.Tx) error {
			all, err := watchers(tx, name(f.cars[0]))
			if len(all) != 1 {
				b.Fatalf("%d watchers", len(all))
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// benchChecks works the jobs of one vehicle in a hundred, 64 at a time, none of
// which has news: enqueued together, then a transaction for each, and no
// waiting for the police.
func (f *fleet) benchChecks(b *testing.B) {
	for b.Loop() {
		f.clock.Add(int64(week))
		var wg sync.WaitGroup
		wg.Add(len(f.cars))
		if err := f.store.Update(b.Context(), nil, func(tx storage.Tx) error {
			for _, c := range f.cars {
				if err := (order{Vehicle: vehicleOf(name(c)), Kind: regular, At: f.now()}).enqueue(tx, f.now()); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 1)
		go func() {
			done <- f.store.Work(ctx, checkQueue, 64, func(ctx context.Context, j storage.Job, end storage.Done) error {
				defer wg.Done()
				return f.desk.check(ctx, j, end)
			})
		}()
		wg.Wait()
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	if asked := f.police.asked.Load(); asked == 0 || asked%int64(len(f.cars)) != 0 {
		b.Fatalf("%d queries for %d vehicles", asked, len(f.cars))
	}
}
