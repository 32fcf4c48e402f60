package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
)

// A channel is a platform as a service needs it. What a platform does not have
// is nil.
type channel struct {
	name   string
	how    string // for the operator: wechat at /wechat
	path   string
	door   http.Handler
	pusher bot.Pusher
	window time.Duration               // for how long after their last message people can be reached; 0: always
	run    func(context.Context) error // until ctx ends, then drains; an earlier end is a failure
	close  func(context.Context) error // lets nobody in any more, and waits for those inside

	ended chan error // of run, once started
	quit  context.CancelFunc
}

// doorPaths are the paths that platforms call.
func (c *Config) doorPaths() []string {
	var paths []string
	if c.WeChat.on() {
		paths = append(paths, c.WeChat.Path)
	}
	if c.Telegram.on() && c.Telegram.webhook() {
		paths = append(paths, c.Telegram.Path)
	}
	return paths
}

func wechatChannel(w *world) (channel, error) {
	a, err := newWeChat(w.config.WeChat, w.bot, w)
	if err != nil {
		return channel{}, err
	}
	c := channel{
		name: wechat.Channel, how: "wechat at " + w.config.WeChat.Path,
		path: w.config.WeChat.Path, door: a, close: a.Close,
	}
	if a.Pushes() {
		c.pusher, c.window = a, wechat.Window
	}
	return c, nil
}

func newWeChat(c WeChat, h bot.Handler, w *world) (*wechat.Adapter, error) {
	a := c.adapter(h)
	a.Refuses, a.Log, a.Tracer, a.Now, a.HTTPClient = w.bot.Refuses, w.log, w.tracing.asTracer(), w.now, w.machine.client()
	a.Elsewhere = w.severalServe()
	return wechat.New(a)
}

// adapter is what the account's adapter needs, beside log, clock and network.
func (c WeChat) adapter(h bot.Handler) wechat.Config {
	return wechat.Config{
		AppID: c.AppID, AppSecret: string(c.AppSecret), Token: string(c.Token), AESKey: string(c.AESKey),
		Account: wechat.Account(c.Account), APIBase: c.APIBase, MaxClockSkew: c.MaxClockSkew,
		Template: wechat.Template{ID: c.Template.ID, URL: c.Template.URL, Fields: c.Template.Fields}, Bot: h,
	}
}

func telegramChannel(w *world) (channel, error) {
	t := w.config.Telegram
	a, err := newTelegram(t, handlerSeam(w.bot), bot.NewInbox(w.store, telegram.Channel).Traced(w.tracing.asTracer()), w)
	if err != nil {
		return channel{}, err
	}
	c := channel{name: telegram.Channel, how: "telegram by polling", pusher: a, run: a.Run}
	if t.webhook() {
		c.how, c.path, c.door = "telegram at "+t.Path, t.Path, a
	}
	return c, nil
}

func newTelegram(c Telegram, h bot.Handler, inbox telegram.Inbox, w *world) (*telegram.Adapter, error) {
	var ocr telegram.OCR
	if c.OCR.URL != "" {
		service, err := telegram.NewHTTPOCR(c.OCR.URL, string(c.OCR.Token), w.machine.client())
		if err != nil {
			return nil, err
		}
		ocr = service
	}
	return telegram.New(telegram.Config{
		OCR: ocr, Token: string(c.Token), APIBase: c.APIBase, Proxy: string(c.Proxy), Mode: telegram.Mode(c.Mode),
		WebhookURL: c.WebhookURL, WebhookSecret: string(c.WebhookSecret),
		Bot: h, Refuses: w.bot.Refuses, Inbox: inbox, Alone: w.pollsAlone(), Log: w.log, Tracer: w.tracing.asTracer(), Now: w.now, Dial: w.machine.dial,
	})
}

// severalServe tells whether other processes may serve the same people.
func (w *world) severalServe() bool { return w.config.Storage.Driver == "postgres" }

// pollsAlone is how one process of several polls; nil: there is one only.
func (w *world) pollsAlone() func(context.Context, func(context.Context)) {
	if !w.severalServe() {
		return nil
	}
	lease := &bot.Lease{Store: w.store, Name: "polling", Fault: w.fault}
	return lease.Hold
}

// start lets the platform work. lost is told when it gives up.
func (c *channel) start(ctx context.Context, lost func(error)) {
	if c.run == nil {
		return
	}
	// Its own context: it ends with stop, in its turn.
	ctx, c.quit = context.WithCancel(context.WithoutCancel(ctx))
	c.ended = make(chan error, 1)
	go func() {
		err := c.run(ctx)
		if ctx.Err() == nil {
			lost(fmt.Errorf("%s: %w", c.name, or2(err, errEnded)))
			err = nil // told
		}
		c.ended <- err
	}()
}

// stop lets nobody in any more, and waits as long as grace allows for those
// inside. What is left then goes on at the next start.
func (c *channel) stop(grace context.Context) error {
	if c.quit != nil {
		c.quit()
		select {
		case err := <-c.ended:
			if err != nil {
				return fmt.Errorf("stop %s: %w", c.name, err)
			}
		case <-grace.Done():
			return fmt.Errorf("stop %s: %w", c.name, grace.Err())
		}
	}
	if c.close != nil {
		if err := c.close(grace); err != nil {
			return fmt.Errorf("stop %s: %w", c.name, err)
		}
	}
	return nil
}
