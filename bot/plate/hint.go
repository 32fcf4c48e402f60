package plate

import (
	"slices"
	"unicode/utf8"
)

// A hint is what a word in the message says about the kind of a plate.
type hint int

const (
	hintNone hint = iota
	hintYellow
	hintLarge
	hintBlue
	hintSmall
	hintGreen
	hintMotorcycle
	hintTemp
	hintTruck // light trucks wear blue: only a remark
)

// A said is a hint and where it stands.
type said struct {
	hint
	start, end int
}

// hintsIn lists the hints of a text that are not taken back.
func hintsIn(t Text) []said {
	var list []said
	for i := 0; i < len(t.runes); i++ {
		if atlas.of(t.runes[i])&isHintStart == 0 {
			continue
		}
		for _, w := range hintWords {
			if n := prefixLen(t.runes[i:], w.word); n > 0 {
				if !negated(t.runes[:i]) {
					list = append(list, said{w.hint, i, i + n})
				}
				i += n - 1
				break
			}
		}
	}
	return list
}

func negated(before []rune) bool {
	for _, n := range negations {
		if k := utf8.RuneCountInString(n); len(before) >= k && prefixLen(before[len(before)-k:], n) > 0 {
			return true
		}
	}
	return false
}

// TypeHint says which plate type code a text names in words, 黄牌 → 01; "" if
// none, or if its words contradict each other.
func TypeHint(t Text) string {
	code := ""
	for _, h := range hintsIn(t) {
		c := hintCodes[h.hint]
		if code != "" && c != "" && c != code {
			return ""
		}
		if c != "" {
			code = c
		}
	}
	return code
}

var hintCodes = [...]string{hintYellow: "01", hintLarge: "01", hintBlue: "02", hintSmall: "02", hintGreen: "52", hintMotorcycle: "07", hintTemp: "22", hintTruck: ""}

// applyHints applies each hint to the plate that stands nearest, the first of
// two. It takes time linear in the number of both: what a hint says of a plate
// only ever takes it out of those that others can say something about.
func applyHints(t Text, found []Match) {
	if len(found) == 0 {
		return
	}
	var toAll [hintTruck + 1]bool // said of all: once more changes nothing
	var few [4]int
	behind, next := few[:0], 0 // ordinary plates before the hint, and the first that is not
	for _, h := range hintsIn(t) {
		if h.all(t) {
			for i := 0; i < len(found) && !toAll[h.hint]; i++ {
				found[i].apply(h.hint)
			}
			toAll[h.hint] = true
			continue
		}
		for ; next < len(found) && (found[next].Start < h.start || !found[next].ordinary()); next++ {
			behind = append(behind, next)
		}
		for len(behind) > 0 && !found[behind[len(behind)-1]].ordinary() {
			behind = behind[:len(behind)-1]
		}
		switch n := len(behind) - 1; {
		case n >= 0 && (next == len(found) || h.distance(found[behind[n]]) <= h.distance(found[next])):
			found[behind[n]].apply(h.hint)
		case next < len(found):
			found[next].apply(h.hint)
		}
	}
}

func (h said) distance(m Match) int {
	return max(m.Start-h.end, h.start-m.End, 0)
}

// all: 都是黄牌.
func (h said) all(t Text) bool {
	return slices.Contains(t.runes[max(0, h.start-3):h.start], '都')
}

// ordinary reports whether hints can say something about the plate.
func (r *Reading) ordinary() bool {
	return r.Kind == Small || r.Kind == NEVSmall || r.Kind == NEVLarge
}

// apply changes the kind of an ordinary plate. The number beats the word: what
// is written in eight characters is new energy whatever its colour is said to
// be.
func (r *Reading) apply(h hint) {
	if r.Kind == NEVSmall || r.Kind == NEVLarge {
		if (h == hintYellow || h == hintBlue) && r.Reason == "" {
			r.Reason, r.Note = Colour, "the colour contradicts the number, which wins"
		}
		return
	}
	if r.Kind != Small {
		return
	}
	switch h {
	case hintYellow, hintLarge:
		r.Kind, r.HPZL = Large, "01"
	case hintMotorcycle:
		r.Action, r.Kind, r.HPZL, r.Note = Unsupported, Motorcycle, "07", "motorcycle: the same number may be a car's"
	case hintGreen:
		if r.Action == Query {
			r.Action, r.Reason, r.Note = Confirm, Green, "green plates have eight characters: one may be missing"
		}
	case hintTemp:
		if info := infoOf(Place{Province: r.Parts.Province}); info != nil {
			*r = temporary(info, r.Parts.Letters[0], []byte(r.Parts.Serial))
		}
	case hintTruck:
		if r.Reason == "" {
			r.Reason, r.Note = MaybeLarge, "a truck may wear blue or yellow"
		}
	case hintBlue, hintSmall, hintNone:
	}
}
