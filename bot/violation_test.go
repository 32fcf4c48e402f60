package bot

import "testing"

func ptr(n int) *int { return &n }

// Owed counts open and decided rows; points are to come only for open ones;
// what is unknown is counted as unknown, never as zero.
func TestSums(t *testing.T) {
	tests := map[string]struct {
		rows         []Violation
		owed, points Sum
	}{
		"nothing": {},
		"open and decided": {
			rows:   []Violation{{Fine: ptr(20000), Points: ptr(6), State: Open}, {Fine: ptr(10000), Points: ptr(3), State: Decided}},
			owed:   Sum{Total: 30000},
			points: Sum{Total: 6},
		},
		"a fine of zero is not fixed yet": {
			rows:   []Violation{{Fine: ptr(0), Points: ptr(3), State: Open}},
			owed:   Sum{Unknown: 1},
			points: Sum{Total: 3},
		},
		"no points are no points": {
			rows:   []Violation{{Fine: ptr(20000), Points: ptr(0), State: Open}},
			owed:   Sum{Total: 20000},
			points: Sum{},
		},
		"missing figures": {
			rows:   []Violation{{State: Open}, {Fine: ptr(5000), Points: ptr(1), State: Open}},
			owed:   Sum{Total: 5000, Unknown: 1},
			points: Sum{Total: 1, Unknown: 1},
		},
		"state unknown": {
			rows:   []Violation{{Fine: ptr(20000), Points: ptr(6)}},
			owed:   Sum{Unknown: 1},
			points: Sum{Unknown: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := Report{Violations: test.rows}
			if got := r.Owed(); got != test.owed {
				t.Errorf("owed %+v, want %+v", got, test.owed)
			}
			if got := r.PointsToCome(); got != test.points {
				t.Errorf("points %+v, want %+v", got, test.points)
			}
		})
	}
}

func TestNeedCut(t *testing.T) {
	tests := []struct {
		need     Need
		given    string
		shortest int
		want     string
		fit      Fit
	}{
		{NotNeeded, "", 4, "", Fits},
		{NotNeeded, "123456", 4, "", Fits},
		{6, "", 4, "", Missing},
		{6, "12345", 4, "12345", Short},
		{6, "123456", 4, "123456", Fits},
		{6, "LFV1234567", 4, "234567", Fits},
		{3, "123456", 4, "456", Fits},
		{Whole, "", 4, "", Missing},
		{Whole, "123", 4, "123", Short},
		{Whole, "G4KD-123456", 4, "G4KD-123456", Fits},
		{Whole, "LZZDEM201JG48163", 17, "LZZDEM201JG48163", Short},
		{Whole, "LZZDEM201JG481635", 17, "LZZDEM201JG481635", Fits},
	}
	for _, test := range tests {
		got, fit := test.need.Cut(test.given, test.shortest)
		if got != test.want || fit != test.fit {
			t.Errorf("Need(%d).Cut(%q) = %q, %v, want %q, %v", test.need, test.given, got, fit, test.want, test.fit)
		}
	}
}
