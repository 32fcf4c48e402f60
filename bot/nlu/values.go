package nlu

// The lengths of values. Engine numbers have no national format; nothing that
// is in use is longer.
const (
	longestValue  = 30
	shortestLoose = 4  // of a value without a label beside a plate
	vinLength     = 17 // GB 16735-2019
	wholePieces   = 6  // a group of a number is shorter than what a city asks for
)

// A slot is a part of a vehicle that a value can fill.
type slot uint8

// The slots, in the order in which values without labels fill them.
const (
	engineSlot slot = iota
	vinSlot
	slots
)

// A filler gives the values of a message to its vehicles.
type filler struct {
	*scanner
	cars    []Vehicle
	loose   [][]string // values without a label, by car
	waiting []slot     // labels that have no value yet
	car     int        // the nearest preceding plate, 0 before the first
	before  int        // index of the last loose value in tokens, -1 none
	denied  bool       // 不是 was the last word: the next value is not meant
	alone   bool       // the message is one value
	private bool       // 电话: the next value is none of our business
	used    int        // values that went anywhere
	sure    bool       // some value had a label
	dropped bool       // a phone or ID-card number was seen
	spoilt  bool       // a label got something that is no value
	refuted bool       // a value was said not to be meant
}

// fill gives every value of the message to the vehicle it belongs to: to the
// label before it, to the label behind it (123456是发动机号), else in order.
func (s *scanner) fill(cars []Vehicle) *filler {
	f := &filler{scanner: s, cars: cars, before: -1, alone: s.single()}
	if len(f.cars) == 0 {
		f.cars = make([]Vehicle, 1)
	}
	f.loose = make([][]string, len(f.cars))
	for i := 0; i < len(s.tokens); i++ {
		switch t := &s.tokens[i]; t.kind {
		case number:
			if t.n >= 0 {
				f.car = t.n
			}
			f.waiting, f.denied, f.private = nil, false, false
		case word:
			f.word(i, t.phrase, len(cars))
		case private:
			f.dropped, f.private = true, false
			f.waiting = f.waiting[:0]
		case value:
			f.value(i)
		case latin:
			f.spoilt = len(f.waiting) > 0
		case punct:
			f.punct(i)
		}
	}
	f.late()
	for i := range f.cars {
		f.spread(i)
	}
	return f
}

// word lets a label wait for its value, and everything that speaks of
// something else end the waiting.
func (f *filler) word(i int, p *phrase, plates int) {
	switch {
	case p.role == negation:
		f.denied = true
		return
	case p.is.any(engine | vin):
		sl := engineSlot
		if p.is.any(vin) {
			sl = vinSlot
		}
		if f.backwards(i) {
			f.take(sl, f.popLoose())
			return
		}
		if f.spoilt {
			f.waiting, f.spoilt = nil, false
		}
		f.waiting = append(f.waiting, sl)
	case p.is.any(contact):
		f.private = true
	case p.is.any(lacking | how | where | what | why):
		f.waiting = nil
	}
	if p.role == glue || p.is.any(change) {
		f.denied = false
	}
}

// backwards tells whether the label at i names the loose value before it:
// 123456是发动机号, 123456（发动机）.
func (f *filler) backwards(i int) bool {
	if f.before < 0 || len(f.waiting) > 0 {
		return false
	}
	tied := false
	for _, t := range f.tokens[f.before+1 : i] {
		switch {
		case t.kind == space, t.kind == tail:
		case t.kind == word && t.phrase.role == glue, t.kind == punct && f.text[t.start] == '(':
			tied = true
		default:
			return false
		}
	}
	return tied
}

// late gives a label at the very end the loose value before it: 123456 发动机号.
func (f *filler) late() {
	if len(f.waiting) != 1 || f.before < 0 {
		return
	}
	for _, t := range f.tokens[f.before+1:] {
		if t.kind == value || t.kind == number || t.kind == newline {
			return
		}
	}
	f.take(f.waiting[0], f.popLoose())
}

func (f *filler) popLoose() string {
	list := f.loose[f.car]
	v := list[len(list)-1]
	f.loose[f.car] = list[:len(list)-1]
	f.before = -1
	return v
}

// value decides what the value at token i is.
func (f *filler) value(i int) {
	text := f.clean(f.tokens[i])
	switch {
	case f.private, isPrivate([]rune(text)):
		f.dropped, f.private = f.dropped || isPrivate([]rune(text)), false
		return
	case f.denied:
		f.denied, f.refuted = false, true
		return
	case len(text) > longestValue:
		return
	case isVIN(text):
		f.unwait(vinSlot)
		f.take(vinSlot, text)
	case len(f.waiting) > 0:
		sl := f.waiting[0]
		f.waiting = f.waiting[1:]
		f.take(sl, text)
	case f.mayStandAlone(i, text):
		if hpzl := typeCode(text); hpzl != "" && f.car < len(f.cars) && f.cars[f.car].Plate.Normalized != "" {
			f.cars[f.car].Type = hpzl
			return
		}
		f.loose[f.car] = append(f.loose[f.car], text)
		f.before = i
	}
}

// unwait takes a label off the waiting ones.
func (f *filler) unwait(sl slot) {
	for i, w := range f.waiting {
		if w == sl {
			f.waiting = append(f.waiting[:i:i], f.waiting[i+1:]...)
			return
		}
	}
}

// punct notes an empty field of a comma separated line: the first is the
// engine's.
func (f *filler) punct(i int) {
	if f.text[f.tokens[i].start] == ',' && i > 0 && f.tokens[i-1].kind == punct &&
		f.text[f.tokens[i-1].start] == ',' && len(f.loose[f.car]) == 0 {
		f.loose[f.car] = append(f.loose[f.car], "")
	}
}

// take puts a labelled value into the nearest preceding vehicle. If that has
// one already, details stand before their plates and belong to the next.
func (f *filler) take(sl slot, text string) {
	car := f.car
	if *f.field(car, sl) != "" && car+1 < len(f.cars) {
		car++
	}
	*f.field(car, sl) = text
	f.used++
	f.sure = true
}

func (f *filler) field(car int, sl slot) *string {
	if sl == vinSlot {
		return &f.cars[car].VIN
	}
	return &f.cars[car].Engine
}

// spread fills what is still empty with the values without a label: engine
// first, then VIN. If only the VIN is asked for, it is first; but a correction
// is one of what was given before.
func (f *filler) spread(car int) {
	order := [slots]slot{engineSlot, vinSlot}
	if f.open.Question == AskDigits && f.open.Engine == Unwanted && !f.is.any(wrong|change) && f.cars[car].Plate.Normalized == "" {
		order = [slots]slot{vinSlot, engineSlot}
	}
	next := 0
	for _, text := range f.loose[car] {
		for next < len(order) && *f.field(car, order[next]) != "" {
			next++
		}
		if next == len(order) {
			return
		}
		*f.field(car, order[next]) = text
		next++
		if text != "" {
			f.used++
		}
	}
}

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
		case han, number:
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
	case space, newline, number, emoji:
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
		out = append(out, byte(unspoken(r)))
	}
	for len(out) > 0 && !isAlnum(rune(out[len(out)-1])) {
		out = out[:len(out)-1]
	}
	return string(out)
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
