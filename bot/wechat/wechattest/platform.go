package wechattest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A Mode is how an account's messages are protected (消息加解密方式).
type Mode string

// The modes.
const (
	Plain      Mode = "plain"
	Compatible Mode = "compatible"
	Safe       Mode = "safe"
)

// The platform's rules of delivery (被动回复用户消息).
const (
	Patience = 5 * time.Second // then it hangs up
	Tries    = 3
	maxText  = 2047 // bytes of a text reply
)

// A Platform delivers messages to a bot.
type Platform struct {
	URL     string
	Account string // the account's own id, gh_…
	AppID   string
	Token   string
	AESKey  string
	Mode    Mode
	Client  *http.Client     // nil: one of its own
	Now     func() time.Time // nil: time.Now
	API     *API             // told what people do, for its quotas; may be nil

	ids atomic.Int64
}

// An Outcome is what a delivery led to, as the person sees it.
type Outcome struct {
	Tries  int    // how many it took
	Text   string // of the passive reply; "" when there is none
	Banner string // why the person sees 「该公众号提供的服务出现故障」; "": they do not
	Status int    // of the last answer
	Raw    string // its body
}

// A Request is a message on its way: every try is the same.
type Request struct {
	URL    string
	Body   string
	openid string
	nonce  string
}

// Prepare signs and seals a message of openid.
func (p *Platform) Prepare(openid string, m Message) (Request, error) {
	if p.API != nil {
		p.API.acted(openid, m.quota)
	}
	now := p.now()
	return p.Envelop(openid, m.xml(p.Account, openid, now, 24_000_000_000+p.ids.Add(1)))
}

// Envelop signs and seals any text.
func (p *Platform) Envelop(openid, xml string) (Request, error) {
	stamp, nonce := strconv.FormatInt(p.now().Unix(), 10), strconv.FormatInt(1_000_000+p.ids.Add(1), 10)
	q := url.Values{"signature": {Sign(p.Token, stamp, nonce)}, "timestamp": {stamp}, "nonce": {nonce}, "openid": {openid}}
	r := Request{Body: xml, openid: openid, nonce: nonce}
	if p.Mode == Safe || p.Mode == Compatible {
		sealed, err := Seal(p.AESKey, p.AppID, xml)
		if err != nil {
			return r, err
		}
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", Sign(p.Token, stamp, nonce, sealed))
		element := "<Encrypt><![CDATA[" + sealed + "]]></Encrypt>"
		r.Body = "<xml><ToUserName><![CDATA[" + p.Account + "]]></ToUserName>" + element + "</xml>"
		if p.Mode == Compatible {
			r.Body = strings.TrimSuffix(xml, "</xml>") + element + "</xml>"
		}
	}
	r.URL = p.URL + "?" + q.Encode()
	return r, nil
}

// Deliver sends a message of openid as the platform does: it hangs up after
// 5 s, and sends the same again when there was no answer, three times in all.
func (p *Platform) Deliver(ctx context.Context, openid string, m Message) (Outcome, error) {
	r, err := p.Prepare(openid, m)
	if err != nil {
		return Outcome{}, err
	}
	return p.Send(ctx, r), nil
}

// Send delivers a prepared message.
func (p *Platform) Send(ctx context.Context, r Request) Outcome {
	var o Outcome
	for o.Tries < Tries {
		began := time.Now()
		o = p.Try(ctx, r, o.Tries)
		if o.Banner == "" || ctx.Err() != nil {
			return o
		}
		if o.Status == http.StatusOK {
			return o // malformed: it is not sent again
		}
		// Tries stand 5 s apart also when the answer was an error.
		select {
		case <-time.After(time.Until(began.Add(Patience))):
		case <-ctx.Done():
			return o
		}
	}
	return o
}

// Try is one delivery after so many before it.
func (p *Platform) Try(ctx context.Context, r Request, before int) Outcome {
	o := Outcome{Tries: before + 1}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, strings.NewReader(r.Body))
	if err != nil {
		o.Banner = err.Error()
		return o
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	client := p.Client
	if client == nil {
		client = http.DefaultClient //nolint:forbidigo // the request has a deadline
	}
	resp, err := client.Do(req)
	if err != nil {
		o.Banner = "no answer: " + err.Error()
		return o
	}
	defer resp.Body.Close() //nolint:errcheck // it is read
	body, err := io.ReadAll(resp.Body)
	o.Status, o.Raw = resp.StatusCode, string(body)
	switch {
	case err != nil:
		o.Banner, o.Status = "no answer: "+err.Error(), 0
	case resp.StatusCode != http.StatusOK:
		o.Banner = fmt.Sprintf("status %d", resp.StatusCode)
	case o.Raw == "" || o.Raw == "success":
	default:
		if o.Text, err = p.read(o.Raw, r.openid); err != nil {
			o.Banner = err.Error()
		}
	}
	return o
}

// read is the text of a passive reply.
func (p *Platform) read(body, openid string) (string, error) {
	elements, err := parse(body)
	if err != nil {
		return "", err
	}
	if sealed, ok := elements["Encrypt"]; ok {
		if elements["MsgSignature"] != Sign(p.Token, elements["TimeStamp"], elements["Nonce"], sealed) {
			return "", errors.New("reply: wrong MsgSignature")
		}
		inner, appID, err := Unseal(p.AESKey, sealed)
		if err != nil {
			return "", err
		}
		if appID != p.AppID {
			return "", errors.New("reply: of another app id")
		}
		if elements, err = parse(inner); err != nil {
			return "", err
		}
	} else if p.Mode == Safe {
		return "", errors.New("reply: not encrypted in safe mode")
	}
	text := elements["Content"]
	switch {
	case elements["ToUserName"] != openid || elements["FromUserName"] != p.Account:
		return "", errors.New("reply: for somebody else")
	case elements["MsgType"] != "text":
		return "", fmt.Errorf("reply: of type %q", elements["MsgType"])
	case elements["CreateTime"] == "":
		return "", errors.New("reply: without CreateTime")
	}
	return text, checkText(text)
}

// checkText is what shows the banner without an error code.
func checkText(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("reply: empty")
	}
	if len(text) > maxText {
		return fmt.Errorf("reply: %d bytes", len(text))
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }); i >= 0 {
		return fmt.Errorf("reply: control character %q", text[i])
	}
	return nil
}

func (p *Platform) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}
