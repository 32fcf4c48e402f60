package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

// updates are what comes in, and whether it is kept.
var updates = []struct {
	name, raw string
	id        int64
	lane      bot.UserID // "" is not kept
	broken    bool
}{
	{"a message", `{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":42,"type":"private"},"from":{"id":42},"text":"沪C12345"}}`, 1, "telegram:42", false},
	{"a chat without type", `{"update_id":2,"message":{"chat":{"id":42},"text":"hi"}}`, 2, "telegram:42", false},
	{"a tap", `{"update_id":3,"callback_query":{"id":"1","from":{"id":42},"message":{"message_id":1,"date":0,"chat":{"id":42,"type":"private"}},"data":"x"}}`, 3, "telegram:42", false},
	{"a tap on an inline message", `{"update_id":4,"callback_query":{"id":"1","from":{"id":42},"inline_message_id":"1","data":"x"}}`, 4, "", false},
	{"blocked", `{"update_id":5,"my_chat_member":{"chat":{"id":42,"type":"private"},"from":{"id":42},"new_chat_member":{"status":"kicked"}}}`, 5, "telegram:42", false},
	{"thrown out of a group", `{"update_id":6,"my_chat_member":{"chat":{"id":-42,"type":"group"},"from":{"id":42},"new_chat_member":{"status":"kicked"}}}`, 6, "", false},
	{"the talk of a group", `{"update_id":7,"message":{"chat":{"id":-42,"type":"supergroup"},"text":"沪C12345"}}`, 7, "", false},
	{"a group that moves", `{"update_id":8,"message":{"chat":{"id":-42,"type":"group"},"migrate_to_chat_id":-10042}}`, 8, "", false},
	{"of a later Bot API", `{"update_id":9,"telepathy":{"of":"tomorrow"}}`, 9, "", false},
	{"a message with a union of a later Bot API", `{"update_id":10,"message":{"chat":{"id":42,"type":"private"},"text":"hi","forward_origin":{"type":"tomorrow"},"reply_to_message":7,"paid_media":{"x":[1]}}}`, 10, "telegram:42", false},
	{"a message of another shape", `{"update_id":11,"message":["沪C12345"]}`, 11, "", true},
	{"a text of another shape", `{"update_id":12,"message":{"chat":{"id":42},"text":{"沪C12345":1}}}`, 12, "", true},
	{"a huge id", `{"update_id":9223372036854775807,"message":{"chat":{"id":42},"text":"hi"}}`, 9223372036854775807, "telegram:42", false},
	{"no id", `{"message":{"chat":{"id":42},"text":"hi"}}`, 0, "", true},
	{"an id of another shape", `{"update_id":"1"}`, 0, "", true},
	{"no JSON", `沪C12345`, 0, "", true},
	{"nothing", ``, 0, "", true},
	{"null", `null`, 0, "", true},
}

func TestAdmit(t *testing.T) {
	a := newBareAdapter(t)
	for _, tt := range updates {
		in, ok, err := a.admit([]byte(tt.raw))
		if ok != (tt.lane != "") || (err != nil) != tt.broken || in.Lane != tt.lane {
			t.Errorf("%s: %s, %v, %v", tt.name, string(in.Lane), ok, err)
		}
		if err != nil && strings.Contains(err.Error(), "沪C") {
			t.Errorf("%s: the error quotes the update: %v", tt.name, err)
		}
		u, err := readUpdate([]byte(tt.raw))
		if u.ID != tt.id || errors.Is(err, errNoID) != (tt.id == 0) {
			t.Errorf("%s: id %d, %v", tt.name, u.ID, err)
		}
		if ok && in.ID != fmt.Sprintf("123456|%d", tt.id) {
			t.Errorf("%s: kept as %q", tt.name, in.ID)
		}
	}
}

// newBareAdapter is one that is not run.
func newBareAdapter(t testing.TB) *Adapter {
	t.Helper()
	a, err := newAdapter(Config{Token: testToken, APIBase: "http://127.0.0.1:1", Bot: &parrot{}, Inbox: bot.NewInbox(nil, Channel)}, hasty())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Whatever comes in: it is read or refused, and what is read can be kept, read
// back and told to the dialogue.
func FuzzUpdate(f *testing.F) {
	for _, tt := range updates {
		f.Add([]byte(tt.raw))
	}
	f.Add([]byte(`{"update_id":1,"message":{"chat":{"id":42},"photo":[],"document":null,"entities":[{"type":"bot_command","offset":-5,"length":99}],"text":"/a"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a := newBareAdapter(t)
		in, ok, err := a.admit(raw)
		if err != nil || !ok {
			return
		}
		e := &errand{a: a, in: in}
		if err := e.open(); err != nil {
			t.Fatalf("kept, but not read back: %v", err)
		}
		if e.chat.lane() != in.Lane {
			t.Fatalf("lane %s became %s", string(in.Lane), string(e.chat.lane()))
		}
		if e.u.Tap != nil {
			_, _, ok := a.keys.read(e.chat.ID, e.u.Tap.Data, e.u.Tap.Message.label(e.u.Tap.Data))
			if ok {
				t.Fatal("a button that was never made")
			}
			return
		}
		if m, ok := e.message(t.Context()); ok && (m.User == "" || m.Key == "") {
			t.Fatalf("told as %+v", m)
		}
		_ = e.u.toUs("weizhang_bot", "123456")
		if again, _ := json.Marshal(e.env); len(again) == 0 {
			t.Fatal("cannot be kept for a second part")
		}
	})
}
