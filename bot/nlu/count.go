package nlu

import "strings"

// counted cuts 第二辆, 上次那辆, 后六位 and 六位.
func (s *scanner) counted(i int) (token, bool) {
	rest := s.text[i:]
	if rest[0] == '第' {
		if n, end := smallNumber(rest[1:]); end > 0 {
			end++
			if end < len(rest) && rest[end] == '方' {
				return token{}, false // 第三方
			}
			if end < len(rest) && rest[end] == '页' {
				s.page = n
				s.about |= paging
				return token{kind: measured, start: i, end: i + end + 1}, true
			}
			if end < len(rest) && strings.ContainsRune(ordinalUnits, rest[end]) {
				end++
			}
			return token{kind: ordinal, start: i, end: i + end, n: n}, true
		}
	}
	if n, end := numberedCar(rest, s.before(i)); end > 0 {
		return token{kind: ordinal, start: i, end: i + end, n: n}, true
	}
	if end := backRun(rest); end > 0 {
		s.is |= last | car
		return token{kind: ordinal, start: i, end: i + end, n: LastRef}, true
	}
	if _, size := smallNumber(rest); size > 0 && size < len(rest) && rest[size] == '位' {
		s.is |= count
		return token{kind: tail, start: i, end: i + size + 1}, true
	}
	if end := tailRun(rest); end > 0 {
		s.is |= count
		return token{kind: tail, start: i, end: i + end}, true
	}
	return token{}, false
}

// numberedCar reads 2号车, car 2, car #2, the second car, 2nd car and its length.
func numberedCar(r []rune, before rune) (n, length int) {
	if n, size := smallNumber(r); size > 0 && size+1 < len(r) && r[size] == '号' && r[size+1] == '车' {
		return n, size + 2
	}
	if !isAlnum(r[0]) || isAlnum(before) {
		return 0, 0
	}
	for _, w := range carWords {
		at := prefixLength(r, w)
		if n, size := smallNumber(r[at:]); at > 0 && size > 0 && isDigit(r[at]) && (at+size == len(r) || !isAlnum(r[at+size]) && r[at+size] != '-') {
			return n, at + size
		}
	}
	for i, w := range ordinalWords {
		if at := prefixLength(r, w+" CAR"); at > 0 && (at == len(r) || !isAlnum(r[at])) {
			return i/2 + 1, at
		}
	}
	return 0, 0
}

// What English numbers a car with, before and instead of a figure.
var (
	carWords     = [...]string{"CAR NO. ", "CAR NO.", "CAR NUMBER ", "CAR #", "CAR ", "VEHICLE "}
	ordinalWords = [...]string{"FIRST", "1ST", "SECOND", "2ND", "THIRD", "3RD", "FOURTH", "4TH", "FIFTH", "5TH"}
)

// ordinalUnits may follow 第二.
const ordinalUnits = "辆台部个条位项号张架"

// tailRun is the length of "the last N characters" that begins the text:
// 后6位, 最后四位数, 末六位, 尾号6位.
func tailRun(r []rune) int {
	i := 0
	if r[0] == '最' {
		i++
	}
	if i >= len(r) || !strings.ContainsRune("后末尾前", r[i]) {
		return 0
	}
	i++
	for i < len(r) && strings.ContainsRune("面边的数号 ", r[i]) {
		i++
	}
	_, size := smallNumber(r[i:])
	if size == 0 {
		return 0
	}
	i += size
	unit := i
	for i < len(r) && strings.ContainsRune("位个码数字号", r[i]) {
		i++
	}
	if unit == i && (isHan(r[i-1]) || i < len(r) && isAlnum(r[i])) {
		return 0
	}
	return i
}

// smallNumber reads 1 to 99 in digits or 一 to 十, and its length.
func smallNumber(r []rune) (n, size int) {
	for size < len(r) && size < 2 && isDigit(r[size]) {
		n = 10*n + int(r[size]-'0')
		size++
	}
	if size > 0 {
		return n, size
	}
	if len(r) > 0 {
		if at := strings.IndexRune("一二三四五六七八九十", r[0]); at >= 0 {
			return at/len("一") + 1, 1
		}
		if r[0] == '两' {
			return 2, 1
		}
	}
	return 0, 0
}

// befores begin a reference to the past, longest first.
var befores = [...]string{"上一次", "上次", "上回", "刚才", "刚刚", "之前", "前面", "最近", "上一", "刚"}

// prefixLength is the number of runes of s if r begins with it, else 0.
func prefixLength(r []rune, s string) int {
	n := 0
	for _, c := range s {
		if n >= len(r) || r[n] != c {
			return 0
		}
		n++
	}
	return n
}

// backRun is the length of a reference to the car before that begins the text:
// 上次那辆, 刚才查的那个车, 上一辆; 0 for none.
func backRun(r []rune) int {
	i := 0
	for _, w := range befores {
		if i = prefixLength(r, w); i > 0 {
			break
		}
	}
	if i == 0 {
		return 0
	}
	const longest = 5
	unit := 0
	for n := i; n < len(r) && n-i < longest; n++ {
		if strings.ContainsRune("辆台部车", r[n]) {
			unit = n + 1
		} else if !strings.ContainsRune("那的查过用个搜一", r[n]) {
			break
		}
	}
	return unit
}
