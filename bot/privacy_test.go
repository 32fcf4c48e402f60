package bot_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

func TestParsePrivacy(t *testing.T) {
	for name, text := range map[string]string{
		"the default":        bot.DefaultPrivacy,
		"with Windows' ends": strings.ReplaceAll(bot.DefaultPrivacy, "\n", "\r\n"),
	} {
		if p, err := bot.ParsePrivacy(text); err != nil || p.Version != bot.NoticeVersion {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	seen := map[int]string{bot.NoticeVersion: "the default"}
	for _, text := range []string{"甲", "乙", "甲\n---\nA", "甲\n---\nB"} {
		p, err := bot.ParsePrivacy(text)
		if err != nil || p.Version <= bot.NoticeVersion || seen[p.Version] != "" {
			t.Errorf("%q: %+v, %v; %q has that version", text, p, err, seen[p.Version])
			continue
		}
		seen[p.Version] = text
	}
	for name, text := range map[string]string{
		"nothing":        " \n ",
		"no Chinese":     "\n---\nEnglish only",
		"no English":     "中文\n---\n ",
		"too long":       strings.Repeat("长", 4001),
		"binary":         "中文\x00",
		"an escape":      "中文\x1b[31m",
		"no UTF-8":       "\xff\xfe",
		"too long below": "中文\n---\n" + strings.Repeat("x", 4001),
	} {
		if _, err := bot.ParsePrivacy(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// An operator's own text is what 隐私 shows; another text has everybody shown the
// notice once more, and is the version under which cars are kept.
func TestPrivacyOfAnOperator(t *testing.T) {
	w := newWorld(t)
	notice := "发「隐私」看说明"
	if got := text(w.handle(t, message("a", "1", full))); !strings.Contains(got, notice) {
		t.Errorf("the first time: %q", got)
	}
	if got := text(w.handle(t, message("a", "2", "隐私"))); strings.Contains(got, notice) || !strings.Contains(got, "未满 14 周岁") {
		t.Errorf("the default: %q", got)
	}
	own, err := bot.ParsePrivacy("我们的说明\n---\nour text")
	if err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.privacy = own
	w.start(t)
	for i, want := range []bool{true, false} {
		got := text(w.handle(t, message("a", "3"+strings.Repeat("+", i), "隐私")))
		if !strings.Contains(got, "我们的说明") || strings.Contains(got, notice) != want {
			t.Errorf("%d: %q", i, got)
		}
	}
	w.lang = bot.English
	if got := text(w.handle(t, message("a", "4", "privacy"))); !strings.Contains(got, "our text") {
		t.Errorf("in English: %q", got)
	}
	w.lang = bot.Chinese
	w.handle(t, message("a", "5", "订阅"))
	if raw := string(w.raw(t, "test:a")["garage"]); !strings.Contains(raw, `"notice":1`) || strings.Contains(raw, `"notice":3`) {
		t.Errorf("kept under %s", raw)
	}
	if err := w.bot.Sweep(context.Background()); err != nil {
		t.Error(err)
	}
}

// Whoever says that they are under 14 is refused, nothing is sent to anybody,
// and what is theirs they may see and delete.
func TestDeclaredAge(t *testing.T) {
	for _, c := range []struct {
		says    string
		lang    bot.Lang
		refused bool
	}{
		{"我今年12岁", "", true},
		{"我才十三岁，帮我查沪C12345", "", true},
		{"我十岁", "", true},
		{"我 9 周岁", "", true},
		{"我14岁", "", false},
		{"我十四岁", "", false},
		{"我今年二十三岁", "", false},
		{"我儿子12岁", "", false},
		{"车龄12年", "", false},
		{"沪C12345", "", false},
		{"I am 12 years old", bot.English, true},
		{"I'm only 13 years old", bot.English, true},
		{"I am 30 years old", bot.English, false},
		{"my son is 12 years old", bot.English, false},
	} {
		t.Run(c.says, func(t *testing.T) {
			w := newWorld(t)
			w.lang = c.lang
			got := text(w.handle(t, message("a", "1", c.says)))
			w.lang = bot.Chinese
			if strings.Contains(got, "14") != c.refused {
				t.Errorf("%q", got)
			}
			if !c.refused {
				return
			}
			if got := text(w.handle(t, message("a", "2", full))); !strings.Contains(got, "未满 14 周岁") || w.juhe.Meter().Queries > 0 {
				t.Errorf("a query then: %q, %d sent", got, w.juhe.Meter().Queries)
			}
			for _, own := range [][2]string{{"我的数据", "没有保存"}, {"隐私", "关于您的数据"}, {"忘记我", "确认请完整回复"}} {
				if got := text(w.handle(t, message("a", "3"+own[0], own[0]))); !strings.Contains(got, own[1]) {
					t.Errorf("%s: %q", own[0], got)
				}
			}
			if got := text(w.handle(t, message("a", "4", "确认删除"))); !strings.Contains(got, "已经全部删除") {
				t.Errorf("%q", got)
			}
			if got := text(w.handle(t, message("a", "5", "我15岁，查 沪C12345"))); strings.Contains(got, "未满 14") {
				t.Errorf("older now: %q", got)
			}
		})
	}
}
