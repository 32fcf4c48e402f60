package plate

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxRunes is how much of a message is read: twice what the longest message of
// Telegram holds. What comes after is cut off by Fold.
const MaxRunes = 8192

// A Text is a message made comparable: one form for every way to type the same
// character. It is meant to be read by programs; what is shown to people is
// never taken from it.
//
// Its runes are compatibility-decomposed (NFKD: full width, circled and
// mathematical characters become plain), without marks, controls and invisible
// characters; letters are upper case and Latin where they look Latin;
// traditional characters are simplified. Every line break is '\n', every other
// white space ' ', and their number is kept. Spoken digits stay as they are.
type Text struct {
	runes []rune
	lower []uint64 // bit i: rune i was typed as a lower-case letter; nil: none was
	cut   bool
}

// Fold normalises a message. It takes time linear in at most MaxRunes
// characters of s.
func Fold(s string) Text {
	f := folder{Text: Text{runes: make([]rune, 0, min(utf8.RuneCountInString(s[:min(len(s), 4*MaxRunes)]), MaxRunes))}}
	for i, r := range s {
		if r != '\n' {
			f.cr = false
		}
		if len(f.runes) >= MaxRunes || i >= 4*MaxRunes {
			f.cut = true
			break
		}
		switch {
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == ' ':
			f.runes = append(f.runes, r)
		case r >= hanFirst && r <= hanLast:
			f.runes = append(f.runes, simplify(r))
		default:
			f.add(r)
		}
	}
	return f.Text
}

// Runes returns the text; the caller must not change it.
func (t Text) Runes() []rune { return t.runes }

// Len is the number of runes.
func (t Text) Len() int { return len(t.runes) }

// String returns the whole text.
func (t Text) String() string { return string(t.runes) }

// Slice returns the runes from start up to end as a string.
func (t Text) Slice(start, end int) string { return string(t.runes[start:end]) }

// Lower reports whether the rune at i was typed as a lower-case letter.
func (t Text) Lower(i int) bool {
	return t.lower != nil && t.lower[i/64]&(1<<(i%64)) != 0
}

// Cut reports whether the message was longer than MaxRunes.
func (t Text) Cut() bool { return t.cut }

type folder struct {
	Text
	cr bool // the last rune was a carriage return
}

// add folds a rune that is neither a plain capital or digit nor a Han character
// of the basic block.
func (f *folder) add(r rune) {
	switch {
	case 'a' <= r && r <= 'z':
		f.put(r-'a'+'A', true)
	case r < utf8.RuneSelf:
		f.put(r, false)
	case '！' <= r && r <= '～': // full width
		f.add(r - '！' + '!')
	case '⑴' <= r && r <= '⑼': // decomposed, its parentheses would cut the number
		f.put(r-'⑴'+'1', false)
	case '⒈' <= r && r <= '⒐':
		f.put(r-'⒈'+'1', false)
	default:
		var in [utf8.UTFMax]byte
		n := utf8.EncodeRune(in[:], r)
		d := norm.NFKD.Properties(in[:n]).Decomposition()
		if len(d) == 0 || r >= hangulFirst && r <= hangulLast {
			f.letter(r)
			return
		}
		for len(d) > 0 {
			c, size := utf8.DecodeRune(d)
			d = d[size:]
			f.letter(c)
		}
	}
}

// letter upper-cases and maps one decomposed rune.
func (f *folder) letter(r rune) {
	up := unicode.ToUpper(r)
	lower := up != r
	if l, ok := lookalikes[up]; ok {
		up = l
	}
	for _, first := range framed {
		if up >= first && up < first+26 {
			up = up - first + 'A'
		}
	}
	if up >= hanFirst && up <= hanLast {
		up = simplify(up)
	}
	f.put(up, lower)
}

// put appends a folded rune unless it is one that nobody sees.
func (f *folder) put(r rune, lower bool) {
	switch {
	case r == '\r' || r == '\n' || r == '\u0085' || r == '\u2028' || r == '\u2029':
		if r == '\n' && f.cr {
			f.cr = false
			return // the second half of \r\n
		}
		f.cr = r == '\r'
		r = '\n'
	case unicode.IsSpace(r):
		r = ' '
	case r < ' ' || r == 0x7F:
		return
	case r >= utf8.RuneSelf && unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Cc):
		return
	}
	if len(f.runes) >= MaxRunes {
		f.cut = true
		return
	}
	f.runes = append(f.runes, r)
	if lower {
		f.markLower(len(f.runes) - 1)
	}
}

func (f *folder) markLower(i int) {
	if f.lower == nil {
		f.lower = make([]uint64, (max(cap(f.runes), i+1)+63)/64)
	}
	for len(f.lower) <= i/64 {
		f.lower = append(f.lower, 0)
	}
	f.lower[i/64] |= 1 << (i % 64)
}

func simplify(r rune) rune {
	if s := atlas.simple[r-hanFirst]; s != 0 {
		return s
	}
	return r
}

// The basic block of Han characters.
const (
	hanFirst = 0x4E00
	hanLast  = 0x9FFF
)

// The composed Korean syllables, which would fall apart.
const (
	hangulFirst = 0xAC00
	hangulLast  = 0xD7A3
)

func isHan(r rune) bool { return r >= hanFirst && r <= hanLast || r == '〇' }

func isDigit(r rune) bool  { return '0' <= r && r <= '9' }
func isLetter(r rune) bool { return 'A' <= r && r <= 'Z' }
func isAlnum(r rune) bool  { return isDigit(r) || isLetter(r) }
