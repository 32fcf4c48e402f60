package bot

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// A sentence takes the same arguments in every language.
func TestLanguagesTakeTheSameArguments(t *testing.T) {
	for k := range chinese {
		want := arguments(chinese[k])
		for lang, words := range catalogue {
			if got := arguments(words[k]); !slices.Equal(got, want) {
				t.Errorf("%s: %q takes %v, in Chinese %v", lang, k, got, want)
			}
		}
	}
}

var argument = regexp.MustCompile(`%\[(\d+)\]`)

// arguments are the numbers of a sentence's arguments, each once, in order.
func arguments(sentence string) []string {
	var numbers []string
	for _, m := range argument.FindAllStringSubmatch(sentence, -1) {
		numbers = append(numbers, m[1])
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// English holds Chinese terms, but no Chinese punctuation, and no blank sentence.
func TestEnglishIsSetInEnglish(t *testing.T) {
	for k, s := range catalogue[English] {
		if i := strings.IndexAny(s, "，。、：；？！（）「」『』《》【】％～\u3000"); i >= 0 {
			t.Errorf("%q has Chinese punctuation: %s", k, s[i:])
		}
		if (s == "") != (catalogue[Chinese][k] == "" || k == "unit.points") {
			t.Errorf("%q: %q", k, s)
		}
	}
}

// What English replies put in quotes can be typed as it stands.
func TestQuotedWordsAreUnderstood(t *testing.T) {
	quoted := regexp.MustCompile(`“([^”]+)”`)
	for k, s := range catalogue[English] {
		if n := strings.Count(s, "“"); n != strings.Count(s, "”") || n != len(quoted.FindAllString(s, -1)) {
			t.Errorf("%q: a quote is not closed: %s", k, s)
		}
		for _, m := range quoted.FindAllStringSubmatch(s, -1) {
			if strings.HasPrefix(m[1], "%[") { // what the person typed
				continue
			}
			if nlu.Read(m[1], nlu.Open{}).Intent == nlu.Unknown && !ownWord(m[1]) {
				t.Errorf("%q tells to send %q, which is not understood", k, m[1])
			}
		}
	}
}

// What can be tapped means the same in every language, where it is offered.
func TestTapsAreUnderstood(t *testing.T) {
	confirm := nlu.Open{Question: nlu.ConfirmQuery, Engine: nlu.Unwanted, VIN: nlu.Unwanted}
	digits := nlu.Open{Question: nlu.AskDigits, Plate: "沪C12345", Engine: 6, VIN: 6}
	shown := nlu.Open{Question: nlu.ResultShown, Engine: nlu.Unwanted, VIN: nlu.Unwanted}
	type meaning struct {
		open   nlu.Open
		intent nlu.Intent
		act    nlu.Act
	}
	taps := map[key]meaning{
		"tap.yes": {confirm, nlu.Confirm, ""}, "tap.no": {confirm, nlu.Deny, ""},
		"tap.cancel": {digits, nlu.Cancel, ""}, "tap.back": {digits, nlu.Correct, nlu.Back},
		"tap.refresh": {shown, nlu.Query, nlu.Again}, "tap.save": {shown, nlu.Subscribe, ""},
		"tap.next": {shown, nlu.Query, nlu.NextPage}, "tap.prev": {shown, nlu.Query, nlu.PrevPage},
		"tap.query": {shown, nlu.Query, ""}, "tap.cars": {shown, nlu.ListVehicles, ""},
		"tap.help": {shown, nlu.Help, ""}, "tap.privacy": {shown, nlu.Help, nlu.Privacy},
		"tap.invite": {shown, nlu.Subscribe, nlu.Invite}, "send.invite": {shown, nlu.Subscribe, nlu.Invite},
		"tap.drop": {shown, nlu.Unsubscribe, ""},
		"send.nth": {shown, nlu.Query, ""}, "send.drop": {shown, nlu.Unsubscribe, ""},
	}
	for lang, words := range catalogue {
		for k, want := range taps {
			r := nlu.Read(lang.tapped(k), want.open)
			if r.Intent != want.intent || r.Act != want.act {
				t.Errorf("%s: %q is read as %s %s", lang, lang.tapped(k), r.Intent, r.Act)
			}
			if k == "send.nth" && r.Ref != 2 || (k == "send.drop" || k == "send.invite") && len(r.Vehicles) != 1 {
				t.Errorf("%s: %q points at %d, %v", lang, lang.tapped(k), r.Ref, r.Vehicles)
			}
		}
		for k := range words {
			if strings.HasPrefix(string(k), "tap.") && !ownWord(lang.say(k)) && nlu.Read(lang.tapped(k), digits).Intent == nlu.Unknown {
				t.Errorf("%s: %q is not understood", lang, lang.tapped(k))
			}
		}
	}
}

// ownWord tells whether the dialogue reads text itself, without package nlu.
func ownWord(text string) bool {
	return isSaid(text, "tap.result") || isSaid(text, "tap.mend") || begins(text, "tap.detail") || begins(text, "tap.unshare")
}

// tapped is what a tap sends, with an argument if it takes one.
func (l Lang) tapped(k key) string {
	switch k {
	case "tap.nth", "send.nth":
		return l.say(k, 2)
	case "send.drop", "send.invite", "send.keep", "send.unshare":
		return l.say(k, "沪C12345")
	}
	return l.say(k)
}

func TestResultIsAskedForInAnyLanguage(t *testing.T) {
	for text, want := range map[string]bool{"结果": true, "result": true, " Result\n": true, "results": false, "": false} {
		if got := isSaid(text, "tap.result"); got != want {
			t.Errorf("isSaid(%q) = %v", text, got)
		}
	}
}

// A language that is not known is answered in Chinese, in every respect.
func TestUnknownLanguage(t *testing.T) {
	if l := Lang("tlh"); l.say("and") != "、" || !l.has("help.price") || UserText(l, Broken) != UserText(Chinese, Broken) {
		t.Errorf("%q speaks neither its own language nor Chinese", l)
	}
}

// The month is written as the language writes it.
func TestReportInEnglish(t *testing.T) {
	at := time.Date(2026, 11, 3, 9, 5, 0, 0, China)
	fine, points := 20000, 3
	r := Report{
		Vehicle: Vehicle{Plate: "沪C12345", Type: "02"}, City: "上海", At: at,
		Violations: []Violation{{At: at, Place: "延安路", Act: "闯红灯", Fine: &fine, Points: &points, State: Open}},
	}
	const want = "沪C12345 · 上海 · small car\n" +
		"Violations: 1 (1 open)\n" +
		"Fines to pay: 200 yuan\n" +
		"Penalty points to come: 3\n\n" +
		"1. 2026-11-03 09:05 延安路\n" +
		"闯红灯\n" +
		"Fine: 200 yuan · Points: 3 · Open\n\n" +
		"Checked: 3 November, 09:05 (2 h ago)\n" +
		"Data may lag behind; the record of the traffic police (交管12123) is what counts."
	if got := r.Text(English, at.Add(2*time.Hour)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
