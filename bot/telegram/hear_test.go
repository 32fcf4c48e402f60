package telegram

import (
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// What the dialogue is told of what people send.
func TestWhatIsHeard(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p)
	content := func(name string) map[string]any { return map[string]any{name: map[string]any{"file_id": "f"}} }
	for _, tt := range []struct {
		name    string
		lang    string
		content map[string]any
		text    string
		event   bot.Event
	}{
		{"words", "zh-hans", map[string]any{"text": "查违章 沪C12345"}, "查违章 沪C12345", ""},
		{"a command with arguments", "zh-hans", map[string]any{"text": "/query 沪C12345"}, "/query 沪C12345", ""},
		{"for this bot, in capitals, in the middle", "zh-hans", map[string]any{"text": "请 /QUERY@Weizhang_bot 沪C12345 谢谢"}, "请 /QUERY@Weizhang_bot 沪C12345 谢谢", ""},
		{"/start", "zh-hans", map[string]any{"text": "/start"}, "", bot.Followed},
		{"/start for this bot", "zh-hans", map[string]any{"text": "/Start@weizhang_bot"}, "", bot.Followed},
		{"an opaque deep link", "zh-hans", map[string]any{"text": "/start aZ09_-x"}, "", bot.Followed},
		{"a deep link that names a command", "zh-hans", map[string]any{"text": "/start cars"}, "/cars", ""},
		{"from a group", "zh-hans", map[string]any{"text": "/start group"}, "", bot.Followed},
		{"words behind /start", "zh-hans", map[string]any{"text": "/start 沪C12345"}, "/start 沪C12345", ""},
		{"a caption", "zh-hans", map[string]any{"caption": "沪C12345", "photo": []any{map[string]any{"file_id": "f"}}}, "沪C12345", ""},
		{"a photo", "zh-hans", map[string]any{"photo": []any{map[string]any{"file_id": "f"}}}, "", bot.Picture},
		{"a photo as a file", "zh-hans", map[string]any{"document": map[string]any{"file_id": "f", "mime_type": "image/png"}}, "", bot.Picture},
		{"another file", "zh-hans", map[string]any{"document": map[string]any{"file_id": "f", "mime_type": "application/pdf"}}, "", bot.Other},
		{"speech", "zh-hans", content("voice"), "", bot.Voice},
		{"a round video", "zh-hans", content("video_note"), "", bot.Voice},
		{"a place", "zh-hans", content("location"), "", bot.Place},
		{"a sticker", "zh-hans", content("sticker"), "", bot.Other},
		{"a contact", "zh-hans", content("contact"), "", bot.Other},
	} {
		r.settle(r.tg.Send(42, tt.lang, tt.content))
		m := p.last()
		if m.Text != tt.text || m.Event != tt.event {
			t.Errorf("%s: heard %q %q, want %q %q", tt.name, m.Text, m.Event, tt.text, tt.event)
		}
		if m.Channel != "telegram" || m.User != "telegram:42" || m.Key == "" || time.Since(m.At) > time.Minute {
			t.Errorf("%s: %s %s key %q at %s", tt.name, m.Channel, string(m.User), m.Key, m.At)
		}
	}
}

// What is no message needs no answer, and no place in the inbox.
func TestWhatIsNotHeard(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p)
	private := map[string]any{"id": 42, "type": "private"}
	r.settle(r.tg.Say(42, "你好"))
	before := len(r.tg.Messages(42))
	r.settle(
		r.tg.Send(42, "zh", map[string]any{"pinned_message": map[string]any{"message_id": 1}}),
		r.tg.Send(42, "zh", map[string]any{"message_auto_delete_timer_changed": map[string]any{"n": 1}}),
	)
	for name, update := range map[string]map[string]any{
		"another bot": {"message_id": 9, "chat": private, "text": "hi", "from": map[string]any{"id": 5, "is_bot": true}},
		"a channel":   {"message_id": 9, "chat": map[string]any{"id": -9, "type": "channel"}, "text": "沪C12345"},
		"no chat":     {"message_id": 9, "text": "沪C12345"},
	} {
		r.tg.Deliver("message", 42, update)
		r.settle(r.tg.Say(42, "之后")) // in order: the other has been looked at
		if m := p.last(); m.Text != "之后" {
			t.Errorf("%s: heard %+v", name, m)
		}
	}
	if got := len(r.tg.Messages(42)) - before; got != 3 {
		t.Errorf("%d answers, want 3", got)
	}
	if p.count() != 4 {
		t.Errorf("the dialogue was asked %d times, want 4", p.count())
	}
}

func TestLanguage(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p)
	for _, tt := range []struct {
		client string
		want   bot.Lang
	}{
		{"", ""}, // nobody told yet
		{"en", bot.English}, {"de", bot.English},
		{"", bot.English}, // as last told
		{"zh-hans", bot.Chinese}, {"zh-TW", bot.Chinese}, {"ZH", bot.Chinese},
		{"", bot.Chinese},
	} {
		r.settle(r.tg.SayIn(42, tt.client, "hi"))
		if got := p.last().Lang; got != tt.want {
			t.Errorf("client %q is answered in %q, want %q", tt.client, got, tt.want)
		}
	}
}

// Who blocks the bot leaves it, and is answered nothing; who comes back is
// answered when they speak.
func TestLeaving(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p)
	r.says("你好")
	r.settle(r.tg.Block(42))
	if m := p.last(); m.Event != bot.Left || m.User != "telegram:42" {
		t.Errorf("heard %+v", m)
	}
	n := p.count()
	r.settle(r.tg.Unblock(42))
	if p.count() != n || len(r.tg.Messages(42)) != 1 {
		t.Error("coming back must wait for what the person says")
	}
	if got := r.says("/start"); len(got) != 1 {
		t.Errorf("after coming back: %+v", got)
	}
}

// A group reads where to ask, never what was asked; what is not meant for the
// bot it does not even keep.
func TestGroups(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p)
	r.says("你好")
	for _, tt := range []struct {
		text    string
		answers bool
	}{
		{"/query 沪C12345 发动机号 123456", true},
		{"/query@weizhang_bot 沪C12345", true},
		{"/QUERY@WEIZHANG_BOT 沪C12345", true},
		{"/query@another_bot 沪C12345", false},
		{"@weizhang_bot 查一下 沪C12345", true},
		{"你们看 @Weizhang_Bot 沪C12345", true},
		{"@weizhang_bot_2 沪C12345", false},
		{"沪C12345 发动机号 123456", false},
		{"😀😀 /query@weizhang_bot", true}, // offsets count UTF-16 units
	} {
		before := len(r.tg.Messages(-100))
		id := r.tg.SayInGroup(-100, 42, tt.text)
		if tt.answers {
			r.settle(id)
		}
		r.says("之后") // looked at after the other
		got := r.tg.Messages(-100)[before:]
		if tt.answers != (len(got) == 1) {
			t.Errorf("%q: %d answers", tt.text, len(got))
			continue
		}
		if !tt.answers {
			continue
		}
		m := got[0]
		if m.Text != bot.Sentence(bot.Chinese, bot.TextGroup) || strings.Contains(m.Text, "沪C") {
			t.Errorf("%q: the group reads %q", tt.text, m.Text)
		}
		if b := m.Keyboard[0][0]; b.URL != "https://t.me/weizhang_bot?start=group" || b.Data != "" {
			t.Errorf("button %+v", b)
		}
	}
	for _, m := range p.heard {
		if m.User != "telegram:42" || strings.Contains(m.Text, "沪C") {
			t.Errorf("the dialogue heard of the group: %+v", m.Text)
		}
	}
	// A tap that cannot be: there are no buttons of ours in groups.
	r.settle(r.tg.TapData(-100, 42, 1, "anything"))
	if taps := r.tg.Taps(); taps[0].Text != bot.Sentence(bot.Chinese, bot.TextStale) {
		t.Errorf("a forged tap reads %q", taps[0].Text)
	}
}

// A forum's topic is answered in the topic; a mention without a name and a
// caption count, too.
func TestGroupCorners(t *testing.T) {
	r := newRig(t, &parrot{})
	group := map[string]any{"id": -100, "type": "supergroup"}
	from := map[string]any{"id": 42, "language_code": "en"}
	r.tg.SayInGroup(-100, 42, "the group exists")
	for _, content := range []map[string]any{
		{"text": "/help", "entities": []any{map[string]any{"type": "bot_command", "offset": 0, "length": 5}}, "is_topic_message": true, "message_thread_id": 7},
		{"text": "der Bot", "entities": []any{map[string]any{"type": "text_mention", "offset": 4, "length": 3, "user": map[string]any{"id": 123456, "is_bot": true}}}},
		{"caption": "@weizhang_bot", "photo": []any{map[string]any{"file_id": "f"}}, "caption_entities": []any{map[string]any{"type": "mention", "offset": 0, "length": 13}}},
	} {
		content["message_id"], content["chat"], content["from"] = 5, group, from
		r.settle(r.tg.Deliver("message", -100, content))
	}
	got := r.tg.Messages(-100)
	if len(got) != 3 || got[0].Thread != 7 || got[1].Thread != 0 || got[0].Text != bot.Sentence(bot.English, bot.TextGroup) {
		t.Errorf("the group reads %+v", got)
	}
	// Offsets that lie outside of the text, as only a forger sends them.
	for _, e := range []entity{{Offset: -1, Length: 2}, {Offset: 1, Length: -1}, {Offset: 3, Length: 9}, {Offset: 1 << 40, Length: 1 << 40}} {
		if got := e.cut("短文"); got != "" {
			t.Errorf("%+v cuts %q", e, got)
		}
	}
}
