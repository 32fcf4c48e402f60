package nlu

import "strings"

// An invitation code is eight characters of an alphabet without I, O, 0 and 1,
// which are mistaken for one another when they are read out or copied by hand.
const (
	codeLength   = 8
	codeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
)

// byCode reads the acceptance of an invitation: 邀请码 K7M2-9QXP, or the payload
// of the link that opens the bot with one. Without a word for it a code is what
// it was before: it may as well be an engine number.
func (r *reader) byCode() bool {
	code := r.deepLink()
	if code == "" {
		code = r.labelledCode()
	}
	if code == "" && !r.claimsCode() {
		return false
	}
	return r.accept(code)
}

func (r *reader) accept(code string) bool {
	r.Code = code
	r.Vehicles, r.Engine, r.VIN, r.Type, r.Unlabelled = nil, "", "", "", false
	return r.set(Subscribe, Accept)
}

// deepLink is the code behind /start. Other payloads are no codes, nor is a
// word in small letters: campaigns are named by such.
func (r *reader) deepLink() string {
	if len(r.tokens) == 0 || r.tokens[0].kind != command || !r.isStart(r.tokens[0]) {
		return ""
	}
	fields := strings.Fields(r.raw)
	if len(fields) != 2 || len(fields[1]) != codeLength {
		return ""
	}
	payload := fields[1]
	code := codeAt([]rune(strings.ToUpper(payload)), 0)
	if !strings.ContainsAny(code, "23456789") && payload != code {
		return ""
	}
	return code
}

func (r *reader) isStart(t token) bool { return string(r.text[t.start+1:t.end]) == "START" }

// labelledCode is the code that stands behind 邀请码 or 加入, or before 邀请码.
func (r *reader) labelledCode() string {
	if !r.about.any(codeWord | joining | sharing) {
		return ""
	}
	for _, t := range r.tokens {
		if t.kind != word || !t.phrase.about.any(codeWord|joining|sharing) {
			continue
		}
		code := codeBehind(r.text, t.end)
		if code != "" && (isHan(t.phrase.text[0]) || strings.ContainsAny(code, "23456789") || t.phrase.about.any(codeWord)) {
			return code
		}
	}
	if !r.about.any(codeWord) {
		return ""
	}
	for i := range r.text {
		if i > 0 && isAlnum(r.text[i-1]) {
			continue
		}
		if code := codeAt(r.text, i); strings.ContainsAny(code, "23456789") {
			return code
		}
	}
	return ""
}

// codeBehind is the code that stands at i, or behind blanks and the like.
func codeBehind(text []rune, i int) string {
	for i < len(text) && strings.ContainsRune(" :,=为是", text[i]) {
		i++
	}
	code := codeAt(text, i)
	return code
}

// codeAt reads a code that begins at i, with at most one separator between two
// of its characters; "" for none.
func codeAt(text []rune, i int) string {
	var buf [codeLength]byte
	n := 0
	for ; i < len(text) && n < codeLength; i++ {
		switch {
		case strings.ContainsRune(codeAlphabet, text[i]):
			buf[n] = byte(text[i])
			n++
		case n == 0 || !isSeparator(text[i]) || isSeparator(text[i-1]):
			return ""
		}
	}
	if n < codeLength || i < len(text) && isAlnum(text[i]) {
		return ""
	}
	return string(buf[:])
}

func isSeparator(r rune) bool { return strings.ContainsRune(" -._·—–", r) }

// claimsCode tells whether somebody has a code and did not write it, or not
// rightly: 我有邀请码, 接受邀请.
func (r *reader) claimsCode() bool {
	return r.about.any(codeWord) && len(r.Vehicles) == 0 && !r.is.any(asksHow|what|stop|not|query) && r.speaksOnly(claims)
}

var claims = phraseSet(`接受邀请 同意邀请 我接受邀请 我有邀请码 有邀请码 输入邀请码 填邀请码 填写邀请码 使用邀请码 用邀请码 我有一个邀请码 我有个邀请码 accept_invite accept_invitation accept_the_invitation i_have_a_code i_have_an_invite_code`)
