package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot"
)

// abilities are what an account may do, by its type
// (developers.weixin.qq.com, 公众号接口权限说明).
var abilities = map[string]string{
	"service":      "认证服务号: late answers are pushed, menu, photos of licences are read, template messages",
	"subscription": "认证订阅号: late answers are pushed within 48 h of a message, menu, photos of licences are read; no template messages",
	"basic":        "未认证或个人: answers only; who waits longer than 15 s sends 结果; no API, no menu, no photos",
}

// wechat asks the account what it may do.
func (d *doctor) wechat(ctx context.Context) {
	c := d.config.WeChat
	a, err := newWeChat(c, nobody{}, &world{log: silentLog()})
	if err != nil {
		for _, line := range faultLines(err) {
			d.broken("wechat", strings.TrimPrefix(line, "wechat: "), "")
		}
		return
	}
	d.fine("wechat account", abilities[c.Account]+" (served at "+c.Path+")")
	if c.AESKey == "" {
		d.slight("wechat mode", "plain: whoever reads one request can forge others", "choose 安全模式 in 服务器配置 and set wechat.aes_key")
	} else {
		d.fine("wechat mode", "safe: messages are encrypted")
	}
	for _, found := range a.Diagnose(ctx) {
		check := "wechat " + found.Name
		if found.Err != nil && found.Fixable && d.fix {
			if found.Err = a.SetMenu(ctx); found.Err == nil {
				d.fine(check, "made; people see it within 5 minutes")
				continue
			}
		}
		switch what := trimmed("wechat: ", found.Err); {
		case found.Err == nil:
			d.fine(check, "fine")
		case found.Name == "token":
			d.broken(check, what, "WeChat must accept the account before anything can be sent")
		case found.Fixable:
			d.slight(check, what, "run with --fix")
		default:
			d.slight(check, what, "")
		}
	}
	if err := a.Close(ctx); err != nil {
		d.slight("wechat", err.Error(), "")
	}
}

func trimmed(prefix string, err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), prefix)
}

// nobody is there to talk while the doctor looks.
type nobody struct{}

// Handle implements bot.Handler.
func (nobody) Handle(context.Context, bot.Message) (bot.Answer, error) {
	return bot.Answer{}, errors.New("doctor: nobody answers")
}

// telegramTime bounds one question to Telegram.
const telegramTime = 10 * time.Second

// telegram asks who the bot is and where its updates go. Its errors are masked
// like all lines: the SDK's may hold the token.
func (d *doctor) telegram(ctx context.Context) {
	c := d.config.Telegram
	api, err := telegramClient(c)
	if err != nil {
		d.broken("telegram", err.Error(), "check telegram.proxy and telegram.api_base")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*telegramTime)
	defer cancel()
	me, err := api.GetMe(ctx)
	switch {
	case errors.Is(err, tg.ErrorUnauthorized), errors.Is(err, tg.ErrorNotFound):
		d.broken("telegram", "Telegram refuses the token", "compare telegram.token with what @BotFather shows")
		return
	case err != nil:
		d.broken("telegram", "Telegram does not answer: "+reason(err), "check the network; where Telegram is blocked, set telegram.proxy or telegram.api_base")
		return
	}
	d.fine("telegram", "the token is @"+me.Username+"'s")
	info, err := api.GetWebhookInfo(ctx)
	if err != nil {
		d.slight("telegram webhook", "Telegram does not tell: "+reason(err), "try again")
		return
	}
	d.webhook(c, info)
}

// webhook compares what Telegram knows with what serve will tell it.
func (d *doctor) webhook(c Telegram, info *models.WebhookInfo) {
	const check = "telegram webhook"
	waiting := fmt.Sprintf("%d updates wait", info.PendingUpdateCount)
	failed := time.Unix(int64(info.LastErrorDate), 0)
	switch {
	case !c.webhook() && info.URL != "":
		d.slight(check, "set to "+hostOf(info.URL)+", though updates are to be polled", "serve removes it; if another installation needs it, give this one a bot of its own")
	case !c.webhook():
		d.fine(check, "none, as polling wants it; "+waiting)
	case info.URL == "":
		d.slight(check, "not set yet", "serve sets it")
	case info.URL != c.WebhookURL:
		d.slight(check, "set to "+hostOf(info.URL)+", not to telegram.webhook_url", "serve sets it anew; if another installation needs it, give this one a bot of its own")
	case info.LastErrorMessage != "" && d.now().Sub(failed) < time.Hour:
		d.slight(check, fmt.Sprintf("Telegram could not deliver %v ago: %s; %s", d.now().Sub(failed).Round(time.Second), firstLine(info.LastErrorMessage), waiting),
			"see that "+hostOf(c.WebhookURL)+" leads to server.listen with a valid certificate")
	default:
		d.fine(check, "set; "+waiting)
	}
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "another address"
}

// reason is why a call had no answer, without the URL, which holds the token.
func reason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return firstLine(err.Error())
}

func telegramClient(c Telegram) (*tg.Bot, error) {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
		DialContext: (&net.Dialer{Timeout: telegramTime}).DialContext, TLSHandshakeTimeout: telegramTime,
	}
	if c.Proxy != "" {
		proxy, err := url.Parse(string(c.Proxy))
		if err != nil {
			return nil, errors.New("telegram.proxy: no address of a proxy")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	return tg.New(string(c.Token), tg.WithSkipGetMe(), tg.WithServerURL(strings.TrimRight(c.APIBase, "/")),
		tg.WithHTTPClient(time.Minute, &http.Client{Transport: transport, Timeout: telegramTime, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the URL holds the token
		}}))
}
