package wechat

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	apicontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/weizhangbot/weizhangbot/bot"
)

// formsOf is the news of replies, nil unless every one of them carries some: a
// form that leaves something out would be the last that the person hears of it.
func formsOf(replies []bot.Reply) []bot.Summary {
	var forms []bot.Summary
	for _, r := range replies {
		if r.News == nil {
			return nil
		}
		forms = append(forms, *r.News)
	}
	return forms
}

// hasForms tells whether template messages may be sent now.
func (a *Adapter) hasForms() bool { return a.cfg.Template.ID != "" && !a.untold.Load() }

// pushForms sends template messages. Its errors are those of bot.Pusher: parked
// also when the operator has to mend something. A repetition with the same id
// is harmless: WeChat sends what has one only once within 10 min, and what was
// sent before is remembered here.
func (a *Adapter) pushForms(ctx context.Context, user, id string, forms []bot.Summary) error {
	if a.cfg.Now().Unix() < a.silent.Load() {
		return fmt.Errorf("%w: the quota of the day is used up", bot.ErrParked)
	}
	key := "form|" + id
	for i := min(a.progress.of(key), len(forms)); i < len(forms); i++ {
		own := id
		if i > 0 {
			own += "+" + strconv.Itoa(i)
		}
		if err := a.pushForm(ctx, user, own, forms[i]); err != nil {
			a.progress.put(key, i)
			if i == 0 && !errors.Is(err, bot.ErrParked) {
				return unsent(err, err)
			}
			return err
		}
	}
	a.progress.drop(key)
	return nil
}

func (a *Adapter) pushForm(ctx context.Context, user, id string, form bot.Summary) error {
	msg, err := a.cfg.Template.message(user, id, form)
	if err != nil {
		return fmt.Errorf("%w: %w", bot.ErrParked, err)
	}
	err = a.api.call(ctx, func(api *apicontext.Context) error {
		_, err := message.NewTemplate(api).Send(msg)
		return err
	})
	return a.noticeVerdict(ctx, err)
}

// noticeVerdict differs from that of a customer message: a send whose outcome
// is unknown is tried again, since WeChat recognises it by its ID, and what one
// of the two may not do says nothing about the other.
func (a *Adapter) noticeVerdict(ctx context.Context, err error) error {
	code := codeOf(err)
	act, known := actions[code]
	if err == nil || !known || act == again {
		return err
	}
	a.log(ctx).WithError(err).WithField("errcode", code).Warn("wechat: template message refused")
	switch act {
	case stop:
		return fmt.Errorf("%w: %w", bot.ErrGone, err)
	case minute:
		return bot.RetryAfter(time.Minute)
	case lost:
		a.untold.Store(true)
	case tomorrow:
		a.silent.Store(nextDay(a.cfg.Now()).Unix())
	}
	return fmt.Errorf("%w: %w", bot.ErrParked, err)
}

// maxClientID is the most characters of client_msg_id.
const maxClientID = 32

func (t Template) message(openid, id string, form bot.Summary) (*message.TemplateMessage, error) {
	msg := &message.TemplateMessage{
		ToUser: openid, TemplateID: t.ID, URL: t.URL,
		Data: make(map[string]*message.TemplateDataItem, len(t.Fields)), ClientMsgID: id,
	}
	if len(id) > maxClientID {
		msg.ClientMsgID = short(id)
	}
	for name, source := range t.Fields {
		kind, _ := kindOf(name) // checked by New
		value, ok := kind.fit(valueOf(form, source))
		if !ok {
			return nil, fmt.Errorf("wechat: template field %s cannot say that %s is unknown; one of the kind thing can", name, source)
		}
		msg.Data[name] = &message.TemplateDataItem{Value: value}
	}
	return msg, nil
}

// valueOf is what a field shows, "" when it is unknown.
func valueOf(n bot.Summary, source string) string {
	switch source {
	case "plate":
		return n.Plate
	case "count":
		return strconv.Itoa(n.Count)
	case "money":
		return money(n.Fine)
	case "points":
		if n.Points != nil {
			return strconv.Itoa(*n.Points)
		}
	case "time":
		if !n.At.IsZero() {
			return n.At.In(bot.China).Format("2006年01月02日 15:04")
		}
	case "place":
		return n.Place
	case "act":
		return n.Act
	case "note":
		return n.Note
	}
	return ""
}

// money is an amount in yuan without a sign: 200, 12.50.
func money(fen *int) string {
	if fen == nil {
		return ""
	}
	s := fmt.Sprintf("%d.%02d", *fen/100, *fen%100)
	return strings.TrimSuffix(s, ".00")
}
