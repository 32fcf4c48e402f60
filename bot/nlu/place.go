package nlu

import "github.com/weizhangbot/weizhangbot/bot/plate"

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
		if r.City == "" || r.open.asking() {
			r.City = p.Name
		}
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

// locatePrefix notes a place that is named by its plates: 粤B能查吗, 沪牌可以吗.
func (r *reader) locatePrefix() bool {
	const most = 4 // unknown characters, with those of the prefix
	if r.strange > most {
		return false
	}
	for i, t := range r.tokens[:max(len(r.tokens)-1, 0)] {
		next := r.tokens[i+1]
		if t.kind != han || i > 0 && r.tokens[i-1].kind == han {
			continue
		}
		name, letter := plate.ProvinceOf(string(r.text[t.start])), next.kind == latin && next.end-next.start == 1
		if name == "" || !letter && r.text[next.start] != '牌' && r.text[next.start] != '车' {
			continue
		}
		r.Province = name
		return true
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
		case t.kind == han && (r.tied(i) || denied != "" && i+1 == len(r.tokens)):
			name = plate.ProvinceOf(string(r.text[t.start]))
		case t.kind == latin && t.end-t.start == 1 && affirmed != "":
			letter = string(r.text[t.start])
		}
		switch {
		case name == "" && isDenied && t.kind == han && i+1 == len(r.tokens):
			denied = string(r.text[t.start]) // 苏不是速
		case name == "":
		case isDenied:
			denied = name
		default:
			affirmed = name
		}
		isDenied = isDenied && (t.kind == space)
	}
	if affirmed == "" && r.restated() {
		return true
	}
	if affirmed == "" || denied == "" && !r.saysChange() {
		return false
	}
	r.Province, r.Letter = affirmed, letter
	return true
}

// restated reads the correction of single characters: 是B不是D, 最后一位是6不是5.
// A letter is taken for the agency's.
func (r *reader) restated() bool {
	denied, affirmed, isDenied := false, "", false
	for _, t := range r.tokens {
		switch {
		case t.kind == word && t.phrase.role == negation:
			isDenied = true
			continue
		case t.kind != latin && t.kind != value && t.kind != measured:
		case t.end-t.start > 2:
			return false
		case isDenied:
			denied = true
		default:
			affirmed = string(r.text[t.start:t.end])
		}
		isDenied = isDenied && t.kind == space
	}
	if !denied || affirmed == "" {
		return false
	}
	if len(affirmed) == 1 && isLetter(rune(affirmed[0])) && !r.is.any(count) {
		r.Letter = affirmed
	}
	return true
}

// saysChange tells whether a lone province is meant as a correction.
func (r *reader) saysChange() bool {
	return r.is.any(wrong|change) || r.open.Question == ConfirmPlate && r.hasRole(glue)
}

// tied tells whether the character at token i stands behind 是, 不是 or 改成 and
// before nothing that would make it part of a word.
func (r *reader) tied(i int) bool {
	if i == 0 && len(r.tokens) > 2 && r.tokens[1].kind != han {
		return r.hasRole(negation) // 津，不是京
	}
	if i == 0 || r.tokens[i-1].kind != word {
		return false
	}
	p := r.tokens[i-1].phrase
	if p.role != glue && p.role != negation && !p.is.any(change|wrong) {
		return false
	}
	return i+1 == len(r.tokens) || r.tokens[i+1].kind != han
}
