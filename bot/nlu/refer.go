package nlu

import (
	"slices"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// commands are what follows a slash.
var commands = map[string]fixed{
	"START": {intent: Help, act: Start}, "HELP": {intent: Help}, "MENU": {intent: Help},
	"QUERY": {intent: Query}, "Q": {intent: Query}, "CX": {intent: Query}, "CHECK": {intent: Query},
	"REFRESH": {intent: Query, act: Again}, "AGAIN": {intent: Query, act: Again}, "NEXT": {intent: Query, act: NextPage},
	"CARS": {intent: ListVehicles}, "LIST": {intent: ListVehicles}, "MYCARS": {intent: ListVehicles}, "SUBS": {intent: ListVehicles},
	"SUBSCRIBE": {intent: Subscribe}, "SUB": {intent: Subscribe}, "ADD": {intent: Subscribe}, "WATCH": {intent: Subscribe}, "BIND": {intent: Subscribe},
	"UNSUBSCRIBE": {intent: Unsubscribe}, "UNSUB": {intent: Unsubscribe}, "UNWATCH": {intent: Unsubscribe},
	"DEL": {intent: DeleteVehicle}, "DELETE": {intent: DeleteVehicle}, "REMOVE": {intent: DeleteVehicle}, "UNBIND": {intent: DeleteVehicle},
	"CITIES": {intent: Cities}, "CITY": {intent: Cities},
	"MYDATA": {intent: Help, act: MyData}, "DATA": {intent: Help, act: MyData}, "PRIVACY": {intent: Help, act: Privacy},
	"FORGETME": {intent: ForgetMe}, "FORGET": {intent: ForgetMe},
	"CANCEL": {intent: Cancel}, "QUIT": {intent: Cancel}, "EXIT": {intent: Cancel},
	"BACK": {intent: Correct, act: Back},
}

// byCommand reads a slash command, wherever Chinese stands round it. An unknown
// one is one only at the beginning.
func (r *reader) byCommand() bool {
	first := true
	for _, t := range r.tokens {
		if t.kind == command {
			name := strings.ReplaceAll(string(r.text[t.start+1:t.end]), "_", "")
			if c, ok := commands[name]; ok {
				if c.intent == Cities {
					r.locate()
				}
				r.ordinals()
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
	if len(r.Vehicles) > 0 {
		return false
	}
	r.ordinals()
	if r.Ref == 0 && r.is.any(last) {
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

// byPlace reads an answer to a question for a place, and a correction of a
// plate's province.
func (r *reader) byPlace() bool {
	if r.province() {
		return r.set(Correct, "")
	}
	switch r.open.Question {
	case AskCity, AskCityLetter, AskPlate:
	default:
		return false
	}
	if r.is.any(able|look|query|offence|asksHow|which|region) || r.strange > 4 {
		return false
	}
	r.locate()
	if r.City == "" && r.Province == "" {
		r.abbreviation()
	}
	if r.City == "" && r.Province == "" && r.Letter == "" {
		return false
	}
	return r.set(ProvideInfo, "")
}

// locate notes the place that a message names.
func (r *reader) locate() {
	for _, t := range r.tokens {
		if t.kind == location {
			r.at(*t.place)
		}
	}
	if r.City == "" && r.Province == "" {
		r.locateLatin()
	}
	if r.City == "" && r.Province == "" && r.is.any(elsewhere) {
		r.City = "外地"
	}
}

// at notes a place. A municipality is both; it is kept as a city.
func (r *reader) at(p plate.Place) {
	switch {
	case p.Letters != "" || isMunicipality(p.Province):
		r.City = p.Name
	default:
		r.Province = p.Name
	}
}

func isMunicipality(province string) bool {
	switch province {
	case "京", "津", "沪", "渝":
		return true
	}
	return false
}

// locateLatin notes a place that is spelt in Latin letters: Shanghai.
func (r *reader) locateLatin() bool {
	const shortest = 4
	for _, t := range r.tokens {
		if t.kind != latin || t.end-t.start < shortest {
			continue
		}
		if places := plate.Places(string(r.text[t.start:t.end])); len(places) == 1 {
			r.at(places[0])
			return true
		}
	}
	return false
}

// abbreviation notes an answer such as 沪, 苏E or A.
func (r *reader) abbreviation() {
	for _, t := range r.tokens {
		switch {
		case t.kind == han && r.Province == "":
			if name := plate.ProvinceOf(string(r.text[t.start])); name != "" {
				r.Province = name
			}
		case (t.kind == latin || t.kind == value) && t.end-t.start == 1 && isLetter(r.text[t.start]):
			r.Letter = string(r.text[t.start])
		}
	}
}

// province reads the correction of a plate's province: 不是京是津, 是浙不是沪.
func (r *reader) province() bool {
	if len(r.Vehicles) > 0 || r.given() {
		return false
	}
	denied, affirmed, isDenied := "", "", false
	letter := ""
	for i, t := range r.tokens {
		name := ""
		switch {
		case t.kind == word && t.phrase.role == negation:
			isDenied = true
			continue
		case t.kind == location:
			name = plate.ProvinceOf(t.place.Province)
		case t.kind == han && r.tied(i):
			name = plate.ProvinceOf(string(r.text[t.start]))
		case t.kind == latin && t.end-t.start == 1 && affirmed != "":
			letter = string(r.text[t.start])
		}
		switch {
		case name == "":
		case isDenied:
			denied = name
		default:
			affirmed = name
		}
		isDenied = isDenied && (t.kind == space)
	}
	if affirmed == "" || denied == "" && !r.saysChange() {
		return false
	}
	r.Province, r.Letter = affirmed, letter
	return true
}

// saysChange tells whether a lone province is meant as a correction.
func (r *reader) saysChange() bool {
	return r.is.any(wrong|change) || r.open.Question == ConfirmPlate && r.hasRole(glue)
}

// tied tells whether the character at token i stands behind 是, 不是 or 改成 and
// before nothing that would make it part of a word.
func (r *reader) tied(i int) bool {
	if i == 0 || r.tokens[i-1].kind != word {
		return false
	}
	p := r.tokens[i-1].phrase
	if p.role != glue && p.role != negation && !p.is.any(change|wrong) {
		return false
	}
	return i+1 == len(r.tokens) || r.tokens[i+1].kind != han
}
