package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// callTime bounds one call to Telegram, a poll's waiting aside.
	callTime = 20 * time.Second
	// maxResponse bounds what is read of an answer: a hundred updates, the most
	// a poll brings, are far smaller.
	maxResponse = 16 << 20
	// maxFile is the largest file that getFile offers (Bot API, getFile).
	maxFile = 20 << 20
)

// A wire is the HTTP client that everything goes through, the SDK's calls
// included. The token, which is part of every URL, does not get past it: its
// errors hold neither URL nor body. What Telegram refuses is an *apiError, what
// the network did a *netError.
type wire struct {
	client *http.Client
	base   string
	token  string
}

// An apiError is Telegram's answer that it did not do what was asked.
type apiError struct {
	Code        int
	Description string        // "" when the answer was not Telegram's own
	RetryAfter  time.Duration // with 429
	MigrateTo   int64         // the chat's new id, when it has become another
}

// Error keeps the kind and the fault of "Bad Request: can't parse entities: at
// …": what follows can quote the message.
func (e *apiError) Error() string {
	kind, rest, _ := strings.Cut(e.Description, ": ")
	fault, _, _ := strings.Cut(rest, ": ")
	return strings.TrimRight(fmt.Sprintf("telegram: answer %d %s: %s", e.Code, kind, fault), ": ")
}

// A netError is a call without an answer. Left tells that the request may have
// reached Telegram, so that nobody knows whether it was done.
type netError struct {
	Left bool
	err  error
	text string
}

func (e *netError) Error() string { return "telegram: network: " + e.text }

// Unwrap lets errors.Is find the end of a context.
func (e *netError) Unwrap() error { return e.err }

// A Dialer connects to an address, as net.Dialer's DialContext does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

func newWire(c Config, poll time.Duration) (*wire, error) {
	u, err := url.Parse(c.APIBase)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("telegram: api base: not an address such as https://api.telegram.org")
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         c.Dial,
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 32, // replies go out in parallel
		IdleConnTimeout:     90 * time.Second,
	}
	if c.Dial == nil {
		transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	if c.Proxy != "" {
		p, err := url.Parse(c.Proxy)
		if err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https" && p.Scheme != "socks5" {
			return nil, errors.New("telegram: proxy: not an address such as http://host:port or socks5://host:port")
		}
		transport.Proxy = http.ProxyURL(p)
	}
	return &wire{
		base: c.APIBase, token: c.Token,
		client: &http.Client{
			Transport: transport,
			Timeout:   poll + callTime, // the outermost bound; each call has its own
			// The URL holds the token: it is not carried to where an answer points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Do implements the SDK's HttpClient. It returns a response only for what
// Telegram did; its body is in memory.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	got, err := w.ask(req)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(got.status), StatusCode: got.status, Header: got.header, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: int64(len(got.body)), Body: io.NopCloser(bytes.NewReader(got.body)),
	}, nil
}

// A response is an answer in memory.
type response struct {
	status int
	header http.Header
	body   []byte
}

// ask makes a call of the Bot API.
func (w *wire) ask(req *http.Request) (response, error) {
	got, err := w.fetch(req, maxResponse)
	if err != nil {
		return response{}, err
	}
	return got, got.refusal()
}

// fetch does the request and reads its answer, up to limit bytes.
func (w *wire) fetch(req *http.Request, limit int64) (response, error) {
	var left atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	resp, err := w.client.Do(req.WithContext(ctx))
	if err != nil {
		return response{}, w.lost(err, left.Load())
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return response{}, w.lost(err, true)
	}
	if int64(len(body)) > limit { // whoever answers so is not Telegram
		return response{}, &apiError{Code: http.StatusBadGateway, Description: "the answer is too long"}
	}
	return response{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

// lost describes a call without an answer, without its URL.
func (w *wire) lost(err error, left bool) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &netError{Left: left, err: err, text: w.hide(err.Error())}
}

// longestPause is how long a call is put off at most, whatever is asked for: as
// long as Telegram keeps updates.
const longestPause = 24 * time.Hour

// refusal reads Telegram's envelope; nil: it did what was asked. Proxies and
// gateways answer in HTML: that is told by its status alone.
func (r response) refusal() error {
	var e struct {
		OK          *bool  `json:"ok"`
		Code        int    `json:"error_code"`
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter int   `json:"retry_after"`
			MigrateTo  int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	known := json.Unmarshal(r.body, &e) == nil && e.OK != nil
	switch {
	case known && *e.OK:
		return nil
	case !known && r.status == http.StatusOK:
		return &apiError{Code: http.StatusBadGateway, Description: "not an answer of the Bot API"}
	case !known:
		e.Code, e.Description = r.status, ""
	case e.Code == 0:
		e.Code = r.status
	}
	if e.Parameters.RetryAfter == 0 {
		e.Parameters.RetryAfter, _ = strconv.Atoi(r.header.Get("Retry-After"))
	}
	return &apiError{
		Code: e.Code, Description: e.Description, MigrateTo: e.Parameters.MigrateTo,
		RetryAfter: time.Duration(min(max(0, e.Parameters.RetryAfter), int(longestPause/time.Second))) * time.Second,
	}
}

// call does a method that the SDK does not offer, and decodes its result.
func (w *wire) call(ctx context.Context, method string, params, result any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("telegram: %s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/bot"+w.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return w.redact(err)
	}
	req.Header.Set("Content-Type", "application/json")
	got, err := w.ask(req)
	if err != nil {
		return err
	}
	envelope := struct {
		Result any `json:"result"`
	}{result}
	if err := json.Unmarshal(got.body, &envelope); err != nil {
		return &apiError{Code: http.StatusBadGateway, Description: "the result cannot be read"}
	}
	return nil
}

// file downloads what getFile named by path.
func (w *wire) file(ctx context.Context, path string) ([]byte, error) {
	if path == "" || strings.HasPrefix(path, "/") || strings.Contains(path, "..") {
		// A server in --local mode names a file of its own disk.
		return nil, errors.New("telegram: file: the server offers no download")
	}
	at := w.base + "/file/bot" + w.token + (&url.URL{Path: "/" + path}).EscapedPath()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, w.redact(err)
	}
	got, err := w.fetch(req, maxFile)
	if err != nil {
		return nil, err
	}
	if got.status != http.StatusOK {
		return nil, &apiError{Code: got.status}
	}
	return got.body, nil
}

// hide takes the token out of a text, also where it stands escaped in a URL.
func (w *wire) hide(s string) string {
	_, secret, _ := strings.Cut(w.token, ":")
	for _, t := range []string{w.token, url.PathEscape(w.token), url.QueryEscape(w.token), secret} {
		s = strings.ReplaceAll(s, t, "***")
	}
	return s
}

// redact takes the token out of an error; one without it is returned as it is.
func (w *wire) redact(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); w.hide(text) != text {
		return &hidden{err: err, text: w.hide(text)}
	}
	return err
}

// A hidden error says nothing of the token.
type hidden struct {
	err  error
	text string
}

func (e *hidden) Error() string { return e.text }
func (e *hidden) Unwrap() error { return e.err }
