package bot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// Every failure, question, plate kind and subject of help has a sentence.
func TestEverythingHasASentence(t *testing.T) {
	for lang := range catalogue {
		var keys []key
		for _, k := range Kinds() {
			keys = append(keys, kindKey(k))
		}
		for _, a := range []nlu.Act{
			nlu.WhereEngine, nlu.WhereVIN, nlu.LastN, nlu.NoDigits, nlu.Price, nlu.Delay, nlu.Handling,
			nlu.Elsewhere, nlu.Accuracy, nlu.Agent, nlu.Points, nlu.Human,
		} {
			keys = append(keys, helpKey(a))
		}
		for _, r := range []plate.Reason{
			plate.NoPlate, plate.MissingProvince, plate.MissingLetter, plate.TooShort, plate.TooLong, plate.BadLetter,
			plate.TooManyLetters, plate.BadSerial, plate.Masked, plate.NotEnergy, plate.TwoProvinces,
		} {
			keys = append(keys, reasonKey(r))
		}
		for _, k := range []plate.Kind{
			plate.Trailer, plate.Coach, plate.Police, plate.HongKong, plate.Macau, plate.Embassy, plate.Consulate,
			plate.Test, plate.SpecialVehicle, plate.Emergency, plate.ArmedPolice, plate.Military, plate.Agri,
			plate.CivilAviation, plate.Temp, plate.Motorcycle,
		} {
			keys = append(keys, plateKindKey(k))
		}
		for _, hpzl := range []string{"01", "02", "51", "52"} {
			keys = append(keys, key("type."+hpzl))
		}
		for _, s := range []State{StateUnknown, Open, Decided} {
			keys = append(keys, key("state."+strconv.Itoa(int(s))))
		}
		for _, k := range keys {
			if !lang.has(k) {
				t.Errorf("%s: no sentence for %q", lang, k)
			}
		}
	}
}

// Every key that the code names is in every catalogue, and every sentence of
// the catalogues is named by the code.
func TestCatalogueAndCodeAgree(t *testing.T) {
	named := literals(t)
	for lang, words := range catalogue {
		for k := range words {
			if !named[string(k)] && !composed(string(k)) {
				t.Errorf("%s: %q is never said", lang, k)
			}
		}
		for k := range catalogue[Chinese] {
			if !lang.has(k) {
				t.Errorf("%s: lacks %q", lang, k)
			}
		}
	}
	for k := range spoken(t) {
		if !Chinese.has(key(k)) {
			t.Errorf("%q is said, but has no sentence", k)
		}
	}
	for lit := range named {
		if strings.Contains(lit, ".") && looksLikeKey(lit) && !Chinese.has(key(lit)) {
			t.Errorf("the code says %q, which has no sentence", lit)
		}
	}
}

// composed tells whether k belongs to a family whose names the code builds.
func composed(k string) bool {
	for _, family := range []string{"error.", "help.", "plate.", "guess.", "kind.", "type.", "state.", "got.", "cut.", "short.", "engine.", "vin.", "odd."} {
		if strings.HasPrefix(k, family) {
			return true
		}
	}
	return false
}

func looksLikeKey(s string) bool {
	head, _, _ := strings.Cut(s, ".")
	for k := range chinese {
		if h, _, ok := strings.Cut(string(k), "."); ok && h == head {
			return !strings.HasSuffix(s, ".") && !strings.ContainsAny(s, " /")
		}
	}
	return false
}

// literals is every string literal of the package, catalogue and tests aside.
func literals(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	inspect(t, func(n ast.Node) { literal(n, found) })
	return found
}

// spoken is every literal that is handed to what says or offers a sentence.
func spoken(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	inspect(t, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		switch method.Sel.Name {
		case "say", "text":
			literal(call.Args[0], found)
		case "offer":
			for _, arg := range call.Args {
				literal(arg, found)
			}
		}
	})
	return found
}

// literal adds n to found if it is a string literal.
func literal(n ast.Node, found map[string]bool) {
	if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		if s, err := strconv.Unquote(lit.Value); err == nil {
			found[s] = true
		}
	}
}

// inspect visits the code of the package, catalogue and tests aside.
func inspect(t *testing.T, visit func(ast.Node)) {
	t.Helper()
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "text_") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			visit(n)
			return true
		})
	}
}

// No sentence shouts, and none shows a format fault.
func TestSentencesAreCalm(t *testing.T) {
	for lang, words := range catalogue {
		for k, s := range words {
			if strings.ContainsAny(s, "!！") {
				t.Errorf("%s: %q shouts", lang, k)
			}
			if strings.Contains(s, "%") && !strings.Contains(s, "%[") {
				t.Errorf("%s: %q has an argument without a number", lang, k)
			}
		}
	}
}

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
	for k, s := range english {
		if i := strings.IndexAny(s, "，。、：；？！（）「」『』《》【】％～\u3000"); i >= 0 {
			t.Errorf("%q has Chinese punctuation: %s", k, s[i:])
		}
		if (s == "") != (chinese[k] == "" || k == "unit.points") {
			t.Errorf("%q: %q", k, s)
		}
	}
}

// What English replies put in quotes can be typed as it stands.
func TestQuotedWordsAreUnderstood(t *testing.T) {
	quoted := regexp.MustCompile(`“([^”]+)”`)
	for k, s := range english {
		if n := strings.Count(s, "“"); n != strings.Count(s, "”") || n != len(quoted.FindAllString(s, -1)) {
			t.Errorf("%q: a quote is not closed: %s", k, s)
		}
		for _, m := range quoted.FindAllStringSubmatch(s, -1) {
			if nlu.Read(m[1], nlu.Open{}).Intent == nlu.Unknown && !isSaid(m[1], "tap.result") {
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
		"send.nth": {shown, nlu.Query, ""}, "send.drop": {shown, nlu.Unsubscribe, ""},
	}
	for lang, words := range catalogue {
		for k, want := range taps {
			r := nlu.Read(lang.tapped(k), want.open)
			if r.Intent != want.intent || r.Act != want.act {
				t.Errorf("%s: %q is read as %s %s", lang, lang.tapped(k), r.Intent, r.Act)
			}
			if k == "send.nth" && r.Ref != 2 || k == "send.drop" && len(r.Vehicles) != 1 {
				t.Errorf("%s: %q points at %d, %v", lang, lang.tapped(k), r.Ref, r.Vehicles)
			}
		}
		for k := range words {
			if strings.HasPrefix(string(k), "tap.") && k != "tap.result" && nlu.Read(lang.tapped(k), digits).Intent == nlu.Unknown {
				t.Errorf("%s: %q is not understood", lang, lang.tapped(k))
			}
		}
	}
}

// tapped is what a tap sends, with an argument if it takes one.
func (l Lang) tapped(k key) string {
	switch k {
	case "tap.nth", "send.nth":
		return l.say(k, 2)
	case "send.drop":
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

func TestYuan(t *testing.T) {
	for fen, want := range map[int]string{20000: "200", 1250: "12.50", 5: "0.05", 0: "0"} {
		if got := yuan(fen); got != want {
			t.Errorf("yuan(%d) = %q, want %q", fen, got, want)
		}
	}
}
