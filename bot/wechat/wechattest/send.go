package wechattest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// acted opens what a person's act allows, and ends what it ends.
func (a *API) acted(openid string, q quota) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.person(openid)
	p.gone = q == noQuota && p.gone
	switch q {
	case messageQuota:
		p.message, p.messageLeft = a.now(), 5
	case eventQuota:
		p.event, p.eventLeft = a.now(), 3
	}
}

// Gone makes a person one who does not follow the account.
func (a *API) Gone(openid string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.person(openid).gone = true
}

func (a *API) person(openid string) *person {
	p := a.people[openid]
	if p == nil {
		p = &person{notices: map[string]time.Time{}}
		a.people[openid] = p
	}
	return p
}

func (a *API) reached(s Sent) {
	s.At = a.now()
	a.sent = append(a.sent, s)
	close(a.arrived)
	a.arrived = make(chan struct{})
}

func (a *API) customSend(w http.ResponseWriter, r *http.Request, body []byte) {
	var m struct {
		To   string `json:"touser"`
		Type string `json:"msgtype"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	if err := json.Unmarshal(body, &m); err != nil || r.Method != http.MethodPost {
		fail(w, 47001, "data format error")
		return
	}
	p := a.person(m.To)
	fromMessage := a.now().Sub(p.message) < 48*time.Hour
	fromEvent := a.now().Sub(p.event) < time.Minute
	switch {
	case p.gone || !fromMessage && !fromEvent:
		fail(w, 45015, "response out of time limit or subscription is canceled")
	case m.Type != "text":
		fail(w, 40008, "invalid message type")
	case len(m.Text.Content) > maxText:
		fail(w, 45002, "content size out of limit")
	case fromEvent && p.eventLeft > 0:
		p.eventLeft--
		a.deliver(w, p, m.To, m.Text.Content)
	case fromMessage && p.messageLeft > 0:
		p.messageLeft--
		a.deliver(w, p, m.To, m.Text.Content)
	default:
		fail(w, 45047, "out of response count limit")
	}
}

func (a *API) deliver(w http.ResponseWriter, p *person, to, text string) {
	if err := checkText(text); err != nil {
		fail(w, 44004, err.Error())
		return
	}
	p.typing = false
	a.reached(Sent{To: to, Kind: "text", Text: text})
	fail(w, 0, "ok")
}

func (a *API) typing(w http.ResponseWriter, body []byte) {
	var m struct {
		To      string `json:"touser"`
		Command string `json:"command"`
	}
	err := json.Unmarshal(body, &m)
	p := a.person(m.To)
	switch {
	case err != nil || m.Command != "Typing" && m.Command != "CancelTyping":
		fail(w, 45072, "command should be Typing or CancelTyping")
	case a.now().Sub(p.message) > 30*time.Second:
		fail(w, 45080, "need interaction")
	case p.typing:
		fail(w, 45081, "already typing")
	default:
		p.typing = true
		a.reached(Sent{To: m.To, Kind: "typing"})
		fail(w, 0, "ok")
	}
}

// fieldRules are those of 类目模板 that a value must keep.
var fieldRules = map[string]*regexp.Regexp{
	"thing":            regexp.MustCompile(`^.{1,20}$`),
	"short_thing":      regexp.MustCompile(`^.{1,5}$`),
	"character_string": regexp.MustCompile(`^[!-~]{1,32}$`),
	"number":           regexp.MustCompile(`^[0-9.]{1,32}$`),
	"amount":           regexp.MustCompile(`^[¥$]?[0-9.]{1,12}元?$`),
	"time":             regexp.MustCompile(`^(\d{4}年\d{1,2}月\d{1,2}日 )?\d{1,2}:\d{2}$`),
	"date":             regexp.MustCompile(`^\d{4}年\d{1,2}月\d{1,2}日( \d{1,2}:\d{2})?$`),
	"car_number":       regexp.MustCompile(`^\p{Han}?[A-Z0-9]{4,7}\p{Han}?$`),
	"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`),
	"const":            regexp.MustCompile(`^.{1,20}$`),
}

func (a *API) templateSend(w http.ResponseWriter, body []byte) {
	var m struct {
		To       string `json:"touser"`
		Template string `json:"template_id"`
		URL      string `json:"url"`
		ClientID string `json:"client_msg_id"`
		Data     map[string]struct {
			Value string `json:"value"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		fail(w, 47001, "data format error")
		return
	}
	if !a.hasForm(m.Template) {
		fail(w, 40037, "invalid template_id")
		return
	}
	s := Sent{To: m.To, Kind: "template", Template: m.Template, URL: m.URL, ClientID: m.ClientID, Data: map[string]string{}}
	for name, d := range m.Data {
		rule := fieldRules[strings.TrimRight(name, "0123456789")]
		if rule == nil || !rule.MatchString(d.Value) || !utf8.ValidString(d.Value) {
			fail(w, 47003, "argument invalid! data."+name+".value invalid")
			return
		}
		s.Data[name] = d.Value
	}
	p := a.person(m.To)
	switch last, known := p.notices[m.ClientID]; {
	case p.gone:
		fail(w, 43004, "require subscribe")
		return
	case len(m.ClientID) > 32:
		fail(w, 40097, "client_msg_id too long")
		return
	case m.ClientID != "" && known && a.now().Sub(last) < 10*time.Minute:
		// The repetition is accepted, and not sent again.
	default:
		p.notices[m.ClientID] = a.now()
		a.reached(s)
	}
	fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","msgid":200228332}`)
}

func (a *API) driving(w http.ResponseWriter, r *http.Request) {
	members, ok := a.photos[r.URL.Query().Get("img_url")]
	if !ok {
		fail(w, 101000, "invalid image url")
		return
	}
	if members != "" {
		members = "," + members
	}
	fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok"%s}`, members)
}
