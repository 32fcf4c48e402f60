package telegramtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// Say has a person write to the bot in their private chat, from a Chinese
// client, and returns the update's id. Commands are marked as clients do.
func (s *Server) Say(person int64, text string) int64 { return s.SayIn(person, "zh-hans", text) }

// SayIn is Say from a client in another language; "" does not tell.
func (s *Server) SayIn(person int64, lang, text string) int64 {
	return s.Send(person, lang, map[string]any{"text": text, "entities": entities(text)})
}

// SayInGroup has a person write in a group, whose id is negative.
func (s *Server) SayInGroup(group, person int64, text string) int64 {
	return s.message(group, map[string]any{"id": group, "type": "supergroup", "title": "车友"}, user(person, "zh-hans"),
		map[string]any{"text": text, "entities": entities(text)})
}

// Send has a person send a message with any content in their private chat.
func (s *Server) Send(person int64, lang string, content map[string]any) int64 {
	return s.message(person, map[string]any{"id": person, "type": "private", "first_name": "某人"}, user(person, lang), content)
}

func user(id int64, lang string) map[string]any {
	u := map[string]any{"id": id, "is_bot": false, "first_name": "某人"}
	if lang != "" {
		u["language_code"] = lang
	}
	return u
}

func (s *Server) message(id int64, in, from, content map[string]any) int64 {
	s.mu.Lock()
	c := s.chat(id)
	c.lastID++
	m := map[string]any{"message_id": c.lastID, "from": from, "chat": in, "date": time.Now().Unix()}
	s.mu.Unlock()
	maps.Copy(m, content)
	return s.Deliver("message", id, m)
}

// Deliver adds an update of any kind. queue is what it waits for its turn with:
// the chat for messages.
func (s *Server) Deliver(kind string, queue int64, content map[string]any) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	b, err := json.Marshal(map[string]any{"update_id": s.lastID, kind: content})
	if err != nil {
		panic(err)
	}
	return s.enqueue(&pending{id: s.lastID, queue: queue, raw: b, kind: kind})
}

// Inject adds an update as raw JSON, which may be broken in any way; %d in it is
// its id.
func (s *Server) Inject(queue int64, format string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	text := strings.ReplaceAll(format, "%d", fmt.Sprint(s.lastID))
	return s.enqueue(&pending{id: s.lastID, queue: queue, raw: json.RawMessage(text)})
}

// enqueue keeps an update, if its kind is wanted. The lock is held.
func (s *Server) enqueue(u *pending) int64 {
	if s.allowed != nil && u.kind != "" && !slices.Contains(s.allowed, u.kind) {
		return u.id
	}
	s.pending = append(s.pending, u)
	s.change()
	s.dispatch(u.queue)
	return u.id
}

// Tap has a person tap the button with this label under a message of the bot.
func (s *Server) Tap(person int64, message int, label string) (update int64, err error) {
	m, ok := s.find(person, message)
	if !ok {
		return 0, fmt.Errorf("telegramtest: no message %d", message)
	}
	for _, row := range m.Keyboard {
		for _, b := range row {
			if b.Text == label && b.Data != "" {
				return s.TapData(person, person, message, b.Data), nil
			}
		}
	}
	return 0, fmt.Errorf("telegramtest: message %d has no button %q", message, label)
}

// TapData taps with any data, as a forged client may.
func (s *Server) TapData(chat, person int64, message int, data string) int64 {
	m, _ := s.find(chat, message)
	kind := "private"
	if chat < 0 {
		kind = "supergroup"
	}
	var rows [][]map[string]any
	for _, row := range m.Keyboard {
		var r []map[string]any
		for _, b := range row {
			r = append(r, map[string]any{"text": b.Text, "callback_data": b.Data})
		}
		rows = append(rows, r)
	}
	s.mu.Lock()
	id := fmt.Sprintf("tap%d", len(s.taps)+1)
	s.taps[id] = &Answer{}
	s.mu.Unlock()
	return s.Deliver("callback_query", person+(3<<33), map[string]any{
		"id": id, "from": user(person, "zh-hans"), "chat_instance": "1", "data": data,
		"message": map[string]any{
			"message_id": message, "date": time.Now().Unix(), "text": m.Text,
			"chat":         map[string]any{"id": chat, "type": kind},
			"reply_markup": map[string]any{"inline_keyboard": rows},
		},
	})
}

// Block has a person block the bot: it is told, and reaches them no more.
func (s *Server) Block(person int64) int64 {
	s.mu.Lock()
	s.chat(person).blocked = true
	s.mu.Unlock()
	return s.member(person, "kicked")
}

// Unblock takes that back.
func (s *Server) Unblock(person int64) int64 {
	s.mu.Lock()
	s.chat(person).blocked = false
	s.mu.Unlock()
	return s.member(person, "member")
}

func (s *Server) member(person int64, status string) int64 {
	return s.Deliver("my_chat_member", person+(5<<33), map[string]any{
		"chat": map[string]any{"id": person, "type": "private"}, "from": user(person, "zh-hans"),
		"date": time.Now().Unix(), "new_chat_member": map[string]any{"status": status},
	})
}

// Upload puts a file where getFile finds it.
func (s *Server) Upload(id string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id] = content
}

// entities marks commands and mentions as clients do, in UTF-16 units.
func entities(text string) []map[string]any {
	list := []map[string]any{}
	at := 0
	for i, r := range text {
		kind := map[rune]string{'/': "bot_command", '@': "mention"}[r]
		if end := nameEnd(text[i+1:], kind == "bot_command"); kind != "" && end > 0 && bounded(text[:i]) {
			list = append(list, map[string]any{"type": kind, "offset": at, "length": 1 + end})
		}
		at += utf16.RuneLen(r)
	}
	return list
}

// bounded tells whether an entity may begin behind s.
func bounded(s string) bool {
	return s == "" || !isName(s[len(s)-1])
}

func nameEnd(s string, at bool) int {
	n := 0
	for n < len(s) && (isName(s[n]) || at && s[n] == '@') {
		n++
	}
	return n
}

func isName(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
