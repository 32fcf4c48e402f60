package plate

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestHintsGoToTheNearest holds applyHints against the rule it keeps, written
// plainly: of the plates that a hint can say something about the nearest one,
// and the first of two.
func TestHintsGoToTheNearest(t *testing.T) {
	pieces := strings.Fields("沪C12345 粤BD12345 临粤B12345 浙A1234学 护A12345 新A12345 沪C1234 黄牌 都是黄牌 绿牌 都绿牌 货车 都摩托 摩托 临牌 蓝牌 不是黄牌 新能源 你好 ，")
	random := rand.New(rand.NewPCG(1, 2))
	said := 0
	for range 3000 {
		var text strings.Builder
		for range 1 + random.IntN(9) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		folded := Fold(text.String())
		plain := unhinted(folded)
		got, want := slices.Clone(plain), slices.Clone(plain)
		applyHints(folded, got)
		applyPlainly(folded, want)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %v, want %v", text.String(), got, want)
		}
		if !reflect.DeepEqual(got, plain) {
			said++
		}
	}
	if said < 1000 {
		t.Errorf("only %d texts had a hint that says something", said)
	}
}

// unhinted is Find before the hints.
func unhinted(t Text) (found []Match) {
	s := newScanner(t)
	for s.i < len(s.r) {
		if m, ok := s.match(); ok {
			found = append(found, m)
			s.seam(max(m.End, s.i+1))
		}
	}
	return found
}

func applyPlainly(t Text, found []Match) {
	for _, h := range hintsIn(t) {
		best := -1
		for i := range found {
			switch m := &found[i]; {
			case h.all(t):
				m.apply(h.hint)
			case m.ordinary() && (best < 0 || h.distance(*m) < h.distance(found[best])):
				best = i
			}
		}
		if best >= 0 {
			found[best].apply(h.hint)
		}
	}
}
