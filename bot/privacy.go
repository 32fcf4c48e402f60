package bot

import (
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NoticeVersion is the version of the privacy notice that people are shown and
// under which vehicles are kept, if the operator has none of their own.
const NoticeVersion = 3 // 1: cars were kept, and not checked; 2: nothing of 12 months and of age

// DefaultPrivacy is what 隐私 shows where the operator has no text of their own: a
// text that can be copied and edited.
//
//go:embed privacy.txt
var DefaultPrivacy string

// mostPrivacy is the longest text, in characters: one message of Telegram.
const mostPrivacy = 4000

// A Privacy is the text that 隐私 shows. Another text is another version, and then
// everybody is shown the notice once more.
type Privacy struct {
	Version int
	texts   map[Lang]string
}

// ParsePrivacy reads a text: in Chinese and, below a line of three hyphens, in
// English. Without that, everybody reads the first.
func ParsePrivacy(text string) (*Privacy, error) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(text, byteOrderMark), "\r\n", "\n"))
	if !utf8.ValidString(text) {
		return nil, errors.New("bot: privacy text: not UTF-8")
	}
	zh, en, both := strings.Cut("\n"+text+"\n", "\n---\n")
	zh, en = strings.TrimSpace(zh), strings.TrimSpace(en)
	if !both {
		en = zh
	}
	for _, t := range []string{zh, en} {
		switch n := utf8.RuneCountInString(t); {
		case n == 0:
			return nil, errors.New("bot: privacy text: empty")
		case n > mostPrivacy:
			return nil, fmt.Errorf("bot: privacy text: %d characters, the most is %d", n, mostPrivacy)
		case strings.ContainsFunc(t, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }):
			return nil, errors.New("bot: privacy text: a control character in it")
		}
	}
	p := &Privacy{Version: NoticeVersion, texts: map[Lang]string{Chinese: zh, English: en}}
	if text != strings.TrimSpace(DefaultPrivacy) {
		h := fnv.New32a()
		_, _ = h.Write([]byte(text)) // never fails
		// Above every version of the default, and positive in 32 bits.
		p.Version = 1<<30 | int(h.Sum32()>>2)
	}
	return p, nil
}

// or is p, or the default.
func (p *Privacy) or() *Privacy {
	if p != nil {
		return p
	}
	p, err := ParsePrivacy(DefaultPrivacy)
	if err != nil { // a test holds that it is none
		return &Privacy{Version: NoticeVersion}
	}
	return p
}

// in is the text in l.
func (p *Privacy) in(l Lang) string {
	if text, ok := p.texts[l]; ok {
		return text
	}
	return p.texts[Chinese]
}
