package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// patience is how long a delivery waits for the bot: WeChat hangs up after
	// 5 s, and the answer needs time to get there.
	patience = 4500 * time.Millisecond
	// hold is how long a delivery that is to be repeated is kept unanswered, in
	// case WeChat does not hang up.
	hold = 6 * time.Second
	// typingAfter is when the person is shown that somebody types.
	typingAfter = 1500 * time.Millisecond
)

// success is the answer that means: received, nothing to say.
const success = "success"

// A delivery is one try of WeChat's to deliver a message.
type delivery struct {
	inbound
	sent   time.Time // the first try
	sealed bool
}

// answer answers a delivery.
func (a *Adapter) answer(w http.ResponseWriter, r *http.Request, d *delivery) {
	arrived := time.Now()
	m, ok := d.message(a.cfg.Now())
	if !ok {
		a.report(r.Context(), &d.inbound)
		a.write(w, d, "")
		return
	}
	t, first := a.tries.begin(m.Key, m.At)
	if first {
		a.windows.note(d.FromUserName, d.trigger(), m.At)
	}
	if body, ok := t.answered(); ok {
		a.write(w, d, body)
		return
	}
	body, err := a.turn(r.Context(), t, m, d)
	if err == nil {
		a.write(w, d, body)
		return
	}
	// WeChat shall ask again: it does so after any other status than 200, and
	// after 5 s of silence. It has hung up by then, as a rule.
	if errors.Is(err, errAskAgain) {
		select {
		case <-r.Context().Done():
		case <-time.After(time.Until(arrived.Add(hold))):
		case <-a.ctx.Done():
		}
	}
	w.WriteHeader(http.StatusInternalServerError)
}

var (
	errAskAgain = errors.New("wechat: not answered on purpose")
	errKept     = errors.New("wechat: the person's data could not be deleted")
	errFailed   = errors.New("wechat: a message that failed is to come again")
)

// turn is what to answer a delivery. It waits as long as WeChat does, whoever
// hangs up before: the bot's answer counts as given once it was taken. What the
// bot could not keep comes again where that may help; the last time the person is
// told.
func (a *Adapter) turn(asked context.Context, t *try, m bot.Message, d *delivery) (body string, err error) {
	ctx, cancel := context.WithTimeout(bot.WithTraceOf(a.ctx, asked), patience)
	defer cancel()
	spilled := a.spill.take(m)
	if spilled != "" && wantsRest(m) {
		return a.page(ctx, t, m, spilled, true), nil
	}
	t.carry(spilled, true)
	answer, err := a.handle(ctx, m, t, d)
	if m.Event == bot.Left {
		a.windows.forget(d.FromUserName)
		if err != nil {
			return "", errKept // the platform demands it: it shall tell us again
		}
	}
	text := t.carry(render(answer.Replies), answer.Pending || err != nil)
	switch {
	case err != nil && a.worthwhile(err) && !t.over(m.At, d.sent):
		return "", errFailed
	case err != nil:
		text = join(text, render([]bot.Reply{{Text: bot.UserText(m.Lang, bot.KindOf(err))}}))
	case !answer.Pending:
	case a.Pushes():
		text = join(text, render([]bot.Reply{say(bot.TextPending)}))
	case t.last(m.At, d.sent, a.started):
		text = join(text, render([]bot.Reply{fetchHint()}))
	default:
		return "", errAskAgain
	}
	return a.page(ctx, t, m, text, !answer.Pending), nil
}

// handle asks the bot, and shows the person meanwhile that somebody types. With
// an error the answer is what earlier messages led to; whether anything of this
// one was stored nobody knows, and the next delivery finds out.
func (a *Adapter) handle(ctx context.Context, m bot.Message, t *try, d *delivery) (answer bot.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = bot.Answer{}, fmt.Errorf("wechat: panic: %T", p) // the value may hold what the person wrote
			a.log(ctx).WithError(err).Error("wechat: message not handled")
		}
	}()
	if a.Pushes() {
		typing := time.AfterFunc(typingAfter, func() { a.showTyping(ctx, d.FromUserName) })
		defer typing.Stop()
	}
	if m.Event == bot.Picture && (a.cfg.Refuses == nil || !a.cfg.Refuses(ctx, m.User)) {
		m = a.look(ctx, m, t, d.PicURL)
	}
	answer, err = a.cfg.Bot.Handle(ctx, m)
	if err == nil {
		return answer, nil
	}
	if _, told := errors.AsType[*bot.Error](err); told { // by the last reply
		answer.Replies = answer.Replies[:max(0, len(answer.Replies)-1)]
	}
	a.log(ctx).WithError(err).WithField("user", m.User.String()).Error("wechat: message not handled")
	return answer, err
}

// worthwhile tells whether a message that failed may do better when WeChat sends
// it again: where the store was too slow, or another process has it. A store that
// fails at once will then, too.
func (a *Adapter) worthwhile(err error) bool {
	slow := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	return slow || a.cfg.Elsewhere && bot.KindOf(err) != bot.StoreFull
}

// page is what a delivery is answered with: the first page of text. The others
// follow as messages of our own, or wait for the person's next one. What is
// final, or has gone on its way, is what a repetition gets too.
func (a *Adapter) page(ctx context.Context, t *try, m bot.Message, text string, final bool) string {
	first := text
	if pages := paginate(text); len(pages) > 1 {
		if first, final = pages[0], true; !a.sendRest(ctx, m.User, pages[1:]) {
			first = a.keepRest(m, text)
		}
	}
	if final {
		t.settle(first)
	}
	return first
}

// sendRest sends further pages behind the answer, when the quota allows it.
func (a *Adapter) sendRest(ctx context.Context, to bot.UserID, pages []string) bool {
	if !a.Pushes() || !a.windows.reserve(openid(to), len(pages), a.cfg.Now()) {
		return false
	}
	a.aside(ctx, sendTime, func(ctx context.Context) {
		ctx, ended := a.cfg.Tracer.Begin(ctx, bot.Stage{Name: "send", Channel: Channel})
		// The answer to the delivery goes first; without a pause they overtake it.
		select {
		case <-time.After(restAfter):
		case <-ctx.Done():
		}
		ended(a.sendPages(ctx, to, pages))
	})
	return true
}

// sendPages sends pages in order. Those that cannot be sent are kept for the
// person's next message.
func (a *Adapter) sendPages(ctx context.Context, to bot.UserID, pages []string) error {
	for i, page := range pages {
		if err := a.api.sendText(ctx, openid(to), page); err != nil {
			a.log(ctx).WithError(err).WithField("user", to.String()).Warn("wechat: rest of an answer waits for the next message")
			a.learn(ctx, openid(to), err)
			a.spill.put(to, strings.Join(pages[i:], "\n"), a.cfg.Now())
			return err
		}
	}
	return nil
}

// restAfter lets the passive answer arrive first.
const restAfter = 500 * time.Millisecond

// keepRest keeps what does not fit for the person's next message, and returns
// a first page that says so.
func (a *Adapter) keepRest(m bot.Message, text string) string {
	hint := render([]bot.Reply{{Text: bot.Sentence(bot.Chinese, bot.TextMore), Options: []bot.Option{resultOption()}}})
	first, rest := cutPage(text, maxText-len(hint)-2)
	a.spill.put(m.User, rest, a.cfg.Now())
	return first + "\n\n" + hint
}

// wantsRest tells whether a message asks for what is still to come.
func wantsRest(m bot.Message) bool {
	return m.Event == bot.NoEvent && strings.TrimSpace(m.Text) == bot.Sentence(m.Lang, bot.WordResult)
}

func say(t bot.Text) bot.Reply { return bot.Reply{Text: bot.Sentence(bot.Chinese, t)} }

// fetchHint tells how to get an answer that nobody can push.
func fetchHint() bot.Reply {
	r := say(bot.TextFetch)
	r.Options = []bot.Option{resultOption()}
	return r
}

func resultOption() bot.Option {
	word := bot.Sentence(bot.Chinese, bot.WordResult)
	return bot.Option{Label: word, Send: word}
}

// report notes what became of a template message.
func (a *Adapter) report(ctx context.Context, in *inbound) {
	if in.Event == "TEMPLATESENDJOBFINISH" && in.Status != success {
		a.log(ctx).WithFields(map[string]any{
			"user": userID(in.FromUserName).String(), "msgid": in.MsgID, "status": in.Status,
		}).Warn("wechat: template message not delivered")
	}
}
