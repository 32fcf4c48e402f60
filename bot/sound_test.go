package bot

import (
	"errors"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
)

// What cannot have been written is refused; a session of that kind costs nobody
// their cars.
func TestImpossibleRecords(t *testing.T) {
	const car = `"garage":[{"Plate":"沪C12345"}]`
	const session = `{"v":1,` + car + `,"session":{"v":2,"seen":"2026-11-23T12:00:00+08:00",`
	for _, tt := range []struct {
		name, raw string
		corrupt   bool
		reset     bool
	}{
		{"as it should be", session + `"page":1,"cars":1,"n":4,"waiting":4}}`, false, false},
		{"told less than nothing", `{"v":1,"turns":[{"key":"k","told":-1}]}`, true, false},
		{"awaits less than nothing", `{"v":1,"turns":[{"key":"k","open":-1}]}`, true, false},
		{"told more than there is", `{"v":1,` + car + `,"turns":[{"key":"k","told":9}]}`, false, true},
		{"a page before the first", session + `"page":-1}}`, false, true},
		{"a page of cars before the first", session + `"cars":-1}}`, false, true},
		{"effects below zero", session + `"n":-1}}`, false, true},
		{"waits for what never was", session + `"waiting":-1}}`, false, true},
		{"a line longer than it gets", session + `"queue":[{},{},{},{},{},{},{},{},{},{},{}]}}`, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := load(&rubble{raw: []byte(tt.raw)}, "test:a")
			if tt.corrupt {
				if !errors.Is(err, storage.ErrCorrupt) {
					t.Errorf("%v, want ErrCorrupt", err)
				}
				return
			}
			if err != nil || len(r.Garage) != 1 || (r.Session.Version == 0) != tt.reset {
				t.Fatalf("%+v, %v", r, err)
			}
			r.begin("a message", noon)
		})
	}
}
