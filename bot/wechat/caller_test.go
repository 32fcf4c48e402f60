package wechat_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// A caller is one connection of WeChat's servers. It sends bytes that were
// prepared and reads no more of an answer than where it ends: it runs beside the
// server that is measured, and what it costs is counted as the server's.
type caller struct {
	conn net.Conn
	in   [16 << 10]byte
}

func dial(t testing.TB, address string) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &caller{conn: conn}
}

// send sends each of requests when the one before is answered, and tells how long
// that took.
func (c *caller) send(requests [][]byte) (took []time.Duration, err error) {
	took = make([]time.Duration, 0, len(requests))
	for _, r := range requests {
		began := time.Now()
		if _, err := c.conn.Write(r); err != nil {
			return took, err
		}
		if err := c.answered(); err != nil {
			return took, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// answered reads one answer, which must be a reply.
func (c *caller) answered() error {
	have, want := 0, 0
	for want == 0 || have < want {
		n, err := c.conn.Read(c.in[have:])
		if err != nil {
			return err
		}
		have += n
		head := bytes.Index(c.in[:have], []byte("\r\n\r\n"))
		if want != 0 || head < 0 {
			continue
		}
		length := lengthOf(c.in[:head])
		if want = head + 4 + length; !bytes.HasPrefix(c.in[:], []byte("HTTP/1.1 200 ")) || length < 100 || want > len(c.in) {
			return fmt.Errorf("answered %q", c.in[:have])
		}
	}
	if have > want {
		return errors.New("more than an answer")
	}
	return nil
}

func lengthOf(head []byte) int {
	_, after, _ := bytes.Cut(head, []byte("\r\nContent-Length: "))
	digits, _, _ := bytes.Cut(after, []byte("\r"))
	n, _ := strconv.Atoi(string(digits)) // 0: not a reply
	return n
}

// turnsOf makes the turns of dialogues, two each, with people whom next names.
func turnsOf(t testing.TB, p *wechattest.Platform, turns int, next func() int) [][]byte {
	t.Helper()
	requests := make([][]byte, turns)
	var openid string
	for i := range requests {
		text := "取消"
		if i%2 == 0 {
			openid, text = benchOpenid(next()), "苏E54321"
		}
		r, err := p.Prepare(openid, wechattest.Text(text))
		if err != nil {
			t.Fatal(err)
		}
		requests[i] = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bot.example\r\nUser-Agent: Mozilla/4.0\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", r.URL, len(r.Body), r.Body)
	}
	return requests
}

func benchOpenid(i int) string { return fmt.Sprintf("oUSER%023d", i) }
