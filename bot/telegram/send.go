package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A sender sends, edits and deletes messages at the pace that Telegram asks for,
// and tries again what may be tried again:
//
//	refused for now (429)        after retry_after
//	Telegram's own fault (5xx)   after a growing pause
//	the request never left       likewise
//	the token is refused         not here, but later: Telegram did nothing
//	a gateway refuses            likewise
//	no answer came               edits only: a message might arrive twice
type sender struct {
	api   *tg.Bot
	pace  *pacer
	retry time.Duration
}

// errUncertain: the message may have arrived. It is not sent again.
var errUncertain = errors.New("telegram: no answer to a message that may have arrived")

// A laterError asks for a pause that is too long to be sat out.
type laterError struct {
	after time.Duration
	err   error
}

func (e *laterError) Error() string { return fmt.Sprintf("in %s: %v", e.after, e.err) }
func (e *laterError) Unwrap() error { return e.err }

const (
	maxTries = 4
	// maxPause is the longest retry_after that is waited for in place.
	maxPause = 15 * time.Second
)

// An outgoing is one message to a chat.
type outgoing struct {
	chat   int64
	thread int // the topic of a forum; 0: none
	part   part
	keys   *models.InlineKeyboardMarkup // nil: none
	bulk   bool                         // nobody waits for it
	file   *bot.File                    // sent instead of part; nil: none
}

// post sends a message and returns its id.
func (s *sender) post(ctx context.Context, o outgoing) (id int, err error) {
	if o.file != nil {
		return s.document(ctx, o)
	}
	send := func(mode models.ParseMode, text string) error {
		return s.do(ctx, o.chat, o.bulk, false, func(ctx context.Context) error {
			m, err := s.api.SendMessage(ctx, &tg.SendMessageParams{
				ChatID: o.chat, MessageThreadID: o.thread, Text: text, ParseMode: mode,
				LinkPreviewOptions: noPreview(), ReplyMarkup: markup(o.keys),
			})
			if err == nil {
				id = m.ID
			}
			return err
		})
	}
	err = send(models.ParseModeHTML, o.part.html)
	if says(err, "can't parse entities") {
		err = send("", o.part.plain)
	}
	if e, ok := errors.AsType[*apiError](err); ok && e.MigrateTo != 0 {
		o.chat = e.MigrateTo
		err = send(models.ParseModeHTML, o.part.html)
	}
	return id, err
}

// document sends a file. Like any other message it is not sent again when it
// may have arrived.
func (s *sender) document(ctx context.Context, o outgoing) (id int, err error) {
	err = s.do(ctx, o.chat, o.bulk, false, func(ctx context.Context) error {
		m, err := s.api.SendDocument(ctx, &tg.SendDocumentParams{
			ChatID: o.chat, MessageThreadID: o.thread,
			Document: &models.InputFileUpload{Filename: o.file.Name, Data: bytes.NewReader(o.file.Data)},
		})
		if err == nil {
			id = m.ID
		}
		return err
	})
	return id, err
}

// edit turns the message id into another; if it is gone, it sends a new one.
func (s *sender) edit(ctx context.Context, id int, o outgoing) error {
	change := func(mode models.ParseMode, text string) error {
		return s.do(ctx, o.chat, o.bulk, true, func(ctx context.Context) error {
			_, err := s.api.EditMessageText(ctx, &tg.EditMessageTextParams{
				ChatID: o.chat, MessageID: id, Text: text, ParseMode: mode,
				LinkPreviewOptions: noPreview(), ReplyMarkup: markup(o.keys),
			})
			return err
		})
	}
	err := change(models.ParseModeHTML, o.part.html)
	if says(err, "can't parse entities") {
		err = change("", o.part.plain)
	}
	switch {
	case says(err, "message is not modified"):
		return nil
	case says(err, "message to edit not found"), says(err, "message can't be edited"), says(err, "MESSAGE_ID_INVALID"):
		_, err = s.post(ctx, o)
	}
	return err
}

// remove deletes a message of ours; one that is gone already is fine.
func (s *sender) remove(ctx context.Context, chat int64, id int) error {
	err := s.do(ctx, chat, false, true, func(ctx context.Context) error {
		_, err := s.api.DeleteMessage(ctx, &tg.DeleteMessageParams{ChatID: chat, MessageID: id})
		return err
	})
	if says(err, "message to delete not found") || says(err, "message can't be deleted") {
		return nil
	}
	return err
}

// do makes one call, again where that is right. repeatable: once more does no
// harm.
func (s *sender) do(ctx context.Context, chat int64, bulk, repeatable bool, call func(context.Context) error) error {
	pause := s.retry
	for try := 1; ; try++ {
		if err := s.pace.wait(ctx, chat, bulk); err != nil {
			return &netError{err: err, text: "gave up before sending"}
		}
		own, cancel := context.WithTimeout(ctx, callTime)
		err := call(own)
		cancel()
		if err == nil {
			return nil
		}
		wait, again, err := judge(err, repeatable)
		if !again {
			return err
		}
		if wait > maxPause || try == maxTries {
			s.pace.pause(chat, wait)
			return &laterError{after: wait, err: err}
		}
		if wait > 0 {
			s.pace.pause(chat, wait)
			continue
		}
		if sleep(ctx, pause/2+rand.N(pause+1)) != nil { //nolint:gosec // jitter needs no secret
			return err
		}
		pause *= 2
	}
}

// judge tells whether a failed call is to be made again, and after which pause;
// 0 leaves that to the caller.
func judge(err error, repeatable bool) (wait time.Duration, again bool, _ error) {
	if e, ok := errors.AsType[*apiError](err); ok {
		switch {
		case e.Code == http.StatusTooManyRequests:
			return max(e.RetryAfter, time.Second), true, err
		case e.Code >= 500:
			return 0, true, err
		case e.undone():
			return 0, false, &laterError{err: err}
		}
		return 0, false, err
	}
	e, ok := errors.AsType[*netError](err)
	switch {
	case !ok: // the client could not read what Telegram answered to a thing done
		return 0, false, fmt.Errorf("%w: %w", errUncertain, err)
	case e.Left && !repeatable:
		return 0, false, fmt.Errorf("%w: %w", errUncertain, err)
	}
	return 0, true, err
}

// undone tells whether a refusal is not about the call: the token is not known,
// or somebody on the way answered in Telegram's place. The same call may work
// when that has passed.
func (e *apiError) undone() bool {
	return e.Description == "" || e.Code == http.StatusUnauthorized || e.Code == http.StatusNotFound
}

// says tells whether Telegram refused with these words. Its descriptions are no
// promise, so only what has been stable for years is looked for.
func says(err error, words string) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Code == http.StatusBadRequest && strings.Contains(strings.ToLower(e.Description), strings.ToLower(words))
}

// isGone tells whether nothing will ever reach the chat: the bot was blocked or
// thrown out, or the account is no more. Only Telegram itself knows: a page of a
// gateway with the same status says nothing of the person.
func isGone(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Code == http.StatusForbidden && e.Description != "" || says(err, "chat not found") || says(err, "user not found") ||
		says(err, "PEER_ID_INVALID")
}

// isPassing tells whether the same may work later.
func isPassing(err error) (after time.Duration, passing bool) {
	if e, ok := errors.AsType[*laterError](err); ok {
		return e.after, true
	}
	e, ok := errors.AsType[*netError](err)
	return 0, ok && !e.Left
}

func noPreview() *models.LinkPreviewOptions {
	return &models.LinkPreviewOptions{IsDisabled: tg.True()}
}

// markup keeps a nil keyboard from becoming a ReplyMarkup that is not nil.
func markup(k *models.InlineKeyboardMarkup) models.ReplyMarkup {
	if k == nil {
		return nil
	}
	return k
}
