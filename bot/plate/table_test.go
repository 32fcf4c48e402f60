package plate

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTableOfTraditionalCharacters(t *testing.T) {
	from, to := []rune(traditional), []rune(simplified)
	if len(from) != len(to) {
		t.Fatalf("%d traditional, %d simplified characters", len(from), len(to))
	}
	seen := map[rune]bool{}
	for i, r := range from {
		if seen[r] || r == to[i] || !isHan(r) || !isHan(to[i]) {
			t.Errorf("%c → %c is a repetition or no change", r, to[i])
		}
		seen[r] = true
	}
	for _, r := range to {
		if seen[r] {
			t.Errorf("%c is folded to and folded away", r)
		}
	}
}

// Every county stands once, under a city that has plates, and under no name
// that means something else.
func TestTableOfCounties(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range counties {
		city, n := atlas.nameAt([]rune(c.city))
		if n != utf8.RuneCountInString(c.city) {
			t.Errorf("%s is no city", c.city)
		}
		for county := range strings.FieldsSeq(c.under) {
			p, n := atlas.nameAt([]rune(county))
			if seen[county] || n != utf8.RuneCountInString(county) || p.Name != county || p.Province != city.Province || p.Letters != city.Letters {
				t.Errorf("%s under %s: %+v", county, c.city, p)
			}
			seen[county] = true
		}
	}
}

func TestTableOfProvinces(t *testing.T) {
	if len(provinces) != 31 {
		t.Errorf("%d provinces", len(provinces))
	}
	for _, p := range provinces {
		info := atlas.provinces[[]rune(p.abbr)[0]]
		for _, f := range strings.Fields(p.agencies) {
			if l := f[0]; len(f) > 1 && f[1] < 0x80 {
				if strings.Trim(f, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || atlas.pinyin[f] == nil {
					t.Errorf("%s: %s is no pinyin of a place", p.name, f)
				}
			} else if l < 'A' || l > 'Z' || l == 'I' || l == 'O' || info.letters&(1<<(l-'A')) == 0 {
				t.Errorf("%s: %s begins with no agency letter", p.name, f)
			}
		}
	}
	owner := map[string]string{}
	for _, p := range atlas.provinces {
		for _, city := range p.cities {
			if other, taken := owner[city]; taken && other != p.abbr && city != "" {
				t.Errorf("%s is in %s and in %s", city, other, p.abbr)
			}
			owner[city] = p.abbr
		}
	}
	for _, o := range otherNames {
		if p, n := atlas.nameAt([]rune(o.name)); o.name[0] >= 0x80 && (n == 0 || p.Province == "") || o.name[0] < 0x80 && atlas.pinyin[o.name] == nil {
			t.Errorf("%s stands for no place", o.name)
		}
	}
}

// TestEveryPlaceHasItsPlate reads each city with each of its letters, by name,
// with 市 behind, and in pinyin.
func TestEveryPlaceHasItsPlate(t *testing.T) {
	for _, p := range provinces {
		info := atlas.provinces[[]rune(p.abbr)[0]]
		for letter, city := range info.cities {
			if city == "" {
				continue
			}
			want := p.abbr + string(rune(letter)) + "24680"
			for _, form := range []string{city, city + "市", p.name + city} {
				if got := Parse(form + want[len(p.abbr):]); got.Normalized != want || got.Action != Confirm && city != p.name {
					t.Errorf("%s%s reads as %s %s", form, want[len(p.abbr):], got.Action, got.Normalized)
				}
			}
		}
		for _, r := range info.name {
			if got := Parse(info.name + "A24680"); got.Normalized != info.abbr+"A24680" || got.Action != Query {
				t.Errorf("%s (%c) reads as %s %s", info.name, r, got.Action, got.Normalized)
			}
			break
		}
	}
}

// TestEverySound offers the province, or one of the two, of each character.
func TestEverySound(t *testing.T) {
	seen := map[rune]bool{}
	for _, h := range homophones {
		for _, r := range h.sound {
			if seen[r] || atlas.of(r)&isProvince != 0 {
				t.Errorf("%c stands twice or is a province", r)
			}
			seen[r] = true
			got := Parse(string(r) + "A24680")
			want, action := h.provinces+"A24680", Confirm
			if utf8.RuneCountInString(h.provinces) == 2 {
				want, action = "", Choose
			}
			if got.Action != action || got.Normalized != want {
				t.Errorf("%cA24680 reads as %s %s", r, got.Action, got.Normalized)
			}
		}
	}
}

func TestSuffixesAreThreeBytesEach(t *testing.T) {
	for i, r := range suffixes {
		if i%3 != 0 || utf8.RuneLen(r) != 3 {
			t.Errorf("%c at byte %d: suffixAt slices by three", r, i)
		}
	}
}
