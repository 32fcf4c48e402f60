package plate

// A body is what follows the province on a plate, read from a text: agency
// letter and serial, or only the serial, and the suffix.
type body struct {
	buf     [maxBody]byte
	n       int    // characters in buf
	end     int    // rune after the last one used, suffix included
	suffix  string // 挂, 应急 …; "" for none
	twice   bool   // the suffix stands twice
	masked  bool   // a * or ? hides a character
	long    bool   // more characters than fit in buf
	doubt   bool   // a small l was taken for a 1
	written bool   // by hand in digits only, no spoken numerals
	after   rune   // the rune at end; 0 at the end of the text
	spaced  int    // groups of a single character so far
	ells    uint32 // bit: place in buf of a letter typed as small l
	upper   bool   // some letter was typed upper case
	groups  int
}

// maxBody is one more than the longest body that says anything: a letter and a
// serial of seven, which is already too long.
const maxBody = 9

func (b *body) chars() []byte  { return b.buf[:b.n] }
func (b *body) lettered() bool { return b.n > 0 && b.buf[0] >= 'A' }

// serial is the part after the agency letter.
func (b *body) serial() []byte {
	if b.lettered() {
		return b.buf[1:b.n]
	}
	return b.buf[:b.n]
}

// digits counts the digits of the body.
func (b *body) digits() int {
	n := 0
	for _, c := range b.chars() {
		if c < 'A' {
			n++
		}
	}
	return n
}

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
		j := b.nextJoint(t, i)
		next := b
		next.end = j.end
		k := next.readGroup(t, j.end)
		if next.n == b.n {
			b.hide(j)
			break
		}
		if !b.joins(&next, j, at(t.runes, k)) {
			break
		}
		if j.stars > 0 && (j.wild || !(b.lone() && completeSerial(next.serial()))) {
			next.masked = true
		}
		b, i = next, k
	}
	b.readSuffix(t)
	b.settleElls()
	b.after = at(t.runes, b.end)
	return b
}

// lone reports whether the body is so far only the agency letter.
func (b *body) lone() bool { return b.n == 1 && b.lettered() }

func (b *body) nextJoint(t Text, i int) joint {
	return readJoint(t.runes, i, b.lone())
}

// hide notes that stars follow the last group: 粤B123**.
func (b *body) hide(j joint) {
	if n := len(b.serial()); j.stars > 0 && n < 5 && (n+j.stars == 5 || n+j.stars == 6) {
		b.masked = true
		b.end = j.end
	}
}

// joins decides whether the next group belongs to the same plate.
func (b *body) joins(next *body, j joint, after rune) bool {
	if b.lone() {
		return true
	}
	if b.spaced >= 3 && next.spaced > b.spaced && b.spaced == b.groups {
		return true // 苏 E 1 2 3 4 5
	}
	if j.stars > 0 && !completeSerial(b.serial()) {
		return true
	}
	serial := next.serial()
	switch {
	case b.complete():
		return !j.blank && isEnergy(serial) && !isHan(after)
	case !j.blank:
		return true
	case len(serial) == 6:
		return isEnergy(serial)
	case !b.lettered() && b.n == 2 && next.n == 7:
		return true // 苏01 12345
	default:
		return len(serial) <= 5 && countLetters(serial) <= 2
	}
}

func (b *body) complete() bool { return completeSerial(b.serial()) }

// readGroup appends the characters that stand together at i and returns where
// they end. Spoken numerals after written digits begin a group of their own.
func (b *body) readGroup(t Text, i int) int {
	start, had := i, b.n
	script := 0 // 1 written digits, 2 spoken ones
	for ; i < len(t.runes); i++ {
		r := t.runes[i]
		c, kind := byte(r), 0
		switch {
		case isLetter(r):
			b.noteCase(t, i)
		case isDigit(r):
			kind = 1
		default:
			d := numeral(r)
			if d == 0 || b.n == 0 {
				return b.closeGroup(had, i, start)
			}
			c, kind = d, 2
		}
		if kind != 0 && script != 0 && kind != script {
			return b.closeGroup(had, i, start)
		}
		if kind != 0 {
			script = kind
		}
		if b.n == maxBody {
			b.long = true
			continue
		}
		b.buf[b.n] = c
		b.n++
	}
	return b.closeGroup(had, i, start)
}

func (b *body) closeGroup(had, i, start int) int {
	if b.n == had {
		return start
	}
	b.groups++
	if b.n == had+1 && !b.long {
		b.spaced++
	}
	b.end = i
	return i
}

func (b *body) noteCase(t Text, i int) {
	if !t.Lower(i) {
		b.upper = true
	} else if t.runes[i] == 'L' && b.n > 0 && b.n < maxBody {
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
			b.buf[i] = '1'
			b.doubt = true
		}
	}
}

// readSuffix takes 挂 学 警 … behind the serial, unless a word only begins that
// way: 京A1234超速, 京A12345学车.
func (b *body) readSuffix(t Text) {
	if b.n < 3 || b.long {
		return
	}
	i := b.end
	for i < b.end+2 && separatorOf(at(t.runes, i)) != separatorNone {
		i++
	}
	s, end := suffixAt(t.runes, i)
	if s == "" {
		return
	}
	if len(b.serial()) >= 5 && b.lettered() && isHan(at(t.runes, end)) {
		if again, _ := suffixAt(t.runes, end); again != s {
			return
		}
	}
	if again, to := suffixAt(t.runes, end); again == s {
		b.twice, end = true, to
	}
	b.suffix, b.end = s, end
}

func suffixAt(r []rune, i int) (suffix string, end int) {
	if prefixLen(r[i:], "应急") > 0 {
		return "应急", i + 2
	}
	if i >= len(r) {
		return "", i
	}
	for _, w := range suffixWords {
		if prefixLen(r[i:], w) > 0 {
			return "", i
		}
	}
	for _, s := range suffixes {
		if r[i] == s {
			return string(s), i + 1
		}
	}
	return "", i
}

// at is the rune at i, 0 beyond the text.
func at(r []rune, i int) rune {
	if i < 0 || i >= len(r) {
		return 0
	}
	return r[i]
}
