package wechat_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// What a push that failed tells: only what has surely not left may be brought by
// another push; what may have arrived waits for the person.
func TestPushOfAnOutage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		path   string
		code   int
		first  int // messages that go well before
		unsent bool
		want   string
	}{
		{"WeChat is busy", "custom/send", -1, 0, true, "again"},
		{"an errcode that nobody knows", "custom/send", 99999, 0, true, "again"},
		{"no token, by errcode", "stable_token", 40164, 0, true, "again"},
		{"no token, by a gateway", "stable_token", 502, 0, true, "again"},
		{"a gateway refuses", "custom/send", 403, 0, true, "again"},
		{"a gateway has enough", "custom/send", 429, 0, true, "again"},
		{"a gateway lost the answer", "custom/send", 502, 0, false, "parked"},
		{"too often", "custom/send", 45011, 0, false, "in 1m0s"},
		{"the second message", "custom/send", -1, 1, false, "again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, wechat.Service, wechattest.Safe)
			s.says(driver, "你好")
			s.api.FailAfter(tt.path, tt.code, tt.first, 1)
			err := s.adapter.Push(t.Context(), toUser, "1", hello(1+2*tt.first))
			if got := outcome(err); got != tt.want || errors.Is(err, bot.ErrUnsent) != tt.unsent {
				t.Errorf("%v: %s, unsent %v; want %s, %v", err, got, errors.Is(err, bot.ErrUnsent), tt.want, tt.unsent)
			}
		})
	}
}

// No connection is as good as no request, also when the handshake failed; a
// connection that broke is not.
func TestPushWithoutAConnection(t *testing.T) {
	for name, tt := range map[string]struct {
		dial   func(ctx context.Context, network, address string) (net.Conn, error)
		unsent bool
	}{
		"a handshake that failed": {func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("tls: failed to verify certificate")
		}, true},
		"a connection that broke": {func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { _, _ = far.Read(make([]byte, 1)); _ = far.Close() }()
			return near, nil
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var broken http.RoundTripper = &http.Transport{DialContext: tt.dial, DisableKeepAlives: true}
			s := newStage(t, wechat.Service, wechattest.Safe, func(c *wechat.Config) {
				well := c.HTTPClient.Transport
				c.HTTPClient = &http.Client{Transport: roundTrips(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "custom/send") {
						return broken.RoundTrip(r)
					}
					return well.RoundTrip(r)
				})}
			})
			s.says(driver, "你好")
			err := s.adapter.Push(t.Context(), toUser, "1", hello(1))
			if errors.Is(err, bot.ErrUnsent) != tt.unsent || errors.Is(err, bot.ErrParked) == tt.unsent {
				t.Errorf("%v", err)
			}
		})
	}
}

type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
