package nlu

import (
	"slices"
	"strings"
)

// commands are what follows a slash.
var commands = map[string]fixed{
	"START": {intent: Help, act: Start}, "HELP": {intent: Help}, "MENU": {intent: Help}, "ABOUT": {intent: Help}, "SETTINGS": {intent: Help},
	"QUERY": {intent: Query}, "Q": {intent: Query}, "CX": {intent: Query}, "CHECK": {intent: Query},
	"REFRESH": {intent: Query, act: Again}, "AGAIN": {intent: Query, act: Again}, "NEXT": {intent: Query, act: NextPage},
	"CARS": {intent: ListVehicles}, "LIST": {intent: ListVehicles}, "MYCARS": {intent: ListVehicles}, "SUBS": {intent: ListVehicles},
	"SUBSCRIBE": {intent: Subscribe}, "SUB": {intent: Subscribe}, "ADD": {intent: Subscribe}, "WATCH": {intent: Subscribe}, "BIND": {intent: Subscribe},
	"UNSUBSCRIBE": {intent: Unsubscribe}, "UNSUB": {intent: Unsubscribe}, "UNWATCH": {intent: Unsubscribe},
	"DEL": {intent: DeleteVehicle}, "DELETE": {intent: DeleteVehicle}, "REMOVE": {intent: DeleteVehicle}, "UNBIND": {intent: DeleteVehicle},
	"CITIES": {intent: Cities}, "CITY": {intent: Cities},
	"MYDATA": {intent: Help, act: MyData}, "DATA": {intent: Help, act: MyData}, "PRIVACY": {intent: Help, act: Privacy},
	"FORGETME": {intent: ForgetMe}, "FORGET": {intent: ForgetMe}, "DELETEME": {intent: ForgetMe}, "DELETEDATA": {intent: ForgetMe},
	"CANCEL": {intent: Cancel}, "STOP": {intent: Cancel}, "QUIT": {intent: Cancel}, "EXIT": {intent: Cancel},
	"BACK": {intent: Correct, act: Back}, "RENAME": {intent: Correct, act: Rename}, "NAME": {intent: Correct, act: Rename},
	"INVITE": {intent: Subscribe, act: Invite}, "SHARE": {intent: Subscribe, act: Invite}, "JOIN": {intent: Subscribe, act: Accept},
	"ACCEPT": {intent: Subscribe, act: Accept}, "INSPECTION": {intent: Help, act: Inspection}, "EXPORT": {intent: ListVehicles, act: Export},
	"CALENDAR": {intent: ListVehicles, act: Calendar}, "KEEP": {intent: Subscribe, act: KeepOn},
}

// byCommand reads a slash command, wherever Chinese stands round it. An unknown
// one is one only at the beginning.
func (r *reader) byCommand() bool {
	first := true
	for i, t := range r.tokens {
		if t.kind == command {
			name := strings.ReplaceAll(string(r.text[t.start+1:t.end]), "_", "")
			if c, ok := commands[name]; ok {
				if c.intent == Cities {
					r.locate()
				}
				switch c.act {
				case Rename:
					r.rename(i)
					return true
				case Start:
					r.Engine, r.VIN, r.Unlabelled = "", "", false
				case Accept:
					return r.accept(codeBehind(r.text, t.end))
				}
				r.numbered()
				return r.set(c.intent, c.act)
			}
			if first {
				return r.set(Unknown, NoCommand)
			}
		}
		first = first && t.kind == space
	}
	return false
}

// byChoice reads the choice from a numbered list.
func (r *reader) byChoice() bool {
	n := len(r.open.Choices)
	if n == 0 {
		return false
	}
	for _, v := range r.Vehicles {
		if at := slices.Index(r.open.Choices, v.Plate.Normalized); at >= 0 {
			r.Choice = at + 1
			return r.set(ProvideInfo, "")
		}
	}
	choice := 0
	if len(r.Vehicles) == 0 {
		choice = r.position()
	}
	if choice < 1 || choice > n {
		return false
	}
	r.Choice = choice
	r.Engine, r.VIN = "", ""
	return r.set(ProvideInfo, "")
}

// position is the place in a list that a short message names: 2, 选2, 第二个,
// 最后一个; 0 for none.
func (r *reader) position() int {
	for _, t := range r.tokens {
		if t.kind == ordinal && t.n > 0 {
			return t.n
		}
	}
	key := strings.TrimPrefix(strings.TrimSuffix(r.whole(), "个"), "选")
	if key == "最后一" || key == "后面那" || key == "后一" {
		return len(r.open.Choices)
	}
	if key == "前面那" || key == "前一" {
		return 1
	}
	key, _ = strings.CutSuffix(key, "吧")
	if n, size := smallNumber([]rune(key)); size > 0 && size == len([]rune(key)) {
		return n
	}
	for i, c := range r.open.Choices {
		if len(key) > 1 && strings.Contains(c, key) {
			return i + 1
		}
	}
	return 0
}

// refer reads what a message says about a saved car: its position, the one
// used last, whose it is.
func (r *reader) refer() bool {
	if len(r.Vehicles) > 0 || r.is.any(same) && r.open.asking() {
		return false
	}
	r.ordinals()
	if r.Ref == 0 && (r.is.any(last) || r.about.any(former) && r.is.any(look|again) && !r.is.any(wrong|change)) {
		r.Ref = LastRef
	}
	r.Name = r.owner()
	if r.Ref == 0 && r.Name == "" || r.open.yesNo() && !r.is.any(look|offence) {
		return false
	}
	if x := match(platedRules[:], r); x != nil {
		return r.set(x.intent, x.act)
	}
	if r.Name != "" && !r.is.any(look|offence) || r.is.any(asksHow|handle|pay|agent|trade|engine|vin) {
		return false
	}
	return r.set(Query, "")
}

// numbered reads the position of a saved car behind a command: /del 2.
func (r *reader) numbered() {
	r.ordinals()
	for _, t := range r.tokens {
		if n, size := smallNumber(r.text[t.start:t.end]); t.kind == value && size == t.end-t.start {
			r.Ref, r.Engine, r.VIN = n, "", ""
		}
	}
}

// ordinals reads the position of a saved car.
func (r *reader) ordinals() {
	for _, t := range r.tokens {
		if t.kind == ordinal {
			r.Ref = t.n
		}
	}
}

// owner is whose car is meant: 老婆的车.
func (r *reader) owner() string {
	for i, t := range r.tokens {
		if t.kind != word || t.phrase.role != person {
			continue
		}
		for _, u := range r.tokens[i+1 : min(i+4, len(r.tokens))] {
			if u.kind == word && u.phrase.is.any(car) {
				return string(r.text[t.start:t.end])
			}
		}
	}
	return ""
}
