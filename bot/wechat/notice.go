package wechat

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	apicontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A Notice is what a template message tells about a vehicle. A nil pointer and
// a zero time are unknown, which is not zero.
type Notice struct {
	ID     string // the same at every try: WeChat sends it once within 10 min
	Plate  string
	Count  int  // new violations
	Fine   *int // in 分
	Points *int
	At     time.Time
	Place  string
	Act    string
	Note   string
}

// Notify sends n as a template message. Its errors are those of bot.Pusher:
// parked also when no template is configured, or the operator has to mend it.
// A repetition with the same ID is harmless.
func (a *Adapter) Notify(ctx context.Context, to bot.UserID, n Notice) error {
	if !a.enter() {
		return bot.RetryAfter(time.Second)
	}
	defer a.work.Done()
	switch {
	case a.cfg.Template.ID == "" || a.untold.Load():
		return fmt.Errorf("%w: no template message", bot.ErrParked)
	case a.cfg.Now().Unix() < a.silent.Load():
		return fmt.Errorf("%w: the quota of the day is used up", bot.ErrParked)
	}
	msg, err := a.cfg.Template.message(openid(to), n)
	if err != nil {
		return fmt.Errorf("%w: %w", bot.ErrParked, err)
	}
	err = a.api.call(ctx, func(api *apicontext.Context) error {
		_, err := message.NewTemplate(api).Send(msg)
		return err
	})
	return a.noticeVerdict(err)
}

// noticeVerdict differs from that of a customer message: a send whose outcome
// is unknown is tried again, since WeChat recognises it by its ID, and what one
// of the two may not do says nothing about the other.
func (a *Adapter) noticeVerdict(err error) error {
	code := codeOf(err)
	act, known := actions[code]
	if err == nil || !known || act == again {
		return err
	}
	a.log().WithError(err).WithField("errcode", code).Warn("wechat: template message refused")
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

func (t Template) message(openid string, n Notice) (*message.TemplateMessage, error) {
	msg := &message.TemplateMessage{
		ToUser: openid, TemplateID: t.ID, URL: t.URL,
		Data: make(map[string]*message.TemplateDataItem, len(t.Fields)), ClientMsgID: n.ID,
	}
	if len(n.ID) > maxClientID {
		msg.ClientMsgID = short(n.ID)
	}
	for name, source := range t.Fields {
		kind, _ := kindOf(name) // checked by New
		value, ok := kind.fit(n.value(source))
		if !ok {
			return nil, fmt.Errorf("wechat: template field %s cannot say that %s is unknown; one of the kind thing can", name, source)
		}
		msg.Data[name] = &message.TemplateDataItem{Value: value}
	}
	return msg, nil
}

// value is what a field shows, "" when it is unknown.
func (n Notice) value(source string) string {
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
