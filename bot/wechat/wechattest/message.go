package wechattest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Message is what a person does, as the elements of its XML in order.
type Message struct {
	fields []field
	quota  quota
}

type field struct{ name, value string }

// A quota is what a message allows the account to send.
type quota int

const (
	noQuota      quota = iota
	messageQuota       // 5 in 48 h
	eventQuota         // 3 in 1 min
)

// Text is a text message.
func Text(content string) Message {
	return message("text", messageQuota, "Content", content)
}

// Tap is a text message that came from a tappable word of the given number.
func Tap(content, id string) Message {
	return message("text", messageQuota, "Content", content, "bizmsgmenuid", id)
}

// Voice is a voice message; recognition is mostly empty.
func Voice(recognition string) Message {
	return message("voice", messageQuota, "MediaId", "media-voice", "Format", "amr", "Recognition", recognition)
}

// Image is a picture at an address of the platform's.
func Image(picURL string) Message {
	return message("image", messageQuota, "PicUrl", picURL, "MediaId", "media-image")
}

// Location is a place.
func Location() Message {
	return message("location", messageQuota, "Location_X", "31.2", "Location_Y", "121.4", "Scale", "20", "Label", "上海市")
}

// Kind is a message of another type, with nothing in it that matters.
func Kind(kind string) Message { return message(kind, messageQuota, "MediaId", "media-other") }

// Subscribe is following the account; scene is that of the code that was
// scanned, or empty.
func Subscribe(scene string) Message {
	if scene != "" {
		return event("subscribe", eventQuota, "EventKey", "qrscene_"+scene, "Ticket", "ticket")
	}
	return event("subscribe", eventQuota, "EventKey", "")
}

// Unsubscribe is leaving.
func Unsubscribe() Message { return event("unsubscribe", noQuota, "EventKey", "") }

// Scan is a follower who scans the account's code again.
func Scan(scene string) Message {
	return event("SCAN", eventQuota, "EventKey", scene, "Ticket", "ticket")
}

// Click is a tap on the menu.
func Click(key string) Message { return event("CLICK", eventQuota, "EventKey", key) }

// Event is any other event; pairs are further elements.
func Event(name string, pairs ...string) Message { return event(name, noQuota, pairs...) }

func event(name string, q quota, pairs ...string) Message {
	return message("event", q, append([]string{"Event", name}, pairs...)...)
}

func message(kind string, q quota, pairs ...string) Message {
	m := Message{fields: []field{{"MsgType", kind}}, quota: q}
	for i := 0; i+1 < len(pairs); i += 2 {
		m.fields = append(m.fields, field{pairs[i], pairs[i+1]})
	}
	return m
}

// xml writes m as the platform does: everything but numbers in CDATA, and what
// stands in there unescaped, also when it should be.
func (m Message) xml(account, openid string, created time.Time, id int64) string {
	var b strings.Builder
	element := func(name, value string) { fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>\n", name, value, name) }
	b.WriteString("<xml>")
	element("ToUserName", account)
	element("FromUserName", openid)
	fmt.Fprintf(&b, "<CreateTime>%d</CreateTime>\n", created.Unix())
	for _, f := range m.fields {
		switch f.name {
		case "Location_X", "Location_Y", "Scale":
			fmt.Fprintf(&b, "<%s>%s</%s>\n", f.name, f.value, f.name)
		default:
			element(f.name, f.value)
		}
	}
	if m.fields[0].value != "event" {
		b.WriteString("<MsgId>" + strconv.FormatInt(id, 10) + "</MsgId>\n")
	}
	b.WriteString("</xml>")
	return b.String()
}
