package juhe

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// The endpoints, as they are called in URLs and in Error.Endpoint.
const (
	EndpointCities = "citys"
	EndpointPrefix = "carPre"
	EndpointQuery  = "query"
)

// maxAnswer bounds an answer after inflating. The largest known answer, the
// whole city list, has 71 KB; 30 violations have about 15.
const maxAnswer = 1 << 20

// call asks one endpoint. A POST carries params as a form, which keeps key, plate
// and digits out of URLs and access logs; the document allows it for citys and
// query, but carPre is GET only.
func (c *Client) call(ctx context.Context, method, endpoint string, params url.Values) ([]byte, error) {
	timeout := c.otherTimeout
	if endpoint == EndpointQuery {
		timeout = c.queryTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	params.Set("key", c.key())
	req, err := newRequest(ctx, method, c.base.JoinPath(endpoint), params.Encode())
	if err != nil {
		return nil, &TransportError{Endpoint: endpoint, Err: c.scrub(err)}
	}
	req.Header.Set("User-Agent", c.userAgent)
	return c.send(req, endpoint)
}

func newRequest(ctx context.Context, method string, u *url.URL, params string) (*http.Request, error) {
	if method == http.MethodGet {
		u.RawQuery, params = params, ""
	}
	// A bare Reader hides the buffer's type from NewRequest, which therefore
	// sets no GetBody: without it HTTP/2 cannot send a request again either.
	req, err := http.NewRequestWithContext(ctx, method, u.String(), struct{ io.Reader }{strings.NewReader(params)})
	if err != nil {
		return nil, err
	}
	if req.ContentLength = int64(len(params)); params == "" {
		req.Body = http.NoBody
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // documented for all three
	return req, nil
}

// send makes exactly one attempt and returns the whole answer.
func (c *Client) send(req *http.Request, endpoint string) ([]byte, error) {
	if err := req.Context().Err(); err != nil {
		return nil, &TransportError{Endpoint: endpoint, Err: err}
	}
	var wire wire
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), wire.trace()))
	resp, err := c.do(req)
	if err != nil {
		return nil, &TransportError{Endpoint: endpoint, Sent: wire.mayHaveSent(), Err: c.scrub(err)}
	}
	defer func() { _ = resp.Body.Close() }() // read to its end or given up; either way nothing is lost
	body, err := readAnswer(resp)
	if err != nil {
		return nil, &TransportError{Endpoint: endpoint, Sent: true, Err: c.scrub(err)}
	}
	if len(body) > maxAnswer {
		return nil, &malformedError{endpoint: endpoint, status: resp.StatusCode, why: "larger than 1 MiB"}
	}
	if err := checkAnswer(endpoint, resp.StatusCode, body); err != nil {
		return nil, err
	}
	return c.blankKey(body), nil
}

// checkAnswer refuses what no decoder could use. Errors of the service come
// with status 200; behind another status a readable envelope still counts.
func checkAnswer(endpoint string, status int, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return &malformedError{endpoint: endpoint, status: status, why: "empty body"}
	}
	if status == http.StatusOK {
		return nil
	}
	if _, err := openEnvelope(endpoint, body); errors.Is(err, ErrMalformed) {
		return &malformedError{endpoint: endpoint, status: status, why: "no readable envelope"}
	}
	return nil
}

// readAnswer returns at most one byte more than maxAnswer.
func readAnswer(resp *http.Response) ([]byte, error) {
	r := io.Reader(resp.Body)
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(r) // the transport inflates only what it asked for itself
		if err != nil {
			return nil, err
		}
		r = z
	}
	return io.ReadAll(io.LimitReader(r, maxAnswer+1))
}

// wire watches whether a request can have reached the other side.
type wire struct{ asked, got atomic.Bool }

func (w *wire) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
	}
}

// mayHaveSent is false only if the transport looked for a connection and got
// none. A transport that reports nothing is not trusted to have sent nothing.
func (w *wire) mayHaveSent() bool { return w.got.Load() || !w.asked.Load() }
