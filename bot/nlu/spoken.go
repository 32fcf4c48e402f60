package nlu

// spokenDigits are the numerals of speech and radio.
var spokenDigits = map[rune]rune{
	'零': '0', '〇': '0', '洞': '0', '幺': '1', '一': '1', '壹': '1', '二': '2', '两': '2', '贰': '2', '三': '3', '叁': '3',
	'四': '4', '肆': '4', '五': '5', '伍': '5', '六': '6', '陆': '6', '七': '7', '拐': '7', '柒': '7', '八': '8', '捌': '8',
	'九': '9', '勾': '9', '玖': '9',
}

// spokenLetters are the characters that dictation writes for letters.
var spokenLetters = map[rune]rune{
	'诶': 'A', '欸': 'A', '比': 'B', '逼': 'B', '笔': 'B', '必': 'B', '西': 'C', '希': 'C', '迪': 'D', '弟': 'D', '滴': 'D', '伊': 'E', '衣': 'E',
	'吉': 'G', '鸡': 'G', '爱': 'I', '杰': 'J', '街': 'J', '开': 'K', '恩': 'N', '欧': 'O', '哦': 'O', '批': 'P', '屁': 'P',
	'扣': 'Q', '阿': 'R', '踢': 'T', '提': 'T', '优': 'U', '维': 'V', '微': 'V', '歪': 'Y', '贼': 'Z',
}

// shortestSpoken is the fewest characters read as dictated: less may be any
// sentence.
const shortestSpoken = 4

// spokenRun is the length of a dictated number that begins the text: at least
// four characters, three of them digits, one of them in words. 0 for none.
func spokenRun(r []rune) int {
	n, figures, words := 0, 0, 0
	for ; n < len(r); n++ {
		if _, ok := spokenDigits[r[n]]; ok {
			figures, words = figures+1, words+1
		} else if _, ok := spokenLetters[r[n]]; ok {
			words++
		} else if isDigit(r[n]) {
			figures++
		} else if !isLetter(r[n]) {
			break
		}
	}
	for n > 0 && (r[n-1] == '哦' || r[n-1] == '阿') {
		n, words = n-1, words-1 // a sigh behind the number
	}
	if n < shortestSpoken || figures < 3 || words == 0 {
		return 0
	}
	return n
}

// unspoken turns a rune of a dictated number into the letter or digit meant.
func unspoken(r rune) rune {
	if d, ok := spokenDigits[r]; ok {
		return d
	}
	if l, ok := spokenLetters[r]; ok {
		return l
	}
	return r
}
