package plate

import (
	"strings"
	"testing"
)

const legalLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ"

// TestPlainPatterns goes through all patterns of letters (A) and digits (1) of
// five places: 16 are legal, those with at most two letters.
func TestPlainPatterns(t *testing.T) {
	legal := 0
	for bits := range 32 {
		pattern := []byte("11111")
		letters := 0
		for i := range 5 {
			if bits&(1<<i) != 0 {
				pattern[i] = 'A'
				letters++
			}
		}
		got := shapeOf(pattern) == shapePlain
		if got {
			legal++
		}
		if want := letters <= 2; got != want {
			t.Errorf("%s: plain %t, want %t", pattern, got, want)
		}
	}
	if legal != 16 {
		t.Errorf("%d legal patterns, want 16", legal)
	}
}

// TestEnergyLetters: tables 5 and 6 of GA 36-2018 have ten of them, in front on
// small vehicles, behind on large ones.
func TestEnergyLetters(t *testing.T) {
	for _, c := range legalLetters + "IO" {
		front, behind := shapeOther, shapeOther
		if strings.ContainsRune("DABCEFGHJK", c) {
			front, behind = shapeNEVSmall, shapeNEVLarge
		}
		if got := shapeOf([]byte(string(c) + "12345")); got != front {
			t.Errorf("%c12345 has shape %d, want %d", c, got, front)
		}
		if got := shapeOf([]byte("12345" + string(c))); got != behind {
			t.Errorf("12345%c has shape %d, want %d", c, got, behind)
		}
	}
}

func TestShapes(t *testing.T) {
	for serial, want := range map[string]shape{
		"": shapeShort, "1234": shapeShort, "12345": shapePlain, "QVZ99": shapeLettered, "VZ999": shapePlain, "ABCDE": shapeLettered,
		"DA1234": shapeNEVSmall, "D1A234": shapeOther, "DAB234": shapeOther, "1D2345": shapeOther, "123456": shapeOther,
		"1234DD": shapeOther, "ABCDEF": shapeOther, "1234567": shapeLong,
	} {
		if got := shapeOf([]byte(serial)); got != want {
			t.Errorf("%q has shape %d, want %d", serial, got, want)
		}
	}
}

func TestRepair(t *testing.T) {
	for serial, want := range map[string]struct {
		serial string
		fix    fix
	}{
		"12345": {"12345", fixNone}, "1O345": {"10345", fixSure}, "I2345": {"12345", fixSure}, "OIOIO": {"01010", fixSure},
		"S8B2E": {"S8B2E", fixNone}, "Q1234": {"Q1234", fixNone}, "O12345": {"D12345", fixGuess}, "DO1234": {"D01234", fixSure},
		"OI2345": {"D12345", fixGuess}, "O1B345": {"01B345", fixSure}, "12345O": {"123450", fixSure},
	} {
		got, how := repair(nil, []byte(serial))
		if string(got) != want.serial || how != want.fix {
			t.Errorf("repair(%s) = %s, %d; want %s, %d", serial, got, how, want.serial, want.fix)
		}
	}
}

// TestAgencyLetters: every letter of the table is certain, O is rare but legal,
// I never, and any other is doubted.
func TestAgencyLetters(t *testing.T) {
	for abbr, p := range atlas.provinces {
		for _, c := range legalLetters + "IO" {
			want := Confirm
			switch {
			case c == 'I', abbr == '粤' && c == 'Z':
				want = Reject
			case c == 'O' || p.letters&(1<<(c-'A')) != 0:
				want = Query
			}
			if got := Parse(string(abbr) + string(c) + "24680"); got.Action != want {
				t.Errorf("%c%c: %s, want %s", abbr, c, got.Action, want)
			}
		}
	}
}
