package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/weizhangbot/weizhangbot/bot"
)

// allowedUpdates is what Telegram is asked for, in both modes and explicitly:
// left out, it keeps what somebody set before. Edited messages are not wanted:
// they also come for changes a bot cannot see, and must not lead to a query.
var allowedUpdates = []string{"message", "callback_query", "my_chat_member"}

// An update is what is read of one of Telegram's. It is read by a shape of our
// own: a later Bot API may change what we do not read, and a whole batch must
// not fail for it.
type update struct {
	ID      int64        `json:"update_id"`
	Message *message     `json:"message"`
	Tap     *tap         `json:"callback_query"`
	Member  *memberEvent `json:"my_chat_member"`
}

type user struct {
	ID    int64  `json:"id"`
	IsBot bool   `json:"is_bot"`
	Lang  string `json:"language_code"` // IETF; may be missing
}

type chat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"` // private, group, supergroup or channel
}

type message struct {
	ID       int64    `json:"message_id"`
	From     *user    `json:"from"`
	Chat     chat     `json:"chat"`
	Text     *string  `json:"text"`
	Caption  string   `json:"caption"`
	Entities []entity `json:"entities"`
	Captions []entity `json:"caption_entities"`
	Thread   int      `json:"message_thread_id"`
	IsTopic  bool     `json:"is_topic_message"`
	Album    string   `json:"media_group_id"`
	Photo    []file   `json:"photo"` // the same in several sizes, the largest last
	Document *file    `json:"document"`
	Markup   struct {
		Rows [][]button `json:"inline_keyboard"`
	} `json:"reply_markup"`

	// What a message can be besides, as far as it is to be answered. Anything
	// else is a notice of the service: a pinned message, a timer.
	Voice     present `json:"voice"`
	Audio     present `json:"audio"`
	VideoNote present `json:"video_note"`
	Location  present `json:"location"`
	Venue     present `json:"venue"`
	Sticker   present `json:"sticker"`
	Video     present `json:"video"`
	Animation present `json:"animation"`
	Contact   present `json:"contact"`
	Dice      present `json:"dice"`
	Poll      present `json:"poll"`
	Story     present `json:"story"`
	Game      present `json:"game"`
	Checklist present `json:"checklist"`
	PaidMedia present `json:"paid_media"`
	Rich      present `json:"rich_message"`
}

// present tells that a field is there, whatever it holds.
type present bool

// UnmarshalJSON implements json.Unmarshaler.
func (p *present) UnmarshalJSON(b []byte) error {
	*p = string(b) != "null"
	return nil
}

// An entity marks a part of a text; offsets count UTF-16 units.
type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	User   *user  `json:"user"`
}

type file struct {
	ID   string `json:"file_id"`
	Size int64  `json:"file_size"`
	Mime string `json:"mime_type"`
}

type button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

type tap struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message"` // without content when it is old
	Data    string   `json:"data"`
}

type memberEvent struct {
	Chat chat `json:"chat"`
	From user `json:"from"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// errNoID is a poison update of which not even the number can be read.
var errNoID = errors.New("telegram: update without a readable update_id")

// readUpdate reads an update. With any error but errNoID the id is right.
func readUpdate(raw []byte) (update, error) {
	var n struct {
		ID *int64 `json:"update_id"`
	}
	if err := json.Unmarshal(raw, &n); err != nil || n.ID == nil {
		return update{}, errNoID
	}
	u := update{}
	if err := json.Unmarshal(raw, &u); err != nil {
		// The error's text can quote the update: only its kind is kept.
		return update{ID: *n.ID}, fmt.Errorf("telegram: update of a shape not known (%T)", err)
	}
	return u, nil
}

// where is the chat an update belongs to; ok is false when it belongs to none,
// or to one that is not talked to.
func (u update) where() (c chat, ok bool) {
	switch {
	case u.Message != nil:
		c = u.Message.Chat
	case u.Tap != nil && u.Tap.Message != nil:
		c = u.Tap.Message.Chat
	case u.Member != nil:
		c = u.Member.Chat
	}
	return c, c.ID != 0 && c.Type != "channel"
}

// from is who caused it; nil for messages in the name of a chat.
func (u update) from() *user {
	switch {
	case u.Message != nil:
		return u.Message.From
	case u.Tap != nil:
		return &u.Tap.From
	case u.Member != nil:
		return &u.Member.From
	}
	return nil
}

// private tells whether the chat is with one person: its id is theirs.
func (c chat) private() bool { return c.Type == "private" || c.Type == "" && c.ID > 0 }

// lane is the key of the chat in the inbox, and of the person in the dialogue.
func (c chat) lane() bot.UserID {
	return bot.UserID(Channel + ":" + strconv.FormatInt(c.ID, 10))
}

// An envelope is what is stored of an update.
type envelope struct {
	At     time.Time       `json:"at"` // when it arrived, by our clock
	Update json.RawMessage `json:"update"`
	// Placeholder is the message 「正在查询」 of an update whose answer is still
	// waited for; 0: none could be sent.
	Placeholder int `json:"placeholder,omitempty"`
}

// admit makes an inbound of a raw update. ok is false for what needs no answer:
// other bots, channels, the talk of a group. err says why it cannot be read.
func (a *Adapter) admit(raw []byte) (in bot.Inbound, ok bool, err error) {
	u, err := readUpdate(raw)
	if err != nil {
		return bot.Inbound{}, false, err
	}
	c, ok := u.where()
	if from := u.from(); !ok || from != nil && from.IsBot {
		return bot.Inbound{}, false, nil
	}
	if !c.private() && !u.toUs(a.name(), a.id) {
		return bot.Inbound{}, false, nil
	}
	body, err := json.Marshal(envelope{At: a.cfg.Now(), Update: raw})
	if err != nil {
		return bot.Inbound{}, false, fmt.Errorf("telegram: update cannot be kept (%T)", err)
	}
	id := a.id + "|" + strconv.FormatInt(u.ID, 10)
	return bot.Inbound{ID: id, Lane: c.lane(), Body: body}, true, nil
}

// name is the bot's user name, without @.
func (a *Adapter) name() string {
	if me := a.me.Load(); me != nil {
		return me.Username
	}
	return ""
}

// cut is the part of text that the entity marks; "" when it lies outside.
func (e entity) cut(text string) string {
	units := utf16.Encode([]rune(text))
	if e.Offset < 0 || e.Length < 0 || e.Offset > len(units) || e.Length > len(units)-e.Offset {
		return ""
	}
	return string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))
}

// words is the text of a message, or the caption of what it shows; ok is false
// when it has neither.
func (m *message) words() (text string, ok bool) {
	if m.Text != nil {
		return *m.Text, true
	}
	return m.Caption, m.Caption != ""
}

// marks are the entities of words.
func (m *message) marks() []entity {
	if m.Text != nil {
		return m.Entities
	}
	return m.Captions
}

// event is what a message without words is; ok is false for what needs no
// answer.
func (m *message) event() (e bot.Event, ok bool) {
	switch {
	case bool(m.Voice || m.Audio || m.VideoNote):
		return bot.Voice, true
	case len(m.Photo) > 0 || m.Document != nil && strings.HasPrefix(m.Document.Mime, "image/"):
		return bot.Picture, true
	case bool(m.Location || m.Venue):
		return bot.Place, true
	case m.Document != nil || bool(m.Sticker || m.Video || m.Animation || m.Contact || m.Dice || m.Poll ||
		m.Story || m.Game || m.Checklist || m.PaidMedia || m.Rich):
		return bot.Other, true
	}
	return bot.NoEvent, false
}
