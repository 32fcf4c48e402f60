package nlu

import "strings"

// The lengths of values. Engine numbers have no national format; nothing that
// is in use is longer.
const (
	longestValue  = 30
	shortestLoose = 4  // of a value without a label beside a plate
	vinLength     = 17 // GB 16735-2019
	wholePieces   = 6  // a group of a number is shorter than what a city asks for
)

// mayStandAlone tells whether a value without a label is one at all. To an
// open question for digits everything with a digit is an answer; beside a plate
// it must stand apart, as in a list.
func (f *filler) mayStandAlone(i int, text string) bool {
	if f.open.Question == AskDigits && f.plates == 0 {
		return len(text) >= shortestLoose || f.alone
	}
	if f.plates == 0 {
		return f.is.any(wrong|change) || f.open.Question == None && f.is == 0 &&
			len(text) >= shortestLoose && f.strange == 0 && !isNod(text)
	}
	if typeCode(text) != "" {
		return true
	}
	if len(text) < shortestLoose || isYear([]rune(text)) {
		return false
	}
	return f.apart(i)
}

// single tells whether the message is one value and nothing else of weight.
func (s *scanner) single() bool {
	values := 0
	for _, t := range s.tokens {
		switch t.kind {
		case value:
			values++
		case han, numberPlate:
			return false
		}
	}
	return values == 1
}

// apart tells whether the token is bounded by blanks, punctuation, a plate or
// the words that bind values.
func (f *filler) apart(i int) bool {
	return (i == 0 || f.bounds(f.tokens[i-1], true)) && (i+1 == len(f.tokens) || f.bounds(f.tokens[i+1], false))
}

func (f *filler) bounds(t token, left bool) bool {
	switch t.kind {
	case space, newline, numberPlate, emoji:
		return true
	case punct:
		r := f.text[t.start]
		return r != '=' && r != '#' && r != '@'
	case word:
		return t.phrase.role == glue || t.phrase.is.any(engine|vin|social|change) || !left
	}
	return false
}

// clean is a value as fields hold it: without blanks and without the stars that
// are stamped round it, dictated characters written out.
func (f *filler) clean(t token) string {
	out := make([]byte, 0, t.end-t.start)
	for _, r := range f.text[t.start:t.end] {
		if r == ' ' {
			continue
		}
		if r == '_' {
			r = '-' // the hyphen of a keyboard's other shift
		}
		out = append(out, byte(unspoken(r)))
	}
	for len(out) > 0 && !isAlnum(rune(out[len(out)-1])) {
		out = out[:len(out)-1]
	}
	if len(out) > vinLength {
		if number := strings.Map(onlyAlnum, string(out)); isVIN(number) {
			return number // LZZ-TEST-090A-123456
		}
	}
	return string(out)
}

func onlyAlnum(r rune) rune {
	if isAlnum(r) {
		return r
	}
	return -1
}

// isVIN tells whether a value can only be a VIN: 17 letters and digits, of both
// some. Whether it is a right one is another question.
func isVIN(text string) bool {
	if len(text) != vinLength {
		return false
	}
	hasDigit, hasLetter := false, false
	for _, r := range text {
		switch {
		case isDigit(r):
			hasDigit = true
		case isLetter(r):
			hasLetter = true
		default:
			return false
		}
	}
	return hasDigit && hasLetter
}

// typeCode is a plate type written as its code in a list.
func typeCode(text string) string {
	switch text {
	case "01", "02", "51", "52":
		return text
	}
	return ""
}
