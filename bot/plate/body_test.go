package plate

import (
	"fmt"
	"testing"
)

// read prints a body: characters, suffix, what stands behind it, and flags.
func read(text string) string {
	t := Fold(text)
	b := readBody(t, 0, false)
	s := fmt.Sprintf("%s%s|%s", b.chars(), b.suffix, t.Slice(b.end, t.Len()))
	for _, f := range []struct {
		set  bool
		name string
	}{{b.masked, " masked"}, {b.long, " long"}, {b.twice, " twice"}, {b.doubt, " doubt"}} {
		if f.set {
			s += f.name
		}
	}
	return s
}

func TestReadBody(t *testing.T) {
	for text, want := range map[string]string{
		// together
		"C12345":     "C12345|",
		"C12345的车":   "C12345|的车",
		"D12345":     "D12345|",
		"12345":      "12345|",
		"0112345":    "0112345|",
		"":           "|",
		"哈哈":         "|哈哈",
		"C123456789": "C12345678| long",

		// over separators
		"·C12345":       "C12345|",
		"C·12345":       "C12345|",
		"C - 12345":     "C12345|",
		"C(12345)":      "C12345|)",
		"C点12345":       "C12345|",
		"C-12-345":      "C12345|",
		"C 12 345":      "C12345|",
		"B D12345":      "BD12345|",
		"B D 12345":     "BD12345|",
		"01·12345":      "0112345|",
		"01 12345":      "0112345|",
		"C\n12345":      "C|\n12345",
		"C1234 5":       "C12345|",
		"C1234 56":      "C1234| 56",
		"C1234-56":      "C123456|",
		"C12345 6":      "C12345| 6",
		"C12345-6":      "C12345|-6",
		"C12345-D":      "C12345D|",
		"C12345 D":      "C12345| D",
		"BD1234-5":      "BD12345|",
		"BD1234 5":      "BD1234| 5",
		"C1 2 3 4 5":    "C12345|",
		"E 1 2 3 4 5 6": "E123456|",
		"ED 1 2 3 4 5":  "ED1234| 5",
		"E D 1 2 3 4 5": "ED12345|",
		"A 13800138000": "A| 13800138000",
		"A········1":    "A|········1",

		// spoken
		"C幺二三四五":    "C12345|",
		"C点零零八八六":   "C00886|",
		"C洞拐八八九的":   "C07889|的",
		"C一2三4五":    "C12345|",
		"C12345二手车": "C12345|二手车",
		"C一二三四五一起":  "C12345|一起",
		"CD一二三四五次":  "CD12345|次",
		"BD1234五":   "BD12345|",
		"BD1234五辆":  "BD1234|五辆",
		"一二三四五":     "|一二三四五",
		"C○○七八九":    "C00789|",

		// hidden
		"C12*45":    "C1245| masked",
		"C1**45":    "C145| masked",
		"C*2345":    "C2345| masked",
		"C*12345":   "C12345|",
		"C●12345":   "C12345|",
		"C12●●5":    "C125| masked",
		"C123**":    "C123| masked",
		"C12345**":  "C12345|**",
		"C1?345":    "C1345| masked",
		"C?12345":   "C12345| masked",
		"C12345?":   "C12345|?",
		"C1234 * 5": "C12345| masked",

		// suffixes
		"A1234挂":   "A1234挂|",
		"A1234 挂":  "A1234挂|",
		"A1234·学车": "A1234|·学车",
		"A1234警警":  "A1234警| twice",
		"A1234警车":  "A1234警|车",
		"A1234超速":  "A1234|超速",
		"A12345学":  "A12345学|",
		"A12345学车": "A12345|学车",
		"A12345挂我": "A12345|挂我",
		"X0119应急":  "X0119应急|",
		"22478领":   "22478领|",
		"12挂":      "12|挂",

		// small l
		"Al2345":  "A12345| doubt",
		"al2345":  "AL2345|",
		"AL2345":  "AL2345|",
		"ABl2345": "AB12345| doubt",
	} {
		if got := read(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestSeparators(t *testing.T) {
	for kind, all := range map[separator]string{
		separatorBlank: " ,，。",
		separatorDot:   "·・•‧∙⋅.-‐–—−_~/\\`'\"“”‘’",
		separatorStar:  "*●",
		separatorWild:  "?#×",
		separatorHead:  "()[]【】「」<>点杠:+",
		separatorNone:  "A1沪\n;；、!的&=@",
	} {
		for _, r := range all {
			if got := separatorOf(r); got != kind {
				t.Errorf("%q is a separator of kind %d, want %d", r, got, kind)
			}
		}
	}
}
