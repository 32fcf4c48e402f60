package plate

// The rules of GA 36-2018 for what follows the agency letter.

// A shape is what GA 36-2018 says about a serial.
type shape int

const (
	shapePlain    shape = iota // five places, at most two letters
	shapeNEVSmall              // energy letter, letter or digit, four digits
	shapeNEVLarge              // five digits, energy letter
	shapeShort
	shapeLong
	shapeLettered // five places, more than two letters
	shapeOther    // six places that are no new-energy serial
)

// isEnergyLetter: D A B C E are battery-electric, F G H J K are not.
func isEnergyLetter(c byte) bool { return 'A' <= c && c <= 'K' && c != 'I' }

func shapeOf(serial []byte) shape {
	switch {
	case len(serial) < 5:
		return shapeShort
	case len(serial) > 6:
		return shapeLong
	case len(serial) == 5 && countLetters(serial) <= 2:
		return shapePlain
	case len(serial) == 5:
		return shapeLettered
	case isEnergyLetter(serial[0]) && countLetters(serial[2:]) == 0:
		return shapeNEVSmall
	case isEnergyLetter(serial[5]) && countLetters(serial[:5]) == 0:
		return shapeNEVLarge
	default:
		return shapeOther
	}
}

// completeSerial reports whether a serial, once repaired, is one.
func completeSerial(serial []byte) bool {
	var fixed [8]byte
	s, _ := repair(fixed[:0], serial)
	k := shapeOf(s)
	return k == shapePlain || k == shapeNEVSmall || k == shapeNEVLarge
}

// isEnergy reports whether a serial, once repaired, is one of new energy.
func isEnergy(serial []byte) bool {
	return len(serial) == 6 && completeSerial(serial)
}

func countLetters(s []byte) int {
	n := 0
	for _, c := range s {
		if c >= 'A' {
			n++
		}
	}
	return n
}

// A fix says what repair did.
type fix int

const (
	fixNone  fix = iota
	fixSure      // O→0, I→1: neither letter is ever in a serial
	fixGuess     // O→D in front of five digits
)

// repair appends to dst the serial with O and I replaced. O, I and Q are told
// apart by nobody in print, but Q is legal and stays.
func repair(dst, serial []byte) ([]byte, fix) {
	done := fixNone
	for _, c := range serial {
		switch c {
		case 'O':
			c, done = '0', fixSure
		case 'I':
			c, done = '1', fixSure
		}
		dst = append(dst, c)
	}
	if len(serial) == 6 && serial[0] == 'O' && countLetters(dst[2:]) == 0 {
		dst[0], done = 'D', fixGuess
	}
	return dst, done
}

// special describes the plates that end in a character.
var special = map[string]struct {
	kind Kind
	hpzl string
}{
	"挂": {Trailer, "15"}, "学": {Coach, "16"}, "警": {Police, "23"}, "港": {HongKong, "26"}, "澳": {Macau, "27"},
	"试": {Test, "18"}, "超": {SpecialVehicle, ""}, "领": {Consulate, "04"}, "应急": {Emergency, "33"},
}

// judge says what a plate with all its parts is: the rules of GA 36-2018, and
// for the agency letter the table of those in use.
func judge(province *provinceInfo, b *body) Reading {
	letter, serial := b.buf[0], b.serial()
	switch {
	case b.masked:
		return reject(Masked, "masked plate: ask for the full number")
	case letter == 'I':
		return reject(BadLetter, "agency letter I is never issued")
	case b.long:
		return reject(TooLong, "too long")
	case b.suffix != "":
		return judgeSpecial(province, b)
	}
	var fixed [8]byte
	s, done := repair(fixed[:0], serial)
	r := ordinary(province, letter, s)
	if r.Action != Query {
		return r
	}
	switch {
	case b.doubt || done == fixGuess:
		r.Action, r.Reason, r.Note = Confirm, Repaired, "probable typo corrected: l for 1 or O for D"
	case province.letters&(1<<(letter-'A')) == 0 && letter != 'O':
		r.Action, r.Reason, r.Note = Confirm, NewLetter, "agency letter not in the table: new letters keep appearing"
	case done == fixSure:
		r.Reason, r.Note = Repaired, "O and I cannot stand in a serial: read as 0 and 1, echo"
	}
	return r
}

// ordinary judges a plate without suffix.
func ordinary(province *provinceInfo, letter byte, s []byte) Reading {
	switch k := shapeOf(s); k {
	case shapeShort:
		r := ask(TooShort, "a place is missing")
		r.Parts = Parts{Province: province.abbr, Letters: string(letter), Serial: string(s)}
		return r
	case shapeLong:
		return reject(TooLong, "too long")
	case shapeLettered:
		return reject(TooManyLetters, "more than two letters in the serial")
	case shapeOther:
		return reject(NotEnergy, "eight characters, but no new-energy serial")
	case shapePlain, shapeNEVSmall, shapeNEVLarge:
		if province.abbr == "粤" && letter == 'Z' {
			return reject(BadSerial, "粤Z is followed by four places and 港 or 澳")
		}
		return whole(province, letter, s, "", shapeKinds[k])
	}
	return Reading{}
}

// A sort is a kind of plate and its type code.
type sort struct {
	kind Kind
	hpzl string
}

var shapeKinds = [...]sort{shapePlain: {Small, "02"}, shapeNEVSmall: {NEVSmall, "52"}, shapeNEVLarge: {NEVLarge, "51"}}

// whole builds the reading of a complete plate.
func whole(province *provinceInfo, letter byte, serial []byte, suffix string, k sort) Reading {
	n := province.abbr + string(letter) + string(serial) + suffix
	p := len(province.abbr)
	return Reading{
		Action: Query, Normalized: n, Kind: k.kind, HPZL: k.hpzl,
		Province: province.name, Prefix: n[:p+1],
		Parts: Parts{Province: n[:p], Letters: n[p : p+1], Serial: n[p+1:]},
	}
}

// judgeSpecial judges a plate that ends in 挂, 学, 应急 …
func judgeSpecial(province *provinceInfo, b *body) Reading {
	letter, serial := b.buf[0], b.serial()
	var fixed [8]byte
	s, _ := repair(fixed[:0], serial)
	border := province.abbr == "粤" && letter == 'Z'
	k, known := special[b.suffix]
	switch {
	case b.twice:
		return reject(BadSerial, "suffix twice")
	case b.suffix == "临" && len(s) == 5:
		return temporary(province, letter, s)
	case !known:
		return reject(BadSerial, "no plate of a province ends in "+b.suffix)
	case len(s) > 4:
		return reject(TooLong, "only four places stand before "+b.suffix)
	case len(s) < 4:
		r := ask(TooShort, "a place is missing before "+b.suffix)
		r.Parts = Parts{Province: province.abbr, Letters: string(letter), Serial: string(s) + b.suffix}
		return r
	case border != (k.kind == HongKong || k.kind == Macau):
		return reject(BadSerial, "港 and 澳 stand behind 粤Z, and nothing else does")
	case k.kind == Emergency && (letter != 'X' && letter != 'S' || countLetters(s) > 0):
		return reject(BadSerial, "应急 needs X or S and four digits")
	case countLetters(s) > 2:
		return reject(TooManyLetters, "more than two letters in the serial")
	}
	r := whole(province, letter, s, b.suffix, sort{k.kind, k.hpzl})
	r.Action, r.Note = Unsupported, "recognised, cannot be queried"
	return r
}

// temporary builds the reading of a paper plate: 粤B临12345.
func temporary(province *provinceInfo, letter byte, serial []byte) Reading {
	n := province.abbr + string(letter) + "临" + string(serial)
	return Reading{
		Action: Unsupported, Normalized: n, Kind: Temp, HPZL: "22",
		Province: province.name, Prefix: n[:len(province.abbr)+1], Note: "temporary plate",
	}
}

func reject(why Reason, note string) Reading {
	return Reading{Action: Reject, Kind: Unknown, Reason: why, Note: note}
}

func ask(why Reason, note string) Reading {
	return Reading{Action: Ask, Kind: Unknown, Reason: why, Note: note}
}
