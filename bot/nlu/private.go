package nlu

import "slices"

// isPrivate tells whether a run is a mobile phone number, an ID-card number or
// another number that long runs of digits are (bank cards). They are dropped
// where they are seen: no field of a Reading ever holds one.
func isPrivate(run []rune) bool {
	var buf [24]rune
	d := buf[:0]
	for _, r := range run {
		if !isAlnum(r) {
			continue
		}
		if len(d) == cap(d) {
			return digits(run) == len(run)
		}
		d = append(d, r)
	}
	return isMobile(d) || isIdentity(d) || len(d) >= 15 && len(d) != 17 && digits(d) == len(d)
}

// isMobile tells whether d is a Chinese mobile number: 1, 3 to 9, and nine
// more digits, perhaps with the country's 86.
func isMobile(d []rune) bool {
	if len(d) == 13 && d[0] == '8' && d[1] == '6' {
		d = d[2:]
	}
	if len(d) == 15 && string(d[:4]) == "0086" {
		d = d[4:]
	}
	return len(d) == 11 && digits(d) == 11 && d[0] == '1' && d[1] >= '3'
}

// isIdentity tells whether d is an identity number after GB 11643: 17 digits
// and a check character, the birthday from the seventh. The check character is
// not verified: a mistyped number is as private.
func isIdentity(d []rune) bool {
	if len(d) != 18 || digits(d[:17]) != 17 {
		return false
	}
	return isDigit(d[17]) || d[17] == 'X'
}

// hidePrivate marks numbers that were typed in groups: 138 0013 8000,
// 110105 19491231 002X.
func hidePrivate(text []rune, tokens []token) {
	for i := range tokens {
		if tokens[i].kind != value {
			continue
		}
		for _, groups := range privateGroups {
			if n := matchGroups(tokens[i:], groups); n > 0 && isPrivate(grouped(text, tokens[i:i+n])) {
				for j := i; j < i+n; j += 2 {
					tokens[j].kind = private
				}
				break
			}
		}
		if isCountryCode(text, tokens[i:]) {
			tokens[i].kind = private
		}
	}
}

// isCountryCode tells whether the first token is the 86 of the phone number
// behind it.
func isCountryCode(text []rune, tokens []token) bool {
	if code := string(text[tokens[0].start:tokens[0].end]); code != "86" && code != "0086" {
		return false
	}
	next := slices.IndexFunc(tokens[1:], func(t token) bool { return t.kind != space && t.kind != punct })
	return next >= 0 && tokens[next+1].kind == private
}

// privateGroups are the usual ways to group the digits.
var privateGroups = [...][]int{{3, 4, 4}, {2, 3, 4, 4}, {2, 11}, {6, 8, 4}, {6, 4, 4, 4}, {4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 4, 4, 4, 2}}

// matchGroups returns how many tokens, blanks included, spell groups of these
// lengths with one blank between them.
func matchGroups(tokens []token, groups []int) int {
	i := 0
	for g, size := range groups {
		if g > 0 {
			if i >= len(tokens) || tokens[i].kind != space {
				return 0
			}
			i++
		}
		if i >= len(tokens) || tokens[i].kind != value && tokens[i].kind != private || tokens[i].end-tokens[i].start != size {
			return 0
		}
		i++
	}
	return i
}

// grouped returns the runes of tokens without the blanks.
func grouped(text []rune, tokens []token) []rune {
	whole := text[tokens[0].start:tokens[len(tokens)-1].end]
	return slices.DeleteFunc(slices.Clone(whole), func(r rune) bool { return r == ' ' })
}
