package plate

// Parts are what is known of an ordinary plate, so that the missing ones can be
// asked for and put in.
type Parts struct {
	Province string // 粤; "" when it is missing
	Letters  string // the agency letter, or all letters of the city that was named; "" when it is missing
	Serial   string // what follows, suffix included
}

// Reading judges the parts as they are.
func (p Parts) Reading() Reading {
	if p.Serial == "" {
		return reject(NoPlate, "no serial")
	}
	if p.Province == "" {
		r := ask(MissingProvince, "province missing")
		r.Parts = p
		return r
	}
	return p.with([]Place{{Province: p.Province}}, "")
}

// String masks the serial.
func (p Parts) String() string { return p.Province + p.Letters + Mask(p.Serial) }

// WithProvince puts in, or replaces, the province that a person named in any
// way Places understands. A city brings its agency letter along if none is
// known yet. ok is false when the text names no place.
func (p Parts) WithProvince(text string) (r Reading, ok bool) {
	places, why := namedPlaces(Fold(text))
	if len(places) == 0 {
		return Reading{}, false
	}
	if p.Province != "" && len(p.Letters) > 1 {
		p.Letters = "" // they were the letters of another city
	}
	return p.with(places, why), true
}

// WithLetter puts in, or replaces, the agency letter: the first letter of the
// text. ok is false when there is none.
func (p Parts) WithLetter(text string) (r Reading, ok bool) {
	for _, c := range Fold(text).runes {
		if isLetter(c) {
			p.Letters = string(c)
			return p.Reading(), true
		}
	}
	return Reading{}, false
}

func (p Parts) with(places []Place, why Reason) Reading {
	tail := p.Serial
	if len(p.Letters) == 1 {
		tail = p.Letters + tail
	}
	b := readBody(Fold(tail), 0, true)
	var readings []Reading
	for _, place := range places {
		if len(p.Letters) > 1 && place.Letters == "" {
			place.Letters = p.Letters
		}
		if len(places) == 1 || (lead{Place: place}).agrees(&b) || !b.lettered() {
			readings = append(readings, under(place, &b))
		}
	}
	switch len(readings) {
	case 0:
		return p.with(places[:1], why)
	case 1:
		return doubtful(readings[0], why)
	}
	return choice(readings, why)
}

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
	if places, n := atlas.nameAt(r); n > 0 && onlyFiller(r[n:]) {
		return places, ""
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
		places, n := atlas.nameAt(t.runes[i:])
		if n == 0 {
			i++
			continue
		}
		found = append(found, PlaceMatch{i, i + n, places})
		i += n
	}
	return found
}

// ProvinceOf returns the name of the province of an abbreviation or of a
// plate: 苏, 苏E and 苏E12345 give 江苏. "" when there is none.
func ProvinceOf(plate string) string {
	for _, r := range plate {
		if p := atlas.provinces[r]; p != nil {
			return p.name
		}
		break
	}
	return ""
}

// CityOf returns the city of a plate or of its prefix: 苏E and 苏E12345 give
// 苏州. "" when the letter stands for none.
func CityOf(plate string) string {
	var p *provinceInfo
	for i, r := range plate {
		if i == 0 {
			if p = atlas.provinces[r]; p == nil {
				return ""
			}
			continue
		}
		if !isLetter(r) {
			return ""
		}
		return p.cities[r]
	}
	return ""
}
