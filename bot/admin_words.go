package bot

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The words of admins. Whoever is none reads what follows any unknown command,
// and so learns nothing.
const adminWord = "/admin"

// adminActs are what an admin can ask for, by the words for it.
var adminActs = map[string]adminAct{
	"stats": actStats, "统计": actStats, "cost": actCost, "花费": actCost, "alerts": actAlerts, "提醒": actAlerts,
	"block": actBlock, "封禁": actBlock, "unblock": actUnblock, "解封": actUnblock,
	"conversation": actConversation, "会话": actConversation, "reset": actReset, "重置": actReset,
	"broadcast": actBroadcast, "群发": actBroadcast,
}

// An adminAct is what is to be done.
type adminAct string

// The acts.
const (
	actHelp         adminAct = ""
	actStats        adminAct = "stats"
	actCost         adminAct = "cost"
	actAlerts       adminAct = "alerts"
	actBlock        adminAct = "block"
	actUnblock      adminAct = "unblock"
	actConversation adminAct = "conversation"
	actReset        adminAct = "reset"
	actBroadcast    adminAct = "broadcast" // tells how far it is
	actDraft        adminAct = "draft"
	actSend         adminAct = "send"
	actStop         adminAct = "stop"
)

// MostCostDays is over how many days costs are added up, at most.
const MostCostDays = 366

// An adminOrder is what an admin has written.
type adminOrder struct {
	Act    adminAct `json:"act"`
	Who    string   `json:"who,omitempty"`    // as in Fleet.find
	On     *bool    `json:"on,omitempty"`     // of alerts; nil: only to be told
	Number int      `json:"number,omitempty"` // of cost: days; of send: what confirms
	Text   string   `json:"text,omitempty"`   // of a draft
	Lang   Lang     `json:"lang,omitempty"`
}

// readAdmin reads a message that begins with adminWord; ok is false for any
// other. What is not understood is a question for help.
func readAdmin(text string) (o adminOrder, ok bool) {
	word, rest := cutWord(text)
	if command, _, _ := strings.Cut(strings.ToLower(word), "@"); command != adminWord {
		return o, false
	}
	word, rest = cutWord(rest)
	words := strings.Fields(rest)
	one := ""
	if len(words) == 1 {
		one = words[0]
	}
	switch o.Act = adminActs[strings.ToLower(word)]; {
	case o.Act == actBroadcast:
		return readBroadcast(rest), true
	case rest == "":
		ok = slices.Contains([]adminAct{actStats, actCost, actAlerts}, o.Act)
	case o.Act == actCost:
		o.Number, ok = positive(one, MostCostDays)
	case o.Act == actAlerts:
		var on bool
		on, ok = switches[strings.ToLower(one)]
		o.On = &on
	case o.Act != actStats && o.Act != actHelp:
		o.Who, ok = one, one != ""
	}
	if !ok {
		o = adminOrder{}
	}
	return o, true
}

// switches are the words for on and off.
var switches = map[string]bool{"on": true, "开": true, "off": false, "关": false}

// readBroadcast reads what follows the word for a broadcast: nothing, stop, send
// with a number, or the text itself, whose lines stay as they are.
func readBroadcast(rest string) adminOrder {
	word, more := cutWord(rest)
	switch strings.ToLower(word) {
	case "":
		return adminOrder{Act: actBroadcast}
	case "stop", "停止":
		if more == "" {
			return adminOrder{Act: actStop}
		}
	case "send", "发送":
		if n, ok := positive(more, maxPeople); ok || more == "" {
			return adminOrder{Act: actSend, Number: n}
		}
	}
	return adminOrder{Act: actDraft, Text: rest}
}

// maxPeople is more than there are.
const maxPeople = 1 << 31

// positive reads a number from 1 to most.
func positive(word string, most int) (n int, ok bool) {
	n, err := strconv.Atoi(word)
	return n, err == nil && n > 0 && n <= most
}

// cutWord is the first word of a text, and the rest of it.
func cutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// admin answers a message of an admin that is for the operator, and leaves the
// session as it is; handled is false for all other messages. What reads or
// changes more than the admin's own record is a task, so that the answer to
// everybody else does not wait for it.
func (x *run) admin(m Message) (handled bool, err error) {
	if m.Event != NoEvent || m.Licence != nil || !slices.Contains(x.terms.admins, x.user) {
		return false, nil
	}
	o, ok := readAdmin(m.Text)
	if !ok {
		return false, nil
	}
	o.Lang = m.Lang
	text := ""
	switch {
	case o.Act == actHelp:
		text = m.Lang.say("admin.help")
	case o.Act == actCost && o.Number == 0:
		r := CostReport{At: x.at, Over: costLines, Price: x.terms.price}
		if r.Costs, err = x.b.desk.Costs(x.tx, r.first(), day(x.at)); err != nil {
			return true, err
		}
		text = r.Text(m.Lang)
	default:
		return true, x.enqueue(task{Kind: taskAdmin, Admin: &o})
	}
	t := x.r.turn(x.key)
	t.Replies = append(t.Replies, Reply{Text: text})
	return true, nil
}
