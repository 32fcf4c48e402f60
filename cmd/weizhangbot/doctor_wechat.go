package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
)

// abilities are what an account may do, by its type
// (developers.weixin.qq.com, 公众号接口权限说明).
var abilities = map[string]string{
	"service":      "认证服务号: late answers are pushed, menu, photos of licences are read, template messages",
	"subscription": "认证订阅号: late answers are pushed within 48 h of a message, menu, photos of licences are read; no template messages",
	"basic":        "未认证或个人: answers only; who waits longer than 15 s sends 结果; no API, no menu, no photos",
}

// wechatTime bounds one question to WeChat.
const wechatTime = 10 * time.Second

// wechat asks the account what it may do.
func (d *doctor) wechat(ctx context.Context) {
	c := d.config.WeChat
	own := c.adapter(nobody{})
	own.HTTPClient = &http.Client{Transport: d.dates("WeChat", wechatTime), Timeout: wechatTime}
	a, err := wechat.New(own)
	if err != nil { // loadServed has refused it
		d.broken("wechat", err.Error(), "")
		return
	}
	if c.AESKey == "" {
		d.slight("wechat mode", "plain: whoever reads one request can forge others", "choose 安全模式 in 服务器配置 and set wechat.aes_key")
	} else {
		d.fine("wechat mode", "safe: messages are encrypted")
	}
	found := a.Diagnose(ctx)
	if len(found) == 0 {
		d.fine("wechat account", abilities[c.Account])
	}
	for _, one := range found {
		d.wechatCheck(ctx, a, one)
	}
	if err := a.Close(ctx); err != nil {
		d.slight("wechat", err.Error(), "")
	}
}

// wechatCheck tells what became of one question, and mends what it can.
func (d *doctor) wechatCheck(ctx context.Context, a *wechat.Adapter, one wechat.Check) {
	check := "wechat " + one.Name
	if one.Err != nil && one.Fixable && d.fix {
		if one.Err = a.SetMenu(ctx); one.Err == nil {
			d.fine(check, "made; people see it within 5 minutes")
			return
		}
	}
	if one.Err == nil {
		what := "fine"
		if one.Name == "account" {
			what = abilities[d.config.WeChat.Account]
		}
		d.fine(check, what)
		return
	}
	for _, line := range faultLines(one.Err) {
		switch what := strings.TrimPrefix(line, "wechat: "); {
		case one.Name == "token":
			d.broken(check, what, "WeChat must accept the account before anything can be sent")
		case one.Fixable:
			d.slight(check, what, "run with --fix")
		default:
			d.slight(check, what, "")
		}
	}
}

// nobody is there to talk while the doctor looks.
type nobody struct{}

// Handle implements bot.Handler.
func (nobody) Handle(context.Context, bot.Message) (bot.Answer, error) {
	return bot.Answer{}, errors.New("doctor: nobody answers")
}
