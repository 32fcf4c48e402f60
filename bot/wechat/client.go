package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	apiconfig "github.com/silenceper/wechat/v2/officialaccount/config"
	apicontext "github.com/silenceper/wechat/v2/officialaccount/context"
	"github.com/silenceper/wechat/v2/officialaccount/customerservice"
	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// callTime bounds one request to the API, the one for a token as well, whatever
// its context allows.
const callTime = 10 * time.Second

// A client calls WeChat's API through the library's managers.
type client struct {
	appID, secret string
	base          *url.URL
	http          *http.Client
	now           func() time.Time
	tokens        tokens
}

func newClient(c Config, base *url.URL) *client {
	board()
	hc := http.Client{Timeout: callTime}
	if c.HTTPClient != nil {
		hc = *c.HTTPClient
	}
	// The API does not redirect; whoever does must not see the token.
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	api := &client{appID: c.AppID, secret: c.AppSecret, base: base, http: &hc, now: c.Now}
	api.tokens.fetch = api.fetchToken
	api.tokens.now = c.Now
	return api
}

// A ticketHolder gives the library a ticket where it expects an access token.
type ticketHolder string

// GetAccessToken implements credential.AccessTokenHandle.
func (h ticketHolder) GetAccessToken() (string, error) { return string(h), nil }

// call lets do use the library under ctx. A token that WeChat does not accept
// is replaced once. The error is an *APIError, or tells that there was no
// answer; it never holds a token or a secret.
func (c *client) call(ctx context.Context, do func(*apicontext.Context) error) error {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoToken, err)
	}
	err = c.once(ctx, token, do)
	if !slices.Contains(staleToken, codeOf(err)) {
		return err
	}
	c.tokens.drop(token)
	if token, err = c.tokens.get(ctx); err != nil {
		return fmt.Errorf("%w: %w", errNoToken, err)
	}
	return c.once(ctx, token, do)
}

// errNoToken: nothing was sent, for want of an access token.
var errNoToken = errors.New("wechat: no access token")

func (c *client) once(ctx context.Context, token string, do func(*apicontext.Context) error) error {
	// Of its own, whatever the token took: cut short it may have arrived.
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	t := &trip{ctx: ctx, client: c, token: token}
	ticket := theCarrier.start(t)
	defer theCarrier.end(ticket)
	return c.outcome(t, do(&apicontext.Context{Config: &apiconfig.Config{AppID: c.appID}, AccessTokenHandle: ticketHolder(ticket)}))
}

// outcome is the error of a trip. What the library makes of it is not needed:
// the trip saw the answer itself.
func (c *client) outcome(t *trip, said error) error {
	switch {
	case t.err != nil:
		return fmt.Errorf("wechat: %s: %w", t.name, t.err)
	case t.code != 0:
		return &APIError{Path: t.name, Code: t.code, Msg: c.redact(t)}
	case said != nil, !t.coded && strings.HasSuffix(t.name, "/send"): // a message that was taken is told by errcode 0
		return fmt.Errorf("wechat: %s: the answer has another shape", t.name)
	}
	return nil
}

// redact is an errmsg without secrets, in case WeChat quotes one.
func (c *client) redact(t *trip) string {
	msg := clean(strings.ToValidUTF8(t.msg, "?"))
	for _, secret := range []string{c.secret, t.token} {
		if secret != "" {
			msg = strings.ReplaceAll(msg, secret, "***")
		}
	}
	if len(msg) > 200 {
		msg, _ = cutPage(strings.ReplaceAll(msg, "\n", " "), 200)
	}
	return msg
}

// sendText sends a customer message (客服消息).
func (c *client) sendText(ctx context.Context, openid, text string) error {
	return c.call(ctx, func(api *apicontext.Context) error {
		return message.NewMessageManager(api).Send(message.NewCustomerTextMessage(openid, text))
	})
}

// showTyping shows the person that somebody types, for 15 s or until the next
// message.
func (c *client) showTyping(ctx context.Context, openid string) error {
	return c.call(ctx, func(api *apicontext.Context) error {
		return customerservice.NewCustomerServiceManager(api).SendTypingStatus(openid, customerservice.Typing)
	})
}
