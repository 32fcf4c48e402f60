package nlu

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// An utterance is a line of the corpora.
type utterance struct {
	Text   string `json:"text"`
	Intent Intent `json:"intent"`
	Plate  string `json:"plate"`
	Type   string `json:"plate_type"`
	Engine string `json:"engine"`
	VIN    string `json:"vin"`
	Note   string `json:"note"`
}

// token returns a token of the note: the text behind name= up to a blank, ; or
// : outside brackets.
func (u utterance) token(name string) (string, bool) {
	_, rest, ok := strings.Cut(" "+u.Note, " "+name+"=")
	if !ok {
		return "", false
	}
	depth := 0
	end := strings.IndexFunc(rest, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ' ', ';', ':':
			return depth == 0
		}
		return false
	})
	if end >= 0 {
		rest = rest[:end]
	}
	return rest, true
}

// opens are the questions that may be open: "or" stands between two.
func (u utterance) opens(t testing.TB) []Open {
	word, ok := u.token("ctx")
	if !ok {
		return []Open{{Engine: Unwanted, VIN: Unwanted}}
	}
	_, after, _ := strings.Cut(u.Note, "ctx="+word)
	words := []string{word}
	if next, ok := strings.CutPrefix(after, " or "); ok {
		words = append(words, strings.FieldsFunc(next, func(r rune) bool { return r == ' ' || r == ';' })[0])
	} else if next, ok := strings.CutPrefix(after, " "); ok && word == "confirm_plate" {
		words[0] += " " + strings.FieldsFunc(next, func(r rune) bool { return r == ' ' || r == ';' })[0]
	}
	opens := make([]Open, len(words))
	for i, w := range words {
		open, err := ParseOpen(w)
		if err != nil {
			t.Fatalf("%s: %v", u.Text, err)
		}
		opens[i] = open
	}
	return opens
}

// details are the vehicles of a multi= token.
func (u utterance) details() []Slots {
	list, ok := u.token("multi")
	if !ok {
		return nil
	}
	var all []Slots
	for one := range strings.SplitSeq(list, "|") {
		plate, more, _ := strings.Cut(strings.TrimSuffix(one, ")"), "(")
		s := Slots{Plate: plate}
		for part := range strings.SplitSeq(more, ", ") {
			name, value, _ := strings.Cut(part, " ")
			switch name {
			case "engine":
				s.Engine = value
			case "vin":
				s.VIN = value
			}
		}
		all = append(all, s)
	}
	return all
}

// wrong lists the slots of r that are not as the corpus has them.
func (u utterance) wrong(r Reading) []string {
	var bad []string
	check := func(name, got, want string) {
		if got != want {
			bad = append(bad, name+"="+got+" want "+want)
		}
	}
	s := r.Slots(u.Text)
	check("plate", s.Plate, u.Plate)
	check("type", s.Type, u.Type)
	check("engine", s.Engine, u.Engine)
	check("vin", s.VIN, u.VIN)
	if multi := u.details(); multi != nil {
		want := make([]string, len(multi))
		for i, m := range multi {
			want[i] = m.Plate
			if i > 0 && i < len(r.Vehicles) && (m.Engine != "" || m.VIN != "") {
				check(m.Plate+".engine", r.Vehicles[i].Engine, m.Engine)
				check(m.Plate+".vin", r.Vehicles[i].VIN, m.VIN)
			}
		}
		check("plates", strings.Join(s.Plates, "|"), strings.Join(want, "|"))
	}
	if ref, ok := u.token("ref"); ok {
		want := map[string]int{"last": LastRef, "1": 1, "2": 2, "3": 3}[ref]
		if r.Ref != want {
			bad = append(bad, "ref want "+ref)
		}
	}
	if city, ok := u.token("city"); ok {
		check("city", r.City, city)
	}
	if province, ok := u.token("province"); ok {
		check("province", r.Province, province)
	}
	return bad
}

func corpus(t testing.TB, name string) []utterance {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []utterance
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var u utterance
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		all = append(all, u)
	}
	return all
}

func TestCorpus(t *testing.T) {
	for _, c := range []struct {
		file           string
		intents, slots float64 // least share that is right
	}{
		{"utterances.jsonl", 0.97, 0.95},
		{"more.jsonl", 0.97, 0.97},
	} {
		t.Run(c.file, func(t *testing.T) {
			all := corpus(t, c.file)
			intents, slots := 0, 0
			for _, u := range all {
				intentRight, slotsRight := true, true
				for _, open := range u.opens(t) {
					r := Read(u.Text, open)
					if r.Intent != u.Intent {
						intentRight = false
						t.Logf("%q (%s): %s/%s, want %s", u.Text, u.Note, r.Intent, r.Act, u.Intent)
					}
					if bad := u.wrong(r); len(bad) > 0 {
						slotsRight = false
						t.Logf("%q (%s): %s", u.Text, u.Note, strings.Join(bad, ", "))
					}
				}
				if intentRight {
					intents++
				}
				if slotsRight {
					slots++
				}
			}
			share := func(n int) float64 { return float64(n) / float64(len(all)) }
			t.Logf("%d messages: intents %.2f %%, slots %.2f %%", len(all), 100*share(intents), 100*share(slots))
			if share(intents) < c.intents || share(slots) < c.slots {
				t.Errorf("intents %.3f, want %.3f; slots %.3f, want %.3f", share(intents), c.intents, share(slots), c.slots)
			}
		})
	}
}

// The corpora name every intent, or the scores say little.
func TestCorpusCoversEveryIntent(t *testing.T) {
	seen := map[Intent]int{}
	for _, u := range corpus(t, "more.jsonl") {
		seen[u.Intent]++
	}
	for _, want := range []Intent{Query, ProvideInfo, Correct, Confirm, Deny, Cancel, Help, Cities, Subscribe, Unsubscribe,
		ListVehicles, DeleteVehicle, ForgetMe, Smalltalk, Unknown} {
		if seen[want] < 10 {
			t.Errorf("%s: %d messages", want, seen[want])
		}
	}
	if len(seen) != 15 {
		t.Errorf("unknown intents in the corpus: %v", slices.Collect(func(yield func(Intent) bool) {
			for i := range seen {
				if !yield(i) {
					return
				}
			}
		}))
	}
}
