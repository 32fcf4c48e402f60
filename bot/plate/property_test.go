package plate

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawPlate draws a plate that may be queried, with a letter in use.
func drawPlate(t *rapid.T) string {
	p := provinces[rapid.IntRange(0, len(provinces)-1).Draw(t, "province")]
	info := atlas.provinces[[]rune(p.abbr)[0]]
	letter := rapid.SampledFrom([]byte("ABCDEFGH")).Filter(func(c byte) bool { return info.letters&(1<<(c-'A')) != 0 }).Draw(t, "letter")
	form := rapid.SampledFrom([]string{"11111", "a1111", "1a111", "11a1a", "aa111", "e11111", "ea1111", "11111e"}).Draw(t, "form")
	serial := strings.Map(func(r rune) rune {
		switch r {
		case 'a':
			return rune(rapid.SampledFrom([]byte("ABCDEFGHJKLMNPQRSTUVWXYZ")).Draw(t, "a"))
		case 'e':
			return rune(rapid.SampledFrom([]byte("DABCEFGHJK")).Draw(t, "e"))
		default:
			return rune(rapid.SampledFrom([]byte("0123456789")).Draw(t, "1"))
		}
	}, form)
	return p.abbr + string(letter) + serial
}

// each maps the characters of a plate behind its province.
func each(f func(r rune) rune) func(string) string {
	return func(plate string) string { return strings.Map(f, plate) }
}

// behind puts something behind the agency letter.
func behind(sep string) func(string) string {
	return func(plate string) string { return plate[:4] + sep + plate[4:] }
}

// typings are the ways to type a plate that change nothing.
var typings = map[string]func(string) string{
	"as it is":    func(p string) string { return p },
	"small":       strings.ToLower,
	"full width":  each(func(r rune) rune { return widen(r, r < 0x80) }),
	"mixed width": each(func(r rune) rune { return widen(r, isDigit(r) && r%2 == 0) }),
	"circled digits": each(func(r rune) rune {
		if '1' <= r && r <= '9' {
			return '①' + r - '1'
		}
		return r
	}),
	"spoken digits": each(func(r rune) rune {
		if isDigit(r) {
			return []rune("洞幺两三四五六拐八勾")[r-'0']
		}
		return r
	}),
	"mathematical": each(func(r rune) rune {
		if isDigit(r) {
			return '𝟎' + r - '0'
		}
		return r
	}),
	"look-alikes": func(p string) string {
		return strings.NewReplacer("A", "А", "B", "В", "E", "Е", "K", "Κ", "M", "М", "T", "Τ", "X", "Х").Replace(p)
	},
	"traditional": func(p string) string {
		from, to := []rune(simplified), []rune(traditional)
		r := []rune(p)
		for i, s := range from {
			if r[0] == s {
				r[0] = to[i]
				break
			}
		}
		return string(r)
	},
	"a dot":            behind("·"),
	"a hyphen":         behind("-"),
	"blanks":           behind("  "),
	"an ideographic":   behind("\u3000"),
	"a comma":          behind("，"),
	"point":            behind("点"),
	"zero width":       behind("\u200b"),
	"spaced out":       func(p string) string { return strings.Join(strings.Split(p, ""), " ") },
	"dotted":           func(p string) string { return strings.Join(strings.Split(p, ""), ".") },
	"the name":         func(p string) string { return ProvinceOf(p) + p[3:] },
	"the name in full": func(p string) string { return ProvinceOf(p) + "省" + p[3:] },
	"name and plate":   func(p string) string { return ProvinceOf(p) + p },
	"keycaps":          func(p string) string { return strings.ReplaceAll(p, "1", "1\ufe0f\u20e3") },
}

func widen(r rune, yes bool) rune {
	if yes {
		return r - '!' + '！'
	}
	return r
}

// TestEveryTypingIsTheSamePlate: a certain plate stays that plate, and certain,
// however it is typed.
func TestEveryTypingIsTheSamePlate(t *testing.T) {
	for name, typed := range typings {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := drawPlate(t)
				text := typed(want)
				if got := Parse(text); got.Action != Query || got.Normalized != want {
					t.Fatalf("%s typed as %q reads as %s %s", want, text, got.Action, got.Normalized)
				}
			})
		})
	}
}

// sentences hold a plate where %s stands, and nothing else that is one.
var sentences = []string{
	"%s", "查违章 %s", "帮我查一下%s的违章", "%s有没有违章？", "我的车牌是%s，发动机号123456", "%s 654321", "%s\n123456",
	"车牌号：%s 车架号：LZZDEM201JG481635", "刷新%s", "订阅%s", "删除%s谢谢", "/query %s", "请问%s昨天被拍了吗", "【%s】", "“%s”",
	"%s一起查", "%s两次闯红灯", "电话13800138000，车牌%s", "2026年4月2日 %s 未按规定停放", "*%s*", "%s&key=abc123", "%s超速了",
}

// TestEverySentence finds the plate in each sentence, alone and entire.
func TestEverySentence(t *testing.T) {
	for _, sentence := range sentences {
		t.Run(sentence, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := drawPlate(t)
				text := Fold(strings.Replace(sentence, "%s", want, 1))
				found := Find(text)
				if len(found) != 1 || found[0].Normalized != want || text.Slice(found[0].Start, found[0].End) != want {
					t.Fatalf("%s: found %v", text, found)
				}
			})
		})
	}
}

// TestTwoPlates finds two plates whatever stands between them.
func TestTwoPlates(t *testing.T) {
	for _, between := range []string{" ", "、", "，", ",", "和", "\n", ";", "/", "", "还有", " 发动机123456；"} {
		t.Run(between, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b := drawPlate(t), drawPlate(t)
				found := Find(Fold(a + between + b))
				if len(found) != 2 || found[0].Normalized != a || found[1].Normalized != b {
					t.Fatalf("%s%s%s: found %v", a, between, b, found)
				}
			})
		})
	}
}

// TestAnyOneFault: a plate with one place less is asked about, one with a place
// more or with a star in it is never queried as something else.
func TestAnyOneFault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlate(t)
		at := rapid.IntRange(4, len(p)-1).Draw(t, "at")
		if short := p[:4] + "1234"; Parse(short).Action != Ask {
			t.Fatalf("%s is %s", short, Parse(short).Action)
		}
		if long := p + "987"; Parse(long).Action != Reject {
			t.Fatalf("%s is %s", long, Parse(long).Action)
		}
		if masked := p[:at] + "*" + p[at+1:]; at > 4 && at < len(p)-1 && Parse(masked).Action == Query {
			if got := Parse(masked); got.Normalized == p || len(p) == 9 {
				t.Fatalf("%s is read as %s", masked, got.Normalized)
			}
		}
	})
}
