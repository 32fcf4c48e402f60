package juhe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// fleet is a few hundred invented cars with all irregularities of the fake.
func fleet() []juhe.Query {
	var out []juhe.Query
	for i := range 200 {
		out = append(out, juhe.Query{City: "JS_SZ", Plate: fmt.Sprintf("苏E7%03dB", i), Engine: "123456", VIN: "654321"})
	}
	return out
}

// Nothing of a row is lost or invented on the way from the wire to a Violation.
func TestFleetIsReadFaithfully(t *testing.T) {
	c := start(t, juhetest.New())
	for _, q := range fleet() {
		raw, err := c.QueryRaw(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var wire struct {
			Result struct {
				Lists []map[string]*string `json:"lists"`
			} `json:"result"`
		}
		if err := json.Unmarshal(raw, &wire); err != nil {
			t.Fatal(err)
		}
		got, err := juhe.DecodeResult(raw)
		if err != nil || got.Plate != q.Plate || len(got.Violations) != len(wire.Result.Lists) {
			t.Fatalf("%v, %v", got, err)
		}
		for i, row := range wire.Result.Lists {
			compare(t, row, got.Violations[i])
		}
	}
}

func compare(t *testing.T, row map[string]*string, v juhe.Violation) {
	t.Helper()
	text := func(name string) string {
		if p := row[name]; p != nil {
			return *p
		}
		return ""
	}
	if v.TimeText != text("date") || v.Place != text("area") || v.Archive != text("archiveno") || v.City != text("wzcity") || v.Agency != text("cjgg") {
		t.Errorf("got %+v", v)
	}
	if got := v.Time.Format(time.DateTime); !strings.HasPrefix(got, text("date")) {
		t.Errorf("%s read as %s", text("date"), got)
	}
	if v.Code != text("code") && text("act") != v.Code+" : "+v.Act {
		t.Errorf("act %q, code %q: got %q, %q", text("act"), text("code"), v.Act, v.Code)
	}
	if want := strings.TrimSuffix(text("money"), ".00"); v.Fine == nil && want != "" || v.Fine != nil && fmt.Sprint(*v.Fine/100) != want {
		t.Errorf("money %q: got %v", text("money"), v.Fine)
	}
	if v.Points == nil && text("fen") != "" || v.Points != nil && fmt.Sprint(*v.Points) != text("fen") {
		t.Errorf("fen %q: got %v", text("fen"), v.Points)
	}
	if want := map[string]juhe.Handled{"0": juhe.Unhandled, "1": juhe.Unpaid, "": juhe.Unknown}[text("handled")]; v.Handled != want {
		t.Errorf("handled %q: got %v", text("handled"), v.Handled)
	}
}

// The same car is the same in JSON and XML.
func TestFleetInXML(t *testing.T) {
	c := start(t, juhetest.New())
	for _, q := range fleet()[:60] {
		fromJSON, err1 := c.Query(t.Context(), q)
		q.XML = true
		fromXML, err2 := c.Query(t.Context(), q)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fromJSON, fromXML); diff != "" {
			t.Errorf("%v: -json +xml\n%s", q, diff)
		}
	}
}

func TestConcurrentCalls(t *testing.T) {
	fake := juhetest.New()
	c := start(t, fake)
	var wg sync.WaitGroup
	for _, q := range fleet()[:32] {
		wg.Go(func() {
			if got, err := c.Query(t.Context(), q); err != nil || got.Plate != q.Plate {
				t.Errorf("asked for %v, got %v, %v", q, got, err)
			}
		})
	}
	wg.Wait()
	if n := fake.Meter().Charged; n != 32 {
		t.Errorf("32 queries, %d charged", n)
	}
}

// A caller who leaves in the middle learns that the money may be gone.
func TestCallerLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	fake := juhetest.New()
	fake.Set(juhetest.Faults{Nonsense: juhetest.NonsenseHang})
	c := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave()
		fake.ServeHTTP(w, r)
	}))
	_, err := c.Query(ctx, suzhou())
	if !errors.Is(err, context.Canceled) || !errors.Is(err, juhe.ErrInterrupted) || juhe.ChargeOf(err) != juhe.ChargeUnknown {
		t.Errorf("got %v", err)
	}
}
