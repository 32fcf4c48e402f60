package watch

import (
	"math"
	"strings"
	"unicode"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A mark is what tells one violation from another. The police publish no key:
// the document number is usually missing, comes late, and now and then goes
// missing again.
type mark struct {
	minute  int64  // since 1970; unreadable for a date that cannot be read
	when    string // that date, as text
	place   string
	code    string
	act     string
	archive string
}

// unreadable stands for the minute of a date that cannot be read.
const unreadable = math.MinInt64

// markOf is the mark of a row as received.
func markOf(v bot.Violation) mark {
	m := mark{minute: unreadable, place: squeeze(v.Place), archive: squeeze(v.Archive), code: squeeze(v.Code)}
	if v.At.IsZero() {
		m.when = squeeze(v.When)
	} else {
		m.minute = v.At.Unix() / 60
	}
	code, act := cutCode(v.Act)
	m.act = squeeze(act)
	if m.code == "" {
		m.code = squeeze(code)
	}
	return m
}

// same tells whether two marks can be one violation: minute, place and act
// agree, and the numbers where both have one.
func (m mark) same(n mark) bool {
	if m.minute != n.minute || m.when != n.when || m.place != n.place {
		return false
	}
	if m.archive != "" && n.archive != "" && m.archive != n.archive {
		return false
	}
	if m.code != "" && n.code != "" {
		return m.code == n.code
	}
	return m.act == n.act
}

// cutCode takes the code off an act that carries one in front ("16362 : 驾驶…").
func cutCode(act string) (code, rest string) {
	trimmed := strings.TrimSpace(act)
	head, tail, found := strings.Cut(strings.Replace(trimmed, "：", ":", 1), ":")
	head = strings.TrimSpace(head)
	if !found || len(head) < shortestCode || len(head) > longestCode {
		return "", trimmed
	}
	for i, r := range head {
		digit := r >= '0' && r <= '9'
		if !digit && (i < shortestCode || r < 'A' || r > 'Z') {
			return "", trimmed
		}
	}
	return head, tail
}

// Codes have four digits, and a fifth digit or letter in some places
// (GA/T 16.31-2017).
const (
	shortestCode = 4
	longestCode  = 5
)

// squeeze takes out what differs between two spellings of one text: blanks, the
// full width of letters, digits and marks, and the case of letters.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u200b', r == '\ufeff':
			return -1
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		}
		return unicode.ToUpper(r)
	}, s)
}
