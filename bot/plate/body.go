package plate

// A body is what follows the province on a plate, read from a text: agency
// letter and serial, or only the serial, and the suffix.
type body struct {
	buf    [maxBody]byte
	n      int    // characters in buf
	end    int    // rune after the last one used, suffix included
	after  rune   // the rune at end; 0 at the end of the text
	suffix string // 挂, 应急 …; "" for none
	twice  bool   // the suffix stands twice
	masked bool   // a * or ? hides a character
	long   bool   // more characters than fit in buf
	doubt  bool   // a small l was taken for a 1

	groups, single int    // groups read, and how many are of one character
	upper          bool   // some letter was typed upper case
	ells           uint16 // bit: place in buf of an l typed lower case
}

// maxBody is one more than the longest body that says anything: a letter and a
// serial of seven, which is already too long.
const maxBody = 9

func (b *body) chars() []byte  { return b.buf[:b.n] }
func (b *body) lettered() bool { return b.n > 0 && b.buf[0] >= 'A' }

// lone reports whether the body is only the agency letter.
func (b *body) lone() bool { return b.n == 1 && b.lettered() }

// serial is the part after the agency letter.
func (b *body) serial() []byte {
	if b.lettered() {
		return b.buf[1:b.n]
	}
	return b.buf[:b.n]
}

func (b *body) complete() bool { return completeSerial(b.serial()) }

func (b *body) digits() int { return b.n - countLetters(b.chars()) }

// readBody reads a body at from. It joins groups of characters over separators
// as long as the serial is not complete, and never over a line break. bare says
// that nothing stands before the body, so that no separator may begin it.
func readBody(t Text, from int, bare bool) body {
	b := body{end: from}
	i := from
	if !bare {
		i = readJoint(t.runes, from, true).end
	}
	i = b.readGroup(t, i)
	for b.n > 0 && !b.long {
		j := readJoint(t.runes, i, b.lone())
		next := b
		end := next.readGroup(t, j.end)
		if next.n == b.n {
			b.hide(j)
			break
		}
		if !b.joins(&next, j, at(t.runes, end)) {
			break
		}
		if j.wild || j.stars > 0 && !(b.lone() && next.complete()) {
			next.masked = true
		}
		b, i = next, end
	}
	b.readSuffix(t)
	b.settleElls()
	b.after = at(t.runes, b.end)
	return b
}

// hide notes that stars follow the last group: 粤B123**.
func (b *body) hide(j joint) {
	if n := len(b.serial()); j.stars > 0 && n < 5 && (n+j.stars == 5 || n+j.stars == 6) {
		b.masked, b.end = true, j.end
	}
}

// joins decides whether next, which is b and one group more, is still the same
// plate. after is the rune behind that group.
func (b *body) joins(next *body, j joint, after rune) bool {
	serial := next.serial()
	switch {
	case b.lone():
		return !j.blank || !next.long // 川A 13800138000
	case b.single >= 3 && b.single == b.groups && next.single > b.single:
		return true // 苏 E 1 2 3 4 5
	case b.complete():
		return !j.blank && isEnergy(serial) && !isHan(after) // 粤BD1234-5
	case !j.blank || j.stars > 0:
		return true
	case len(serial) == 6:
		return isEnergy(serial)
	case !b.lettered() && b.n == 2 && next.n == 7:
		return true // 苏01 12345
	default:
		return len(serial) <= 5 && countLetters(serial) <= 2
	}
}

// A script is the way a digit is written.
type script uint8

const (
	noScript script = iota // a letter: goes with both
	figures
	numerals
)

// readGroup appends the characters that stand together at i and returns where
// they end; i when there are none. A change between figures and numerals ends a
// group, and so does a numeral that counts what follows it.
func (b *body) readGroup(t Text, i int) int {
	start, had := i, b.n
	var kind script
	for ; i < len(t.runes); i++ {
		if d, times := b.repeated(t.runes, i); times > 0 {
			for ; times > 0 && b.n < maxBody; times-- {
				b.buf[b.n] = d
				b.n++
			}
			i += 2 // 个 and the figure
			continue
		}
		if b.labelled(t.runes, i) {
			break
		}
		c, s := b.character(t.runes, i)
		if c == 0 || kind != noScript && s != noScript && s != kind {
			break
		}
		if s != noScript {
			kind = s
		}
		if b.n == maxBody {
			b.long = true
			continue
		}
		if s == noScript {
			b.noteCase(t, i)
		}
		b.buf[b.n] = c
		b.n++
	}
	if b.n == had && !b.long {
		return start
	}
	b.end = i
	b.groups++
	if b.n == had+1 {
		b.single++
	}
	return i
}

// character is the rune at i as a plate has it, 0 when it is nothing of a plate.
func (b *body) character(r []rune, i int) (byte, script) {
	switch c := r[i]; {
	case isLetter(c):
		return byte(c), noScript
	case isDigit(c):
		return byte(c), figures
	}
	d := numeral(r[i])
	if d == 0 || b.n == 0 || isCounter(at(r, i+1)) && b.counted(d) {
		return 0, noScript
	}
	return d, numerals
}

// labelled reports whether the word for another number stands at i, behind a
// complete serial and without a blank: 沪A12345vin654321.
func (b *body) labelled(r []rune, i int) bool {
	if c := r[i]; c != 'V' && c != 'E' && c != 'F' && c != 'C' || !b.complete() {
		return false
	}
	for _, w := range [...]string{"VIN", "ENG", "FDJ", "CJH", "CHASSIS"} {
		if prefixLen(r[i:], w) > 0 {
			return true
		}
	}
	return false
}

// repeated reads a figure that is told by how often it stands: 五个八. Behind
// a complete serial it counts something else.
func (b *body) repeated(r []rune, i int) (figure byte, times int) {
	if b.n == 0 || at(r, i+1) != '个' || b.complete() {
		return 0, 0
	}
	times = int(figureOf(r[i])) - '0'
	figure = figureOf(at(r, i+2))
	if times < 2 || times > 6 || figure == 0 {
		return 0, 0
	}
	return figure, times
}

// figureOf is the digit that a rune writes or spells, 0 for none.
func figureOf(r rune) byte {
	if isDigit(r) {
		return byte(r)
	}
	return numeral(r)
}

// counted reports whether a numeral before a counter is not the plate's: the
// serial is complete without it, and would not be with it.
func (b *body) counted(digit byte) bool {
	next := append(append(make([]byte, 0, maxBody+1), b.serial()...), digit)
	return b.complete() && !isEnergy(next)
}

// noteCase remembers how the letter at i was typed.
func (b *body) noteCase(t Text, i int) {
	switch {
	case !t.Lower(i):
		b.upper = true
	case t.runes[i] == 'L' && b.n > 0:
		b.ells |= 1 << b.n
	}
}

// settleElls takes a small l beside capitals for a 1.
func (b *body) settleElls() {
	if !b.upper || b.ells == 0 {
		return
	}
	for i := range b.n {
		if b.ells&(1<<i) != 0 {
			b.buf[i], b.doubt = '1', true
		}
	}
}

// at is the rune at i, 0 beyond the text.
func at(r []rune, i int) rune {
	if i < 0 || i >= len(r) {
		return 0
	}
	return r[i]
}
