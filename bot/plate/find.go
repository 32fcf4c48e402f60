package plate

import "strings"

// A Match is a plate, or an attempt at one, in a message.
type Match struct {
	Start, End int // in runes of the Text; End is after the last rune used
	Reading
}

// Find returns every plate-like thing in a message, in order and without
// overlap: plates, and what people meant as plates though something is missing,
// doubtful or wrong. Chat, addresses, quantities, telephone and ID numbers and
// VINs are none. A letter with a serial but no province is reported (Ask,
// MissingProvince) wherever it stands, and two letters with five digits as
// military: that may be an engine number just as well, which the message
// decides, not the plate.
//
// Words about the kind of plate (黄牌, 绿牌, 摩托车) that stand anywhere in the
// message are already applied to the nearest plate.
func Find(t Text) []Match {
	s := newScanner(t)
	var found []Match
	for s.i < len(s.r) {
		if m, ok := s.match(); ok {
			found = append(found, m)
			s.seam(max(m.End, s.i+1))
		}
	}
	applyHints(t, found)
	return found
}

type scanner struct {
	t           Text
	r           []rune
	i           int
	open        int // a word or a plate has just ended here
	nameEnd     int // a place name has just ended here
	first, last int // the text without blanks and punctuation around it
}

func newScanner(t Text) scanner {
	s := scanner{t: t, r: t.runes, last: len(t.runes)}
	for s.first < s.last && !wordRune(s.r[s.first]) {
		s.first++
	}
	for s.last > s.first && !wordRune(s.r[s.last-1]) {
		s.last--
	}
	return s
}

func wordRune(r rune) bool { return isAlnum(r) || isHan(r) }

// seam goes on at i, where a name, a word or a plate has just ended.
func (s *scanner) seam(i int) { s.i, s.open = i, i }

// match tries to read a plate at the scanner's place; without success it moves
// on past what it has understood.
func (s *scanner) match() (Match, bool) {
	r := s.r[s.i]
	if isAlnum(r) {
		return s.latin()
	}
	tr := atlas.of(r)
	if tr&^(isHintStart|isSpoken) == 0 && s.i != s.first {
		s.i++
		return Match{}, false
	}
	if tr&isSpecial != 0 {
		if m, ok := s.special(); ok {
			return m, true
		}
	}
	if tr&isNameStart != 0 {
		if p, n := atlas.nameAt(s.r[s.i:]); n > 0 {
			if m, ok := s.named(p, s.i+n); ok {
				return m, true
			}
			s.seam(s.i + n)
			s.nameEnd = s.i
			return Match{}, false
		}
	}
	if tr&isWordStart != 0 {
		if n := atlas.wordAt(s.r[s.i:]); n > 0 {
			s.seam(s.i + n)
			return Match{}, false
		}
	}
	if m, ok := s.character(r, tr); ok {
		return m, true
	}
	if m, ok := s.stranger(r); ok {
		return m, true
	}
	s.i++
	return Match{}, false
}

// character tries the plates that begin with a single character.
func (s *scanner) character(r rune, tr traits) (Match, bool) {
	switch {
	case tr&isProvince != 0:
		return s.province(r)
	case tr&isNotProvince != 0 && s.leftOpen():
		return s.noProvince(r)
	case tr&(isHomophone|isNickname) != 0 && s.leftOpen():
		return s.sound(r, tr)
	}
	return Match{}, false
}

// noProvince refuses a plate behind a character that is no province; what
// stands behind is kept, so that only the province has to be asked for.
func (s *scanner) noProvince(r rune) (Match, bool) {
	b := readBody(s.t, s.i+1, false)
	if !b.lettered() || !b.complete() || b.masked {
		return Match{}, false
	}
	reading := reject(BadProvince, string(r)+" is no province")
	reading.Parts = Parts{Letters: string(b.buf[:1]), Serial: string(b.serial())}
	return s.matched(s.i, b.end, reading)
}

// stranger refuses 龙A12345 when that is the whole message. Within a message a
// character before a letter is just the end of a word.
func (s *scanner) stranger(r rune) (Match, bool) {
	if s.i != s.first || !isHan(r) || !isLetter(at(s.r, s.i+1)) || strings.ContainsRune(openers, r) {
		return Match{}, false
	}
	m, ok := s.noProvince(r)
	return m, ok && m.End >= s.last
}

func (s *scanner) matched(start, end int, r Reading) (Match, bool) {
	return Match{Start: start, End: end, Reading: r}, true
}

// province reads a plate behind its province's character.
func (s *scanner) province(r rune) (Match, bool) {
	info := atlas.provinces[r]
	p := Place{Name: info.name, Province: info.abbr}
	if next := at(s.r, s.i+1); next != r && atlas.of(next)&isProvince != 0 && s.leftOpen() {
		if _, n := atlas.nameAt(s.r[s.i+1:]); n == 0 {
			b := readBody(s.t, s.i+2, false)
			if b.lettered() && b.complete() {
				return s.matched(s.i, b.end, reject(TwoProvinces, "two provinces"))
			}
		}
	}
	return s.named(p, s.i+1)
}

// named reads a plate whose province or city ends at end.
func (s *scanner) named(p Place, end int) (Match, bool) {
	b := readBody(s.t, end, false)
	why := Reason("")
	if b.n == 0 {
		n, doubt := connectorAt(s.r[end:])
		if n == 0 {
			return Match{}, false
		}
		if b = readBody(s.t, end+n, false); !b.lettered() {
			return Match{}, false
		}
		if doubt {
			why = CityName
		}
	}
	if b.lone() && at(s.r, b.end) == '临' {
		return s.temporaryBehind(p, b.buf[0], b.end+1)
	}
	r := under(p, &b)
	if why != "" {
		r = doubtful(r, why)
	}
	if !s.plausible(&r, &b) {
		return Match{}, false
	}
	return s.matched(s.i, b.end, r)
}

func connectorAt(r []rune) (n int, doubt bool) {
	for _, c := range connectors {
		if n := prefixLen(r, c); n > 0 {
			return n, c == "的"
		}
	}
	return 0, false
}

// plausible separates attempts at a plate from text that merely has letters and
// digits behind a province: 川A套餐, 新区A栋12345号, 上海2024年. When they are
// the whole message, they are an attempt.
func (s *scanner) plausible(r *Reading, b *body) bool {
	if s.whole(b) && (b.lettered() || !b.long) {
		return true
	}
	if !b.lettered() {
		switch {
		case isUnit(b.after) || !s.leftOpen():
			return false
		case r.Action == Ask && r.Reason == TooShort, r.Action == Reject && r.Reason == TooLong:
			return false
		}
		return b.n >= 5
	}
	switch r.Action {
	case Query, Confirm, Choose, Unsupported:
		return true
	case Ask:
		return len(b.serial()) >= 4 && b.digits() >= 2
	default:
		return r.Reason == Masked || len(b.serial()) >= 4 && b.digits() >= 1
	}
}

func isUnit(r rune) bool    { return r != 0 && strings.ContainsRune(units, r) }
func isCounter(r rune) bool { return r != 0 && strings.ContainsRune(counters, r) }

// leftOpen reports whether a doubtful head may begin here: not in the middle of
// a word.
func (s *scanner) leftOpen() bool {
	before := at(s.r, s.i-1)
	if s.i == s.open || before == 0 {
		return true
	}
	return !wordRune(before) || strings.ContainsRune(openers, before)
}

// sound reads a plate behind a character that sounds like a province, or is an
// old name of one. It must look like a plate: these are common characters.
func (s *scanner) sound(r rune, tr traits) (Match, bool) {
	if s.i == s.nameEnd && s.i > 0 || s.i != s.first && !isLetter(at(s.r, readJoint(s.r, s.i+1, true).end)) {
		return Match{}, false
	}
	why := Homophone
	if tr&isNickname != 0 {
		why = Nickname
	}
	var leads [2]lead
	n := 0
	for _, p := range atlas.sounds[r] {
		leads[n] = lead{p, s.i + 1}
		n++
	}
	reading, b := among(s.t, leads[:n], why, true)
	if b.n == 0 || !s.whole(&b) && !convincing(&reading, &b) {
		return Match{}, false
	}
	return s.matched(s.i, b.end, reading)
}

func (s *scanner) whole(b *body) bool { return s.i == s.first && b.end >= s.last }

// convincing is what a doubtful head needs behind it to be taken for one.
func convincing(r *Reading, b *body) bool {
	switch r.Action {
	case Query, Confirm, Choose, Unsupported:
		return b.lettered()
	case Ask:
		return b.lettered() && len(b.serial()) == 4 && b.digits() >= 3
	default:
		return false
	}
}
