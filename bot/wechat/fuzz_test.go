package wechat_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

// quietStage is a stage that writes no log.
func quietStage(t testing.TB, mode wechattest.Mode) *stage {
	return newStage(t, wechat.Service, mode, func(c *wechat.Config) { c.Log = nil })
}

// meets is what a request to the stage leads to. Time goes on between two of
// them, so that none is taken for the redelivery of another.
func (s *stage) meets(method, query, body string) (status int, heard []bot.Message) {
	s.added.Add(int64(time.Minute))
	r := httptest.NewRequest(method, "/wechat", strings.NewReader(body))
	r.URL.RawQuery = query
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r)
	s.echo.mu.Lock()
	defer s.echo.mu.Unlock()
	heard, s.echo.heard = s.echo.heard, nil
	return w.Code, heard
}

var personShape = regexp.MustCompile(`^wechat:[A-Za-z0-9_-]{1,64}$`)

// Whatever comes to the door: without a right signature it is refused and the bot
// hears nothing; with one the bot hears at most one message, of a person whose
// name stands in the body. In safe mode a body that is not sealed never counts,
// however well the address is signed.
func FuzzDoor(f *testing.F) {
	plain, safe := quietStage(f, wechattest.Plain), quietStage(f, wechattest.Safe)
	for _, body := range []string{
		plainText, strings.Replace(plainText, "text", "event", 1), `<xml><Encrypt>x</Encrypt></xml>`, "", `<!DOCTYPE x>`, "<xml>" + strings.Repeat("<a>", 40),
		`<xml><FromUserName>o</FromUserName><MsgType>event</MsgType><Event>CLICK</Event><EventKey>menu</EventKey></xml>`,
		`<xml><FromUserName>../o</FromUserName><MsgType>voice</MsgType><Recognition>查违章</Recognition></xml>`,
	} {
		f.Add("", body)
		f.Add("timestamp=1&nonce=n&signature=da39a3ee5e6b4b0d3255bfef95601890afd80709&encrypt_type=aes&msg_signature=", body)
		f.Add("signature=%zz;&timestamp=-99999999999999999999&timestamp=0&echostr=1", body)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		for _, s := range []*stage{plain, safe} {
			for _, method := range []string{http.MethodPost, http.MethodGet} {
				if status, heard := s.meets(method, query, body); status != http.StatusForbidden || len(heard) > 0 {
					t.Fatalf("%s without a signature: %d, heard %+v", method, status, heard)
				}
			}
			s.added.Add(int64(time.Minute))
			signed := s.signed(s.now()).Encode() + "&" + query
			status, heard := s.meets(http.MethodPost, signed, body)
			switch status {
			case http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge:
			default:
				t.Fatalf("signed: %d", status)
			}
			if len(heard) > 1 || len(heard) > 0 && (s == safe || status != http.StatusOK) {
				t.Fatalf("signed: %d, heard %+v", status, heard)
			}
			for _, m := range heard {
				if !personShape.MatchString(string(m.User)) || m.Key == "" {
					t.Fatalf("heard %+v", m)
				}
			}
		}
	})
}

// What is sealed says the same as in the clear. With any of its bytes changed it
// says nothing. Whoever changed it and knows the token can sign it anew (AES-CBC
// has no check of its own): then it still is refused or a message like any other.
func FuzzSealed(f *testing.F) {
	plain, safe := quietStage(f, wechattest.Plain), quietStage(f, wechattest.Safe)
	for i, text := range []string{"沪C12345", "", "]]>", "a\x00b", strings.Repeat("长", 700), "<xml>&lt;", "\r\n", "取消"} {
		f.Add("oUSER", text, uint16(i*37), byte(1<<i), false)
		f.Add("oUSER", text, uint16(90+i*53), byte(255), true)
	}
	f.Fuzz(func(t *testing.T, openid, text string, at uint16, flip byte, again bool) {
		xml := strings.Replace(strings.Replace(plainText, "oUSER", openid, 1), "沪C12345", text, 1)
		status, want := plain.meets(http.MethodPost, plain.signed(plain.now().Add(time.Minute)).Encode(), xml)
		query, body := envelop(t, safe, xml)
		sealedStatus, got := safe.meets(http.MethodPost, query, body)
		if sealedStatus != status || len(got) != len(want) || len(got) > 0 && (got[0].Text != want[0].Text || got[0].User != want[0].User || got[0].Key != want[0].Key) {
			t.Fatalf("sealed: %d %+v, in the clear: %d %+v", sealedStatus, got, status, want)
		}
		query, body = envelop(t, safe, xml)
		before, sealed, after := cutSealed(t, body)
		changed := []byte(sealed)
		changed[int(at)%len(changed)] ^= flip
		if string(changed) == sealed {
			return
		}
		if again {
			query = resigned(safe, string(changed))
		}
		status, heard := safe.meets(http.MethodPost, query, before+string(changed)+after)
		if !again && (len(heard) > 0 || status == http.StatusOK) {
			t.Fatalf("changed: %d, heard %+v", status, heard)
		}
		for _, m := range heard {
			if !personShape.MatchString(string(m.User)) || m.Key == "" {
				t.Fatalf("changed and signed anew: heard %+v", m)
			}
		}
	})
}

// envelop is a sealed request whose time is that at which the stage meets it.
func envelop(t *testing.T, s *stage, xml string) (query, body string) {
	t.Helper()
	at := s.now().Add(time.Minute)
	p := &wechattest.Platform{URL: "http://x", Account: account, AppID: appID, Token: token, AESKey: aesKey, Mode: wechattest.Safe, Now: func() time.Time { return at }}
	r, err := p.Envelop("oUSER", xml)
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ = strings.Cut(r.URL, "?")
	return query, r.Body
}

func cutSealed(t *testing.T, body string) (before, sealed, after string) {
	t.Helper()
	const mark = "<Encrypt><![CDATA["
	before, rest, ok1 := strings.Cut(body, mark)
	sealed, after, ok2 := strings.Cut(rest, "]]>")
	if !ok1 || !ok2 {
		t.Fatalf("no seal in %q", body)
	}
	return before + mark, sealed, "]]>" + after
}

// resigned is the query with which somebody who knows the token would send it.
func resigned(s *stage, sealed string) string {
	q := s.signed(s.now().Add(time.Minute))
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", wechattest.Sign(token, q.Get("timestamp"), "n", sealed))
	return q.Encode()
}
