package juhetest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"
)

// The codes that this package decides on by itself.
const (
	codeOK           = 0
	codeKey          = 10001
	codeDown         = 225605
	codeWrongCharged = 225606
	codeWrongFree    = 225607
	codeInternal     = 225608
	codeNoRule       = 225611
)

// texts are the documented ones.
var texts = map[int]string{
	225603: "网络错误请重试",
	225605: "您好,你所查询的城市正在维护或未开通查询",
	225606: "车辆信息错误,请确认输入的信息正确",
	225607: "车辆信息错误",
	225608: "内部异常:参数错误",
	225611: "根据车牌前缀查询不到城市",
	10001:  "错误的请求KEY",
	10002:  "该KEY无请求权限",
	10003:  "KEY过期",
	10004:  "错误的OPENID",
	10005:  "应用未审核超时,请提交认证",
	10007:  "未知的请求源",
	10008:  "被禁止的IP",
	10009:  "被禁止的KEY",
	10011:  "当前IP请求超过限制",
	10012:  "请求超过次数限制!",
	10013:  "测试KEY超过请求限制",
	10014:  "系统内部异常",
	10020:  "接口维护",
	10021:  "接口停用",
}

// fields is an object that keeps its order; its values are string, int, nil,
// fields or []any.
type fields []field

type field struct {
	name  string
	value any
}

// with returns f with one more field.
func (f fields) with(name string, value any) fields { return append(f, field{name, value}) }

// envelope puts result into what all endpoints share. carPre has no resultcode.
func envelope(endpoint string, code int, result any, f Faults, p url.Values) fields {
	var out fields
	if endpoint != endpointCarPre {
		out = out.with("resultcode", resultcode(code))
	}
	reason := texts[code]
	switch {
	case code == codeOK && endpoint == endpointCitys:
		reason = "成功的返回"
	case code == codeOK:
		reason = "查询成功"
	case reason == "":
		reason = "未知错误"
	}
	if code != codeOK {
		result = f.errorResult(p)
	}
	out = out.with("reason", reason+f.ReasonSuffix).with("result", result)
	if f.ErrorCodeAsString {
		return out.with("error_code", strconv.Itoa(code))
	}
	return out.with("error_code", code)
}

// resultcode is the old style: 10001 → 101, 225606 → 206.
func resultcode(code int) string {
	switch {
	case code == codeOK:
		return "200"
	case code > 10000 && code < 10100:
		return strconv.Itoa(100 + code%100)
	}
	return strconv.Itoa(200 + code%100)
}

// body is an answer on its way out.
type body struct {
	contentType string
	bytes       []byte
}

func render(answer fields, dtype string) body {
	var b bytes.Buffer
	if dtype == "xml" {
		b.WriteString(xml.Header)
		writeXML(&b, "root", answer)
		return body{"text/xml;charset=utf-8", b.Bytes()}
	}
	writeJSON(&b, answer)
	return body{"application/json;charset=utf-8", b.Bytes()}
}

func writeJSON(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case nil:
		b.WriteString("null")
	case string:
		quoted, err := json.Marshal(v)
		if err != nil { // a string always marshals
			quoted = []byte(`""`)
		}
		b.Write(quoted)
	case fields:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, f.name)
			b.WriteByte(':')
			writeJSON(b, f.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item)
		}
		b.WriteByte(']')
	default:
		_, _ = fmt.Fprint(b, v) // an int; a Buffer takes everything
	}
}

// writeXML is a guess: the document offers XML but shows none. Names become
// elements, the items of a list elements called item.
func writeXML(b *bytes.Buffer, name string, value any) {
	b.WriteString("<" + name + ">")
	switch v := value.(type) {
	case nil:
	case fields:
		for _, f := range v {
			writeXML(b, f.name, f.value)
		}
	case []any:
		for _, item := range v {
			writeXML(b, "item", item)
		}
	default:
		_ = xml.EscapeText(b, []byte(fmt.Sprint(v))) // a Buffer takes everything
	}
	b.WriteString("</" + name + ">")
}
