package nlu

import (
	"slices"
	"strings"
)

// latin cuts what begins with a Latin letter or a digit: a phrase, an address,
// a quantity, or a run that may be a value.
func (s *scanner) latin(i int) token {
	if end := spokenRun(s.text[i:]); end > 0 {
		return token{kind: value, start: i, end: i + end}
	}
	if n, end := numberedCar(s.text[i:], s.before(i)); end > 0 {
		return token{kind: ordinal, start: i, end: i + end, n: n}
	}
	before := s.before(i)
	if n := len(s.tokens); n > 0 && s.tokens[n-1].kind == numberPlate {
		before = 0 // 沪A12345vin654321
	}
	if i == s.cut {
		before = 0
	}
	if p := phraseAt(s.text[i:], before); p != nil {
		if s.before(i) == '&' || !p.is.any(engine|vin) && (s.argument(i) || s.after(i+len(p.text)) == '(' && isLetter(p.text[0])) {
			return token{kind: markup, start: i, end: i + len(p.text)}
		}
		return s.word(i, p)
	}
	if t, ok := s.counted(i); ok {
		return t
	}
	end := i + runLength(s.text[i:])
	if n := labelInside(s.text[i:end]); n > 0 {
		end = i + n
		s.cut = end
	}
	if n := addressRun(s.text[end:]); n > 0 {
		return token{kind: markup, start: i, end: end + n}
	}
	t := token{start: i, end: end}
	run := s.text[i:end]
	if s.pageNumber(i, end) {
		return token{kind: measured, start: i, end: end}
	}
	switch {
	case s.parameter(i, end):
		t.kind = markup
	case !slices.ContainsFunc(run, isDigit):
		t.kind = latin
		if laughter(run) {
			t.kind = emoji
		}
	case s.quantity(i, end), notNumbers[string(run)]:
		t.kind = measured
	case isPrivate(run):
		t.kind = private
	default:
		t.kind = value
	}
	if t.kind == value && !isVIN(string(run)) {
		s.label = false
	}
	return t
}

// runLength is the length of the run of letters and digits that begins r. A
// hyphen, a dot, a star or an underscore inside belongs to it.
func runLength(r []rune) int {
	n := 1
	for n < len(r) {
		inner := r[n] == '-' || r[n] == '.' || r[n] == '*' || r[n] == '_'
		if !isAlnum(r[n]) && (!inner || n+1 >= len(r) || !isAlnum(r[n+1]) && r[n+1] != '*') {
			break
		}
		n++
	}
	return n
}

// addressRun is the length of the rest of an internet address whose scheme was
// just read.
func addressRun(r []rune) int {
	if len(r) < 3 || string(r[:3]) != "://" {
		return 0
	}
	n := 3
	for n < len(r) && r[n] > ' ' && r[n] < 0x7F && r[n] != ')' && r[n] != '>' {
		n++
	}
	return n
}

// parameter tells whether a run is a name or a value of key=value.
func (s *scanner) parameter(i, end int) bool {
	return s.after(end) == '=' || s.argument(i)
}

// argument tells whether a name or a value of key=value begins at i, by what
// stands before it.
func (s *scanner) argument(i int) bool {
	before := s.before(i)
	return before == '&' || before == '=' && !s.label && i >= 2 && isAlnum(s.text[i-2])
}

// labelInside is where the label of the next value begins within a run: 6 in
// 123456vin; 0 for nowhere.
func labelInside(run []rune) int {
	const shortest = 3
	for n := shortest; n+shortest <= len(run) && len(run) != vinLength; n++ {
		if !isDigit(run[n-1]) {
			continue
		}
		switch string(run[n : n+shortest]) {
		case "VIN", "CJH", "FDJ":
			return n
		}
	}
	return 0
}

// pageNumber notes the 2 of page 2.
func (s *scanner) pageNumber(i, end int) bool {
	const word = "PAGE "
	n, size := smallNumber(s.text[i:end])
	if size != end-i || size == 0 || i < len(word) || string(s.text[i-len(word):i]) != word {
		return false
	}
	s.page = n
	s.about |= paging
	return true
}

// measures follow a quantity.
const measures = "年月日时分秒点元块毛角钱万千百次层楼栋室度米里公岁条%天周辆台部张个栏折路弄幢期倍斤升座门"

// quantity tells whether the run from i to end is a date, a time, an amount or
// an ordinal.
func (s *scanner) quantity(i, end int) bool {
	before, after := s.before(i), s.after(end)
	if before == '第' || before == '¥' || before == '$' || before == '￥' || after != 0 && strings.ContainsRune(measures, after) {
		return true
	}
	run := s.text[i:end]
	if dots(run) || slices.Contains(run, '*') {
		return true
	}
	return s.date(i, end) || s.clock(i, end)
}

// dots tells whether a run has a dot between digits: 2026.3.1, 3.5.
func dots(run []rune) bool {
	at := slices.Index(run, '.')
	return at > 0
}

// date tells whether the run is a date, or a part of one with slashes.
func (s *scanner) date(i, end int) bool {
	run := s.text[i:end]
	if at := slices.Index(run, '-'); at == 4 && isYear(run[:4]) && digits(run) >= 6 && digits(run) <= 8 && letters(run) == 0 {
		return true
	}
	if s.before(i) == '/' && i >= 2 && isDigit(s.text[i-2]) && end-i <= 2 {
		return true
	}
	return isYear(run) && s.after(end) == '/' && isDigit(s.after(end+1)) && !isAlnum(s.after(end+3))
}

// clock tells whether the run is the hour or the minutes of 18:05.
func (s *scanner) clock(i, end int) bool {
	if end-i > 2 || letters(s.text[i:end]) > 0 {
		return false
	}
	if s.after(end) == ':' && isDigit(s.after(end+1)) && isDigit(s.after(end+2)) && !isAlnum(s.after(end+3)) {
		return true
	}
	return end-i == 2 && s.before(i) == ':' && i >= 2 && isDigit(s.text[i-2])
}

func isYear(run []rune) bool {
	return len(run) == 4 && (run[0] == '2' && run[1] == '0' || run[0] == '1' && run[1] == '9') && digits(run) == 4
}

func digits(run []rune) int {
	n := 0
	for _, r := range run {
		if isDigit(r) {
			n++
		}
	}
	return n
}

func letters(run []rune) int {
	n := 0
	for _, r := range run {
		if isLetter(r) {
			n++
		}
	}
	return n
}

// notNumbers are numbers that everybody knows and nobody's engine has: the
// police's app and the emergency and service lines.
var notNumbers = map[string]bool{"12123": true, "122": true, "110": true, "12122": true, "95518": true, "12328": true}

// laughter tells whether a run is HHH, HAHAHA, XSWL and the like.
func laughter(run []rune) bool {
	if len(run) < 2 {
		return false
	}
	for _, r := range run {
		if r != 'H' && r != 'A' && r != 'E' {
			return false
		}
	}
	return run[0] == 'H'
}
