package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tg "github.com/go-telegram/bot"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
)

func TestNewRefuses(t *testing.T) {
	good := Config{Token: testToken, Bot: &parrot{}, Inbox: bot.NewInbox(nil, Channel)}
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string // "" is fine
	}{
		"as it is":               {func(*Config) {}, ""},
		"blanks round the token": {func(c *Config) { c.Token = " " + testToken + "\n" }, ""},
		"no token":               {func(c *Config) { c.Token = "" }, "token"},
		"a line end inside":      {func(c *Config) { c.Token = "123456:AA\nF" }, "token"},
		"a token with a path":    {func(c *Config) { c.Token = "123456:AA/../getMe" }, "token"},
		"no dialogue":            {func(c *Config) { c.Bot = nil }, "Bot"},
		"no inbox":               {func(c *Config) { c.Inbox = nil }, "Inbox"},
		"a mode of its own":      {func(c *Config) { c.Mode = "magic" }, `mode "magic"`},
		"webhook without secret": {func(c *Config) { c.Mode, c.WebhookURL = Webhook, "https://a.example/t" }, "secret"},
		"a secret with blanks":   {func(c *Config) { c.Mode, c.WebhookURL, c.WebhookSecret = Webhook, "https://a.example/t", "a b" }, "secret"},
		"webhook without TLS":    {func(c *Config) { c.Mode, c.WebhookURL, c.WebhookSecret = Webhook, "http://a.example/t", "s" }, "https"},
		"webhook":                {func(c *Config) { c.Mode, c.WebhookURL, c.WebhookSecret = Webhook, "https://a.example/t", "s" }, ""},
		"another server":         {func(c *Config) { c.APIBase = "http://telegram.internal:8081/" }, ""},
		"no address":             {func(c *Config) { c.APIBase = "telegram" }, "api base"},
		"an address with a key":  {func(c *Config) { c.APIBase = "https://u:hunter2@a.example" }, "api base"},
		"http proxy":             {func(c *Config) { c.Proxy = "http://u:p@127.0.0.1:3128" }, ""},
		"socks proxy":            {func(c *Config) { c.Proxy = "socks5://127.0.0.1:1080" }, ""},
		"no proxy":               {func(c *Config) { c.Proxy = "ftp://u:hunter2@a.example" }, "proxy"},
	} {
		c := good
		tt.change(&c)
		_, err := New(c)
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "AA") || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
}

// The token is in every URL, and in no error and no line of the log, whatever
// goes wrong; neither are the webhook's secret, plates and bodies.
func TestSecretsStayHome(t *testing.T) {
	_, secret, _ := strings.Cut(testToken, ":")
	canaries := []string{testToken, secret, url.QueryEscape(testToken), "secret-1", "沪C12345"}
	for name, f := range map[string]telegramtest.Fault{
		"a gateway's page":                  {HTML: true, Times: 3},
		"a broken answer":                   {Nonsense: true, Times: 3},
		"a dropped call":                    {DropBefore: true, Times: 3},
		"an answer that mentions the token": {Code: 500, Description: "no " + testToken, Times: 3},
		"a server in pain":                  {Code: 503, Description: "Service Unavailable", Times: 3},
		"refused":                           {Method: "sendMessage", Code: 400, Description: "Bad Request: can't do that: at 沪C12345", Times: 1},
	} {
		for _, mode := range []Mode{Polling, Webhook} {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, &parrot{}, inMode(mode))
				r.settle(r.tg.Say(42, "沪C12345"))
				r.tg.Fail(f)
				r.settle(r.tg.Say(42, "沪C12345"), r.tg.Say(42, "沪C12345"))
				r.tg.Heal()
				r.stop()
				for _, c := range canaries {
					if log := r.log.String(); strings.Contains(log, c) {
						t.Errorf("the log holds %q:\n%s", c, log)
					}
				}
			})
		}
	}
}

// Every way in which a call can fail, seen at the client that library and poll
// share.
func TestWireErrors(t *testing.T) {
	elsewhere := atomic.Int32{}
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		code   int
		left   bool
		after  time.Duration
	}{
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"ok":false,"error_code":400,"description":"Bad Request: no"}`)
		}, 400, false, 0},
		"too many": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"ok":false,"error_code":429,"parameters":{"retry_after":7}}`)
		}, 429, false, 7 * time.Second},
		"too many, in the header alone": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `<html>`)
		}, 429, false, 9 * time.Second},
		"HTML": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>")
		}, 502, false, 0},
		"200 HTML":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>login") }, 502, false, 0},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }, 302, false, 0},
		"no answer":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, true, 0},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"ok":true`)
		}, 0, true, 0},
		"an answer without end": {func(w http.ResponseWriter, _ *http.Request) {
			line := []byte(strings.Repeat("x", 1<<16))
			for {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, 502, false, 0}, // whoever answers so is not Telegram
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(tt.answer)
			defer srv.Close()
			a, err := newAdapter(Config{Token: testToken, APIBase: srv.URL, Bot: &parrot{}, Inbox: bot.NewInbox(nil, Channel)}, hasty())
			if err != nil {
				t.Fatal(err)
			}
			defer a.wire.client.CloseIdleConnections()
			_, viaLibrary := a.api.GetMe(t.Context())
			own := a.wire.call(t.Context(), "getUpdates", struct{}{}, nil)
			for _, err := range []error{viaLibrary, own} {
				api, isAPI := errors.AsType[*apiError](err)
				network, isNet := errors.AsType[*netError](err)
				switch {
				case isAPI:
					if api.Code != tt.code || api.RetryAfter != tt.after {
						t.Errorf("%+v", api)
					}
				case isNet:
					if tt.code != 0 || network.Left != tt.left {
						t.Errorf("%+v", network)
					}
				default:
					t.Errorf("%v", err)
				}
				if strings.Contains(fmt.Sprint(err), "AAF") || strings.Contains(fmt.Sprint(err), "<html>") {
					t.Errorf("the error tells too much: %v", err)
				}
			}
		})
	}
	if elsewhere.Load() > 0 {
		t.Error("a redirect was followed, with the token in it")
	}
}

// What never left may be sent again; here nobody listens.
func TestWireNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	a, err := newAdapter(Config{Token: testToken, APIBase: "http://" + l.Addr().String(), Bot: &parrot{}, Inbox: bot.NewInbox(nil, Channel)}, hasty())
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.api.SendMessage(t.Context(), &tg.SendMessageParams{ChatID: 42, Text: "沪C12345"})
	if e, ok := errors.AsType[*netError](err); !ok || e.Left {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.wire.call(ctx, "getUpdates", struct{}{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
}

// Everything goes through the proxy, HTTP or SOCKS5, and to the API's base.
func TestProxy(t *testing.T) {
	t.Run("http", func(t *testing.T) {
		var asked atomic.Value
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.URL.Host)
			_, _ = io.WriteString(w, `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"x","username":"through_proxy"}}`)
		}))
		defer proxy.Close()
		if got := whoAmI(t, "http://telegram.invalid:8081", proxy.URL); got != "through_proxy" || asked.Load() != "telegram.invalid:8081" {
			t.Errorf("%q, asked for %v", got, asked.Load())
		}
	})
	t.Run("socks5", func(t *testing.T) {
		srv := telegramtest.New(testToken)
		api := httptest.NewServer(srv)
		defer api.Close()
		defer srv.Close()
		if got := whoAmI(t, "http://telegram.invalid:80", "socks5://"+socks(t, api.Listener.Addr().String())); got != "weizhang_bot" {
			t.Errorf("%q", got)
		}
	})
}

func whoAmI(t *testing.T, base, proxy string) string {
	t.Helper()
	a, err := newAdapter(Config{Token: testToken, APIBase: base, Proxy: proxy, Bot: &parrot{}, Inbox: bot.NewInbox(nil, Channel)}, hasty())
	if err != nil {
		t.Fatal(err)
	}
	defer a.wire.client.CloseIdleConnections()
	me, err := a.api.GetMe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return me.Username
}

// socks is a SOCKS5 proxy that leads everybody to the same address (RFC 1928).
func socks(t *testing.T, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		head := make([]byte, 2)
		_, _ = io.ReadFull(c, head) // version, number of methods
		_, _ = io.CopyN(io.Discard, c, int64(head[1]))
		_, _ = c.Write([]byte{5, 0})
		request := make([]byte, 5) // version, connect, reserved, 3: a name, its length
		_, _ = io.ReadFull(c, request)
		_, _ = io.CopyN(io.Discard, c, int64(request[4])+2)
		_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		up, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer up.Close()
		done := make(chan struct{})
		go func() { _, _ = io.Copy(up, c); _ = up.Close(); close(done) }()
		_, _ = io.Copy(c, up)
		_ = c.Close()
		<-done
	}()
	return l.Addr().String()
}
