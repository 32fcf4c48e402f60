package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

var (
	// ErrNobody: nobody answers at the address.
	ErrNobody = errors.New("admin: nobody answers")
	// ErrRefused: the token is not the listener's.
	ErrRefused = errors.New("admin: refused: the token is another")
)

// mostAnswer is how much of an answer is read: far more than any table.
const mostAnswer = 32 << 20

// A Client asks a listener on behalf of an operator. It follows no redirect and
// uses no proxy: the token is for the listener alone.
type Client struct {
	base, token string
	http        *http.Client
}

var (
	_ Office = (*Client)(nil)
	_ Copier = (*Client)(nil)
)

// NewClient asks the listener at base, http://127.0.0.1:9090.
func NewClient(base, token string) *Client {
	return &Client{base: base, token: token, http: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       answerTime + 10*time.Second,
	}}
}

// Close lets go of the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Import implements Office.
func (c *Client) Import(ctx context.Context, o bot.ImportOrder) (r bot.ImportReport, err error) {
	query := url.Values{}
	for name, on := range map[string]bool{"dry_run": o.DryRun, "skip_faulty": o.SkipFaulty} {
		if on {
			query.Set(name, "1")
		}
	}
	q := question{method: http.MethodPost, path: "/import", query: query, user: o.User, body: o.Table}
	err = c.askJSON(ctx, q, &r)
	return r, err
}

// Export implements Office; the file is Chinese, whatever l is.
func (c *Client) Export(ctx context.Context, u bot.UserID, what bot.Export, _ bot.Lang) (bot.File, error) {
	q := question{method: http.MethodGet, path: "/export", query: url.Values{"what": {string(what)}}, user: u}
	if what == bot.ExportCalendar {
		q.path, q.query = "/calendar", nil
	}
	data, mime, err := c.ask(ctx, q)
	return bot.File{Name: string(what), MIME: mime, Data: data}, err
}

// Costs implements Office.
func (c *Client) Costs(ctx context.Context, days int) (r bot.CostReport, err error) {
	err = c.askJSON(ctx, question{method: http.MethodGet, path: "/costs", query: url.Values{"days": {strconv.Itoa(days)}}}, &r)
	return r, err
}

// Backup implements Copier. It takes as long as ctx allows.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	patient := *c.http
	patient.Timeout = 0
	answer, err := c.send(ctx, &patient, question{method: http.MethodGet, path: "/backup"})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if err := refusal("/backup", answer); err != nil {
		return err
	}
	if _, err := io.Copy(w, answer.Body); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("admin: /backup: cut off: %w", err)
	}
	return nil
}

type question struct {
	method, path string
	query        url.Values
	user         bot.UserID
	body         []byte
	mime         string // of body; "": text/csv
}

func (c *Client) askJSON(ctx context.Context, q question, v any) error {
	data, _, err := c.ask(ctx, q)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("admin: %s: not the answer of a listener: %w", q.path, err)
	}
	return nil
}

func (c *Client) ask(ctx context.Context, q question) (data []byte, mime string, err error) {
	answer, err := c.send(ctx, c.http, q)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	if err := refusal(q.path, answer); err != nil {
		return nil, "", err
	}
	if data, err = io.ReadAll(io.LimitReader(answer.Body, mostAnswer)); err != nil {
		return nil, "", fmt.Errorf("admin: %s: %w", q.path, err)
	}
	return data, answer.Header.Get("Content-Type"), nil
}

// refusal is the error of an answer that is none; it may have read the body then.
func refusal(path string, answer *http.Response) error {
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return ErrRefused
	}
	why, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	line, _, _ := strings.Cut(string(why), "\n")
	if strings.HasPrefix(line, "bot: ") { // the office's own words: the same as without a serve between
		return errors.New(line)
	}
	return fmt.Errorf("admin: %s: %d: %.200s", path, answer.StatusCode, line)
}

func (c *Client) send(ctx context.Context, client *http.Client, q question) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path+"?"+q.query.Encode(), bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	r.Header.Set(Header, "1")
	r.Header.Set("Content-Type", cmp.Or(q.mime, "text/csv"))
	if q.user != "" {
		r.Header.Set(UserHeader, string(q.user))
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	return answer, nil
}
