package telegram

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	tg "github.com/go-telegram/bot"

	"github.com/weizhangbot/weizhangbot/bot"
)

// message is what the dialogue is told; ok is false when there is nothing to
// tell it.
func (e *errand) message(ctx context.Context) (m bot.Message, ok bool) {
	m = bot.Message{
		Channel: Channel, User: e.chat.lane(), Key: strconv.FormatInt(e.u.ID, 10), At: e.env.At, Lang: e.lang,
	}
	switch {
	case e.u.Member != nil:
		// In a private chat it tells of blocking alone; coming back is followed
		// by what the person then says.
		m.Event = bot.Left
		return m, e.u.Member.New.Status == "kicked"
	case e.u.Tap != nil:
		m.Text, ok = e.tapped(ctx)
		return m, ok
	}
	return m, e.said(ctx, &m)
}

// said reads a message proper.
func (e *errand) said(ctx context.Context, m *bot.Message) bool {
	in := e.u.Message
	if words, ok := in.words(); ok {
		m.Text, m.Event = start(words)
		return true
	}
	event, ok := in.event()
	if !ok || !e.in.Aside && in.Album != "" && in.Album == e.note.Album {
		return false // one answer to an album
	}
	m.Event = event
	if event == bot.Picture {
		if refuses := e.a.cfg.Refuses; refuses != nil && refuses(ctx, m.User) {
			return true
		}
		if m.Licence = e.a.readPhoto(ctx, e.chat.ID, in); m.Licence != nil {
			m.Event = bot.NoEvent
		}
	}
	return true
}

// startShape is /start, as the client sends it for a deep link: the payload has
// up to 64 of these characters (https://core.telegram.org/bots/features#deep-linking).
var startShape = regexp.MustCompile(`^/(?i:start)(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*$`)

// start reads a text: /start is a first contact, unless its payload names one of
// the commands; anything else is what it is. Payloads that mean nothing are
// counted for, not read: they never hold plates or numbers.
func start(text string) (words string, event bot.Event) {
	m := startShape.FindStringSubmatch(text)
	if m == nil {
		return text, bot.NoEvent
	}
	for _, c := range commands {
		if strings.EqualFold(c.name, m[1]) {
			return "/" + c.name, bot.NoEvent
		}
	}
	return "", bot.Followed
}

// tapped reads a tap and answers it at once, so that the button stops turning.
// Whoever taps an old, foreign or invented button reads why nothing happens.
func (e *errand) tapped(ctx context.Context) (words string, ok bool) {
	t := e.u.Tap
	words, stamp, ok := e.a.keys.read(e.chat.ID, t.Data, t.Message.label(t.Data))
	ok = ok && t.From.ID == e.chat.ID && stamp == e.note.Stamp
	if e.in.Aside {
		return words, words != "" // it was judged, and answered, the first time
	}
	excuse := ""
	if !ok {
		excuse = bot.Sentence(e.lang, bot.TextStale)
	}
	e.acknowledge(ctx, excuse)
	return words, ok
}

// acknowledge answers a tap. A late one is refused by Telegram, and nobody waits
// for it any more.
func (e *errand) acknowledge(ctx context.Context, text string) {
	const maxAnswer = 200 // characters (Bot API, answerCallbackQuery)
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err := e.a.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{
		CallbackQueryID: e.u.Tap.ID, Text: head(text, maxAnswer),
	})
	if err != nil {
		e.a.log(ctx).WithError(e.a.wire.redact(err)).Debug("telegram: tap not acknowledged")
	}
}

// turnsPage tells whether the answer is another page of the tapped report: it
// then takes the report's place.
func (e *errand) turnsPage(m bot.Message, answer bot.Answer) bool {
	return e.u.Tap != nil && isPageWord(m.Text) && len(answer.Replies) == 1 && len(render(answer.Replies[0].Text)) == 1 &&
		offersPage(answer.Replies[0])
}

func offersPage(r bot.Reply) bool {
	for _, o := range r.Options {
		if isPageWord(o.Send) {
			return true
		}
	}
	return false
}

func isPageWord(s string) bool {
	for _, l := range []bot.Lang{bot.Chinese, bot.English} {
		if s != "" && (s == bot.Sentence(l, wordNext) || s == bot.Sentence(l, wordPrev)) {
			return true
		}
	}
	return false
}

// language is what a person's client is set to; "" when it does not tell.
func language(u *user) bot.Lang {
	switch {
	case u == nil || u.Lang == "":
		return ""
	case strings.HasPrefix(strings.ToLower(u.Lang), "zh"):
		return bot.Chinese
	}
	return bot.English
}
