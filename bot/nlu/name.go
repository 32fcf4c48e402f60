package nlu

import (
	"slices"
	"strings"
	"unicode"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// longestName is the longest name of a car, in characters: two lines of a
// notice must hold it beside the plate.
const longestName = 12

// mostDigits is how many digits a name may have; telephone and bank numbers
// have more.
const mostDigits = 5

// byName reads the naming of a saved car: 第2辆叫公司的车, 把沪C12345改名为小白. The
// name is as it was typed; "" if there is none that can be one.
func (r *reader) byName() bool {
	at := r.naming()
	if at < 0 || r.is.any(how|why|where|offence|police) {
		return false
	}
	r.rename(at)
	return true
}

// rename reads the car and its new name round token at.
func (r *reader) rename(at int) {
	r.Ref = 0
	for _, t := range r.tokens[:at] {
		if t.kind == ordinal {
			r.Ref = t.n
		}
	}
	from := at + 1
	for from < len(r.tokens) && r.precedesName(at, from) {
		if n := r.positionAt(from); n != 0 && r.Ref == 0 {
			r.Ref = n
		}
		from++
	}
	if len(r.Vehicles) > 0 {
		r.Ref = 0
	}
	if from < len(r.tokens) {
		r.Name = r.nameFrom(r.tokens[from].start)
	}
	r.Engine, r.VIN, r.Type, r.Unlabelled = "", "", "", false
	if len(r.Vehicles) > 0 {
		r.Type = r.Vehicles[0].kindOf()
	}
	r.set(Correct, Rename)
}

// positionAt is the position of a car that token i is: 第2辆, or 2 as in
// /rename 2; 0 for none.
func (r *reader) positionAt(i int) int {
	t := r.tokens[i]
	if t.kind == ordinal {
		return t.n
	}
	if n, size := smallNumber(r.text[t.start:t.end]); t.kind == value && size == t.end-t.start {
		return n
	}
	return 0
}

// naming is the token of the word that a name follows, -1 for none. 叫 is one
// only directly behind a car.
func (r *reader) naming() int {
	if !r.about.any(naming | calling) {
		return -1
	}
	at := -1
	for i, t := range r.tokens {
		if t.kind != word {
			continue
		}
		switch {
		case t.phrase.about.any(naming) && !r.strangeBefore(i):
			at = i
		case at < 0 && t.phrase.about.any(calling) && r.namesCar(i) && !r.is.any(what|query|human):
			at = i
		}
	}
	return at
}

// strangeBefore tells whether something unknown is to be named: 给孩子起名.
func (r *reader) strangeBefore(i int) bool {
	return slices.ContainsFunc(r.tokens[:i], func(t token) bool {
		return t.kind == han && !strings.ContainsRune("把管将给它", r.text[t.start]) || t.kind == latin
	})
}

// namesCar tells whether a car stands before token i and something behind it.
func (r *reader) namesCar(i int) bool {
	if i+1 == len(r.tokens) {
		return false
	}
	for i--; i >= 0; i-- {
		switch t := r.tokens[i]; {
		case t.kind == space, t.kind == word && (t.phrase.is == 0 || t.phrase.role == person):
		case t.kind == han && (r.text[t.start] == '它' || r.text[t.start] == '把'):
			return r.text[t.start] == '它'
		default:
			return t.kind == numberPlate || t.kind == ordinal || t.kind == word && t.phrase.is.any(car)
		}
	}
	return false
}

// precedesName tells whether token i stands between the word at and the name:
// the car, unless 它 was said for it, 为, a blank.
func (r *reader) precedesName(at, i int) bool {
	switch t := r.tokens[i]; t.kind {
	case space, punct:
		return true
	case numberPlate, ordinal, value:
		return !r.saysIt(r.tokens[at]) && !t.named && i+1 < len(r.tokens) && (t.kind != value || r.positionAt(i) > 0)
	case word:
		text := string(t.phrase.text)
		return isLetter(t.phrase.text[0]) && t.phrase.is.any(mine) || text == "THE" || text == "为" || text == "叫" || text == "是" || text == "成" || text == "TO" || text == "AS"
	case han:
		return r.text[t.start] == '成'
	}
	return false
}

// saysIt tells whether a word for naming stands for the car, too: 叫它.
func (r *reader) saysIt(t token) bool {
	text := string(r.text[t.start:t.end])
	return strings.ContainsAny(text, "它他她") || strings.HasSuffix(text, " IT")
}

// nameFrom is the rest of the message as a name.
func (r *reader) nameFrom(i int) string {
	text := r.text
	raw := []rune(r.raw)
	if len(raw) != len(text) {
		raw = slices.DeleteFunc(raw, isInvisible)
	}
	if len(raw) == len(text) {
		text = raw // folding kept the places
	}
	name := strings.TrimFunc(string(text[i:]), func(c rune) bool {
		return unicode.IsSpace(c) || strings.ContainsRune("“”「」『』《》\"'‘’()（）[]【】。.,，!！~～:：;；?？、", c)
	})
	for _, x := range [...]string{"谢谢", "吧", "好了", "就行", "就好", "，", ",", " "} {
		if rest, ok := strings.CutSuffix(name, x); ok && rest != "" {
			name = rest
		}
	}
	if !isName(name) {
		return ""
	}
	return name
}

// isInvisible tells whether folding drops a character.
func isInvisible(c rune) bool { return c != '\n' && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Mn) }

// isName tells whether a car can be called so: short, printable, no word that
// the bot takes for a wish, no plate, and too few digits for a number that
// identifies a person.
func isName(name string) bool {
	runes := []rune(name)
	if len(runes) == 0 || len(runes) > longestName {
		return false
	}
	for _, c := range runes {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	key := fixedKey(name)
	if _, ok := fixedTable[key]; ok || answerTable[key] != noAnswer {
		return false
	}
	folded := plate.Fold(name)
	if n := digits(folded.Runes()); n > mostDigits || n == folded.Len() {
		return false
	}
	for _, m := range plate.Find(folded) {
		if m.Normalized != "" || m.Action == plate.Choose {
			return false
		}
	}
	return true
}

// named cuts the name of a saved car: it stands for the car's position. Words
// that mean something longer win, and so do those with a fixed meaning.
func (s *scanner) named(i int) (token, bool) {
	best := token{}
	for at, name := range s.names {
		n := len(name)
		if n == 0 || n <= best.end-best.start || n > len(s.text)-i || string(s.text[i:i+n]) != string(name) {
			continue
		}
		if isAlnum(name[0]) && isAlnum(s.before(i)) || isAlnum(name[n-1]) && isAlnum(s.after(i+n)) {
			continue
		}
		if (n == 1 || s.isPerson(name)) && !s.standsForCar(i, i+n) {
			continue // 邀请老婆
		}
		best = token{kind: ordinal, start: i, end: i + n, n: at + 1, named: true}
	}
	return best, best.end > 0
}

// isPerson tells whether a car is called by whose it is.
func (s *scanner) isPerson(name []rune) bool {
	p := phraseAt(name, 0)
	return p != nil && p.role == person
}

// standsForCar tells whether a name that may mean a person means the car: it
// says so, or is all that is looked for or dropped.
func (s *scanner) standsForCar(start, end int) bool {
	if s.owns(end) || start == 0 && end == len(s.text) {
		return true
	}
	n := len(s.tokens)
	return end == len(s.text) && n > 0 && s.tokens[n-1].kind == word && s.tokens[n-1].phrase.is.any(look|stop|remove)
}

// owns tells whether 的车, 车 or 那辆 stands at i.
func (s *scanner) owns(i int) bool {
	return s.after(i) == '车' || s.after(i) == '的' && s.after(i+1) == '车' || s.after(i) == '那' && s.after(i+1) == '辆'
}

// foldNames makes the names comparable with the text. 老婆的车 is also meant by
// 老婆.
func foldNames(names []string) [][]rune {
	folded := make([][]rune, len(names))
	for i, name := range names {
		runes := simplify(plate.Fold(name).Runes())
		if _, fixed := fixedTable[fixedKey(string(runes))]; fixed || answerTable[fixedKey(string(runes))] != noAnswer {
			continue
		}
		if short, ok := strings.CutSuffix(string(runes), "的车"); ok && short != "" {
			runes = []rune(short)
		}
		folded[i] = runes
	}
	return folded
}
