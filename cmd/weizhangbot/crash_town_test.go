package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

const (
	rowsOfPage = 5
	pages      = 3
	rowsOfCar  = (pages-1)*rowsOfPage + 2
)

// A town is the cars that people ask for, and what happens to those that are
// watched.
type town struct {
	juhe *juhetest.Server
	told func(who, token string) bool // whether a person has read of it

	mu       sync.Mutex
	cars     int
	watchers map[string][]string // plate → who
	events   []happening
}

// newCar is a car that nobody has asked for, with as many violations as fill
// the pages. Its rows are short, so that a page of them fits into one message.
func (t *town) newCar() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cars++
	if t.cars%1000 == 404 { // plates that end so are unknown to the fake
		t.cars++
	}
	plate := fmt.Sprintf("苏E%05d", t.cars)
	car := juhetest.Car{Plate: plate, Engine: "123456", VIN: "LFV0000000A654321"}
	newest := time.Now().AddDate(0, -1, 0)
	for n := 1; n <= rowsOfCar; n++ {
		car.Violations = append(car.Violations, rowAt(newest.AddDate(0, 0, -n), t.row(plate, n)))
	}
	t.juhe.AddCar(car)
	return plate
}

func rowAt(at time.Time, area string) juhetest.Violation {
	return juhetest.Violation{Date: at.Format(time.DateTime), Area: area, Act: "违停", Code: "10390", Fen: "0", Money: "100", Handled: "0"}
}

// row names the n-th violation of a car: no other text holds it.
func (t *town) row(plate string, n int) string {
	return fmt.Sprintf("%s路%02d段", strings.TrimPrefix(plate, "苏"), n)
}

// watched tells that a person is to hear of what happens to a car.
func (t *town) watched(plate, who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.watchers == nil {
		t.watchers = map[string][]string{}
	}
	t.watchers[plate] = append(t.watchers[plate], who)
}

// happens lets something new happen to every watched car, as soon as all have
// heard of what was before.
func (t *town) happens() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for plate, who := range t.watchers {
		last := -1
		for i, e := range t.events {
			if strings.HasPrefix(e.token, t.place(plate)) {
				last = i
			}
		}
		if last >= 0 && !t.heard(t.events[last]) {
			continue
		}
		e := happening{token: fmt.Sprintf("%s%d号", t.place(plate), len(t.events)), watchers: slices.Clone(who)}
		t.events = append(t.events, e)
		t.juhe.AddViolation(plate, "02", rowAt(time.Now().AddDate(0, 0, -3), e.token))
	}
}

func (t *town) place(plate string) string { return strings.TrimPrefix(plate, "苏") + "街" }

func (t *town) heard(e happening) bool {
	return !slices.ContainsFunc(e.watchers, func(who string) bool { return !t.told(who, e.token) })
}

// live lets things happen until stop is closed.
func (t *town) live(ctx context.Context, stop <-chan struct{}) {
	for ctx.Err() == nil {
		select {
		case <-stop:
			return
		case <-time.After(100 * time.Millisecond):
			t.happens()
		}
	}
}

// allHeard tells whether everybody has read of everything.
func (t *town) allHeard() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !slices.ContainsFunc(t.events, func(e happening) bool { return !t.heard(e) })
}
