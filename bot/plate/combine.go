package plate

import (
	"strings"
	"unicode/utf8"
)

func infoOf(p Place) *provinceInfo {
	r, _ := utf8.DecodeRuneInString(p.Province)
	return atlas.provinces[r]
}

// under judges the body as what follows a province, or a city that stands for
// province and letter.
func under(p Place, b *body) Reading {
	province := infoOf(p)
	switch {
	case b.masked && b.lettered():
		return judge(province, b)
	case b.lettered() && p.Letters == "":
		return judge(province, b)
	case b.lettered():
		return cityLettered(p, province, b)
	case p.Letters == "":
		return unlettered(province, b)
	default:
		return cityUnlettered(p, province, b)
	}
}

// unlettered judges a body that begins with a digit behind a province.
func unlettered(province *provinceInfo, b *body) Reading {
	s := b.chars()
	switch {
	case b.masked:
		return reject(Masked, "masked plate: ask for the full number")
	case b.suffix == "领":
		return consulate(province, s)
	case b.long || b.n > 7:
		return reject(TooLong, "too long")
	case b.suffix != "":
		return reject(BadSerial, "no agency letter, yet a suffix")
	case b.n == 7 && countLetters(s) == 0:
		n := province.abbr + string(s)
		return Reading{Action: Unsupported, Normalized: n, Kind: Agri, HPZL: "25", Province: province.name,
			Prefix: n[:len(province.abbr)+2], Note: "tractor plate, registered with the agriculture authority"}
	case completeSerial(s):
		return missingLetter(Place{Province: province.abbr}, s)
	case s[0] == '0' && completeSerial(s[1:]):
		r := ask(BadLetter, "0 in the agency place: O is legal but rare, ask for the letter")
		r.Parts = Parts{Province: province.abbr, Serial: string(s[1:])}
		return r
	case b.n < 5:
		r := ask(TooShort, "letter and places missing")
		r.Parts = Parts{Province: province.abbr, Serial: string(s)}
		return r
	case b.n == 5:
		return reject(TooManyLetters, "more than two letters in the serial")
	default:
		return reject(BadLetter, "a digit in the agency place")
	}
}

func missingLetter(p Place, serial []byte) Reading {
	r := ask(MissingLetter, "agency letter missing")
	r.Parts = Parts{Province: p.Province, Letters: p.Letters, Serial: string(serial)}
	return r
}

// consulate judges 沪22478领: three digits for the state, a digit, and a digit
// or letter.
func consulate(province *provinceInfo, s []byte) Reading {
	if len(s) != 5 || countLetters(s[:4]) > 0 {
		return reject(BadSerial, "a consulate's serial is four digits and a digit or letter")
	}
	return Reading{Action: Unsupported, Normalized: province.abbr + string(s) + "领", Kind: Consulate, HPZL: "04",
		Province: province.name, Prefix: province.abbr, Note: "consulate"}
}

// cityUnlettered judges 深圳12345 and 苏州12345.
func cityUnlettered(p Place, province *provinceInfo, b *body) Reading {
	if len(p.Letters) > 1 && completeSerial(b.chars()) && b.suffix == "" {
		return missingLetter(p, b.chars())
	}
	return doubtful(judgeWith(province, p.Letters[0], b), CityName)
}

// judgeWith judges b as the serial behind a letter that was not written.
func judgeWith(province *provinceInfo, letter byte, b *body) Reading {
	with := *b
	if b.n == maxBody {
		with.long = true
	} else {
		copy(with.buf[1:], b.buf[:b.n])
		with.n++
	}
	with.buf[0] = letter
	return judge(province, &with)
}

// cityLettered judges a city with letter and serial. The letter may be the
// agency's (深圳B12345) or the first place of a new-energy serial (深圳D12345).
func cityLettered(p Place, province *provinceInfo, b *body) Reading {
	outer := doubtful(judge(province, b), CityName)
	if strings.IndexByte(p.Letters, b.buf[0]) >= 0 || b.suffix != "" || !completeSerial(b.chars()) {
		return outer
	}
	if b.n == 5 || outer.Action != Confirm || b.buf[0] == 'D' || b.buf[0] == 'F' {
		if len(p.Letters) > 1 {
			return missingLetter(p, b.chars())
		}
		return doubtful(judgeWith(province, p.Letters[0], b), CityName)
	}
	r := Reading{Action: Choose, Kind: Unknown, Reason: CityName, Note: "city and letter disagree, and the letter may begin a new-energy serial"}
	r.Candidates = append(r.Candidates, outer.Normalized)
	for i := range len(p.Letters) {
		r.Candidates = append(r.Candidates, judgeWith(province, p.Letters[i], b).Normalized)
	}
	return r
}

// doubtful turns a certain reading into one that needs a yes.
func doubtful(r Reading, why Reason) Reading {
	if why != "" && (r.Action == Query || r.Action == Confirm) {
		r.Action, r.Reason, r.Note = Confirm, why, notes[why]
	}
	return r
}

var notes = map[Reason]string{
	Homophone: "sounds like the province", Pinyin: "pinyin", CityName: "city name", Nickname: "nickname of the province",
}

// A lead is a place that a text may begin with, and where its body begins.
type lead struct {
	Place
	end int
}

// agrees reports whether a body does not speak against a place: the agency
// letter is one of the city's or in use in the province.
func (l lead) agrees(b *body) bool {
	if !b.lettered() {
		return l.Letters == ""
	}
	if l.Letters != "" {
		return strings.IndexByte(l.Letters, b.buf[0]) >= 0
	}
	return infoOf(l.Place).letters&(1<<(b.buf[0]-'A')) != 0
}

// among reads the text with each of several places and keeps those that agree
// with the agency letter; if none does and lenient is set, all. One left is a
// guess, several are a choice.
func among(t Text, leads []lead, why Reason, lenient bool) (Reading, body) {
	if r, b, ok := amongThose(t, leads, why, true); ok {
		return r, b
	}
	if r, b, ok := amongThose(t, leads, why, false); ok && lenient {
		return r, b
	}
	return reject(NoPlate, "no plate"), body{}
}

// amongThose keeps, when strict, the places whose letter is in use. Where they
// leave a choice, it ends with those whose letter is not.
func amongThose(t Text, leads []lead, why Reason, strict bool) (Reading, body, bool) {
	var first Reading
	var at body
	var more, doubted []Reading // nil as a rule
	for _, l := range leads {
		b := readBody(t, l.end, false)
		if b.n == 0 {
			continue
		}
		r := under(l.Place, &b)
		switch {
		case strict && r.Action != Query && r.Action != Confirm && r.Action != Unsupported:
		case strict && !l.agrees(&b):
			if r.Reason == NewLetter {
				doubted = append(doubted, r)
			}
		case first.Action == "":
			first, at = r, b
		case r.Action == first.Action:
			more = append(more, r)
		}
	}
	switch {
	case first.Action == "":
		return first, at, false
	case more == nil:
		return doubtful(first, why), at, true
	}
	return choice(append(append([]Reading{first}, more...), doubted...), why), at, true
}

// choice offers several readings.
func choice(readings []Reading, why Reason) Reading {
	r := Reading{Action: Choose, Kind: Unknown, Reason: why, Note: "several readings"}
	for _, k := range readings {
		switch {
		case k.Action == Choose:
			r.add(k.Candidates...)
		case k.Normalized != "":
			r.add(k.Normalized)
		}
	}
	if len(r.Candidates) == 0 {
		return readings[0]
	}
	return r
}

func (r *Reading) add(candidates ...string) {
	for _, c := range candidates {
		known := false
		for _, have := range r.Candidates {
			known = known || have == c
		}
		if !known {
			r.Candidates = append(r.Candidates, c)
		}
	}
}
