package juhe

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// DefaultBaseURL is the documented address, with TLS: the document prints it
// with plain http, which would show the key and the plate to the whole path.
const DefaultBaseURL = "https://v.juhe.cn/sweizhang"

const (
	// Juhe publishes no latency. Public callers wait 10 to 60 seconds, and a
	// query that is cut off may have been paid for nothing.
	defaultQueryTimeout = 30 * time.Second
	defaultOtherTimeout = 10 * time.Second

	dialTimeout      = 3 * time.Second
	handshakeTimeout = 5 * time.Second

	defaultUserAgent = "weizhangbot-juhe/1 (+https://github.com/weizhangbot/weizhangbot)"
)

// Client talks to the service. It is immutable and safe for concurrent use.
// It holds no idle connections and needs no closing.
type Client struct {
	// Functions, because printers that walk into structs stop there: the key
	// cannot come out of %+v of whatever holds a Client.
	key    func() string
	redact func(string) string // removes the key from a text
	do     func(*http.Request) (*http.Response, error)

	base         *url.URL
	userAgent    string
	queryTimeout time.Duration
	otherTimeout time.Duration
}

type settings struct {
	baseURL      string
	allowHTTP    bool
	httpClient   *http.Client
	userAgent    string
	queryTimeout time.Duration
	otherTimeout time.Duration
}

// An Option changes one setting of New.
type Option func(*settings)

// WithBaseURL sets the address that the endpoints' names are appended to.
// Plain http is refused unless the host is a loopback address; see AllowHTTP.
func WithBaseURL(base string) Option { return func(s *settings) { s.baseURL = base } }

// AllowHTTP accepts a base URL with plain http. The key, plates and VINs then
// cross the network readable for everyone on the way.
func AllowHTTP() Option { return func(s *settings) { s.allowHTTP = true } }

// WithHTTPClient sets the HTTP client. It is copied; the copy follows no
// redirects (a 307 would carry key and VIN to another host), its Timeout gives
// way to WithTimeout's, and if its Transport is an *http.Transport, a clone
// without connection reuse takes its place. Any other RoundTripper is used as
// it is: it must not repeat requests.
func WithHTTPClient(c *http.Client) Option { return func(s *settings) { s.httpClient = c } }

// WithTimeout sets how long a Query (30 s unless set) and the other calls
// (10 s) may take, reading the answer included. A shorter deadline of the
// context wins.
func WithTimeout(query, other time.Duration) Option {
	return func(s *settings) { s.queryTimeout, s.otherTimeout = query, other }
}

// WithUserAgent sets the User-Agent header.
func WithUserAgent(ua string) Option { return func(s *settings) { s.userAgent = ua } }

// New returns a client that authenticates with key, the request key from
// Juhe's 个人中心 → 我的数据. White space around it is dropped. All faults of
// the settings are reported at once; no error contains the key.
func New(key string, opts ...Option) (*Client, error) {
	s := settings{
		baseURL:      DefaultBaseURL,
		userAgent:    defaultUserAgent,
		queryTimeout: defaultQueryTimeout,
		otherTimeout: defaultOtherTimeout,
	}
	for _, opt := range opts {
		opt(&s)
	}
	key = strings.TrimSpace(key)
	base, err := parseBase(s.baseURL, s.allowHTTP)
	err = errors.Join(checkKey(key), err, checkSettings(s))
	if err != nil {
		return nil, err
	}
	return &Client{
		key:          func() string { return key },
		redact:       keyRedactor(key).Replace,
		base:         base,
		do:           newHTTPClient(s.httpClient).Do,
		userAgent:    s.userAgent,
		queryTimeout: s.queryTimeout,
		otherTimeout: s.otherTimeout,
	}, nil
}

// String names the client without its key.
func (c *Client) String() string { return "juhe.Client(" + c.base.Host + c.base.Path + ")" }

// GoString is String: the key stays inside under every verb.
func (c *Client) GoString() string { return c.String() }

func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("juhe: new: the key is empty")
	case strings.ContainsFunc(key, unprintable):
		return errors.New("juhe: new: the key contains white space or control characters")
	}
	return nil
}

func checkSettings(s settings) error {
	var errs []error
	if s.queryTimeout <= 0 || s.otherTimeout <= 0 {
		errs = append(errs, errors.New("juhe: new: timeouts must be positive"))
	}
	if strings.ContainsAny(s.userAgent, "\r\n\x00") {
		errs = append(errs, errors.New("juhe: new: the user agent contains a line break"))
	}
	return errors.Join(errs...)
}

func parseBase(raw string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(raw), "/"))
	if err != nil { // url.Error prints the URL, which may hold a password
		return nil, errors.New("juhe: new: the base URL is not a URL")
	}
	switch {
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("juhe: new: the base URL must be scheme, host and path only")
	case u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("juhe: new: base URL %q: want https://host/path", raw)
	case u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()):
		return nil, fmt.Errorf("juhe: new: base URL %q: plain http shows key and plates to the network; use https, or AllowHTTP", raw)
	}
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// newHTTPClient never reuses a connection. On a reused one, net/http repeats
// some requests by itself, and an idle one that the server has closed fails a
// call in a way that leaves open whether it was paid. Beside a query's seconds
// a fresh handshake costs nothing.
func newHTTPClient(given *http.Client) *http.Client {
	var c http.Client
	if given != nil {
		c = *given
	}
	switch t := c.Transport.(type) {
	case nil:
		c.Transport = newTransport()
	case *http.Transport:
		clone := t.Clone()
		clone.DisableKeepAlives = true
		c.Transport = clone
	}
	c.Timeout = 0
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
