package plate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

type vinLine struct {
	Input      string `json:"input"`
	Normalized string `json:"normalized"`
	Valid      bool   `json:"valid"`
	Check      string `json:"check"`
	Last6      string `json:"last6"`
	Last4      string `json:"last4"`
	Note       string `json:"note"`
}

func TestVINCorpus(t *testing.T) {
	for _, want := range readCorpus[vinLine](t, "testdata/vin.jsonl") {
		t.Run(want.Note, func(t *testing.T) {
			v := plate.ParseVIN(want.Input)
			got := vinLine{Input: want.Input, Normalized: v.Number, Valid: v.Valid(), Note: want.Note}
			if v.Valid() {
				got.Last6, got.Last4, got.Check = v.Last(6), v.Last(4), "mismatch"
				if v.CheckOK {
					got.Check = "ok"
				}
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestParseVIN(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want plate.VIN
	}{
		"as printed":           {"LZZDEM201JG481635", plate.VIN{Number: "LZZDEM201JG481635", CheckOK: true}},
		"in groups":            {"LZZ DEM20 1JG 481635", plate.VIN{Number: "LZZDEM201JG481635", CheckOK: true}},
		"with stars":           {"★LZZDEM201JG481635★", plate.VIN{Number: "LZZDEM201JG481635", CheckOK: true}},
		"Cyrillic look-alikes": {"LZZDЕМ201JG481635", plate.VIN{Number: "LZZDEM201JG481635", CheckOK: true}},
		"Q for 0":              {"LZZDEM2Q1JG481635", plate.VIN{Number: "LZZDEM201JG481635", CheckOK: true, Repaired: true}},
		"filler in place 9":    {"WVWZZZ9XZHH000123", plate.VIN{Number: "WVWZZZ9XZHH000123"}},
		"a placeholder":        {"11111111111111111", plate.VIN{Number: "11111111111111111", CheckOK: true, Suspicious: true}},
		"eighteen characters":  {"LZZDEM201JG4816355", plate.VIN{}},
		"words around it":      {"车架号LZZDEM201JG481635", plate.VIN{}},
		"O that does not fit":  {"LZZDEM201JG48163O", plate.VIN{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plate.ParseVIN(c.in); got != c.want {
				t.Errorf("ParseVIN(%q) = %+v, want %+v", c.in, fields(got), fields(c.want))
			}
		})
	}
}

// fields shows a VIN without its mask.
func fields(v plate.VIN) string {
	return fmt.Sprintf("%s check=%t repaired=%t suspicious=%t", v.Number, v.CheckOK, v.Repaired, v.Suspicious)
}

func TestVINMasksItself(t *testing.T) {
	v := plate.ParseVIN("LZZDEM201JG481635")
	for _, format := range []string{"%s", "%v", "%+v"} {
		if s := fmt.Sprintf(format, v); strings.Contains(s, "481635") || !strings.Contains(s, "1635") {
			t.Errorf(format+" shows %s", s, s)
		}
	}
	if s := plate.ParseVIN("x").String(); s != "" {
		t.Errorf("no VIN prints as %q", s)
	}
	if got := v.Last(0); got != "LZZDEM201JG481635" {
		t.Errorf("Last(0) = %q, want the whole number", got)
	}
}

func TestVINTransposition(t *testing.T) {
	// Weight 0 stands at the check digit itself, so any other single change of
	// a digit is noticed.
	const good = "LZZDEM201JG481635"
	for i := range good {
		if i == 8 || good[i] < '0' || good[i] > '9' {
			continue
		}
		for d := byte('0'); d <= '9'; d++ {
			if bad := good[:i] + string(d) + good[i+1:]; d != good[i] && plate.ParseVIN(bad).CheckOK {
				t.Errorf("%s passes", bad)
			}
		}
	}
}
