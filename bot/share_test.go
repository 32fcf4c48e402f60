package bot

import (
	"strings"
	"testing"
)

// Every refusal has its sentence, and each is told as it is.
func TestRefusals(t *testing.T) {
	for lang := range catalogue {
		for _, r := range Refusals() {
			if !lang.has(refusalKey(r)) {
				t.Errorf("%s: no sentence for %q", lang, r)
			}
			c := newTalk(t, 6, NotNeeded)
			c.s.Lang, c.refuse = lang, r
			c.hears(Accepted{At: noon, Why: r})
			if got := c.hears(Accepted{At: noon, Why: r}); !strings.Contains(got, lang.say(refusalKey(r))) || len(c.garage) > 0 {
				t.Errorf("%s: %s: %q", lang, r, got)
			}
		}
	}
}

func TestPausesHaveSentences(t *testing.T) {
	for lang := range catalogue {
		for _, p := range []Pause{WrongDigits, LacksDigits, OwnerMissing} {
			if !lang.has(key("pause." + string(p))) {
				t.Errorf("%s: no sentence for %q", lang, p)
			}
		}
	}
}

func TestCodeWithoutAWord(t *testing.T) {
	for text, want := range map[string]string{
		"K7M2-9QXP": "K7M29QXP", "K7M29QXP": "", "K7M2-9QX": "", "K7O2-9QXP": "", "": "", "-": "", "K7M2-9QXP-": "",
	} {
		if code, ok := codeOf(text); ok != (want != "") || ok && code != want {
			t.Errorf("codeOf(%q) = %q, %v", text, code, ok)
		}
	}
	c := newTalk(t, 6, NotNeeded)
	if got := c.says("K7M2-9QXP"); !strings.Contains(got, "已加入") {
		t.Errorf("a code alone: %q", got)
	}
	c = newTalk(t, 6, NotNeeded)
	c.says("苏E12345")
	if got := c.says("K7M2-9QXP"); strings.Contains(got, "已加入") || len(c.sent) != 1 {
		t.Errorf("an engine number: %q, sent %v", got, c.sent)
	}
}

func TestCodesAreMadeOfTheirLetters(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		code := newCode()
		if _, ok := codeOf(spaced(code)); !ok || seen[code] {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
	}
}
