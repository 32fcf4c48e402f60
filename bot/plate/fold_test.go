package plate_test

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

func TestFold(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nothing":            {"", ""},
		"capitals stay":      {"沪C12345", "沪C12345"},
		"lower case":         {"沪c12345", "沪C12345"},
		"full width":         {"京Ａ１２３４５，ａ", "京A12345,A"},
		"circled":            {"Ⓐ①②❸➃", "A1234"},
		"mathematical":       {"𝐀𝟏𝟐", "A12"},
		"framed":             {"🅰🅐🇦", "AAA"},
		"keycaps":            {"1️⃣2️⃣", "12"},
		"Kangxi radical":     {"⿊A", "黑A"},
		"Cyrillic and Greek": {"АВЕКМНОРСТХУ авс ΑΒΕΖΗΚΜΝΟΡΤΥΧ", "ABEKMHOPCTXY ABC ABEZHKMNOPTYX"},
		"tone marks":         {"hù lǔ", "HU LU"},
		"traditional":        {"滬遼蘇贛魯粵瓊貴雲陝寧閩領學掛試靑淸黒渝東廣慶龍內濱舊車號臨應", "沪辽苏赣鲁粤琼贵云陕宁闽领学挂试青清黑渝东广庆龙内滨旧车号临应"},
		"invisible":          {"\ufeff沪\u200bC\u2060\u00ad1\u202e2\ufe0f", "沪C12"},
		"controls":           {"沪\x00C\x1b1", "沪C1"},
		"white space":        {"a\tb\u00a0c\u3000d  e", "A B C D  E"},
		"line breaks":        {"a\nb\r\nc\rd\u2028e\r\n\r\nf", "A\nB\nC\nD\nE\n\nF"},
		"invalid UTF-8":      {"沪\xffC", "沪\uFFFDC"},
		"Hangul stays":       {"한A", "한A"},
		"spoken digits stay": {"幺二〇", "幺二〇"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plate.Fold(c.in).String(); got != c.want {
				t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestFoldRemembersCase(t *testing.T) {
	text := plate.Fold(strings.Repeat("沪Aａ1bЬа", 30))
	var got strings.Builder
	for i := range text.Len() {
		if text.Lower(i) {
			got.WriteString("x")
		} else {
			got.WriteString("-")
		}
	}
	if want := strings.Repeat("--x-x-x", 30); got.String() != want {
		t.Errorf("lower case at %s, want %s", got.String(), want)
	}
	if plate.Fold("沪A").Lower(1) {
		t.Error("a capital is remembered as lower case")
	}
}

func TestFoldCuts(t *testing.T) {
	long := strings.Repeat("沪", plate.MaxRunes)
	if text := plate.Fold(long); text.Cut() || text.Len() != plate.MaxRunes {
		t.Errorf("%d runes, cut %t", text.Len(), text.Cut())
	}
	for name, more := range map[string]string{"by one": long + "A", "in a decomposition": long[3:] + "㈱", "by marks": strings.Repeat("\u0301", 5*plate.MaxRunes)} {
		if text := plate.Fold(more); !text.Cut() || text.Len() > plate.MaxRunes {
			t.Errorf("%s: %d runes, cut %t", name, text.Len(), text.Cut())
		}
	}
}
