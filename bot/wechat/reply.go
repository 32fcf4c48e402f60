package wechat

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/silenceper/wechat/v2/util"
)

// write answers a delivery: with a text, or with success when there is none.
// An empty text element would show the fault banner.
func (a *Adapter) write(ctx context.Context, w http.ResponseWriter, d delivery, text string) {
	if text == "" {
		_, _ = io.WriteString(w, success) // WeChat accepts it unsealed in safe mode
		return
	}
	now := strconv.FormatInt(a.cfg.Now().Unix(), 10)
	body := passive(d.inbound, now, text)
	if d.sealed {
		var err error
		if body, err = a.seal(body, now); err != nil {
			a.log(ctx).WithError(err).Error("wechat: answer not sealed")
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, _ = io.WriteString(w, body)
}

// passive is a text reply as 被动回复文本消息 has it.
func passive(in inbound, now, text string) string {
	var b strings.Builder
	b.Grow(len(text) + 256)
	element := func(name, value string) {
		b.WriteString("<" + name + "><![CDATA[")
		b.WriteString(strings.ReplaceAll(value, "]]>", "]]]]><![CDATA[>"))
		b.WriteString("]]></" + name + ">")
	}
	b.WriteString("<xml>")
	element("ToUserName", in.FromUserName)
	element("FromUserName", in.ToUserName)
	b.WriteString("<CreateTime>" + now + "</CreateTime>")
	element("MsgType", "text")
	element("Content", text)
	b.WriteString("</xml>")
	return b.String()
}

// seal encrypts and signs a reply, with fresh randomness every time.
func (a *Adapter) seal(body, now string) (string, error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	sealed, err := util.EncryptMsg(random, []byte(body), a.cfg.AppID, a.cfg.AESKey)
	if err != nil {
		return "", fmt.Errorf("wechat: seal: %w", err)
	}
	nonce := rand.Text()
	return "<xml><Encrypt><![CDATA[" + string(sealed) + "]]></Encrypt>" +
		"<MsgSignature><![CDATA[" + util.Signature(a.cfg.Token, now, nonce, string(sealed)) + "]]></MsgSignature>" +
		"<TimeStamp>" + now + "</TimeStamp>" +
		"<Nonce><![CDATA[" + nonce + "]]></Nonce></xml>", nil
}
