package wechat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/silenceper/wechat/v2/util"
)

// maxAnswer bounds what is read of WeChat's answers; the longest, a menu, is a
// few KiB.
const maxAnswer = 1 << 20

// A carrier makes the library's calls fit for use. The library sends every
// request through one variable of its package util, without a context, to a
// constant host, and with the access token in the URL, which it then prints in
// its errors (v2.1.10, util/http.go). So it never gets a token but a ticket for
// one trip; the carrier knows from it whose call it is, under which context,
// where to, and with which token.
type carrier struct {
	trips sync.Map // ticket → *trip
}

// theCarrier stands in the library's variable from the first New on. It is
// the one piece of state of this package, because the library's is.
var (
	theCarrier carrier
	boarding   sync.Once
)

func board() {
	boarding.Do(func() { util.DefaultHTTPClient = &http.Client{Transport: &theCarrier} })
}

// A trip is one request and what came back.
type trip struct {
	ctx    context.Context
	client *client
	token  string
	name   string // the path, for errors

	err   error // of transport
	code  int64 // errcode
	coded bool  // whether there was one
	msg   string
}

// start makes a ticket; end gives it back.
func (c *carrier) start(t *trip) (ticket string) {
	ticket = rand.Text()
	c.trips.Store(ticket, t)
	return ticket
}

func (c *carrier) end(ticket string) { c.trips.Delete(ticket) }

// tripKey finds the trip of a call that does carry a context: the one for the
// access token itself.
type tripKey struct{}

// RoundTrip implements http.RoundTripper for the library alone.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	t, ok := r.Context().Value(tripKey{}).(*trip)
	if !ok {
		found, known := c.trips.Load(q.Get("access_token"))
		if t, ok = found.(*trip); !known || !ok {
			return nil, errors.New("wechat: request without a ticket")
		}
		q.Set("access_token", t.token)
	}
	u := *t.client.base
	u.Path = strings.TrimSuffix(u.Path, "/") + r.URL.Path
	u.RawQuery = q.Encode()
	t.name = r.URL.Path
	body, err := t.do(r, &u)
	if err != nil {
		t.err = err
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}

func (t *trip) do(r *http.Request, u *url.URL) ([]byte, error) {
	var asked, got atomic.Bool
	ctx := httptrace.WithClientTrace(t.ctx, &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), r.Body)
	if err != nil {
		return nil, errors.New("malformed request")
	}
	req.ContentLength = r.ContentLength
	req.Header = r.Header.Clone()
	resp, err := t.client.http.Do(req)
	if err = withoutURL(err); err != nil && asked.Load() && !got.Load() {
		err = fmt.Errorf("%w: %w", errNotSent, err) // of a handshake, for one
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read, or the error is known
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, withoutURL(err)
	}
	switch code := resp.StatusCode; {
	case code >= 300 && code < 500: // WeChat refuses with 200 and an errcode; this was somebody on the way
		return nil, fmt.Errorf("%w: HTTP status %d", errNotSent, code)
	case code != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %d", code)
	}
	var result struct {
		Code *int64 `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(body, &result); err != nil {
		return nil, errors.New("the answer is no JSON")
	}
	if t.coded = result.Code != nil; t.coded {
		t.code, t.msg = *result.Code, result.Msg
	}
	return body, nil
}

// withoutURL takes the URL, and with it the token, out of an error.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// errNotSent: no connection came about, or somebody on the way refused.
var errNotSent = errors.New("not sent")

// neverLeft tells whether err proves that a request did not reach WeChat.
func neverLeft(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial" || errors.Is(err, errNotSent)
}
