package plate

// Plates that are recognised by what stands in front.

// special tries 使, 民航, 应急 and 临 at the scanner's place.
func (s *scanner) special() (Match, bool) {
	rest := s.r[s.i:]
	switch {
	case rest[0] == '使':
		return s.oldEmbassy()
	case prefixLen(rest, "民航") > 0:
		return s.airport()
	case prefixLen(rest, "应急") > 0:
		return s.rescueMotorcycle()
	case rest[0] == '临':
		return s.temporary()
	}
	return Match{}, false
}

func recognised(k Kind, hpzl, normalized, prefix, province, note string) Reading {
	return Reading{Action: Unsupported, Kind: k, HPZL: hpzl, Normalized: normalized, Prefix: prefix, Province: province, Note: note}
}

// embassy reads 224578使: three digits for the state, three for the car.
func (s *scanner) embassy() (Match, bool) {
	b := readBody(s.t, s.i, true)
	switch {
	case b.suffix != "使" || b.n < 5 || b.n > 7:
		return Match{}, false
	case b.n != 6 || countLetters(b.chars()) > 0:
		return s.matched(s.i, b.end, reject(BadSerial, "an embassy's plate is six digits and 使"))
	}
	return s.matched(s.i, b.end, recognised(Embassy, "03", string(b.chars())+"使", "", "", "embassy"))
}

// oldEmbassy reads 使224578.
func (s *scanner) oldEmbassy() (Match, bool) {
	b := readBody(s.t, s.i+1, false)
	if b.n != 6 || b.long || countLetters(b.chars()) > 0 || b.suffix != "" || isUnit(b.after) {
		return Match{}, false
	}
	return s.matched(s.i, b.end, recognised(Embassy, "03", string(b.chars())+"使", "", "", "embassy, old style"))
}

// airport reads 民航A1234.
func (s *scanner) airport() (Match, bool) {
	b := readBody(s.t, s.i+2, false)
	if b.n < 4 || b.n > 6 || countLetters(b.serial()) > 0 || len(b.serial()) < 4 {
		return Match{}, false
	}
	return s.matched(s.i, b.end, recognised(CivilAviation, "", "民航"+string(b.chars()), "", "", "airport vehicle, no road plate"))
}

// rescueMotorcycle reads 应急京119X.
func (s *scanner) rescueMotorcycle() (Match, bool) {
	p := at(s.r, s.i+2)
	if atlas.of(p)&isProvince == 0 {
		return Match{}, false
	}
	b := readBody(s.t, s.i+3, false)
	if b.n != 4 || countLetters(b.buf[:3]) > 0 || b.buf[3] < 'A' || b.suffix != "" {
		return Match{}, false
	}
	info := atlas.provinces[p]
	return s.matched(s.i, b.end, recognised(Emergency, "33", "应急"+info.abbr+string(b.chars()), info.abbr, info.name, "rescue motorcycle"))
}

// temporary reads 临粤B12345.
func (s *scanner) temporary() (Match, bool) {
	i := readJoint(s.r, s.i+1, true).end
	p := at(s.r, i)
	if atlas.of(p)&isProvince == 0 {
		return Match{}, false
	}
	b := readBody(s.t, i+1, false)
	if !b.lettered() || shapeOf(b.serial()) != shapePlain || b.suffix != "" {
		return Match{}, false
	}
	return s.matched(s.i, b.end, temporary(atlas.provinces[p], b.buf[0], b.serial()))
}

// temporaryBehind reads 粤B临12345 from behind 临.
func (s *scanner) temporaryBehind(p Place, letter byte, from int) (Match, bool) {
	b := readBody(s.t, from, false)
	if shapeOf(b.chars()) != shapePlain || b.suffix != "" {
		return Match{}, false
	}
	return s.matched(s.i, b.end, temporary(infoOf(p), letter, b.chars()))
}

// armedPolice reads WJ京12345, WJ粤1234X, and WJ12345 of the headquarters.
func (s *scanner) armedPolice() (Match, bool) {
	if at(s.r, s.i) != 'W' || at(s.r, s.i+1) != 'J' {
		return Match{}, false
	}
	i := readJoint(s.r, s.i+2, true).end
	var abbr, name string
	if p := at(s.r, i); atlas.of(p)&isProvince != 0 {
		abbr, name = atlas.provinces[p].abbr, atlas.provinces[p].name
		i++
	}
	b := readBody(s.t, i, false)
	if !isArmedPolice(b.chars()) || b.long || b.suffix != "" {
		if abbr == "" || b.n == 0 {
			return Match{}, false
		}
		return s.matched(s.i, b.end, reject(BadSerial, "WJ is followed by four or five digits and at most one letter"))
	}
	return s.matched(s.i, b.end, recognised(ArmedPolice, "31", "WJ"+abbr+string(b.chars()), "WJ", name, "armed police"))
}

// isArmedPolice: 12345, 1234X, 12345X; 0112345 on older plates.
func isArmedPolice(s []byte) bool {
	if len(s) == 7 {
		return countLetters(s) == 0
	}
	if n := len(s); n < 4 || n > 6 {
		return false
	}
	last := len(s) - 1
	if s[last] >= 'A' {
		s = s[:last]
	}
	return countLetters(s) == 0 && (len(s) == 4 || len(s) == 5)
}
