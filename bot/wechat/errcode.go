package wechat

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// An APIError is an errcode of WeChat's (全局返回码). Its text is for the
// operator and holds no secret.
type APIError struct {
	Path string // of the API
	Code int64
	Msg  string // WeChat's own words
}

func (e *APIError) Error() string {
	hint := ""
	if h, ok := hints[e.Code]; ok {
		hint = "; " + h
	}
	if address := strangerIP.FindStringSubmatch(e.Msg); e.Code == notListed && address != nil {
		hint = "; add " + address[1] + " to 设置与开发 → 基本配置 → IP白名单"
	}
	return fmt.Sprintf("wechat: %s: errcode %d: %s%s", e.Path, e.Code, e.Msg, hint)
}

// notListed is the errcode for a caller whose address the account does not list;
// its errmsg names the address: invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not
// in whitelist.
const notListed = 40164

var strangerIP = regexp.MustCompile(`^invalid ip ([0-9a-fA-F.:]+)`)

// codeOf is the errcode of err, 0 when there is none.
func codeOf(err error) int64 {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e.Code
	}
	return 0
}

// staleToken: the access token is invalid, not the latest, or expired.
var staleToken = []int64{40001, 40014, 42001}

// An action is what an errcode means for a message to a person.
type action int

const (
	again    action = iota // retry with a growing pause
	stop                   // the person is gone, or never was ours
	park                   // nothing may reach the person now
	lost                   // the account may not do this at all
	minute                 // too fast
	tomorrow               // the day's quota is used up
	mend                   // the message itself is refused: the operator's to mend
)

// actions by errcode; any other is tried again.
var actions = map[int64]action{
	-1:     again,    // busy
	40003:  stop,     // openid malformed, or of another account
	43004:  stop,     // does not follow
	43019:  stop,     // is on the account's blacklist
	43101:  park,     // refused notifications, or used them up
	45015:  park,     // 48 h are over
	45047:  park,     // the count of this trigger is used up
	45009:  tomorrow, // API quota of the day
	45011:  minute,   // API rate
	45002:  mend,     // text too long
	40037:  mend,     // no such template
	47003:  mend,     // a template field is invalid or empty; errmsg names it
	47001:  mend,     // malformed data
	48001:  lost,     // API not authorised
	40200:  lost,     // account type
	50002:  lost,     // account restricted
	101000: park,     // OCR: the image could not be fetched
	101003: tomorrow, // OCR: no quota left
}

// hints tell the operator what to do.
var hints = map[int64]string{
	40001:     "check app_secret",
	40013:     "check app_id",
	40125:     "check app_secret",
	notListed: "add this machine's IP to 设置与开发 → 基本配置 → IP白名单",
	40037:     "check template.id",
	45009:     "the quota of the day is used up",
	47003:     "check template.fields",
	48001:     "the account has no right to this: check account in the configuration",
	40200:     "this type of account cannot do that: check account in the configuration",
	50002:     "the platform has restricted the account",
}

// verdict turns the error of a send into what bot.Pusher promises, and keeps
// what it tells about the account and the person.
func (a *Adapter) verdict(ctx context.Context, to string, err error) error {
	if err == nil {
		return nil
	}
	a.learn(ctx, to, err)
	code := codeOf(err)
	act, known := actions[code]
	switch {
	case errors.Is(err, errNoToken):
		return err // nothing was sent
	case code == 0 && !neverLeft(err):
		// It may have been delivered. Sending it again would show it twice.
		return fmt.Errorf("%w: %w", bot.ErrParked, err)
	case !known:
		return err
	}
	switch act {
	case stop:
		return fmt.Errorf("%w: %w", bot.ErrGone, err)
	case minute:
		return bot.RetryAfter(time.Minute)
	case tomorrow, park, lost, mend:
		return fmt.Errorf("%w: %w", bot.ErrParked, err)
	}
	return err
}

// learn keeps what an error tells, and logs what the operator must see.
func (a *Adapter) learn(ctx context.Context, to string, err error) {
	code := codeOf(err)
	log := a.log(ctx).WithError(err).WithField("errcode", code)
	switch actions[code] {
	case park:
		a.windows.exhaust(to)
	case lost:
		if !a.mute.Swap(true) {
			log.Error("wechat: the account cannot send messages: answers that are late now wait for the person's next message")
		}
	case tomorrow:
		a.exhausted.Store(nextDay(a.cfg.Now()).Unix())
		log.Error("wechat: no more messages today")
	case mend, stop:
		log.Error("wechat: message refused")
	default:
		if slices.Contains([]int64{notListed, 40013, 40125}, code) || slices.Contains(staleToken, code) {
			log.Error("wechat: WeChat does not accept the account's credentials")
		}
	}
}

// nextDay is when the quotas of a day begin anew.
func nextDay(t time.Time) time.Time {
	y, m, d := t.In(bot.China).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, bot.China)
}
