package nlu

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// FuzzRead holds for every message in every state: reading never panics, gives
// the same twice, fills fields with bounded letters and digits only, and keeps
// no phone or ID-card number.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"utterances.jsonl", "more.jsonl"} {
		for i, u := range corpus(f, name) {
			f.Add(u.Text, uint8(i))
		}
	}
	f.Add("发动机号 138 0013 8000", uint8(2))
	f.Add("叫它13800138000", uint8(0))
	f.Add("邀请码 K7M2-9QXP", uint8(2))
	f.Add("2020年5月上牌，年检到2026.5.31", uint8(0))
	f.Add("小白改名 a", uint8(7))
	f.Add("1 3 8 0 0 1 3 8 0 0 0", uint8(2))
	f.Add("幺三八零零幺三八零零零", uint8(2))
	f.Add("沪A12345 发动机一一零一零五一九四九一二三一零零二X", uint8(0))
	f.Fuzz(func(t *testing.T, text string, state uint8) {
		open := states[int(state)%len(states)]
		r := Read(text, open)
		if again := Read(text, open); !reflect.DeepEqual(r, again) {
			t.Fatalf("%q: %+v, then %+v", text, r, again)
		}
		if r.Intent == "" {
			t.Fatalf("%q: no intent", text)
		}
		for _, v := range append(r.Vehicles, Vehicle{Engine: r.Engine, VIN: r.VIN, Type: r.Type}) {
			for _, value := range []string{v.Engine, v.VIN} {
				checkValue(t, text, value)
			}
			if len(v.Type) > 2 {
				t.Fatalf("%q: type %q", text, v.Type)
			}
		}
		if r.Choice < 0 || r.Choice > len(open.Choices) || r.Ref < LastRef || r.Ref > 99 || len(r.Letter) > 1 {
			t.Fatalf("%q: %+v", text, r)
		}
		checkTold(t, text, r)
		if len(r.City)+len(r.Province)+len(r.Name) > 100 {
			t.Fatalf("%q: %q %q %q", text, r.City, r.Province, r.Name)
		}
	})
}

var (
	mobile   = regexp.MustCompile(`^(0086|86)?1[3-9][0-9]{9}$`)
	identity = regexp.MustCompile(`^[0-9]{17}[0-9X]$`)
)

func checkValue(t *testing.T, text, value string) {
	t.Helper()
	bare := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, value)
	if mobile.MatchString(bare) || identity.MatchString(bare) {
		t.Fatalf("%q: kept %q", text, value)
	}
	if len(value) > longestValue {
		t.Fatalf("%q: %d characters", text, len(value))
	}
	for _, r := range value {
		if !isAlnum(r) && r != '-' {
			t.Fatalf("%q: %q in %q", text, r, value)
		}
	}
}

// checkTold holds what is told of a saved car to its form.
func checkTold(t *testing.T, text string, r Reading) {
	t.Helper()
	for _, date := range []string{r.Registered, r.Until} {
		if _, err := time.Parse(time.DateOnly, date); date != "" && err != nil {
			t.Fatalf("%q: %q is no date", text, date)
		}
	}
	if r.Code != "" && (len(r.Code) != codeLength || strings.Trim(r.Code, codeAlphabet) != "") || r.Page < 0 || r.Page > 99 {
		t.Fatalf("%q: code %q, page %d", text, r.Code, r.Page)
	}
	if r.Act == Rename && (utf8.RuneCountInString(r.Name) > longestName || strings.ContainsFunc(r.Name, unicode.IsControl)) {
		t.Fatalf("%q: named %q", text, r.Name)
	}
}

// states are the questions that the fuzzer varies.
var states = []Open{
	{Engine: Unwanted, VIN: Unwanted},
	{Question: AskPlate, Engine: Unwanted, VIN: Unwanted},
	{Question: AskDigits, Engine: 6, VIN: Unwanted},
	{Question: AskDigits, Engine: Unwanted, VIN: Whole},
	{Question: AskDigits, Engine: 6, VIN: 6},
	{Question: ConfirmPlate, Engine: Unwanted, VIN: Unwanted, Plate: "京A12345"},
	{Question: ChooseOne, Engine: Unwanted, VIN: Unwanted, Choices: []string{"津A12345", "晋A12345"}},
	{Names: []string{"老婆的车", "", "小白", "a"}}, {Question: Push, Names: []string{"退订", "沪"}},
	{Question: AskCity}, {Question: AskCityLetter}, {Question: AskType}, {Question: ResultShown}, {Question: Push}, {Question: ConfirmMenu},
}

// A message that is far too long is read to its limit, and that is said.
func TestReadCutsLongMessages(t *testing.T) {
	r := Read("查违章 沪C12345 "+strings.Repeat("谢谢您，", 20000), Open{})
	if r.Intent != Query || len(r.Vehicles) != 1 || r.Vehicles[0].Plate.Normalized != "沪C12345" || r.Note == "" {
		t.Errorf("%+v", r)
	}
	if many := Read(strings.Repeat("沪C12345 123456\n", plate.MaxRunes), Open{}); len(many.Vehicles) != 1 {
		t.Errorf("%d vehicles of one plate", len(many.Vehicles))
	}
}
