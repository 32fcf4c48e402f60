package bot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

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
		for _, n := range NoticeKinds() {
			if n != NoticeNews { // whose sentences are several
				keys = append(keys, noticeKey(n))
			}
		}
		for _, a := range Alarms() {
			keys = append(keys, alarmKey(a))
		}
		for _, s := range []BroadcastState{BroadcastRunning, BroadcastSent, BroadcastStopped} {
			keys = append(keys, key("broadcast.is."+string(s)))
		}
		for _, h := range heldKinds() {
			for _, what := range []string{"", ".why", ".until"} {
				keys = append(keys, key("held."+string(h)+what))
			}
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
	for _, family := range []string{"error.", "help.", "plate.", "guess.", "kind.", "type.", "state.", "got.", "cut.", "short.", "engine.", "vin.", "odd.", "command.", "notice.", "alarm.", "pause.", "refused.", "held.", "broadcast.is.", "channel."} {
		if strings.HasPrefix(k, family) {
			return true
		}
	}
	return false
}

func looksLikeKey(s string) bool {
	head, _, _ := strings.Cut(s, ".")
	for k := range catalogue[Chinese] {
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

// A failure's sentence stands alone: UserText has nothing to put into it.
func TestFailuresTakeNoArguments(t *testing.T) {
	for lang := range catalogue {
		for _, k := range Kinds() {
			if s := UserText(lang, k); s == "" || strings.Contains(s, "%") {
				t.Errorf("%s: %s: %q", lang, k, s)
			}
		}
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

func TestYuan(t *testing.T) {
	for fen, want := range map[int]string{20000: "200", 1250: "12.50", 5: "0.05", 0: "0"} {
		if got := yuan(fen); got != want {
			t.Errorf("yuan(%d) = %q, want %q", fen, got, want)
		}
	}
}
