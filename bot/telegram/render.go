package telegram

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// maxText is how many characters a message may have after its entities are
	// parsed, counted as Unicode code points (Bot API, sendMessage).
	maxText = 4096
	// foldRows is from how many rows on a list is folded. Fewer are read faster
	// than unfolded.
	foldRows = 4
)

// A part is what fits into one message: as HTML, and as the plain text that is
// sent if Telegram cannot parse that.
type part struct {
	html  string
	plain string
}

// plain is a part without any markup.
func plain(text string) part { return part{html: html.EscapeString(text), plain: text} }

// render turns a reply's text into messages. Everything is escaped here and
// nowhere else. A list of violations, whose rows are numbered paragraphs, is
// folded; a text that is too long is split between paragraphs, else between
// lines, else where it must be.
func render(text string) []part {
	var (
		parts []part
		open  []paragraph
		size  int
	)
	for _, p := range paragraphs(text) {
		n := utf8.RuneCountInString(p.text)
		if len(open) > 0 && size+2+n > maxText {
			parts, open, size = append(parts, compose(open)), nil, 0
		}
		if len(open) > 0 {
			size += 2 // the empty line between them
		}
		open, size = append(open, p), size+n
	}
	if len(open) > 0 {
		parts = append(parts, compose(open))
	}
	return parts
}

// A paragraph is at most maxText long.
type paragraph struct {
	text string
	row  bool // of a list
	head bool // the title above one
}

func paragraphs(text string) []paragraph {
	var all []paragraph
	rows := 0
	for p := range strings.SplitSeq(clean(text), "\n\n") {
		p = strings.Trim(p, "\n")
		if strings.TrimSpace(p) == "" {
			continue
		}
		row := isRow(p)
		if row {
			rows++
		}
		for piece := range pieces(p) {
			all = append(all, paragraph{text: piece, row: row})
		}
	}
	if rows > 0 && !all[0].row {
		all[0].head = true
	}
	return all
}

// isRow tells whether a paragraph is a row of a report: "3. 2026-10-03 …" and
// lines below it.
func isRow(p string) bool {
	digits := len(p) - len(strings.TrimLeft(p, "0123456789"))
	return digits > 0 && digits < 4 && strings.HasPrefix(p[digits:], ". ") && strings.Contains(p, "\n")
}

// pieces cuts a paragraph that does not fit into a message.
func pieces(p string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for utf8.RuneCountInString(p) > maxText {
			end := byteIndex(p, maxText)
			cut := end
			if i := strings.LastIndexAny(p[:end], "\n"); i > 0 {
				cut = i
			} else if i := strings.LastIndexAny(p[:end], "、，,。； "); i > 0 {
				_, width := utf8.DecodeRuneInString(p[i:])
				cut = i + width
			}
			if !yield(p[:cut]) {
				return
			}
			p = strings.TrimLeft(p[cut:], "\n")
		}
		if strings.TrimSpace(p) != "" {
			yield(p)
		}
	}
}

// byteIndex is where the n-th character of s begins.
func byteIndex(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// compose writes paragraphs as one message.
func compose(ps []paragraph) part {
	rows := 0
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.text
		if p.row {
			rows++
		}
	}
	fold := rows >= foldRows
	var b strings.Builder
	for i, p := range ps {
		starts := fold && p.row && (i == 0 || !ps[i-1].row)
		ends := fold && p.row && (i == len(ps)-1 || !ps[i+1].row)
		if i > 0 {
			b.WriteString("\n\n")
		}
		if starts {
			b.WriteString("<blockquote expandable>")
		}
		b.WriteString(p.markup())
		if ends {
			b.WriteString("</blockquote>")
		}
	}
	return part{html: b.String(), plain: strings.Join(texts, "\n\n")}
}

// markup is the paragraph in HTML: a title's first line is bold.
func (p paragraph) markup() string {
	if !p.head {
		return html.EscapeString(p.text)
	}
	first, rest, more := strings.Cut(p.text, "\n")
	s := "<b>" + html.EscapeString(first) + "</b>"
	if more {
		s += "\n" + html.EscapeString(rest)
	}
	return s
}

// clean drops what no client shows: broken encoding, control characters, and
// those that turn the direction of writing round.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), bot.TurnsText(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
}
