package telegram

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

func TestCallbackData(t *testing.T) {
	k := newKeyring(testToken)
	for _, send := range []string{
		"是", "1", "下一页", "退订 沪C12345", "/unsubscribe 沪C12345", strings.Repeat("x", maxSend), strings.Repeat("字", 100),
	} {
		label := "按钮 " + head(send, 20)
		data := k.data(42, 7, label, send)
		if n := len(data); n == 0 || n > 64 {
			t.Errorf("%q: %d bytes", send, n)
		}
		if strings.Contains(data, send) && len(send) > 1 {
			t.Errorf("%q can be read off %s", send, data)
		}
		want := send
		if len(send) > maxSend {
			want = label // what a person would type, too
		}
		words, stamp, ok := k.read(42, data, label)
		if !ok || words != want || stamp != 7 {
			t.Errorf("%q comes back as %q, stamp %d, %v", send, words, stamp, ok)
		}
		if data != k.data(42, 7, label, send) {
			t.Errorf("%q: not the same twice", send)
		}
	}
}

func TestForgedCallbackData(t *testing.T) {
	k := newKeyring(testToken)
	data := k.data(42, 7, "是", "是")
	long := k.data(42, 7, "是", strings.Repeat("是", 50))
	for name, tt := range map[string]struct {
		keys        keyring
		chat        int64
		data, label string
	}{
		"another chat":         {k, 43, data, "是"},
		"another bot":          {newKeyring("123456:other"), 42, data, "是"},
		"one bit":              {k, 42, flip(data, 3), "是"},
		"another kind":         {k, 42, "Ag" + data[2:], "是"},
		"another label":        {k, 42, long, "不是"},
		"cut":                  {k, 42, data[:len(data)-2], "是"},
		"nothing":              {k, 42, "", "是"},
		"words as they are":    {k, 42, "是", "是"},
		"padding":              {k, 42, data + "==", "是"},
		"a kind that is not":   {k, 42, strings.Repeat("A", 64), ""},
		"more than it may be":  {k, 42, strings.Repeat("_", 400), ""},
		"only a head, no tail": {k, 42, data[:10], "是"},
		"a line break inside":  {k, 42, data[:9] + "\r\n" + data[9:], "是"},
		"a line break behind":  {k, 42, data + "\n", "是"},
	} {
		if words, _, ok := tt.keys.read(tt.chat, tt.data, tt.label); ok {
			t.Errorf("%s: reads %q", name, words)
		}
	}
}

func flip(s string, i int) string {
	b := []byte(s)
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func FuzzCallbackData(f *testing.F) {
	k := newKeyring(testToken)
	f.Add(k.data(42, 7, "是", "是"), "是", "不是")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, data, label, send string) {
		if words, _, ok := k.read(42, data, label); ok && k.data(42, stampOfData(k, data), label, words) != data && len(words) <= maxSend {
			t.Errorf("%q reads as %q, which was never made so", data, words)
		}
		made := k.data(42, 9, label, send)
		words, stamp, ok := k.read(42, made, label)
		if !ok || stamp != 9 || len(made) > 64 || len(send) <= maxSend && words != send {
			t.Errorf("%q comes back as %q, %d, %v", send, words, stamp, ok)
		}
	})
}

func stampOfData(k keyring, data string) uint32 {
	_, stamp, _ := k.read(42, data, "")
	return stamp
}

func TestKeyboardLayout(t *testing.T) {
	k := newKeyring(testToken)
	options := func(labels ...string) (all []bot.Option) {
		for _, l := range labels {
			all = append(all, bot.Option{Label: l, Send: l})
		}
		return all
	}
	for _, tt := range []struct {
		name    string
		options []bot.Option
		want    string
	}{
		{"nothing", nil, ""},
		{"yes and no share a row", options("是", "不是"), "是|不是"},
		{"at most three in a row", options("是", "否", "左", "右"), "是|否|左/右"},
		{"wide ones stand alone", options("查第1辆", "没有这些号码怎么办呢", "取消"), "查第1辆/没有这些号码怎么办呢/取消"},
		{"English", options("Yes", "No", "Can't find engine no. or VIN"), "Yes|No/Can't find engine no. or VIN"},
		{"a label longer than is shown", options(strings.Repeat("长", 99)), strings.Repeat("长", maxLabel)},
		{"what cannot be tapped is left out", []bot.Option{{Label: "", Send: "x"}, {Label: "x"}, {Label: "\x00", Send: "x"}}, ""},
	} {
		var rows []string
		if m := k.keyboard(42, 1, tt.options); m != nil {
			for _, r := range m.InlineKeyboard {
				var labels []string
				for _, b := range r {
					labels = append(labels, b.Text)
				}
				rows = append(rows, strings.Join(labels, "|"))
			}
		}
		if got := strings.Join(rows, "/"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	many := k.keyboard(42, 1, options(strings.Split(strings.Repeat("一二三四五,", 200), ",")...))
	n := 0
	for _, r := range many.InlineKeyboard {
		n += len(r)
	}
	if n != maxButtons {
		t.Errorf("%d buttons", n)
	}
}
