package playground

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
)

// Plain is text that a terminal shows and does not obey: what a place name or
// a remark from elsewhere carries may neither colour the screen nor move the
// cursor, set the title or turn the reading direction. Line breaks stay; a tab
// stays; every other control character goes, and with an escape its sequence.
func Plain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for len(text) > 0 {
		if n := sequence(text); n > 0 {
			text = text[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		if r != utf8.RuneError || n > 1 {
			if r == '\n' || r == '\t' || !unicode.IsControl(r) && !bot.TurnsText(r) && r != 0xfeff {
				b.WriteRune(r)
			}
		}
		text = text[n:]
	}
	return b.String()
}

// sequence is the length of the escape sequence at the beginning of text, 0
// when there is none (ECMA-48 §5.4, §5.6): CSI up to its final byte, a string
// such as OSC up to BEL or ST, else ESC, intermediate bytes and one final byte.
// An unfinished one ends before the next line.
func sequence(text string) int {
	kind, n := introducer(text)
	switch kind {
	case '[':
		for n < len(text) && text[n] >= 0x20 && text[n] <= 0x3f {
			n++
		}
		if n < len(text) && text[n] >= 0x40 && text[n] <= 0x7e {
			n++
		}
	case ']', 'P', 'X', '^', '_':
		for n < len(text) && text[n] != '\n' {
			switch {
			case text[n] == '\a':
				return n + 1
			case strings.HasPrefix(text[n:], "\x1b\\"), strings.HasPrefix(text[n:], "\u009c"):
				return n + 2
			}
			n++
		}
	}
	return n
}

// introducer reads what a sequence begins with, in its seven-bit form (ESC and
// a letter) or as one C1 character, and returns the letter and its length.
func introducer(text string) (kind byte, n int) {
	if r, size := utf8.DecodeRuneInString(text); r >= 0x80 && r <= 0x9f {
		return byte(r) - 0x40, size // #nosec G115 -- r is below 0xa0
	}
	if text[0] != 0x1b {
		return 0, 0
	}
	n = 1
	for n < len(text) && text[n] >= 0x20 && text[n] <= 0x2f {
		n++
	}
	if n < len(text) && text[n] >= 0x30 && text[n] <= 0x7e {
		return text[n], n + 1
	}
	return 0, n
}
