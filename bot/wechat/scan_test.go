package wechat

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const head = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUSER]]></FromUserName><CreateTime>1700000000</CreateTime>`

// What WeChat sends, what it should not, and what others send in its name.
func TestScan(t *testing.T) {
	for _, tt := range []struct {
		name, xml string
		content   string
		refused   bool
	}{
		{"as documented", head + `<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[沪C12345]]></Content><MsgId>1234567890123456</MsgId></xml>`, "沪C12345", false},
		{"indented", "<xml>\n  <FromUserName>oUSER</FromUserName>\n  <Content>\n<![CDATA[查 违章]]>\n</Content>\n</xml>\n", "\n查 违章\n", false},
		{"no CDATA, entities", head + `<Content>a &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos; &#20013;&#x6587;</Content></xml>`, `a <b> & "c" 'd' 中文`, false},
		{"unknown entities stay", head + `<Content>&xxe; &; &#xZZ; &#99999999; & &#xD800;</Content></xml>`, `&xxe; &; &#xZZ; &#99999999; & &#xD800;`, false},
		{"entities in CDATA stay", head + `<Content><![CDATA[&lt;]]></Content></xml>`, "&lt;", false},
		{"]]> not escaped", head + `<Content><![CDATA[a]]>b]]></Content></xml>`, "a]]>b", false},
		{"]]> escaped", head + `<Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>`, "a]]>b", false},
		{"markup in the text", head + `<Content><![CDATA[<a href="x">y</a> </Content> <xml>]]></Content></xml>`, `<a href="x">y</a> </Content> <xml>`, false},
		{"a person who plays a field", head + `<Content><![CDATA[x]]></Content><FromUserName><![CDATA[oOTHER]]></FromUserName><Content><![CDATA[y]]></Content><MsgId>1</MsgId></xml>`,
			`x]]></Content><FromUserName><![CDATA[oOTHER]]></FromUserName><Content><![CDATA[y`, false},
		{"control characters", head + "<Content><![CDATA[a\x00b\x08c\x1bd\x7fe\tf\r\ng]]></Content></xml>", "abcde\tf\ng", false},
		{"huge numbers and words for numbers", head + `<MsgId>99999999999999999999999999</MsgId><bizmsgmenuid>q_1</bizmsgmenuid><Location_X>north</Location_X><Content>x</Content></xml>`, "x", false},
		{"unknown fields, nested", head + `<ScanCodeInfo><ScanType>qr</ScanType><Content>inner</Content></ScanCodeInfo><Content>x</Content></xml>`, "x", false},
		{"text beside elements", head + `<Content>a<b>c</b>d<!-- e --><?f?><![CDATA[g]]></Content></xml>`, "adg", false},
		{"empty elements", head + `<EventKey/><Ticket /><Content></Content></xml>`, "", false},
		{"attributes", head + `<Content a="1>2" b='/'>x</Content></xml>`, "x", false},
		{"declaration, comment, byte order mark", "\uFEFF<?xml version=\"1.0\"?><!-- > --> " + head + `<Content>x</Content></xml>`, "x", false},
		{"emoji", head + `<Content><![CDATA[🚗/::)]]></Content></xml>`, "🚗/::)", false},
		{"invalid UTF-8", head + "<Content><![CDATA[a\xff\xfe\xfdb]]></Content></xml>", "a\uFFFDb", false},
		{"DTD", `<!DOCTYPE x [<!ENTITY a "aaaa">]>` + head + `<Content>&a;</Content></xml>`, "", true},
		{"DTD within", head + `<!ENTITY a "b"><Content>&a;</Content></xml>`, "", true},
		{"cut short", head + `<Content><![CDATA[x`, "", true},
		{"cut short in a tag", head + `<Conte`, "", true},
		{"not closed", head, "", true},
		{"closed by another", head + `<Content>x</Contents></xml>`, "", true},
		{"an end without a beginning", head + `</Content></xml>`, "", true},
		{"another root", `<html><Content>x</Content></html>`, "", true},
		{"empty", "", "", true},
		{"JSON", `{"Content":"x"}`, "", true},
		{"21,000 levels", head + "<Content>" + strings.Repeat("<a>", 21000) + "</xml>", "", true},
		{"many fields", head + strings.Repeat("<a>1</a>", 200) + "</xml>", "", true},
		{"only angle brackets", strings.Repeat("<", 60000), "", true},
		{"nameless tags", head + "<></></xml>", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := scan([]byte(tt.xml))
			if (err != nil) != tt.refused {
				t.Fatalf("error %v", err)
			}
			if !tt.refused && (in.Content != tt.content || in.FromUserName != "oUSER") {
				t.Errorf("Content %q of %q, want %q", in.Content, in.FromUserName, tt.content)
			}
		})
	}
}

// Old senders write GBK, whatever they declare.
func TestScanGBK(t *testing.T) {
	body, err := simplifiedchinese.GBK.NewEncoder().String(`<?xml version="1.0" encoding="GBK"?>` + head + `<Content><![CDATA[沪C12345 发动机号]]></Content></xml>`)
	if err != nil {
		t.Fatal(err)
	}
	if in, err := scan([]byte(body)); err != nil || in.Content != "沪C12345 发动机号" {
		t.Errorf("%q, %v", in.Content, err)
	}
}

// A body of the greatest size that is made to be slow is not.
func TestScanIsLinear(t *testing.T) {
	for name, body := range map[string]string{
		"ends far away":    "<xml>" + strings.Repeat("<a><![CDATA[", maxBody/12),
		"many sections":    "<xml><a>" + strings.Repeat("<![CDATA[]]>", maxBody/12) + "</a></xml>",
		"many ampersands":  "<xml><Content>" + strings.Repeat("&", maxBody) + "</Content></xml>",
		"many comments":    "<xml>" + strings.Repeat("<!---->", maxBody/7) + "</xml>",
		"one long tag":     "<xml><" + strings.Repeat("a", maxBody) + "></xml>",
		"one long quote":   "<xml><a b='" + strings.Repeat("<", maxBody),
		"entities of many": "<xml><Content>" + strings.Repeat("&#1", maxBody/3) + ";</Content></xml>",
	} {
		began := time.Now()
		_, _ = scan([]byte(body))
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%s: %v", name, took)
		}
	}
}

// FuzzScan: never a panic, and on what encoding/xml accepts the same fields.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		head + `<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[沪C12345]]></Content></xml>`,
		head + `<Content>a &lt; &#20013;<!-- c --><b>d</b></Content></xml>`,
		head + `<Content><![CDATA[a]]]]><![CDATA[>b]]></Content><Event a="b"/></xml>`,
		"<xml><Content>\r\na\rb</Content></xml>", "<xml/>", "<?xml version='1.0'?><xml></xml>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := scan(body)
		for _, s := range []string{got.FromUserName, got.Content, got.EventKey} {
			if clean(s) != s || strings.ToValidUTF8(s, "") != s {
				t.Errorf("not clean: %q", s)
			}
		}
		type plainText struct {
			Text string `xml:",chardata"`
		}
		var want struct {
			XMLName      xml.Name    `xml:"xml"`
			FromUserName []plainText `xml:"FromUserName"`
			Content      []plainText `xml:"Content"`
			Event        []plainText `xml:"Event"`
			EventKey     []plainText `xml:"EventKey"`
		}
		if xml.Unmarshal(body, &want) != nil || !alike(string(body)) {
			return
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		for name, pair := range map[string]struct {
			got  string
			want []plainText
		}{
			"FromUserName": {got.FromUserName, want.FromUserName}, "Content": {got.Content, want.Content},
			"Event": {got.Event, want.Event}, "EventKey": {got.EventKey, want.EventKey},
		} {
			if len(pair.want) == 1 && clean(pair.want[0].Text) != pair.got {
				t.Errorf("%s: %q, want %q", name, pair.got, pair.want[0].Text)
			}
		}
	})
}

// alike leaves out what the two read differently on purpose: bounds,
// DTDs, namespaces, and what looks like the end of an element in CDATA.
func alike(body string) bool {
	return strings.Count(body, "<") < maxDepth && !strings.Contains(body, "<!D") && !strings.Contains(body, "<!E") &&
		!strings.ContainsAny(body, ":") && strings.Count(body, "]]></") <= 1 && strings.Count(body, "<xml") == 1 &&
		strings.Count(body, "<Content") <= 1 && strings.Count(body, "<Event") <= 2 && !hasDirective(body)
}

// hasDirective: encoding/xml skips <!anything>, which here is refused.
func hasDirective(body string) bool {
	for rest := body; ; {
		_, after, found := strings.Cut(rest, "<!")
		if !found {
			return false
		}
		if !strings.HasPrefix(after, "--") && !strings.HasPrefix(after, "[CDATA[") {
			return true
		}
		rest = after
	}
}
