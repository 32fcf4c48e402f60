package wechat

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
)

func TestRender(t *testing.T) {
	yes := bot.Option{Label: "是", Send: "是"}
	tap := func(n int, word string) string {
		return fmt.Sprintf(`<a href="weixin://bizmsgmenu?msgmenucontent=%s&msgmenuid=%d">%s</a>`, word, n, word)
	}
	for _, tt := range []struct {
		name    string
		replies []bot.Reply
		want    string
	}{
		{"nothing", nil, ""},
		{"one", []bot.Reply{{Text: "您好"}}, "您好"},
		{"two", []bot.Reply{{Text: "您好"}, {Text: "再见"}}, "您好\n\n再见"},
		{"to tap", []bot.Reply{{Text: "对吗", Options: []bot.Option{yes}}}, "对吗\n\n" + tap(1, "是")},
		{"many to tap", []bot.Reply{{Text: "哪个", Options: []bot.Option{yes, yes, yes, yes, yes}}},
			"哪个\n\n" + tap(1, "是") + "  " + tap(2, "是") + "  " + tap(3, "是") + "  " + tap(4, "是") + "\n" + tap(5, "是")},
		{"label and word differ", []bot.Reply{{Options: []bot.Option{{Label: "第一辆", Send: "查第1辆"}}}},
			`<a href="weixin://bizmsgmenu?msgmenucontent=查第1辆&msgmenuid=1">第一辆</a>`},
		{"what breaks a link", []bot.Reply{{Options: []bot.Option{{Label: "a&b", Send: `x"&y`}}}}, "「a&b」"},
		{"a long word", []bot.Reply{{Options: []bot.Option{{Label: "x", Send: strings.Repeat("长", 30)}}}}, "「x」"},
		{"control characters", []bot.Reply{{Text: "a\x00b\x01c\r\nd\x1b"}}, "abc\nd"},
		{"invalid UTF-8", []bot.Reply{{Text: "a\xffb"}}, "a\uFFFDb"},
		{"somebody's link", []bot.Reply{{Text: `<a href="http://x">y</a> 1<2 <3`}}, "<\u200ba href=\"http://x\">y<\u200b/a> 1<2 <3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := render(tt.replies); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// Pages keep below the limit, begin and end with lines, and lose nothing.
func TestPaginate(t *testing.T) {
	line := strings.Repeat("违", 30)
	long := strings.Repeat("章🚗", 2000)
	for name, text := range map[string]string{
		"short": "您好", "exactly": strings.Repeat("x", maxText), "one more": strings.Repeat("x", maxText+1),
		"lines": strings.Repeat(line+"\n", 200), "paragraphs": strings.Repeat(line+"\n\n", 100),
		"one long line": long, "a long line among others": line + "\n" + long + "\n" + line,
	} {
		t.Run(name, func(t *testing.T) {
			pages := paginate(text)
			var all strings.Builder
			for i, p := range pages {
				if len(p) > maxText || !utf8.ValidString(p) || strings.TrimSpace(p) == "" {
					t.Errorf("page %d of %d bytes", i, len(p))
				}
				if len(pages) > 1 {
					mark := fmt.Sprintf("(%d/%d)\n", i+1, len(pages))
					if !strings.HasPrefix(p, mark) {
						t.Errorf("page %d begins %.20q", i, p)
					}
					p = strings.TrimPrefix(p, mark)
				}
				all.WriteString(p)
			}
			bare := func(s string) string { return strings.ReplaceAll(s, "\n", "") }
			if bare(all.String()) != bare(text) {
				t.Error("something is lost or doubled")
			}
			if len(text) <= maxText != (len(pages) == 1) {
				t.Errorf("%d pages of %d bytes", len(pages), len(text))
			}
		})
	}
}

// FuzzPaginate: whatever is said fits, and nothing of a link is cut.
func FuzzPaginate(f *testing.F) {
	f.Add("您好\n再见", 3)
	f.Add(strings.Repeat("长", 700), 9)
	f.Fuzz(func(t *testing.T, text string, options int) {
		r := bot.Reply{Text: text}
		for range max(0, options%12) {
			r.Options = append(r.Options, bot.Option{Label: strings.Repeat("选", 20), Send: strings.Repeat("项", 20)})
		}
		pages := paginate(render([]bot.Reply{r, r}))
		for _, p := range pages {
			if len(p) > maxText || !utf8.ValidString(p) || strings.TrimSpace(p) == "" {
				t.Fatalf("%d bytes: %.100q", len(p), p)
			}
			if strings.Count(p, "<a href") != strings.Count(p, "</a>") {
				t.Fatalf("a link is cut: %q", p)
			}
		}
	})
}
