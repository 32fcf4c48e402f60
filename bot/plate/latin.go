package plate

import "slices"

// Plates that begin with Latin letters or digits: pinyin, a missing province,
// armed police, military, embassies.

// latin tries the run of letters and digits at the scanner's place, and moves
// on behind it without success.
func (s *scanner) latin() (Match, bool) {
	end := s.i
	for end < len(s.r) && isAlnum(s.r[end]) {
		end++
	}
	const vin = 17
	if end-s.i < vin && s.i > 0 && isAlnum(s.r[s.i-1]) {
		s.i = end
		return Match{}, false
	}
	if end-s.i < vin {
		if m, ok := s.latinPlate(end); ok {
			return m, true
		}
	}
	s.i = end
	return Match{}, false
}

func (s *scanner) latinPlate(end int) (Match, bool) {
	if isDigit(s.r[s.i]) {
		const most = 10 // six digits, separators, 使
		if !slices.Contains(s.r[s.i:min(s.i+most, len(s.r))], '使') {
			return Match{}, false
		}
		return s.embassy()
	}
	if m, ok := s.armedPolice(); ok {
		return m, true
	}
	if m, ok := s.reversed(end); ok {
		return m, true
	}
	if m, ok := s.pinyin(); ok {
		return m, true
	}
	return s.provinceless(end)
}

// reversed recognises A粤12345.
func (s *scanner) reversed(end int) (Match, bool) {
	if end != s.i+1 || atlas.of(at(s.r, end))&isProvince == 0 {
		return Match{}, false
	}
	b := readBody(s.t, end+1, false)
	if b.lettered() || !b.complete() {
		return Match{}, false
	}
	return s.matched(s.i, b.end, reject(WrongOrder, "the letter stands behind the province"))
}

// provinceless reads a letter and a serial, or two letters and five digits.
func (s *scanner) provinceless(end int) (Match, bool) {
	b := readBody(s.t, s.i, true)
	military := b.n == 7 && !b.long && end > s.i+1 && b.buf[1] >= 'A' && countLetters(b.buf[2:7]) == 0 && b.suffix == ""
	if s.glued(s.i-1, -1) || s.glued(b.end, 1) || s.glued(end, 1) || isUnit(b.after) || b.digits() < 3 || b.masked || !b.complete() && b.suffix == "" && !military {
		return Match{}, false
	}
	if b.suffix != "" && (len(b.serial()) != 4 || special[b.suffix].kind == "") {
		return Match{}, false
	}
	if p := at(s.r, b.end); atlas.of(p)&isProvince != 0 && b.end+1 >= s.last {
		return s.matched(s.i, b.end+1, reject(WrongOrder, "the province stands behind"))
	}
	parts := Parts{Letters: string(b.buf[:1]), Serial: string(b.serial()) + b.suffix}
	if military {
		n := string(b.chars())
		return s.matched(s.i, b.end, Reading{Action: Unsupported, Normalized: n, Kind: Military, HPZL: "32", Prefix: n[:2], Parts: parts,
			Reason: MissingProvince, Note: "two letters and five digits: military, or the province is missing"})
	}
	r := ask(MissingProvince, "province missing")
	r.Parts = parts
	return s.matched(s.i, b.end, r)
}

// glued reports whether the rune at i joins what stands here to an address, a
// parameter or a longer number.
func (s *scanner) glued(i, step int) bool {
	switch at(s.r, i) {
	case '/', '=', '&', '@', '#', '_', '%', '?', '\\', '+':
		return true
	case '.', ':':
		return wordRune(at(s.r, i+step))
	case '-':
		return step < 0 && wordRune(at(s.r, i+step))
	}
	return false
}

// pinyin reads a plate behind the pinyin of a province or city. Written without
// a blank, jingA12345 may be jing A12345 or jin GA12345.
func (s *scanner) pinyin() (Match, bool) {
	var leads [8]lead
	n, spaced := s.syllables(&leads)
	if n == 0 {
		return Match{}, false
	}
	r, b := among(s.t, leads[:n], Pinyin, spaced)
	if b.n == 0 || !convincing(&r, &b) || r.Action == Ask && !spaced {
		return Match{}, false
	}
	return s.matched(s.i, b.end, r)
}

// syllables collects the places whose pinyin begins at the scanner's place, the
// longest first. If the letters end there, spaced, no shorter one is meant.
func (s *scanner) syllables(leads *[8]lead) (n int, spaced bool) {
	keys := s.keys()
	for k := keys.n; k > 0; k-- {
		places, end := atlas.pinyin[string(keys.text[:k])], keys.ends[k-1]
		alone := !isAlnum(at(s.r, end))
		if len(places) == 0 || k == 1 && !alone {
			continue // E12345 is a missing province, not 鄂
		}
		for _, p := range places[:min(len(places), len(leads)-n)] {
			leads[n] = lead{p, end}
			n++
		}
		if alone {
			return n, true
		}
	}
	return n, false
}

// spelling is a run of letters, blanks between syllables left out, and for each
// letter the rune after it.
type spelling struct {
	text [32]byte
	ends [32]int
	n    int
}

// keys reads the letters at the scanner's place, over the single separators of
// guang dong and xi'an.
func (s *scanner) keys() spelling {
	var k spelling
	syllable := 0 // letters in it so far
	for i := s.i; i < len(s.r) && k.n < len(k.text) && k.n < atlas.pinyinMax; i++ {
		switch r := s.r[i]; {
		case isLetter(r):
			k.text[k.n], k.ends[k.n] = byte(r), i+1
			k.n++
			syllable++
		case separatorOf(r) != separatorNone && syllable > 1 && isLetter(at(s.r, i+1)) && isLetter(at(s.r, i+2)):
			syllable = 0
		default:
			return k
		}
	}
	return k
}
