package bot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
)

func TestOneLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"as it should be", "人民路与解放路路口 东进口 G2京沪高速773公里+12米", "人民路与解放路路口 东进口 G2京沪高速773公里+12米"},
		{"markup is left", `<a href="x">*_[`, `<a href="x">*_[`},
		{"lines become one", "a\r\nb\n\n\tc\u2028d\u2029e\u0085f", "a b c d e f"},
		{"blanks at the ends", " \n a \n ", "a"},
		{"controls", "a\x00b\x1b[31mc\x9bd\u009be", "a b [31mcd e"},
		{"turned round", "a\u202eb\u2066c\u200fd", "abcd"},
		{"not seen", "a\u200bb\ufeffc\u00add\U000e0041e", "abcde"},
		{"a pile of marks", "a" + strings.Repeat("\u0301", 1000) + "b", "a\u0301\u0301\u0301b"},
		{"an honest mark", "e\u0301", "e\u0301"},
		{"broken UTF-8", "a\xff\xfeb", "ab"},
		{"just fits", strings.Repeat("路", 20), strings.Repeat("路", 20)},
		{"too long", strings.Repeat("路", 21), strings.Repeat("路", 20) + "…"},
		{"too long at a blank", strings.Repeat("路", 20) + " x", strings.Repeat("路", 20) + "…"},
		{"blanks behind the end", strings.Repeat("路", 20) + "  ", strings.Repeat("路", 20)},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := bot.OneLine(tt.text, 20); got != tt.want && tt.name != "as it should be" {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if got := bot.OneLine(tt.text, 100); tt.name == "as it should be" && got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("人民路\u202e\x1b[31m", 10)
	f.Add("a\u0301\u0301\u0301\u0301\xff", 1)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(0, min(most, 1000))
		got := bot.OneLine(text, most)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > most+2 || strings.ContainsAny(got, "\n\r\x00\x1b\u202e\u009b") {
			t.Errorf("%q", got)
		}
		if strings.ContainsFunc(got, bot.TurnsText) {
			t.Errorf("%q is turned round", got)
		}
	})
}
