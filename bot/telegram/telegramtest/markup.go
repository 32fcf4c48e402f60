package telegramtest

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// tag is one of the tags Telegram knows; anything else between < and > is
// refused.
var tag = regexp.MustCompile(`^<(/?)(b|strong|i|em|u|ins|s|strike|del|tg-spoiler|code|pre|a|blockquote)((?: expandable| href="[^"<>]*")?)>`)

// entity is what may follow &: four names, and numbers.
var entity = regexp.MustCompile(`^&(?:lt|gt|amp|quot|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});`)

// parseHTML is the text of a message whose parse_mode is HTML.
func parseHTML(s string) (string, error) {
	var (
		b    strings.Builder
		open []string
	)
	for s != "" {
		switch s[0] {
		case '<':
			m := tag.FindStringSubmatch(s)
			if m == nil {
				return "", fmt.Errorf("unsupported start tag at %.20q", s)
			}
			if m[1] == "" {
				open = append(open, m[2])
			} else if len(open) == 0 || open[len(open)-1] != m[2] {
				return "", fmt.Errorf("unexpected end tag at %.20q", s)
			} else {
				open = open[:len(open)-1]
			}
			s = s[len(m[0]):]
		case '&':
			m := entity.FindString(s)
			if m == "" { // the real one lets a lone & pass
				b.WriteByte('&')
				s = s[1:]
				continue
			}
			b.WriteString(decode(m))
			s = s[len(m):]
		default:
			n := strings.IndexAny(s, "<&")
			if n < 0 {
				n = len(s)
			}
			b.WriteString(s[:n])
			s = s[n:]
		}
	}
	if len(open) > 0 {
		return "", errors.New("can't find end tag corresponding to start tag " + open[len(open)-1])
	}
	return b.String(), nil
}

func decode(e string) string {
	switch name := e[1 : len(e)-1]; name {
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "amp":
		return "&"
	case "quot":
		return `"`
	default:
		n, _ := strconv.ParseInt(strings.Replace(name[1:], "x", "0x", 1), 0, 32)
		return string(rune(n))
	}
}
