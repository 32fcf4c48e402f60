package telegram

import (
	"context"
	"strconv"
	"strings"

	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot"
)

// toUs tells whether something said in a group is meant for the bot: a command
// that is ours or nobody's, or a mention.
func (u update) toUs(name, id string) bool {
	m := u.Message
	if m == nil {
		return u.Tap != nil // answered politely: there are no buttons of ours to tap
	}
	text, _ := m.words()
	for _, e := range m.marks() {
		switch e.Type {
		case "bot_command":
			_, at, named := strings.Cut(e.cut(text), "@")
			if !named || strings.EqualFold(at, name) {
				return true
			}
		case "mention":
			if name != "" && strings.EqualFold(e.cut(text), "@"+name) {
				return true
			}
		case "text_mention":
			if e.User != nil && strconv.FormatInt(e.User.ID, 10) == id {
				return true
			}
		}
	}
	return false
}

// inGroup leads to the private chat, whatever was said: nothing of it reaches
// the dialogue, and no plate, digit or row is ever written where others read.
func (a *Adapter) inGroup(ctx context.Context, m *message) error {
	lang := language(m.From)
	o := outgoing{chat: m.Chat.ID, part: plain(bot.Sentence(lang, bot.TextGroup))}
	if m.IsTopic {
		o.thread = m.Thread
	}
	if name := a.name(); name != "" {
		o.keys = &models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{{
			{Text: bot.Sentence(lang, bot.TextPrivate), URL: "https://t.me/" + name + "?start=group"},
		}}}
	}
	_, err := a.send.post(ctx, o)
	return err
}
