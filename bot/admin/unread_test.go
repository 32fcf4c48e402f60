package admin_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

func TestMaskText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"words stay", "能不能帮我看一下", "能不能帮我看一下"},
		{"a plate", "沪C12345 怎么样", "沪X00000 怎么样"},
		{"a plate of letters", "沪CABCDE", "沪XXXXXX"},
		{"a plate in full width", "沪Ｃ１２３４５", "沪X00000"},
		{"small letters beside digits", "lfv1234567", "XXX0000000"},
		{"a VIN", "LFV2A21K6A3012345", "XXX0X00X0X0000000"},
		{"a phone", "138-1234-5678", "000-0000-0000"},
		{"digits in Chinese", "一二三四五六", "零零零零零零"},
		{"digits on the radio", "洞幺拐勾", "零零零零"},
		{"two are a number", "二十条", "二十条"},
		{"Arabic digits of elsewhere", "٣٤٥٦", "0000"},
		{"circled", "①②③④", "0000"},
		{"a user id", "oAbC_d-efGhijk", "XXXX_X-XXXXXXX"},
		{"a small word", "hello kitty", "hello kitty"},
		{"a long small word may be a key", "abcdefghijklmnop", "XXXXXXXXXXXXXXXX"},
		{"lines", "a\nb", "X X"},
		{"no text at all", "\xff\xfe", "?"},
		{"too long", strings.Repeat("长", 90), strings.Repeat("长", 80) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := admin.MaskText(tt.in); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// personal is what must not be left: a digit but 0, a Chinese one in a row of
// three but 零.
var personal = regexp.MustCompile(`[1-9１-９]|[一二三四五六七八九〇]{3}|[A-WYZ]`)

func FuzzMaskText(f *testing.F) {
	for _, s := range []string{"沪C12345", "洞幺拐", "LFV2A21K6A3012345", "a1B2", "①"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := admin.MaskText(s)
		if m := personal.FindString(got); m != "" {
			t.Errorf("%q is left of %q: %q", m, s, got)
		}
		if again := admin.MaskText(strings.TrimSuffix(got, "…")); again != strings.TrimSuffix(got, "…") {
			t.Errorf("%q masked twice is %q", got, again)
		}
	})
}

// The download is lines that parse takes, oldest first, and not without end.
func TestDownload(t *testing.T) {
	r := newRig(t, "")
	for i := range 600 {
		text := strings.Repeat("啥", i%9+1)
		r.panel.Turn(bot.Seen{Channel: "wechat", Intent: "unknown", Unread: &bot.Unread{Text: text, Open: "ask_engine6_vin6"}})
	}
	r.panel.Turn(bot.Seen{Channel: "wechat", Intent: "unknown", Again: true, Unread: &bot.Unread{Text: "又来"}})
	res := r.gets("/unread.jsonl")
	if d := res.Header().Get("Content-Disposition"); !strings.Contains(d, "attachment") {
		t.Errorf("disposition %q", d)
	}
	lines := strings.Split(strings.TrimSpace(res.Body.String()), "\n")
	if len(lines) != 500 || strings.Contains(lines[499], "又来") {
		t.Errorf("%d lines, the last %s", len(lines), lines[len(lines)-1])
	}
	for i, line := range lines {
		want := fmt.Sprintf(`{"text":%q,"ctx":"ask_engine6_vin6","intent":"unknown","plate":"","plate_type":"","engine":"","vin":"","note":"ctx=ask_engine6_vin6"}`,
			strings.Repeat("啥", (100+i)%9+1))
		if line != want {
			t.Fatalf("line %d: %s, want %s", i, line, want)
		}
		var l struct{ Text, Ctx string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if _, err := nlu.ParseOpen(l.Ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMaskDetail(t *testing.T) {
	for in, want := range map[string]string{
		"50 % of the daily budget: 50 of 100": "50 % of the daily budget: 50 of 100",
		"query: code 10001: 错误的请求KEY":         "query: code 10001: 错误的请求KEY",
		"telegram:123456789 said":             "telegram:*** said",
		"key 0123456789abcdef":                "key ***",
	} {
		if got := admin.MaskDetail(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
