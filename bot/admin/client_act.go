package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/weizhangbot/weizhangbot/bot"
)

const plainText = "text/plain; charset=utf-8"

// Stats implements Office.
func (c *Client) Stats(ctx context.Context) (s bot.Stats, err error) {
	err = c.askJSON(ctx, question{method: http.MethodGet, path: "/stats"}, &s)
	return s, err
}

// Alerts implements Office.
func (c *Client) Alerts(ctx context.Context, who string, on *bool) (states []bot.AlertState, err error) {
	q := question{method: http.MethodGet, path: "/alerts", user: bot.UserID(who)}
	if on != nil {
		q.method, q.query = http.MethodPost, url.Values{"on": {"0"}}
		if *on {
			q.query.Set("on", "1")
		}
	}
	err = c.askJSON(ctx, q, &states)
	return states, err
}

// Block implements Office.
func (c *Client) Block(ctx context.Context, who string, on bool) (s bot.BlockState, err error) {
	path := "/unblock"
	if on {
		path = "/block"
	}
	err = c.askJSON(ctx, question{method: http.MethodPost, path: path, user: bot.UserID(who)}, &s)
	return s, err
}

// Conversation implements Office.
func (c *Client) Conversation(ctx context.Context, who string) (v bot.Conversation, err error) {
	err = c.askJSON(ctx, question{method: http.MethodGet, path: "/conversation", user: bot.UserID(who)}, &v)
	return v, err
}

// Reset implements Office.
func (c *Client) Reset(ctx context.Context, who string) (v bot.Conversation, err error) {
	err = c.askJSON(ctx, question{method: http.MethodPost, path: "/reset", user: bot.UserID(who)}, &v)
	return v, err
}

// PlanBroadcast implements Office.
func (c *Client) PlanBroadcast(ctx context.Context, text string) (p bot.BroadcastPlan, err error) {
	q := question{method: http.MethodPost, path: "/broadcast", query: url.Values{"dry_run": {"1"}}, body: []byte(text), mime: plainText}
	err = c.askJSON(ctx, q, &p)
	return p, err
}

// Broadcast implements Office.
func (c *Client) Broadcast(ctx context.Context, o bot.BroadcastOrder) (r bot.BroadcastReport, err error) {
	q := question{method: http.MethodPost, path: "/broadcast", query: url.Values{"id": {o.ID}}, body: []byte(o.Text), mime: plainText}
	err = c.askJSON(ctx, q, &r)
	return r, err
}

// BroadcastReport implements Office.
func (c *Client) BroadcastReport(ctx context.Context) (r bot.BroadcastReport, err error) {
	err = c.askJSON(ctx, question{method: http.MethodGet, path: "/broadcast"}, &r)
	return r, err
}

// StopBroadcast implements Office.
func (c *Client) StopBroadcast(ctx context.Context) (r bot.BroadcastReport, err error) {
	err = c.askJSON(ctx, question{method: http.MethodPost, path: "/broadcast/stop"}, &r)
	return r, err
}
