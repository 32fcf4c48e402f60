package lookup

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A rubble is a store in which every record holds the same bytes under the same
// key, and a provider that nothing may be asked of while it does.
type rubble struct {
	storage.Store
	Client
	key   string
	raw   []byte
	asked int
}

var errAsked = errors.New("the provider was asked")

func (r *rubble) View(_ context.Context, fn func(storage.Tx) error) error { return fn(r) }
func (r *rubble) Update(_ context.Context, _ []string, fn func(storage.Tx) error) error {
	return fn(r)
}

func (r *rubble) Get(string, string) ([]byte, error) { return append([]byte{}, r.raw...), nil }
func (r *rubble) Put(string, string, []byte) error   { return nil }
func (r *rubble) Scan(string, string, string, int) ([]storage.KV, error) {
	return []storage.KV{{Key: r.key, Value: append([]byte{}, r.raw...)}}, nil
}
func (r *rubble) Enqueue(storage.Job) (bool, error) { return true, nil }

func (r *rubble) QueryRaw(context.Context, juhe.Query) ([]byte, error) {
	r.asked++
	return nil, errAsked
}

// Whatever stands in the place of an answer, an entry of the ledger, a counter, a
// strike, an outage or a rule: it is refused as corrupt or read, and as long as
// it is refused nothing is paid.
func FuzzStored(f *testing.F) {
	for _, seed := range []struct{ key, raw string }{
		{"~20261123", `{"state":"done","request":"r","owner":"o","at":"2026-11-23T09:00:00+08:00","until":"2026-11-24T09:00:00+08:00","city":"SH","ledger":"~1/x","raw":"e30=","rows":[{}]}`},
		{"~0006419f2a4c0000/~right/x", `{"state":"open","opened":"2026-11-23T09:00:00+08:00","by":"x","for":"person","charge":"charged","code":225606}`},
		{"~20261123/x", `{"held":7,"told":50,"calls":9,"charged":3,"codes":{"0":3,"-1":2}}`}, {"~2026", `{"held":-7,"asked":-1,"checks":-1}`},
		{"~20261123", `{"wrong":[{"digits":"x","at":"2026-11-23T09:00:00+08:00"}],"locked":"2026-11-24T09:00:00+08:00","until":"2026-11-24T09:00:00+08:00"}`},
		{"x", `{"next":"2026-11-23T09:00:00+08:00","step":-5,"until":"2026-11-25T09:00:00+08:00"}`}, {"", `{"spared":-1}`},
		{"~99999999", `{"at":"2026-11-23T09:00:00+08:00","rule":{"City":"SH","Engine":-9,"VIN":99},"cities":[{}]}`},
		{"~", `null`}, {"~1/2/3", `[]`}, {"\xff", "\xff"}, {"~1/~/", `{"codes":{"x":1}}`}, {"~1/~answer/x", `{"state":"open"}`},
	} {
		f.Add(seed.key, []byte(seed.raw), int64(0))
	}
	f.Fuzz(func(t *testing.T, key string, raw []byte, now int64) {
		world := &rubble{key: key, raw: raw}
		d := New(Config{
			Client: world, Store: world, CacheFor: 6 * time.Hour, DailyBudget: 100, MonthlyBudget: 1000, QueriesPerUserPerDay: 10,
			Now: func() time.Time { return time.Unix(1764000000+now%(1<<30), 0) },
		})
		corrupt := false
		for name, err := range readAll(d, world) {
			_, later := storage.Snoozed(err)
			_, told := errors.AsType[*bot.Error](err)
			if err != nil && !later && !told && !errors.Is(err, storage.ErrCorrupt) {
				t.Fatalf("%s: %v", name, err)
			}
			corrupt = corrupt || name == "answer" && err != nil
		}
		_, _ = d.Query(t.Context(), bot.Request{ID: "r", User: "telegram:42", At: d.now(), Vehicle: car, Rule: bot.Rule{City: "SH", Engine: 6, VIN: 6}})
		if corrupt && world.asked > 0 {
			t.Fatal("paid, although what was paid before cannot be read")
		}
	})
}

var car = bot.Vehicle{Plate: "沪C12345", Type: "02", Engine: "123456", VIN: "654321"}

// readAll reads everything that the package keeps, out of the same bytes.
func readAll(d *Desk, world *rubble) map[string]error {
	now := d.now()
	b := &books{desk: d, terms: d.terms.Load(), tx: world, now: now}
	errs := map[string]error{}
	var a answer
	_, errs["answer"] = get(world, answerBucket, "x", &a)
	_, _ = a.settles(bot.Request{ID: "r", At: now}, now, d.terms.Load().cacheFor), a.report(car)
	_, _, errs["stored"] = d.Stored(world, now, car)
	_, _, errs["rule"] = d.Rule(world, now, "沪C", false)
	_, _, errs["cities"] = d.Cities(world, now)
	_, errs["costs"] = d.Costs(world, now.AddDate(0, -1, 0), now)
	errs["spare"] = d.Spare(world, now, "telegram:42")
	errs["affords"] = b.affords(bot.Request{User: "telegram:42"})
	errs["reserve"] = b.reserve(entry{Opened: now, By: "x"})
	errs["shut"] = b.shut("~1/x", entry{State: done, Charge: "charged"})
	errs["guess"] = b.mayGuess("x", car)
	_, errs["guesses"] = b.guesses("x", a, bot.Request{})
	errs["judge"] = b.judge("x", call{request: bot.Request{Vehicle: car}, guess: true}, answer{Kind: bot.WrongData, At: now})
	_, errs["city"] = b.cityIsUp("SH")
	errs["hear"] = b.hear(call{probe: true}, &answer{State: failed, Kind: bot.Maintenance})
	errs["first time"] = b.firstTime(bot.Request{ID: "r", At: now})
	_, errs["sweep"] = b.sweep(sweepPage)
	return errs
}
