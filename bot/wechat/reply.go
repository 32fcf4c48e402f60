package wechat

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Values of headers, which nobody changes.
var (
	plainType = []string{"text/plain; charset=utf-8"}
	xmlType   = []string{"application/xml; charset=utf-8"}
	noSniff   = []string{"nosniff"}
)

// A sheet is what an answer is written on before it is sent.
type sheet struct{ message, sealed []byte }

var sheets = sync.Pool{New: func() any { return new(sheet) }}

// write answers a delivery: with a text, or with success when there is none.
// An empty text element would show the fault banner.
func (a *Adapter) write(w http.ResponseWriter, d *delivery, text string) {
	if text == "" {
		_, _ = io.WriteString(w, success) // WeChat accepts it unsealed in safe mode
		return
	}
	s, _ := sheets.Get().(*sheet) // nothing else is in the pool
	defer sheets.Put(s)
	now := strconv.FormatInt(a.cfg.Now().Unix(), 10)
	s.message = passive(s.message[:0], &d.inbound, now, text)
	body := s.message
	if d.sealed {
		s.sealed = a.seal.reply(s.sealed[:0], a.cfg.Token, now, s.message)
		body = s.sealed
	}
	w.Header()["Content-Type"] = xmlType
	_, _ = w.Write(body)
}

// passive appends a text reply as 被动回复文本消息 has it.
func passive(out []byte, in *inbound, now, text string) []byte {
	out = append(out, "<xml><ToUserName><![CDATA["...)
	out = append(out, cdata(in.FromUserName)...)
	out = append(out, "]]></ToUserName><FromUserName><![CDATA["...)
	out = append(out, cdata(in.ToUserName)...)
	out = append(out, "]]></FromUserName><CreateTime>"...)
	out = append(out, now...)
	out = append(out, "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA["...)
	out = append(out, cdata(text)...)
	return append(out, "]]></Content></xml>"...)
}

// cdata is a text as it stands within a CDATA section.
func cdata(s string) string { return strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") }
