package nlu

import (
	"slices"
	"unicode"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// A kind is what a token is.
type kind uint8

// The kinds of tokens.
const (
	space kind = iota
	newline
	punct       // one character
	word        // a phrase of the lexicon
	tail        // 后六位, 最后4位
	ordinal     // 第二辆, 第1个
	measured    // 200元, 3分, 18时: a quantity, never a value
	numberPlate // 沪C12345
	value       // a run that can be an engine number, a VIN, a choice
	latin       // a run of letters that is no phrase
	han         // a Han character that is no part of a phrase
	location    // 苏州, 江苏省
	emoji       // 😂, [微笑], /::)
	holder      // [图片]: the platform's stand-in for what is not text
	markup      // <b>, an address, @name
	command     // /query
	private     // a phone or ID-card number
)

// A token is a piece of a message. Every rune belongs to exactly one.
type token struct {
	kind       kind
	start, end int
	phrase     *phrase // of a word
	n          int     // of a plate: index of its match, then of its vehicle; of an ordinal: its count
	place      *plate.Place
	named      bool // of an ordinal: the car's own name
}

// A scanner cuts a message into tokens, from left to right, in one pass.
type scanner struct {
	text    []rune
	open    Open
	matches []plate.Match
	next    int // the first match that is not behind
	places  []plate.PlaceMatch
	nextAt  int // likewise, of places
	tokens  []token
	is      concept  // of all words so far
	about   subject  // likewise
	page    int      // 第2页
	dates   []span   // of an inspection
	names   [][]rune // of the saved cars
	label   bool     // a label waits for its value
	cut     int      // where a label was cut off a run, 0 for nowhere
	plates  int      // certain plates so far
	strange int      // characters and words that the lexicon does not know
}

func scan(t plate.Text, open Open) *scanner {
	text := simplify(t.Runes())
	s := &scanner{
		text: text, open: open, matches: plate.Find(t), places: plate.FindPlaces(t),
		tokens: make([]token, 0, min(len(text), 64)),
	}
	if len(open.Names) > 0 {
		s.names = foldNames(open.Names)
	}
	for i := 0; i < len(text); {
		t := s.at(i)
		s.tokens = append(s.tokens, t)
		i = t.end
	}
	if s.headed() {
		s.is |= police
	}
	s.findDates()
	hidePrivate(s.text, s.tokens)
	s.join()
	return s
}

// headed tells whether the message begins with its sender, as text messages do:
// 【违章提醒】. A plate in brackets is none.
func (s *scanner) headed() bool {
	const longest = 16
	if len(s.text) == 0 || s.text[0] != '【' {
		return false
	}
	end := slices.Index(s.text[:min(longest, len(s.text))], '】')
	return end > 2 && !slices.ContainsFunc(s.tokens, func(t token) bool { return t.kind == numberPlate && t.start < end })
}

// at cuts the token that begins at i.
func (s *scanner) at(i int) token {
	r := s.text[i]
	for s.next < len(s.matches) && s.matches[s.next].Start < i {
		s.next++ // its beginning went into another token: 发动机A12345 is no 冀A12345
	}
	if s.next < len(s.matches) && s.matches[s.next].Start == i && s.plateHere() {
		return s.plate(i)
	}
	if t, ok := s.named(i); ok {
		return t
	}
	switch {
	case r == '\n':
		return token{kind: newline, start: i, end: i + 1}
	case r == ' ':
		return token{kind: space, start: i, end: i + 1}
	case isAlnum(r):
		return s.latin(i)
	case isHan(r):
		if t, ok := s.dictated(i); ok {
			return t
		}
		return s.han(i)
	}
	return s.sign(i)
}

// dictatedPlate is the length of a dictated plate without its province; new
// energy has one more.
const dictatedPlate = 6

// dictated cuts a plate whose letter dictation wrote as a character: 沪诶一二三四五.
// It is a guess, as a homophone is.
func (s *scanner) dictated(i int) (token, bool) {
	if i+1 >= len(s.text) || spokenLetters[s.text[i+1]] == 0 {
		return token{}, false
	}
	n := spokenRun(s.text[i+1:])
	if n != dictatedPlate && n != dictatedPlate+1 || plate.ProvinceOf(string(s.text[i])) == "" {
		return token{}, false
	}
	written := []rune{s.text[i]}
	for _, r := range s.text[i+1 : i+1+n] {
		written = append(written, unspoken(r))
	}
	reading := plate.Parse(string(written))
	if reading.Action != plate.Query {
		return token{}, false
	}
	reading.Action, reading.Reason = plate.Confirm, plate.Homophone
	s.matches = append(s.matches, plate.Match{Start: i, End: i + 1 + n, Reading: reading})
	s.plates++
	s.label = false
	return token{kind: numberPlate, start: i, end: i + 1 + n, n: len(s.matches) - 1}, true
}

// plateHere decides whether the next match is to be taken for a plate. A run
// of Latin letters and digits that only might be one (A12345 without its
// province) is rather the number that was asked for.
func (s *scanner) plateHere() bool {
	m := s.matches[s.next]
	if !isAlnum(s.text[m.Start]) || s.is.any(plateWord) && !s.label {
		return true
	}
	switch {
	case m.Action == plate.Confirm, m.Action == plate.Choose, m.Action == plate.Query:
		return true
	case m.Action == plate.Unsupported && m.Kind != plate.Military:
		return true
	}
	if s.is.any(change|wrong) && s.open.Question != ConfirmPlate && s.open.Question != AskPlate {
		return false
	}
	return !s.label && s.plates == 0 && s.open.Question != AskDigits
}

func (s *scanner) plate(i int) token {
	m := s.matches[s.next]
	t := token{kind: numberPlate, start: i, end: m.End, n: s.next}
	s.next++
	s.label = false
	if m.Normalized != "" {
		s.plates++
	}
	return t
}

// han cuts what begins with a Han character.
func (s *scanner) han(i int) token {
	if end := spokenRun(s.text[i:]); end > 0 {
		return token{kind: value, start: i, end: i + end}
	}
	if t, ok := s.counted(i); ok {
		return t
	}
	p := phraseAt(s.text[i:], s.before(i))
	named := s.placeAt(i)
	if p != nil && (named == nil || len(p.text) >= named.End-i) {
		return s.word(i, p)
	}
	if named != nil {
		s.is |= place
		return token{kind: location, start: i, end: named.End, place: &named.Places[0]}
	}
	return token{kind: han, start: i, end: i + 1}
}

// placeAt is the place that is named at i, nil for none.
func (s *scanner) placeAt(i int) *plate.PlaceMatch {
	for s.nextAt < len(s.places) && s.places[s.nextAt].Start < i {
		s.nextAt++
	}
	if s.nextAt < len(s.places) && s.places[s.nextAt].Start == i {
		return &s.places[s.nextAt]
	}
	return nil
}

// word takes a phrase, but not over the beginning of a certain plate.
func (s *scanner) word(i int, p *phrase) token {
	s.is |= p.is
	s.about |= p.about
	if p.is.any(look|tell|bind|remove) && s.negated(i) {
		s.is |= not
	}
	switch {
	case p.is.any(engine | vin):
		s.label = true
	case p.is.any(lacking | how | where | what | why):
		s.label = false
	}
	return token{kind: word, start: i, end: i + len(p.text), phrase: p}
}

// negated tells whether 不 stands before the verb at i, and no question is made
// of it: 不订阅, but not 订不订阅.
func (s *scanner) negated(i int) bool {
	return s.before(i) == '不' && (i < 2 || s.text[i-2] != s.text[i]) && s.tokens[len(s.tokens)-1].end-s.tokens[len(s.tokens)-1].start == 1
}

// sign cuts what begins with neither a letter nor a digit.
func (s *scanner) sign(i int) token {
	rest := s.text[i:]
	switch r := rest[0]; {
	case r == '/' && len(rest) > 1 && rest[1] == ':':
		return token{kind: emoji, start: i, end: i + emoticonRun(rest)}
	case r == '/' && len(rest) > 1 && isLetter(rest[1]) && s.mayCommand(i):
		return token{kind: command, start: i, end: i + 1 + nameRun(rest[1:])}
	case r == '@' && len(rest) > 1 && isAlnum(rest[1]):
		return token{kind: markup, start: i, end: i + 1 + nameRun(rest[1:])}
	case r == '<':
		if n := tagRun(rest); n > 0 {
			return token{kind: markup, start: i, end: i + n}
		}
	case r == '[' || r == '【':
		if t, ok := bracketed(rest); ok {
			return token{kind: t, start: i, end: i + slices.IndexFunc(rest, isCloser) + 1}
		}
	case isEmoji(r):
		return token{kind: emoji, start: i, end: i + 1}
	}
	if p := phraseAt(rest, s.before(i)); p != nil {
		return s.word(i, p)
	}
	if rest[0] == '?' {
		s.is |= query
	}
	return token{kind: punct, start: i, end: i + 1}
}

// mayCommand tells whether a command may begin at i: at the beginning, after a
// blank or after Han.
func (s *scanner) mayCommand(i int) bool {
	b := s.before(i)
	return b == 0 || b == ' ' || b == '\n' || isHan(b)
}

func (s *scanner) before(i int) rune {
	if i == 0 {
		return 0
	}
	return s.text[i-1]
}

func (s *scanner) after(i int) rune {
	if i >= len(s.text) {
		return 0
	}
	return s.text[i]
}

func nameRun(r []rune) int {
	n := 0
	for n < len(r) && (isAlnum(r[n]) || r[n] == '_') {
		n++
	}
	return n
}

// emoticonRun is the length of an old WeChat emoticon: /::) /:rose /:,@P.
func emoticonRun(r []rune) int {
	n := 2
	for n < len(r) && n < 10 && r[n] != ' ' && r[n] != '\n' && r[n] != '/' && !isHan(r[n]) {
		n++
	}
	return n
}

// tagRun is the length of a markup tag that begins the text, 0 for none.
func tagRun(r []rune) int {
	const longest = 200
	if len(r) < 2 || !isLetter(r[1]) && r[1] != '/' && r[1] != '!' && r[1] != '?' {
		return 0
	}
	for n := 2; n < len(r) && n < longest; n++ {
		if r[n] == '>' {
			return n + 1
		}
	}
	return 0
}

// stands are the words that platforms put in brackets for what is not text.
var stands = [...]string{"图片", "语音", "视频", "文件", "位置", "链接", "名片", "动画表情", "小程序", "聊天记录", "语音消息", "视频消息", "图片消息", "文件消息", "位置消息", "语音通话", "视频通话", "小程序消息", "红包", "转账", "收藏", "PHOTO", "VOICE", "VIDEO", "IMAGE"}

// bracketed tells what a short bracketed word is: WeChat writes emoticons as
// [微笑].
func bracketed(r []rune) (kind, bool) {
	const longest = 6
	n := slices.IndexFunc(r[:min(len(r), longest+2)], isCloser)
	if n < 2 {
		return 0, false
	}
	inner := r[1:n]
	for _, c := range inner {
		if !isHan(c) && !isLetter(c) {
			return 0, false
		}
	}
	for _, s := range stands {
		if string(inner) == s {
			return holder, true
		}
	}
	return emoji, r[0] == '['
}

func isCloser(r rune) bool { return r == ']' || r == '】' }

func isEmoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r == 0x2B50 || r == 0x2B55 ||
		r > 0x2000 && unicode.Is(unicode.So, r)
}

func isDigit(r rune) bool  { return '0' <= r && r <= '9' }
func isLetter(r rune) bool { return 'A' <= r && r <= 'Z' }
func isAlnum(r rune) bool  { return isDigit(r) || isLetter(r) }
func isHan(r rune) bool    { return r >= 0x4E00 && r <= 0x9FFF || r == '〇' }
