package plate

// A VIN is a vehicle identification number (GB 16735-2019) as it was given.
// Printed or logged it shows only its end.
type VIN struct {
	Number     string // 17 characters; "" when the text is none
	CheckOK    bool   // the check digit is right; a wrong one is only a warning: imports carry filler
	Repaired   bool   // O, I or Q were replaced, which the check digit confirmed
	Suspicious bool   // one character seventeen times: a placeholder
}

// Valid reports whether the text was a VIN.
func (v VIN) Valid() bool { return v.Number != "" }

// Last returns the last n characters, as a city's rule wants them; all of them
// when n is 0 or more than there are.
func (v VIN) Last(n int) string {
	if n <= 0 || n >= len(v.Number) {
		return v.Number
	}
	return v.Number[len(v.Number)-n:]
}

// String masks the number.
func (v VIN) String() string {
	if !v.Valid() {
		return ""
	}
	return "****" + v.Last(4)
}

// ParseVIN reads a text that is a VIN and nothing else, in any width and case,
// with blanks, hyphens, or the stars that frame it on the chassis. O, I and Q,
// which no VIN holds, are read as 0, 1 and 0 if the check digit then is right;
// otherwise the text is no VIN and has to be asked for again.
func ParseVIN(s string) VIN {
	const length = 17
	var n [length]byte
	k, odd := 0, false
	for _, r := range Fold(s).runes {
		switch {
		case r == ' ', r == '*', r == '★', r == '☆', r == '-', r == '\n':
			continue
		case !isAlnum(r) || k == length:
			return VIN{}
		}
		c := byte(r)
		switch c {
		case 'O', 'Q':
			c, odd = '0', true
		case 'I':
			c, odd = '1', true
		}
		n[k] = c
		k++
	}
	if k < length {
		return VIN{}
	}
	v := VIN{Number: string(n[:]), CheckOK: checkDigit(n[:]) == n[8], Repaired: odd, Suspicious: true}
	if odd && !v.CheckOK {
		return VIN{}
	}
	for _, c := range n {
		v.Suspicious = v.Suspicious && c == n[0]
	}
	return v
}

// checkDigit computes position 9 after GB 16735-2019, annex A.
func checkDigit(n []byte) byte {
	const values = "12345678012345070923456789" // A–Z; 0 where no letter may stand
	sum := 0
	for i, w := range [...]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2} {
		d := n[i]
		if d >= 'A' {
			d = values[d-'A']
		}
		sum += int(d-'0') * w
	}
	return "0123456789X"[sum%11]
}
