package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// handleTime bounds everything that one update leads to.
	handleTime = 5 * time.Minute
	// maxPoison is how often an update that makes the program panic is tried.
	maxPoison = 3
	// keepTrying is how long an answer that cannot be sent is kept. Telegram
	// itself keeps updates for as long.
	keepTrying = 24 * time.Hour
	// typingEvery is a little less than the 5 s for which clients show "typing…"
	// (Bot API, sendChatAction).
	typingEvery = 4 * time.Second
)

// A note is what one update of a chat leaves for the next.
type note struct {
	Stamp uint32   `json:"k,omitempty"` // of the newest keyboard
	Album string   `json:"a,omitempty"` // the last one that was answered
	Lang  bot.Lang `json:"l,omitempty"` // as last told by the person's client
}

func readNote(b []byte) (n note) {
	_ = json.Unmarshal(b, &n) // an unreadable note is none
	return n
}

func (n note) bytes() []byte {
	b, err := json.Marshal(n)
	if err != nil {
		return nil // a struct of strings and numbers: cannot happen
	}
	return b
}

// An errand is one update on its way.
type errand struct {
	a    *Adapter
	in   bot.Inbound
	env  envelope
	u    update
	chat chat
	note note
	lang bot.Lang
}

// handle answers one update. own is the job's context, run ends when the
// program stops. An error means: again later.
func (a *Adapter) handle(own, run context.Context, in bot.Inbound) (s bot.Settled, err error) {
	defer func() {
		if v := recover(); v != nil {
			s, err = bot.Settled{}, a.poisoned(own, in, v)
		}
	}()
	e := &errand{a: a, in: in, note: readNote(in.Note)}
	if err := e.open(); err != nil {
		a.log(own).WithError(err).WithField("update", logID(in.ID)).Error("telegram: stored update skipped")
		return bot.Settled{}, nil
	}
	ctx, cancel := context.WithTimeout(own, handleTime)
	defer cancel()
	defer context.AfterFunc(a.drained, cancel)()
	switch {
	case in.Aside:
		return e.await(ctx, run)
	case !e.chat.private():
		return bot.Settled{}, e.group(ctx)
	}
	return e.answer(ctx)
}

// poisoned is the outcome of an update that made the program panic: tried again,
// for what is wrong may pass, and skipped in the end.
func (a *Adapter) poisoned(ctx context.Context, in bot.Inbound, v any) error {
	log := a.log(ctx).WithField("update", logID(in.ID)).WithField("attempt", in.Attempt).
		WithField("panic", fmt.Sprintf("%T", v)).WithField("stack", string(debug.Stack()))
	if in.Attempt >= maxPoison {
		log.Error("telegram: update skipped, it makes the program panic")
		return nil
	}
	log.Error("telegram: panic, trying the update again")
	return fmt.Errorf("telegram: panic: %T", v)
}

// open reads the update back.
func (e *errand) open() error {
	if err := json.Unmarshal(e.in.Body, &e.env); err != nil {
		return fmt.Errorf("telegram: stored update unreadable (%T)", err)
	}
	var err error
	if e.u, err = readUpdate(e.env.Update); err != nil {
		return err
	}
	e.chat, _ = e.u.where()
	if e.lang = language(e.u.from()); e.lang == "" {
		e.lang = e.note.Lang
	}
	return nil
}

// group answers what was said in a group.
func (e *errand) group(ctx context.Context) error {
	if e.u.Tap != nil {
		e.acknowledge(ctx, bot.Sentence(e.lang, bot.TextStale))
		return nil
	}
	return e.outcome(ctx, e.a.inGroup(ctx, e.u.Message))
}

// answer hands the update to the dialogue and sends what comes back. What is not
// there within the patience is waited for beside the chat's lane.
func (e *errand) answer(ctx context.Context) (bot.Settled, error) {
	m, ok := e.message(ctx)
	if !ok {
		return e.settled(nil), nil
	}
	if m.Event == bot.Left { // nobody reads an answer; what the person left goes
		_, err := e.a.cfg.Bot.Handle(ctx, m)
		return bot.Settled{Note: []byte{}}, err
	}
	answer, waits, err := e.ask(ctx, m)
	if err != nil {
		return bot.Settled{}, err
	}
	over := 0
	if e.turnsPage(m, answer) {
		over = int(e.u.Tap.Message.ID)
	}
	if err := e.outcome(ctx, e.deliver(ctx, e.in.ID, answer.Replies, over)); err != nil {
		return bot.Settled{}, err
	}
	s := e.settled(answer.Replies)
	if waits {
		s.Aside, err = e.placeholder(ctx)
	}
	return s, err
}

// ask waits for the dialogue as long as the patience lasts; "typing…" tells the
// person that it takes a moment. waits tells that the answer is still to come.
func (e *errand) ask(ctx context.Context, m bot.Message) (answer bot.Answer, waits bool, err error) {
	defer e.a.typing(ctx, e.chat.ID, e.a.pace.typing)()
	own, cancel := context.WithTimeout(ctx, e.a.pace.patience)
	defer cancel()
	answer, err = e.a.cfg.Bot.Handle(own, m)
	switch {
	case ctx.Err() != nil:
		return bot.Answer{}, false, bot.RetryAfter(0) // stopping: the same question after the start
	case answer.Pending, err != nil && own.Err() != nil: // a slow store is waited for, too
		return bot.Answer{Replies: early(answer, err)}, true, nil
	}
	return answer, false, e.fault(ctx, err)
}

// early is what an unfinished answer brings already: replies of earlier
// messages, but no sentence about the time that ran out.
func early(a bot.Answer, err error) []bot.Reply {
	if _, told := errors.AsType[*bot.Error](err); told {
		return nil
	}
	return a.Replies
}

// fault decides about an error of the dialogue: it is tried again first, and
// told to the person by the sentence that came with it when that does not help.
func (e *errand) fault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	e.a.log(ctx).WithError(err).WithField("attempt", e.in.Attempt).Error("telegram: the dialogue failed")
	if e.in.Attempt < maxPoison && bot.KindOf(err) != bot.StoreFull {
		return err
	}
	return nil
}

// placeholder sends 「正在查询」 and returns the second part, which turns it into
// the answer.
func (e *errand) placeholder(ctx context.Context) ([]byte, error) {
	id, err := e.a.send.post(ctx, outgoing{chat: e.chat.ID, part: plain(bot.Sentence(e.lang, bot.TextPending))})
	if err != nil {
		e.a.log(ctx).WithError(e.a.wire.redact(err)).Warn("telegram: no message for a slow query")
	}
	e.env.Placeholder = id
	body, err := json.Marshal(e.env)
	if err != nil {
		return nil, fmt.Errorf("telegram: update cannot be kept (%T)", err)
	}
	return body, nil
}

// await is the second part: it waits for the answer and puts it in the
// placeholder's place. It is given up at once when the program stops, and gone
// on with after the start.
func (e *errand) await(ctx, run context.Context) (bot.Settled, error) {
	m, ok := e.message(ctx)
	if !ok {
		return bot.Settled{}, nil
	}
	answer, err := e.outlast(ctx, run, m)
	if err != nil {
		return bot.Settled{}, err
	}
	replies := answer.Replies
	if answer.Pending {
		word := bot.Sentence(e.lang, bot.WordResult)
		replies = append(replies, bot.Reply{
			Text: bot.Sentence(e.lang, bot.TextFetch), Options: []bot.Option{{Label: word, Send: word}},
		})
	}
	if len(replies) == 0 && e.env.Placeholder != 0 { // somebody else has told it meanwhile
		return e.settled(nil), e.outcome(ctx, e.a.send.remove(ctx, e.chat.ID, e.env.Placeholder))
	}
	if err := e.outcome(ctx, e.deliver(ctx, e.in.ID+"|aside", replies, e.env.Placeholder)); err != nil {
		return bot.Settled{}, err
	}
	return e.settled(replies), nil
}

// outlast waits for an answer that is slow.
func (e *errand) outlast(ctx, run context.Context, m bot.Message) (bot.Answer, error) {
	own, cancel := context.WithTimeout(ctx, e.a.pace.wait)
	defer cancel()
	defer context.AfterFunc(run, cancel)()
	defer e.a.typing(own, e.chat.ID, 0)()
	answer, err := e.a.cfg.Bot.Handle(own, m)
	switch {
	case (run.Err() != nil || ctx.Err() != nil) && (answer.Pending || err != nil):
		return bot.Answer{}, bot.RetryAfter(0)
	case err != nil && own.Err() != nil:
		return bot.Answer{Replies: early(answer, err), Pending: true}, nil
	}
	return answer, e.fault(ctx, err)
}

// settled keeps what the next update of the chat must know.
func (e *errand) settled(replies []bot.Reply) bot.Settled {
	next := e.note
	if l := language(e.u.from()); l != "" {
		next.Lang = l
	}
	if e.u.Message != nil && e.u.Message.Album != "" {
		next.Album = e.u.Message.Album
	}
	if offers(replies) {
		next.Stamp = stampOf(e.in.ID)
	}
	if next == e.note {
		return bot.Settled{}
	}
	return bot.Settled{Note: next.bytes()}
}

func offers(replies []bot.Reply) bool {
	for _, r := range replies {
		if len(r.Options) > 0 {
			return true
		}
	}
	return false
}

// outcome decides what a failed sending means for the update: nothing can be
// done for who is gone, and what may work later is tried for a day.
func (e *errand) outcome(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	log := e.a.log(ctx).WithError(e.a.wire.redact(err)).WithField("update", logID(e.in.ID))
	age := e.a.cfg.Now().Sub(e.env.At)
	after, passing := isPassing(err)
	switch {
	case isGone(err):
		log.Info("telegram: nobody is there to read the answer")
	case !passing:
		log.Error("telegram: answer cannot be sent")
	case age > keepTrying:
		log.Error("telegram: answer given up after a day")
	default:
		log.Warn("telegram: answer is sent later")
		return bot.RetryAfter(max(after, min(max(age/2, time.Second), time.Minute)))
	}
	return nil
}

// typing shows "typing…" from after on until the returned function is called.
func (a *Adapter) typing(ctx context.Context, chat int64, after time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for sleep(ctx, after) == nil {
			// Whether it shows matters little: no try is repeated.
			if _, err := a.api.SendChatAction(ctx, &tg.SendChatActionParams{ChatID: chat, Action: models.ChatActionTyping}); err != nil {
				return
			}
			after = typingEvery
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
