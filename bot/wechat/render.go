package wechat

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// maxText is the most bytes of a text message, passive or not. 2,048 are
	// seen to work in some places and to be refused in others.
	maxText = 2047
	// pageMark is room for (12/34) and its line end.
	pageMark = 8
	// maxPages bounds what one answer can grow to.
	maxPages = 99
	// linksInLine is how many tappable words stand side by side.
	linksInLine = 4
	// maxLink is the longest word to tap, so that a line of links fits any page.
	maxLink = 60
)

// render writes replies as one text: paragraphs, and under each its words to
// tap. WeChat shows these as links, and a tap sends the word as a text message
// (weixin://bizmsgmenu, which the platform does not document; without it the
// words are still there to read and to type).
func render(replies []bot.Reply) string {
	var parts []string
	for _, r := range replies {
		if text := strings.TrimSpace(plain(r.Text)); text != "" {
			parts = append(parts, text)
		}
		if len(r.Files) > 0 {
			parts = append(parts, bot.Sentence(bot.Chinese, bot.TextNoFiles))
		}
		if links := links(r.Options); links != "" {
			parts = append(parts, links)
		}
	}
	return join(parts...)
}

// join puts texts under each other.
func join(parts ...string) string {
	var room [4]string
	kept := room[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

// plain is text that WeChat shows as it is: no control characters, which it
// answers with the fault banner, and nothing that it would take for a link.
func plain(s string) string {
	s = clean(strings.ToValidUTF8(s, "\uFFFD"))
	if !strings.Contains(s, "<") {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		b.WriteRune(r)
		if r == '<' && i+1 < len(s) && (s[i+1] == '/' || s[i+1]|0x20 >= 'a' && s[i+1]|0x20 <= 'z') {
			b.WriteRune('\u200b') // a space of no width: shown, and no tag any more
		}
	}
	return b.String()
}

// links are options as tappable words, some to a line.
func links(options []bot.Option) string {
	var b strings.Builder
	for i, o := range options {
		switch {
		case i == 0:
		case i%linksInLine == 0:
			b.WriteByte('\n')
		default:
			b.WriteString("  ")
		}
		b.WriteString(link(o, i+1))
	}
	return b.String()
}

// link is one option. What cannot stand in a link stands there to be typed.
func link(o bot.Option, id int) string {
	const special = "\"'<>&#%\n\r\t"
	label := plain(o.Label)
	if o.Send == "" || len(o.Send) > maxLink || len(label) > maxLink || strings.ContainsAny(o.Send, special) || strings.ContainsAny(label, special) {
		return "「" + label + "」"
	}
	return `<a href="weixin://bizmsgmenu?msgmenucontent=` + o.Send + `&msgmenuid=` + strconv.Itoa(id) + `">` + label + `</a>`
}

// paginate cuts a text into messages, at line ends, and numbers them.
func paginate(text string) []string {
	if len(text) <= maxText {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	var pages []string
	for page := ""; text != "" && len(pages) < maxPages; {
		page, text = cutPage(text, maxText-pageMark)
		pages = append(pages, page)
	}
	for i, p := range pages {
		pages[i] = fmt.Sprintf("(%d/%d)\n%s", i+1, len(pages), p)
	}
	return pages
}

// cutPage cuts off at most n bytes: at a line end, or within a line that is
// longer than a page by itself.
func cutPage(text string, n int) (page, rest string) {
	if len(text) <= n {
		return text, ""
	}
	at := strings.LastIndexByte(text[:n+1], '\n')
	if at <= 0 {
		for at = n; !utf8.RuneStart(text[at]); at-- { //nolint:revive // goes back to where a character begins
		}
	}
	return strings.TrimRight(text[:at], "\n"), strings.TrimLeft(text[at:], "\n")
}
