package wechat

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// isOpenid tells whether people are named so: 28 characters today, 64 at most.
func isOpenid(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// unsupported is how a message of a type that the platform does not pass on
// arrives: as a text.
const unsupported = "【收到不支持的消息类型，暂无法显示】"

// check tells whether in is a message at all.
func (in *inbound) check() error {
	if in.MsgType == "" || !isOpenid(in.FromUserName) {
		return errMalform
	}
	return nil
}

// key is what all deliveries of one message share, and no two messages. Events
// have no MsgId, and two of one person in one second differ in what they are. It
// is a hash, 22 characters: a person's record holds several.
func (in *inbound) key() string {
	const usual = 192
	text := make([]byte, 0, usual)
	for _, part := range []string{in.MsgID, in.FromUserName, in.CreateTime, in.Event, in.EventKey} {
		text = append(append(text, part...), '|')
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:keySize])
}

// keySize is how many bytes of the hash a key has.
const keySize = 16

// message is in for the bot; ok is false for what is none of its business:
// reports about what was sent, links that were opened, automatic locations.
func (in *inbound) message(now time.Time) (m bot.Message, ok bool) {
	m = bot.Message{Channel: Channel, User: userID(in.FromUserName), Key: in.key(), At: now, Lang: bot.Chinese}
	switch in.MsgType {
	case "text":
		if m.Text = in.Content; m.Text == unsupported {
			m.Text, m.Event = "", bot.Other
		}
	case "voice":
		// Empty since 2023 on most accounts.
		if m.Text = in.Recognition; strings.TrimSpace(m.Text) == "" {
			m.Text, m.Event = "", bot.Voice
		}
	case "image":
		m.Event = bot.Picture
	case "location":
		m.Event = bot.Place
	case "event":
		return in.event(m)
	default: // video, shortvideo, link, file, and what is still to come
		m.Event = bot.Other
	}
	return m, true
}

func (in *inbound) event(m bot.Message) (bot.Message, bool) {
	switch strings.ToLower(in.Event) {
	case "subscribe", "scan": // scanned the account's code, before or after following
		m.Event = bot.Followed
	case "unsubscribe":
		m.Event = bot.Left
	case "click":
		m.Text = menuWord(in.EventKey)
	default:
		return m, false
	}
	return m, true
}

// trigger is what in allows the account to send of its own accord.
func (in *inbound) trigger() trigger {
	if in.MsgType != "event" {
		return byMessage
	}
	switch strings.ToLower(in.Event) {
	case "subscribe", "scan", "click":
		return byEvent
	}
	return byNothing
}
