package plate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// summary is action, plate or candidates, and reason.
func summary(r plate.Reading) string {
	what := r.Normalized
	if r.Action == plate.Choose {
		what = strings.Join(r.Candidates, "/")
	}
	return strings.Join(strings.Fields(fmt.Sprint(string(r.Action), " ", what, " ", r.Reason)), " ")
}

// TestGoingOn completes or corrects a plate with a second message.
func TestGoingOn(t *testing.T) {
	province := func(p plate.Parts, s string) (plate.Reading, bool) { return p.WithProvince(s) }
	letter := func(p plate.Parts, s string) (plate.Reading, bool) { return p.WithLetter(s) }
	for name, c := range map[string]struct {
		first  string
		step   func(plate.Parts, string) (plate.Reading, bool)
		answer string
		want   string
	}{
		"the province":                   {"B12345", province, "粤", "query 粤B12345"},
		"the province's name":            {"B12345", province, "广东", "query 粤B12345"},
		"the province in a phrase":       {"B12345", province, "是广东的", "query 粤B12345"},
		"a province of new energy":       {"BD12345", province, "粤", "query 粤BD12345"},
		"a municipality":                 {"A12345", province, "上海的", "query 沪A12345"},
		"a province misheard":            {"C12345", province, "护", "confirm 沪C12345 homophone"},
		"a province misheard either way": {"A12345", province, "鱼", "choose 渝A12345/豫A12345 homophone"},
		"a misheard one that fits":       {"T12345", province, "级", "confirm 冀T12345 homophone"},
		"a province in pinyin":           {"C12345", province, "hu", "confirm 沪C12345 pinyin"},
		"a nickname":                     {"C12345", province, "申", "confirm 沪C12345 nickname"},
		"a city that agrees":             {"B12345", province, "深圳", "confirm 粤B12345 city_name"},
		"only digits, then a city":       {"12345", province, "深圳", "confirm 粤B12345 city_name"},
		"only digits, then a province":   {"12345", province, "粤", "ask missing_letter"},
		"a city with two letters":        {"12345", province, "苏州", "ask missing_letter"},
		"no place":                       {"B12345", province, "不知道", "no"},
		"nothing":                        {"B12345", province, " ", "no"},
		"the letter":                     {"京12345", letter, "A", "query 京A12345"},
		"the letter in a phrase":         {"京12345", letter, "是 a 吧", "query 京A12345"},
		"the letter of a city":           {"苏州12345", letter, "e", "query 苏E12345"},
		"a letter that is none":          {"京12345", letter, "I", "reject bad_letter"},
		"no letter":                      {"京12345", letter, "不知道", "no"},
		"a zero in the letter's place":   {"京012345", letter, "O", "query 京O12345"},
		"another province":               {"京A12345", province, "津", "query 津A12345"},
		"another province of a special":  {"京A1234挂", province, "冀", "unsupported 冀A1234挂"},
		"another letter":                 {"京A12345", letter, "B", "query 京B12345"},
		"no province after all":          {"港A12345", province, "粤", "query 粤A12345"},
		"another city's letter":          {"苏州12345", province, "深圳", "confirm 粤B12345 city_name"},
	} {
		t.Run(name, func(t *testing.T) {
			r, ok := c.step(plate.Parse(c.first).Parts, c.answer)
			got := summary(r)
			if !ok {
				got = "no"
			}
			if got != c.want {
				t.Errorf("%s + %s: %s, want %s", c.first, c.answer, got, c.want)
			}
		})
	}
}

func TestPartsReading(t *testing.T) {
	for want, p := range map[string]plate.Parts{
		"query 粤B12345":              {Province: "粤", Letters: "B", Serial: "12345"},
		"query 粤BD12345":             {Province: "粤", Letters: "B", Serial: "D12345"},
		"unsupported 京A1234警":        {Province: "京", Letters: "A", Serial: "1234警"},
		"confirm 宁F12345 new_letter": {Province: "宁", Letters: "F", Serial: "12345"},
		"ask missing_province":       {Letters: "B", Serial: "12345"},
		"ask missing_letter":         {Province: "苏", Letters: "EU", Serial: "12345"},
		"ask too_short":              {Province: "苏", Letters: "E", Serial: "1234"},
		"reject":                     {},
	} {
		if got := summary(p.Reading()); got != want {
			t.Errorf("%+v: %s, want %s", p.Serial, got, want)
		}
	}
}

func TestKnownParts(t *testing.T) {
	for text, want := range map[string]plate.Parts{
		"沪C12345": {Province: "沪", Letters: "C", Serial: "12345"},
		"护C12345": {Province: "沪", Letters: "C", Serial: "12345"},
		"京12345":  {Province: "京", Serial: "12345"},
		"苏州12345": {Province: "苏", Letters: "EU", Serial: "12345"},
		"B12345":  {Letters: "B", Serial: "12345"},
		"KA12345": {Letters: "K", Serial: "A12345"},
		"12345":   {Serial: "12345"},
		"沪C1234":  {Province: "沪", Letters: "C", Serial: "1234"},
		"沪C":      {Province: "沪", Letters: "C"},
		"苏州":      {Province: "苏", Letters: "EU"},
	} {
		if got := plate.Parse(text).Parts; got != want {
			t.Errorf("%s: province %q, letters %q, serial %q", text, got.Province, got.Letters, got.Serial)
		}
	}
}

func TestNothingPrintsAWholePlate(t *testing.T) {
	r := plate.Parse("沪C12345")
	m := plate.Find(plate.Fold("沪C12345"))[0]
	for _, s := range []string{
		fmt.Sprint(r), fmt.Sprintf("%+v", r), fmt.Sprint(m), fmt.Sprintf("%+v", m), fmt.Sprint(r.Parts), fmt.Sprint([]plate.Match{m}),
	} {
		if strings.Contains(s, "12345") || !strings.Contains(s, "沪C") {
			t.Errorf("prints as %s", s)
		}
	}
	for in, want := range map[string]string{"沪C12345": "沪C1**45", "粤BD12345": "粤BD***45", "12345": "*****", "": ""} {
		if got := plate.Mask(in); got != want {
			t.Errorf("Mask(%s) = %s, want %s", in, got, want)
		}
	}
}
