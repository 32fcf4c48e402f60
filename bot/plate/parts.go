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
