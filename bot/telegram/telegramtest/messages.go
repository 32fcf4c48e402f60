package telegramtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// A Message is what the bot wrote, as the person sees it now.
type Message struct {
	ID       int
	Text     string // without markup
	HTML     string // as it was sent; "" without parse_mode
	Keyboard [][]Button
	Thread   int64
	Preview  bool // links are shown with a preview
	Edits    int
	Deleted  bool
	File     string // the name of a document
	Data     string // and what it holds
	At       time.Time
}

// A Button stands under a message.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
	URL  string `json:"url"`
}

// An Answer is what a tap led to.
type Answer struct {
	Times int
	Text  string
	At    time.Time
}

// Messages are the bot's messages in a chat, deleted ones left out.
func (s *Server) Messages(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	for _, m := range s.chat(chat).messages {
		if !m.Deleted {
			all = append(all, *m)
		}
	}
	return all
}

// Taps are the answers to taps, in the order of tapping.
func (s *Server) Taps() []Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Answer, 0, len(s.taps))
	for i := range len(s.taps) {
		all = append(all, *s.taps["tap"+string(raw("%d", i+1))])
	}
	return all
}

func (s *Server) find(chat int64, id int) (Message, bool) {
	for _, m := range s.Messages(chat) {
		if m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// chat is a chat's record; people who write for the first time get one. The lock
// is held.
func (s *Server) chat(id int64) *chat {
	if s.chats[id] == nil {
		s.chats[id] = &chat{}
	}
	return s.chats[id]
}

// reach is the chat to write to: one that exists and has not blocked the bot.
func (s *Server) reach(id int64) (*chat, error) {
	c := s.chats[id]
	switch {
	case c == nil:
		return nil, bad("chat not found")
	case c.blocked:
		return nil, refused(http.StatusForbidden, "Forbidden: bot was blocked by the user")
	}
	return c, nil
}

// The limits of a message (Bot API, sendMessage and InlineKeyboardButton; the
// limit in bytes is the server's).
const (
	maxText = 4096
	maxRaw  = 32768
	maxData = 64
)

// content reads what a message is to hold, and refuses what Telegram refuses.
func content(p params) (m Message, err error) {
	text := p["text"]
	m = Message{Text: text, Preview: true, Thread: p.int("message_thread_id")}
	if len(text) > maxRaw {
		return m, bad("Text is too long")
	}
	switch p["parse_mode"] {
	case "":
	case "HTML":
		m.HTML = text
		if m.Text, err = parseHTML(text); err != nil {
			return m, bad("can't parse entities: " + err.Error())
		}
	default:
		return m, bad("unsupported parse_mode")
	}
	switch n := utf8.RuneCountInString(m.Text); {
	case n == 0:
		return m, bad("message text is empty")
	case n > maxText:
		return m, bad("message is too long")
	}
	var preview struct {
		Disabled bool `json:"is_disabled"`
	}
	if o := p["link_preview_options"]; o != "" && json.Unmarshal([]byte(o), &preview) == nil {
		m.Preview = !preview.Disabled
	}
	return m, readKeyboard(p["reply_markup"], &m)
}

func readKeyboard(markup string, m *Message) error {
	if markup == "" {
		return nil
	}
	var k struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if json.Unmarshal([]byte(markup), &k) != nil {
		return bad("can't parse inline keyboard")
	}
	for _, b := range slices.Concat(k.Rows...) {
		switch {
		case b.Text == "":
			return bad("text buttons are unallowed in the inline keyboard")
		case b.URL == "" && b.Data == "", len(b.Data) > maxData:
			return bad("BUTTON_DATA_INVALID")
		}
	}
	m.Keyboard = k.Rows
	return nil
}

func (s *Server) sendMessage(p params) (json.RawMessage, error) {
	c, err := s.reach(p.chat())
	if err != nil {
		return nil, err
	}
	m, err := content(p)
	if err != nil {
		return nil, err
	}
	c.lastID++
	m.ID, m.At = c.lastID, time.Now()
	c.messages = append(c.messages, &m)
	return shown(p.chat(), m), nil
}

// sendDocument takes an upload of at most 50 MB (Bot API, Sending files).
func (s *Server) sendDocument(p params) (json.RawMessage, error) {
	c, err := s.reach(p.chat())
	switch {
	case err != nil:
		return nil, err
	case p["document name"] == "":
		return nil, bad("there is no document in the request")
	case p["document"] == "":
		return nil, bad("file must be non-empty")
	}
	c.lastID++
	m := Message{ID: c.lastID, At: time.Now(), Text: p["caption"], File: p["document name"], Data: p["document"]}
	c.messages = append(c.messages, &m)
	return shown(p.chat(), m), nil
}

func shown(chat int64, m Message) json.RawMessage {
	b, _ := json.Marshal(m.Text)
	return raw(`{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private"},"text":%s}`, m.ID, m.At.Unix(), chat, b)
}

// written is a message of the bot that still stands there.
func (c *chat) written(id int64) *Message {
	for _, m := range c.messages {
		if int64(m.ID) == id && !m.Deleted {
			return m
		}
	}
	return nil
}

func (s *Server) editMessage(p params) (json.RawMessage, error) {
	c, err := s.reach(p.chat())
	if err != nil {
		return nil, err
	}
	old := c.written(p.int("message_id"))
	if old == nil {
		return nil, bad("message to edit not found")
	}
	m, err := content(p)
	if err != nil {
		return nil, err
	}
	before, _ := json.Marshal([]any{old.HTML, old.Text, old.Keyboard})
	after, _ := json.Marshal([]any{m.HTML, m.Text, m.Keyboard})
	if string(before) == string(after) {
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	m.ID, m.At, m.Edits = old.ID, old.At, old.Edits+1
	*old = m
	return shown(p.chat(), m), nil
}

func (s *Server) deleteMessage(p params) (json.RawMessage, error) {
	c, err := s.reach(p.chat())
	if err != nil {
		return nil, err
	}
	m := c.written(p.int("message_id"))
	if m == nil {
		return nil, bad("message to delete not found")
	}
	m.Deleted = true
	return raw(`true`), nil
}

// maxAnswer is how long the answer to a tap may be.
const maxAnswer = 200

func (s *Server) answerTap(p params) (json.RawMessage, error) {
	a := s.taps[p["callback_query_id"]]
	switch {
	case a == nil:
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	case utf8.RuneCountInString(p["text"]) > maxAnswer:
		return nil, bad("MESSAGE_TOO_LONG")
	}
	a.Times++
	a.Text, a.At = p["text"], time.Now()
	return raw(`true`), nil
}
