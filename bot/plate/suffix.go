package plate

import "strings"

// readSuffix takes 挂 学 警 … behind the serial, unless a word only begins that
// way: 京A1234超速, 京A12345学车.
func (b *body) readSuffix(t Text) {
	if b.n < 3 || b.long || b.masked {
		return
	}
	i := b.end
	for i < b.end+2 && separatorOf(at(t.runes, i)) != separatorNone {
		i++
	}
	s, end := suffixAt(t.runes, i)
	if s == "" {
		return
	}
	again, last := suffixAt(t.runes, end)
	// Five places are a plate already: a suffix more must not be a word's
	// beginning.
	if b.lettered() && len(b.serial()) >= 5 && isHan(at(t.runes, end)) && again != s {
		return
	}
	if again == s {
		b.twice, end = true, last
	}
	b.suffix, b.end = s, end
}

// suffixAt is the suffix at i and where it ends; "" and i when there is none.
func suffixAt(r []rune, i int) (string, int) {
	c := at(r, i)
	if c == '应' && at(r, i+1) == '急' {
		return "应急", i + 2
	}
	k := strings.IndexRune(suffixes, c)
	if c == 0 || k < 0 {
		return "", i
	}
	for _, w := range suffixWords {
		if prefixLen(r[i:], w) > 0 {
			return "", i
		}
	}
	return suffixes[k : k+3], i + 1
}
