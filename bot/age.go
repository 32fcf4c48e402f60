package bot

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// oldEnough is the age below which personal data needs a guardian's consent
// (个人信息保护法, 2021-11-01, article 31), which a chat cannot ask for.
const oldEnough = 14

// Who says how old they are: 我今年12岁, 我才十三岁, I am 12 years old. Of others
// (我儿子12岁) nothing follows.
var (
	ageChinese = regexp.MustCompile(`我(?:今年|现在|才|只有|刚|刚满|还|还没满|未满|不满|是|\s)*([0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*周?岁`)
	ageEnglish = regexp.MustCompile(`(?i)\bI(?:'|’| a)?m (?:only |just )?([0-9]{1,2})(?: years old| years of age| yo\b|[.!]?\s*$)`)
)

// ageIn is the age that somebody says they have.
func ageIn(text string) (age int, ok bool) {
	var m []string
	if strings.Contains(text, "岁") { // looking for that costs nearly nothing
		m = ageChinese.FindStringSubmatch(text)
	}
	if m == nil && strings.ContainsAny(text, "mM") {
		m = ageEnglish.FindStringSubmatch(text)
	}
	if m == nil {
		return 0, false
	}
	age = yearsOf(m[1])
	return age, age > 0
}

// yearsOf reads 13 and 十三; 0: neither.
func yearsOf(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	const digits = "一二三四五六七八九"
	one := func(s string) int { return strings.Index(digits, s)/len("一") + 1 }
	tens, ones, ten := strings.Cut(s, "十")
	switch {
	case !ten && len(s) == len("一"):
		return one(s)
	case !ten:
		return 0
	case tens == "":
		tens = "一"
	}
	n := one(tens) * 10
	if ones != "" {
		n += one(ones)
	}
	return n
}

// young answers who says that they are too young, and goes on saying so while
// the conversation lasts. What is theirs they may see and delete.
func (d *dialog) young(in Heard) (handled bool) {
	if age, said := ageIn(in.Text); said {
		d.s.Young = age < oldEnough
	}
	if !d.s.Young {
		return false
	}
	r := in.Reading
	own := r.Intent == nlu.ForgetMe || r.Intent == nlu.Unsubscribe || r.Intent == nlu.DeleteVehicle || r.Intent == nlu.Help
	if own || d.s.Yes == YesForget || d.s.Yes == YesDelete {
		return false
	}
	d.s = d.s.idle()
	d.say("age.young")
	return true
}
