package wechat

import (
	"context"
	"net/url"
	"strings"
	"time"

	apicontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/ocr"

	"github.com/weizhangbot/weizhangbot/bot"
)

// lookTime is how long the OCR may take: the answer needs the rest of the five
// seconds.
const lookTime = 3500 * time.Millisecond

// look turns a photo into what stands on it, when it is one of a vehicle
// licence (行驶证) and the account has the platform's OCR. The image itself
// never comes here: WeChat reads it from its own address.
func (a *Adapter) look(ctx context.Context, m bot.Message, t *try, picture string) bot.Message {
	t.mu.Lock()
	looked, licence := t.looked, t.licence
	t.looked = true
	t.mu.Unlock()
	if !looked {
		licence = a.read(ctx, picture)
		t.mu.Lock()
		t.licence = licence
		t.mu.Unlock()
	}
	if licence != nil {
		m.Event, m.Licence = bot.NoEvent, licence
	}
	return m
}

// read is what the OCR finds; nil: nothing of use, whatever the reason.
func (a *Adapter) read(ctx context.Context, picture string) *bot.Licence {
	u, err := url.Parse(picture)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" ||
		a.cfg.Account == Basic || a.blind.Load() || a.cfg.Now().Unix() < a.unread.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var seen ocr.ResDriving
	err = a.api.call(ctx, func(api *apicontext.Context) (err error) {
		seen, err = ocr.NewOCR(api).Driving(picture)
		return err
	})
	if err != nil {
		a.log(ctx).WithError(err).Warn("wechat: photo not read")
		switch actions[codeOf(err)] {
		case lost:
			a.blind.Store(true)
		case tomorrow:
			a.unread.Store(nextDay(a.cfg.Now()).Unix())
		}
		return nil
	}
	l := bot.Licence{Plate: strings.TrimSpace(seen.PlateNumber), Engine: strings.TrimSpace(seen.EngineNumber), VIN: strings.TrimSpace(seen.Vin)}
	if l.Plate == "" {
		l.Plate = strings.TrimSpace(seen.PlateNumberB) // of the second page
	}
	if l == (bot.Licence{}) {
		return nil
	}
	return &l
}
