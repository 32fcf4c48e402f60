package wechat

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
)

// longestEntity is more than the longest reference there is, &#x0010FFFF; and
// the like.
const longestEntity = 32

// unescape resolves the entities that XML itself defines; others stay.
func unescape(s string) string {
	at := strings.IndexByte(s, '&')
	if at < 0 {
		return s
	}
	var b strings.Builder
	for ; at >= 0; at = strings.IndexByte(s, '&') {
		b.WriteString(s[:at])
		s = s[at:]
		end := strings.IndexByte(s[:min(len(s), longestEntity)], ';')
		r, ok := entity(s[1:max(end, 1)])
		if end < 0 || !ok {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		b.WriteRune(r)
		s = s[end+1:]
	}
	b.WriteString(s)
	return b.String()
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, found := strings.CutPrefix(name, "#")
	if !found {
		return 0, false
	}
	return number(digits)
}

// number is the character of a numeric reference: 20013 or x4e2d.
func number(digits string) (rune, bool) {
	base := 10
	if hex, found := strings.CutPrefix(digits, "x"); found {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// clean drops what no text needs: control characters other than tab and line
// feed, what turns the direction of writing round, and what Unicode calls no
// characters. Line ends become line feeds.
func clean(s string) string {
	odd := func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' || r >= 0x7f && r <= 0x9f || bot.TurnsText(r) || r == 0xFFFE || r == 0xFFFF
	}
	if strings.IndexFunc(s, odd) < 0 {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case odd(r):
			return -1
		}
		return r
	}, s)
}
