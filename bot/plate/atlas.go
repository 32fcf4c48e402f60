package plate

import (
	"slices"
	"strings"
)

// A Place is a province, or a city with the agency letters it issues.
type Place struct {
	Name     string // 江苏, 苏州
	Province string // 苏, as on the plate
	Letters  string // EU for 苏州; "" for a province
}

// traits tell what a Han character may begin or be; one look-up a character
// keeps ordinary chat cheap.
type traits uint16

const (
	isProvince traits = 1 << iota
	isHomophone
	isNickname
	isNameStart
	isWordStart // of wordsNotHeads
	isHintStart
	isSpoken
	isNotProvince
	isSpecial // 使 民 应 临
)

// A name is the Chinese name of a place. No two places share one, as the table
// test holds; in pinyin they do.
type name struct {
	runes []rune
	place Place
}

type provinceInfo struct {
	abbr, name string
	letters    uint32          // bit: letter - 'A'
	cities     ['Z' + 1]string // by agency letter
}

// index is what the tables are compiled to when the program starts.
type index struct {
	traits    [hanLast - hanFirst + 1]traits
	simple    [hanLast - hanFirst + 1]rune
	provinces map[rune]*provinceInfo
	sounds    map[rune][]Place // homophones and nicknames
	names     map[rune][]name  // by first character, longest first
	pinyin    map[string][]Place
	words     map[rune][][]rune
	pinyinMax int
}

var atlas = compile()

func compile() *index {
	x := &index{
		provinces: map[rune]*provinceInfo{},
		sounds:    map[rune][]Place{},
		names:     map[rune][]name{},
		pinyin:    map[string][]Place{},
		words:     map[rune][][]rune{},
	}
	simp := []rune(simplified)
	for i, r := range []rune(traditional) {
		x.simple[r-hanFirst] = simp[i]
	}
	x.addProvinces()
	x.addSounds()
	for r := range spoken {
		x.mark(r, isSpoken)
	}
	for _, r := range notProvinces {
		x.mark(r, isNotProvince)
	}
	for _, r := range "使民应临" {
		x.mark(r, isSpecial)
	}
	for _, w := range wordsNotHeads {
		runes := []rune(w)
		x.mark(runes[0], isWordStart)
		x.words[runes[0]] = append(x.words[runes[0]], runes)
	}
	for _, h := range hintWords {
		x.mark([]rune(h.word)[0], isHintStart)
	}
	for _, list := range x.names {
		slices.SortFunc(list, func(a, b name) int { return len(b.runes) - len(a.runes) })
	}
	return x
}

func (x *index) addProvinces() {
	byName := map[string]Place{}
	for _, p := range provinces {
		info := &provinceInfo{abbr: p.abbr, name: p.name}
		abbr := []rune(p.abbr)[0]
		x.provinces[abbr] = info
		x.mark(abbr, isProvince)
		province := Place{Name: p.name, Province: p.abbr}
		byName[p.name] = province
		x.spell(p.pinyin, province)
		fields := strings.Fields(p.agencies)
		var cities []Place
		var spelt []string
		for i, f := range fields {
			if len(f) > 1 && f[1] < 0x80 { // pinyin, read with its city
				continue
			}
			letter, city := f[0], f[1:]
			info.letters |= 1 << (letter - 'A')
			info.cities[letter] = city
			if city == "" || city == p.name {
				continue
			}
			if at := slices.IndexFunc(cities, func(c Place) bool { return c.Name == city }); at >= 0 {
				cities[at].Letters += string(letter)
				continue
			}
			cities = append(cities, Place{Name: city, Province: p.abbr, Letters: string(letter)})
			spelt = append(spelt, fields[i+1])
		}
		for i, c := range cities {
			byName[c.Name] = c
			x.spell(spelt[i], c)
		}
	}
	for _, o := range otherNames {
		if o.name[0] < 0x80 {
			x.spell(o.name, byName[o.of])
		} else {
			x.addName(o.name, byName[o.of])
		}
	}
	for n, place := range byName {
		x.addName(n, place)
	}
	x.addCounties(byName)
}

// addCounties adds the places that wear the plates of the city above them.
func (x *index) addCounties(byName map[string]Place) {
	for _, c := range counties {
		place := byName[c.city]
		for n := range strings.FieldsSeq(c.under) {
			place.Name = n
			x.addName(n, place)
		}
	}
}

func (x *index) addSounds() {
	for _, h := range homophones {
		for _, r := range h.sound {
			x.mark(r, isHomophone)
			x.sounds[r] = append(x.sounds[r], x.byAbbr(h.provinces)...)
		}
	}
	for r, p := range nicknames {
		x.mark(r, isNickname)
		x.sounds[r] = x.byAbbr(string(p))
	}
	for _, s := range syllables {
		x.spell(s.pinyin, x.byAbbr(s.provinces)...)
	}
}

func (x *index) byAbbr(abbrs string) []Place {
	var places []Place
	for _, r := range abbrs {
		places = append(places, Place{Name: x.provinces[r].name, Province: string(r)})
	}
	return places
}

func (x *index) spell(pinyin string, places ...Place) {
	x.pinyin[pinyin] = append(x.pinyin[pinyin], places...)
	x.pinyinMax = max(x.pinyinMax, len(pinyin))
}

func (x *index) addName(n string, place Place) {
	runes := []rune(n)
	x.mark(runes[0], isNameStart)
	x.names[runes[0]] = append(x.names[runes[0]], name{runes, place})
}

func (x *index) mark(r rune, t traits) {
	if r >= hanFirst && r <= hanLast {
		x.traits[r-hanFirst] |= t
	}
}

func (x *index) of(r rune) traits {
	if r >= hanFirst && r <= hanLast {
		return x.traits[r-hanFirst]
	}
	return 0
}

// nameAt finds the longest place name that begins the text, and its end with
// 省 市 州 … behind it.
func (x *index) nameAt(r []rune) (place Place, end int) {
	if len(r) == 0 || x.of(r[0])&isNameStart == 0 {
		return Place{}, 0
	}
	for _, n := range x.names[r[0]] {
		if hasPrefix(r, n.runes) {
			return n.place, len(n.runes) + placeSuffix(r[len(n.runes):])
		}
	}
	return Place{}, 0
}

func placeSuffix(r []rune) int {
	for _, s := range placeSuffixes {
		if n := prefixLen(r, s); n > 0 {
			return n
		}
	}
	return 0
}

// wordAt returns the length of the everyday word that begins the text.
func (x *index) wordAt(r []rune) int {
	for _, w := range x.words[r[0]] {
		if hasPrefix(r, w) {
			return len(w)
		}
	}
	return 0
}

func hasPrefix(r, prefix []rune) bool {
	return len(r) >= len(prefix) && slices.Equal(r[:len(prefix)], prefix)
}

// prefixLen is the number of runes of s if r begins with it, else 0.
func prefixLen(r []rune, s string) int {
	n := 0
	for _, c := range s {
		if n >= len(r) || r[n] != c {
			return 0
		}
		n++
	}
	return n
}

// numeral is the digit that a character of speech stands for, 0 if none.
func numeral(r rune) byte {
	if atlas.of(r)&isSpoken != 0 || r == '〇' || r == '○' || r == '◯' {
		return spoken[r]
	}
	return 0
}
