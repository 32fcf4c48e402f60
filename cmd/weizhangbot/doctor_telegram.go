package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot/telegram"
)

// telegramTime bounds one question to Telegram.
const telegramTime = 10 * time.Second

// A telegramDoor is the way to Telegram. Its errors are masked like all lines:
// the SDK's may hold the token.
type telegramDoor struct {
	api  *tg.Bot
	http *http.Client
	base string // with the token: of what the SDK does not do
}

// telegram asks who the bot is, and where its updates go.
func (d *doctor) telegram(ctx context.Context) {
	c := d.config.Telegram
	door, err := d.telegramDoor()
	if err != nil {
		d.broken("telegram", err.Error(), "check telegram.proxy and telegram.api_base")
		return
	}
	own, cancel := context.WithTimeout(ctx, 2*telegramTime)
	defer cancel()
	me, err := door.api.GetMe(own)
	switch {
	case errors.Is(err, tg.ErrorUnauthorized), errors.Is(err, tg.ErrorNotFound):
		d.broken("telegram", "Telegram refuses the token", "compare telegram.token with what @BotFather shows")
		return
	case err != nil:
		d.broken("telegram", "Telegram does not answer: "+reason(err), "check the network; where Telegram is blocked, set telegram.proxy or telegram.api_base")
		return
	}
	d.fine("telegram", "the token is @"+me.Username+"'s")
	d.groups(me)
	info, err := door.api.GetWebhookInfo(own)
	if err != nil {
		d.slight("telegram webhook", "Telegram does not tell: "+reason(err), "try again")
		return
	}
	d.webhook(own, door, info)
	if !c.webhook() && info.URL == "" {
		d.pollers(ctx, door, info)
	}
}

// groups tells what the bot hears in groups, where it needs commands and
// mentions only.
func (d *doctor) groups(me *models.User) {
	const check = "telegram groups"
	switch {
	case !me.CanJoinGroups:
		d.fine(check, "the bot cannot be added to groups")
	case me.CanReadAllGroupMessages:
		d.slight(check, "privacy mode is off: Telegram sends the bot everything that is said in its groups", "@BotFather → /setprivacy → Enable, then take the bot out of its groups and add it again")
	default:
		d.fine(check, "privacy mode is on: the bot gets commands and mentions only")
	}
}

// webhook compares what Telegram knows with what serve will tell it.
func (d *doctor) webhook(ctx context.Context, door *telegramDoor, info *models.WebhookInfo) {
	const check = "telegram webhook"
	c := d.config.Telegram
	waiting := fmt.Sprintf("updates waiting: %d", info.PendingUpdateCount)
	failed := time.Unix(int64(info.LastErrorDate), 0)
	switch {
	case !c.webhook() && info.URL == "":
		d.fine(check, "none, as polling wants it; "+waiting)
	case !c.webhook() && info.URL == c.WebhookURL && d.fix:
		_, err := door.api.DeleteWebhook(ctx, &tg.DeleteWebhookParams{})
		d.fixed(check, "taken away, as polling wants it; "+waiting, err)
	case !c.webhook():
		d.slight(check, "set to "+hostOf(info.URL)+", though updates are to be polled", "serve removes it; if another installation needs it, give this one a bot of its own")
	case info.URL == "" && d.fix:
		_, err := door.api.SetWebhook(ctx, telegram.WebhookParams(c.WebhookURL, string(c.WebhookSecret)))
		d.fixed(check, "set", err)
	case info.URL == "":
		d.slight(check, "not set yet", "serve sets it, and so does --fix")
	case info.URL != c.WebhookURL:
		d.slight(check, "set to "+hostOf(info.URL)+", not to telegram.webhook_url", "serve sets it anew; if another installation needs it, give this one a bot of its own")
	case info.LastErrorMessage != "" && d.now().Sub(failed) < time.Hour:
		d.slight(check, fmt.Sprintf("Telegram could not deliver %v ago: %s; %s", max(0, d.now().Sub(failed).Round(time.Second)), firstLine(info.LastErrorMessage), waiting),
			"see that "+hostOf(c.WebhookURL)+" leads to server.listen with a valid certificate")
	default:
		d.fine(check, "set; "+waiting)
	}
}

// fixed tells that something was mended, or why it was not.
func (d *doctor) fixed(check, what string, err error) {
	if err != nil {
		d.slight(check, "Telegram refuses the change: "+reason(err), "see that the address is public, on port 443, 80, 88 or 8443, with a valid certificate")
		return
	}
	d.fine(check, what)
}

// pollers listens whether somebody else polls with the token: Telegram then ends
// the one for the other. Nothing is confirmed, so nothing is lost. Our own serve
// must not be disturbed, and where updates wait nobody polls.
func (d *doctor) pollers(ctx context.Context, door *telegramDoor, info *models.WebhookInfo) {
	const check = "telegram polling"
	if d.listen <= 0 || d.held || info.PendingUpdateCount > 0 {
		return
	}
	switch code, err := door.poll(ctx, d.listen); {
	case err != nil:
		d.slight(check, "Telegram does not answer: "+reason(err), "try again")
	case code == http.StatusConflict:
		d.broken(check, "somebody else polls with this token", "end the other process, or give this one a bot of its own: only one may poll")
	default:
		d.fine(check, fmt.Sprintf("nobody else polls with the token (listened for %v)", d.listen))
	}
}

// poll is one getUpdates, which the SDK does not offer.
func (t *telegramDoor) poll(ctx context.Context, patience time.Duration) (code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience+telegramTime)
	defer cancel()
	ask, err := json.Marshal(map[string]int{"timeout": int(patience / time.Second), "limit": 1})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+"/getUpdates", bytes.NewReader(ask))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	patient := *t.http
	patient.Timeout = 0
	resp, err := patient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func (d *doctor) telegramDoor() (*telegramDoor, error) {
	c := d.config.Telegram
	network := d.dates("Telegram", telegramTime)
	if transport, ok := network.inner.(*http.Transport); ok && c.Proxy != "" {
		proxy, err := url.Parse(string(c.Proxy))
		if err != nil {
			return nil, errors.New("telegram.proxy: no address of a proxy")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	client := &http.Client{Transport: network, Timeout: telegramTime, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // the URL holds the token
	}}
	base := strings.TrimRight(c.APIBase, "/")
	api, err := tg.New(string(c.Token), tg.WithSkipGetMe(), tg.WithServerURL(base), tg.WithHTTPClient(time.Minute, client))
	return &telegramDoor{api, client, base + "/bot" + string(c.Token)}, err
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "another address"
}

// reason is why a call had no answer, without the URL, which may hold the token.
func reason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return firstLine(err.Error())
}
