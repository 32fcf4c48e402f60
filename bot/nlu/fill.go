package nlu

// A slot is a part of a vehicle that a value can fill.
type slot uint8

// The slots, in the order in which values without labels fill them.
const (
	engineSlot slot = iota
	vinSlot
	slots
)

// slotOf is the slot that a label names.
func slotOf(label *phrase) slot {
	if label.is.any(vin) {
		return vinSlot
	}
	return engineSlot
}

// A filler gives the values of a message to its vehicles.
type filler struct {
	*scanner
	cars    []Vehicle
	loose   [][]string // values without a label, by car
	waiting []slot     // labels that have no value yet
	car     int        // the nearest preceding plate, 0 before the first
	before  int        // index of the last loose value in tokens, -1 none
	bound   int        // index of the last label that named the value before it, -1 none
	denied  bool       // 不是 was the last word: the next value is not meant
	alone   bool       // the message is one value
	behind  bool       // every label stands behind its value
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
	f := &filler{scanner: s, cars: cars, before: -1, bound: -1, alone: s.single(), behind: s.labelsBehind()}
	if len(f.cars) == 0 {
		f.cars = make([]Vehicle, 1)
	}
	f.loose = make([][]string, len(f.cars))
	for i, t := range s.tokens {
		switch t.kind {
		case numberPlate:
			if t.n >= 0 {
				f.car = t.n
			}
			f.waiting, f.denied, f.private = nil, false, false
		case word:
			f.word(i, t.phrase)
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
func (f *filler) word(i int, p *phrase) {
	switch {
	case p.role == negation:
		f.denied = true
		return
	case p.is.any(engine | vin):
		if i == f.bound {
			return // it named the value before it, -1 none
		}
		if f.spoilt {
			f.waiting, f.spoilt = nil, false
		}
		f.waiting = append(f.waiting, slotOf(p))
	case p.is.any(contact):
		f.private = true
	case p.is.any(lacking | how | where | what | why):
		f.waiting = nil
	}
	if p.role == glue || p.is.any(change) {
		f.denied = false
	}
}

// labelBehind finds the label that names the value at i from behind:
// 123456是发动机号, 123456（发动机）. 0 for none.
func (f *filler) labelBehind(i int) int {
	tied := f.behind
	for j, t := range f.tokens[i+1:] {
		switch {
		case t.kind == space, t.kind == tail:
		case t.kind == word && t.phrase.role == glue, t.kind == punct && f.text[t.start] == '(':
			tied = true
		case tied && t.kind == word && t.phrase.is.any(engine|vin):
			return i + 1 + j
		default:
			return 0
		}
	}
	return 0
}

// labelsBehind tells whether values and labels alternate and a value is first:
// 654321车架 123456发动机.
func (s *scanner) labelsBehind() bool {
	values, labels := 0, 0
	for _, t := range s.tokens {
		switch {
		case t.kind == value && values == labels:
			values++
		case t.kind == word && t.phrase.is.any(engine|vin) && labels+1 == values:
			labels++
		case t.kind == value, t.kind == word && t.phrase.is.any(engine|vin):
			return false
		}
	}
	return values > 1 && values == labels
}

// late gives a label at the very end the loose value before it: 123456 发动机号.
func (f *filler) late() {
	if len(f.waiting) != 1 || f.before < 0 {
		return
	}
	for _, t := range f.tokens[f.before+1:] {
		if t.kind == value || t.kind == numberPlate || t.kind == newline {
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
	case len(text) > longestValue, len(text) == 1 && f.is.any(count) && f.is.any(engine|vin|plateWord):
		return // 最后一位是8
	case isVIN(text):
		f.unwait(vinSlot)
		f.take(vinSlot, text)
	case len(f.waiting) > 0:
		sl := f.waiting[0]
		f.waiting = f.waiting[1:]
		f.take(sl, text)
	case f.labelBehind(i) > 0:
		f.bound = f.labelBehind(i)
		f.take(slotOf(f.tokens[f.bound].phrase), text)
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
