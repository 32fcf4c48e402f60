package telegram

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func row(n int) string {
	return fmt.Sprintf("%d. 2026-10-03 08:21 延安高架路\n不按规定车道行驶\n罚款 150 元 · 记 3 分 · 未处理", n)
}

func TestRender(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		html       []string
	}{
		{"words", "您好", []string{"您好"}},
		{"markup is escaped", `<b>"粗"</b> & <a href='x'>_*[]`, []string{"&lt;b&gt;&#34;粗&#34;&lt;/b&gt; &amp; &lt;a href=&#39;x&#39;&gt;_*[]"}},
		{"nothing", " \n\n \n", nil},
		{"paragraphs", "一\n二\n\n\n\n三", []string{"一\n二\n\n三"}},
		{"what no client shows", "a\x00b\x1b[0m\u202ec\td\xff", []string{"ab[0mc d�"}},
		{"few rows stand open, under a bold title", "沪C12345 · 上海\n共 2 条\n\n" + row(1) + "\n\n" + row(2) + "\n\n刚刚",
			[]string{"<b>沪C12345 · 上海</b>\n共 2 条\n\n" + row(1) + "\n\n" + row(2) + "\n\n刚刚"}},
		{"many are folded", "沪C12345 <上海>\n\n" + row(1) + "\n\n" + row(2) + "\n\n" + row(3) + "\n\n" + row(4) + "\n\n刚刚",
			[]string{"<b>沪C12345 &lt;上海&gt;</b>\n\n<blockquote expandable>" + row(1) + "\n\n" + row(2) + "\n\n" + row(3) + "\n\n" + row(4) + "</blockquote>\n\n刚刚"}},
		{"a list of one line each is no report", "1. 沪C12345\n2. 苏E54321", []string{"1. 沪C12345\n2. 苏E54321"}},
		{"as long as it may be", strings.Repeat("字", maxText), []string{strings.Repeat("字", maxText)}},
		{"one more", strings.Repeat("字", maxText+1), []string{strings.Repeat("字", maxText), "字"}},
		{"counted as code points", strings.Repeat("\U0001f600", maxText), []string{strings.Repeat("\U0001f600", maxText)}},
		{"split between paragraphs", strings.Repeat("字", 4000) + "\n\n" + strings.Repeat("词", 95), []string{strings.Repeat("字", 4000), strings.Repeat("词", 95)}},
		{"just fits", strings.Repeat("字", 4000) + "\n\n" + strings.Repeat("词", 94), []string{strings.Repeat("字", 4000) + "\n\n" + strings.Repeat("词", 94)}},
		{"split between lines", strings.Repeat("字", 4000) + "\n" + strings.Repeat("词", 99), []string{strings.Repeat("字", 4000), strings.Repeat("词", 99)}},
		{"split behind a comma", strings.Repeat("字", 4000) + "、" + strings.Repeat("词", 99), []string{strings.Repeat("字", 4000) + "、", strings.Repeat("词", 99)}},
	} {
		parts := render(tt.text)
		if len(parts) != len(tt.html) {
			t.Errorf("%s: %d parts, want %d", tt.name, len(parts), len(tt.html))
			continue
		}
		for i, p := range parts {
			if p.html != tt.html[i] {
				t.Errorf("%s: part %d is\n%.300s\nwant\n%.300s", tt.name, i, p.html, tt.html[i])
			}
		}
	}
}

// A report is split at its rows: no row is torn.
func TestRenderSplitsAtRows(t *testing.T) {
	var all []string
	for i := range 100 {
		all = append(all, row(i+1)+strings.Repeat("长", 60))
	}
	parts := render("沪C12345\n\n" + strings.Join(all, "\n\n"))
	next := 0
	for _, p := range parts {
		for r := range strings.SplitSeq(strings.TrimPrefix(p.plain, "沪C12345\n\n"), "\n\n") {
			if r != all[next] {
				t.Fatalf("row %d arrives as %q", next+1, r)
			}
			next++
		}
		if strings.Count(p.html, "<blockquote expandable>") != 1 || strings.Count(p.html, "</blockquote>") != 1 {
			t.Errorf("a part folds %d times", strings.Count(p.html, "<blockquote"))
		}
	}
	if next != 100 || len(parts) < 3 {
		t.Errorf("%d rows in %d parts", next, len(parts))
	}
}

var ourTags = regexp.MustCompile(`</?b>|<blockquote expandable>|</blockquote>`)

// checkParts holds what must be true of any text's messages.
func checkParts(t interface{ Fatalf(string, ...any) }, text string) {
	letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
	var all string
	for _, p := range render(text) {
		shown := html.UnescapeString(ourTags.ReplaceAllString(p.html, ""))
		switch {
		case shown != p.plain:
			t.Fatalf("HTML shows %q, plain says %q", shown, p.plain)
		case utf8.RuneCountInString(shown) > maxText, len(p.html) > 32768, strings.TrimSpace(shown) == "":
			t.Fatalf("a message of %d characters, %d bytes", utf8.RuneCountInString(shown), len(p.html))
		case strings.ContainsAny(ourTags.ReplaceAllString(p.html, ""), "<>"), !utf8.ValidString(p.html):
			t.Fatalf("not escaped: %q", p.html)
		}
		all += shown
	}
	if got, want := letters(all), letters(clean(text)); got != want {
		t.Fatalf("%q arrives as %q", want, got)
	}
}

func TestRenderAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{
			row(7), "\n\n", "\n", "<b>", "&amp;", `"`, "沪C12345", "、", strings.Repeat("很长的", 700), strings.Repeat("&", 5000), "\U0001f600", "\x00",
		})
		checkParts(t, strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), ""))
	})
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"", "您好", row(1) + "\n\n" + row(2), "<&>", strings.Repeat("字", 5000), "\xff\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkParts(t, s) })
}
