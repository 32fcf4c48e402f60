package plate

import "unicode/utf8"

// Places returns the places that a text names and says nothing else: an
// abbreviation, a province, a city, a nickname, their pinyin, or characters
// that sound like an abbreviation (苏, 江苏省, 苏州的, 申, suzhou, 护). Several
// when the name is ambiguous; none when it is no place.
func Places(text string) []Place {
	places, _ := namedPlaces(Fold(text))
	return places
}

// namedPlaces tells also why the naming is doubtful; "" when it is not.
func namedPlaces(t Text) ([]Place, Reason) {
	s := newScanner(t)
	r := s.r[s.first:s.last]
	for _, filler := range [...]string{"应该是", "是", "就是", "在"} {
		r = r[prefixLen(r, filler):]
	}
	if len(r) == 0 {
		return nil, ""
	}
	if p, n := atlas.nameAt(r); n > 0 && onlyFiller(r[n:]) {
		return []Place{p}, ""
	}
	if !onlyFiller(r[1:]) {
		return atlas.pinyin[joined(r)], Pinyin
	}
	switch tr := atlas.of(r[0]); {
	case tr&isProvince != 0:
		return atlas.byAbbr(string(r[0])), ""
	case tr&isNickname != 0:
		return atlas.sounds[r[0]], Nickname
	case tr&isHomophone != 0:
		return atlas.sounds[r[0]], Homophone
	}
	return atlas.pinyin[joined(r)], Pinyin
}

// onlyFiller reports whether a text holds only what may follow a place's name.
func onlyFiller(r []rune) bool {
	for _, c := range r {
		switch c {
		case '的', '牌', '照', '车', '字', '市', '省', '吧', '啊', '呀', '哦', ' ':
		default:
			return false
		}
	}
	return true
}

func joined(r []rune) string {
	key := make([]byte, 0, len(r))
	for _, c := range r {
		if isLetter(c) {
			key = append(key, byte(c))
		} else if c != ' ' {
			return ""
		}
	}
	return string(key)
}

// A PlaceMatch is a place named in a message.
type PlaceMatch struct {
	Start, End int // in runes of the Text
	Places     []Place
}

// FindPlaces returns the provinces and cities that a message names in full, in
// order: 苏州能查吗. Abbreviations and sounds are none here.
func FindPlaces(t Text) []PlaceMatch {
	var found []PlaceMatch
	for i := 0; i < len(t.runes); {
		p, n := atlas.nameAt(t.runes[i:])
		if n == 0 {
			i++
			continue
		}
		found = append(found, PlaceMatch{i, i + n, []Place{p}})
		i += n
	}
	return found
}

// ProvinceOf returns the name of the province of an abbreviation or of a
// plate: 苏, 苏E and 苏E12345 give 江苏. "" when there is none.
func ProvinceOf(plate string) string {
	r, _ := utf8.DecodeRuneInString(plate)
	if p := atlas.provinces[r]; p != nil {
		return p.name
	}
	return ""
}

// CityOf returns the city of a plate or of its prefix: 苏E and 苏E12345 give
// 苏州. "" when the letter stands for none.
func CityOf(plate string) string {
	r, n := utf8.DecodeRuneInString(plate)
	p := atlas.provinces[r]
	if p == nil || len(plate) == n || !isLetter(rune(plate[n])) {
		return ""
	}
	return p.cities[plate[n]]
}
