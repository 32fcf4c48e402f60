package bot

import (
	"strings"
	"unicode"
)

// mostMarks is how many marks may stand on one character: no writing needs more,
// and a pile of them covers the lines above and below.
const mostMarks = 3

// OneLine is somebody else's text as it can stand in a sentence of ours: valid
// UTF-8 on one line of at most `most` characters, without controls, without what
// turns the direction of writing or is not seen, and without piles of marks. A
// text that was longer ends with …. Markup stays: each outlet knows its own.
func OneLine(text string, most int) string {
	var b strings.Builder
	n, marks, blank := 0, 0, false
	for _, r := range text {
		switch {
		case r == unicode.ReplacementChar, unicode.Is(unicode.Cf, r):
			continue
		case unicode.IsControl(r), unicode.IsSpace(r), unicode.In(r, unicode.Zl, unicode.Zp):
			blank = n > 0
			continue
		case !unicode.IsMark(r):
			marks = 0
		default:
			if marks++; marks > mostMarks {
				continue
			}
		}
		if n >= most {
			return b.String() + "…"
		}
		if blank {
			b.WriteByte(' ')
			n, blank = n+1, false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// TurnsText tells the characters that override the direction of the text after
// them (UAX #9): in a line of ours they would show somebody else's words as ours.
func TurnsText(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
