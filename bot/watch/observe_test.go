package watch

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

func (w *world) lag(t *testing.T) (lag time.Duration) {
	t.Helper()
	must(t, w.store.View(context.Background(), func(tx storage.Tx) (err error) {
		lag, err = w.desk.Lag(tx)
		return err
	}))
	return lag
}

// Everything that is watched is counted once, also when it takes several pages.
func TestSurvey(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		empty, err := w.desk.Survey(context.Background())
		must(t, err)
		if empty.Vehicles != 0 || empty.Subscriptions != 0 || len(empty.Hours) != surveyHours {
			t.Errorf("of nothing: %+v", empty)
		}
		cars := 2*surveyPage + 7
		must(t, w.store.Update(context.Background(), nil, func(tx storage.Tx) error {
			var faults []error
			for i := range cars {
				v := bot.Vehicle{Plate: fmt.Sprintf("沪C%05d", i), Type: "02", Engine: "123456"}
				s := bot.Saved{Vehicle: v}
				faults = append(faults, w.desk.Begin(tx, w.now(), "test:a", s, w.police.report(v, w.now())))
				if i == 0 {
					s.Owner = "test:a"
					faults = append(faults, w.desk.Begin(tx, w.now(), "test:b", s, w.police.report(v, w.now())))
				}
			}
			return errors.Join(faults...)
		}))
		w.run()
		s, err := w.desk.Survey(context.Background())
		must(t, err)
		if s.Vehicles != cars || s.Subscriptions != cars+1 || s.Paused != 0 {
			t.Errorf("%d vehicles, %d subscriptions, %d paused", s.Vehicles, s.Subscriptions, s.Paused)
		}
		total, most := 0, 0
		for _, n := range s.Hours {
			total += n
			most = max(most, n)
		}
		// One whose place begins this very moment comes in exactly a week, beyond
		// what is counted: of 65,536 places that is now and then one.
		if total > cars || total < cars-3 || most > cars/10 {
			t.Errorf("%d checks to come, %d in one hour", total, most)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := w.desk.Survey(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
	})
}

// While nobody dispatches, the lag grows; after it there is none.
func TestLag(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		if lag := w.lag(t); lag != 0 {
			t.Errorf("with nothing to do: %v", lag)
		}
		v := bot.Vehicle{Plate: "沪C12345", Type: "02", Engine: "123456"}
		must(t, w.begin("test:a", v, nil)) // its first check is due within an hour
		w.mu.Lock()
		w.clock = w.clock.Add(3 * time.Hour)
		w.mu.Unlock()
		if lag := w.lag(t); lag < 2*time.Hour || lag > 3*time.Hour {
			t.Errorf("three hours later: %v", lag)
		}
		w.run()
		if lag := w.lag(t); lag != 0 {
			t.Errorf("after the dispatcher: %v", lag)
		}
		w.mu.Lock()
		w.clock = w.clock.Add(8 * 24 * time.Hour)
		w.mu.Unlock()
		if lag := w.lag(t); lag <= 0 || lag > 8*24*time.Hour {
			t.Errorf("its slot was missed: %v", lag)
		}
		w.run()
		if lag := w.lag(t); lag != 0 {
			t.Errorf("after the dispatcher: %v", lag)
		}
	})
}

// How long counting the whole fleet takes, half of which are pauses.
func BenchmarkSurvey(b *testing.B) {
	f := newFleet(b, true)
	for b.Loop() {
		s, err := f.desk.Survey(context.Background())
		if err != nil || s.Vehicles != f.size {
			b.Fatal(s.Vehicles, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(f.size), "µs/car")
}
