package wechat_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// connections is how many senders work at once, as WeChat's servers do.
const connections = 64

// BenchmarkDoor compares, in one run: an answer without reading (the floor of
// net/http), the library's own server repeating what it is told and storing
// nothing, the adapter in front of a bot that does the same, and the adapter
// with the whole bot, each turn sealed and durable.
func BenchmarkDoor(b *testing.B) {
	for _, mode := range []wechattest.Mode{wechattest.Plain, wechattest.Safe} {
		b.Run(string(mode), func(b *testing.B) {
			b.Run("floor", func(b *testing.B) {
				load(b, mode, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(w, strings.Repeat("x", 200))
				}))
			})
			b.Run("library echo", func(b *testing.B) { load(b, mode, libraryEcho(mode)) })
			b.Run("adapter echo", func(b *testing.B) { load(b, mode, newStage(b, wechat.Service, mode).adapter) })
			b.Run("whole bot", func(b *testing.B) { load(b, mode, newWorld(b, wechat.Service, mode).adapter) })
			b.Run("whole bot, basic account", func(b *testing.B) { load(b, mode, newWorld(b, wechat.Basic, mode).adapter) })
		})
	}
}

// BenchmarkLoneTurn is what one person waits for who is alone.
func BenchmarkLoneTurn(b *testing.B) {
	w := newWorld(b, wechat.Service, wechattest.Safe)
	srv := httptest.NewServer(w.adapter)
	defer srv.Close()
	c := dial(b, srv, wechattest.Safe, 1)
	for n := 0; b.Loop(); n++ {
		c.turn(n)
	}
}

func libraryEcho(mode wechattest.Mode) http.Handler {
	c := &config.Config{AppID: appID, AppSecret: secret, Token: token, Cache: cache.NewMemcache("127.0.0.1:1")}
	if mode == wechattest.Safe {
		c.EncodingAESKey = aesKey
	}
	oa := officialaccount.NewOfficialAccount(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := oa.GetServer(r, w)
		s.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
			return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText(m.Content)}
		})
		if err := s.Serve(); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_ = s.Send()
	})
}

// load lets the senders work side by side, each for a person of its own.
func load(b *testing.B, mode wechattest.Mode, h http.Handler) {
	b.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	var left atomic.Int64
	left.Store(int64(b.N))
	var senders sync.WaitGroup
	began := time.Now()
	b.ResetTimer()
	for i := range connections {
		senders.Go(func() {
			c := dial(b, srv, mode, i)
			for n := 0; left.Add(-1) >= 0; n++ {
				c.turn(n)
			}
		})
	}
	senders.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "turns/s")
}

// A caller is one connection that sends messages of one person. It does as
// little as it can: on the same machine its work counts against the server's.
type caller struct {
	t        testing.TB
	conn     net.Conn
	in       *bufio.Reader
	platform *wechattest.Platform
	openid   string
}

func dial(t testing.TB, srv *httptest.Server, mode wechattest.Mode, i int) *caller {
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Error(err)
		panic(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := &wechattest.Platform{URL: "/wechat", Account: account, AppID: appID, Token: token, AESKey: aesKey, Mode: mode,
		Now: morning()}
	return &caller{t: t, conn: conn, in: bufio.NewReader(conn), platform: p, openid: fmt.Sprintf("oUSER%023d", i)}
}

// turn sends one message of a dialogue and reads its answer.
func (c *caller) turn(n int) {
	text := "苏E54321"
	if n%2 == 1 {
		text = "取消"
	}
	r, err := c.platform.Prepare(c.openid, wechattest.Text(text))
	if err != nil {
		c.t.Error(err)
		return
	}
	var b bytes.Buffer
	b.WriteString("POST " + r.URL + " HTTP/1.1\r\nHost: bot.example\r\nContent-Type: text/xml\r\nContent-Length: " + strconv.Itoa(len(r.Body)) + "\r\n\r\n" + r.Body)
	if _, err := c.conn.Write(b.Bytes()); err != nil {
		c.t.Error(err)
		return
	}
	status, length := "", 0
	headers := textproto.NewReader(c.in)
	for {
		line, err := headers.ReadLine()
		if err != nil {
			c.t.Error(err)
			return
		}
		if line == "" {
			break
		}
		if status == "" {
			status = line
		}
		if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			length, _ = strconv.Atoi(v)
		}
	}
	if _, err := c.in.Discard(length); err != nil || status != "HTTP/1.1 200 OK" || length < 100 {
		c.t.Errorf("%s, %d bytes, %v", status, length, err)
	}
}

// morning is the clock of a world that begins now.
func morning() func() time.Time {
	ahead := time.Until(worldBegins)
	return func() time.Time { return time.Now().Add(ahead) }
}
