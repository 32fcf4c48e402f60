package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

func TestQuestion(t *testing.T) {
	for _, tt := range []struct{ name, line, text, ctx string }{
		{"a message", "查违章", "查违章", ""},
		{"a message with its question", `{"text":"是","ctx":"confirm_plate"}`, "是", "confirm_plate"},
		{"with blanks round it", `  {"text": "123456", "ctx": "ask_engine6"} `, "123456", "ask_engine6"},
		{"without a question", `{"text":"你好"}`, "你好", ""},
		{"a message of nothing", `{"text":"","ctx":"ask_plate"}`, "", "ask_plate"},
		{"more than is known", `{"text":"是","ctx":"confirm","user":1}`, "是", "confirm"},
		{"only looks like JSON", `{no`, `{no`, ""},
		{"JSON that is no message", `{"ctx":"confirm"}`, `{"ctx":"confirm"}`, "confirm"},
		{"a list", `["是"]`, `["是"]`, ""},
		{"nothing", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, open, err := question(tt.line)
			want, wantErr := nlu.ParseOpen(tt.ctx)
			if text != tt.text || err != nil || wantErr != nil || open.Question != want.Question {
				t.Errorf("got %q, %+v, %v; want %q, %+v, %v", text, open, err, tt.text, want, wantErr)
			}
		})
	}
}

// What the corpora demand of the readers arrives at the end of a pipe: this is
// what others measure. The score itself is the readers' own matter.
func TestParsePrintsTheCorpus(t *testing.T) {
	want := readCorpus[struct{ Text, Intent, Note string }](t, root+"/bot/nlu/testdata/utterances.jsonl")
	var in strings.Builder
	open := regexp.MustCompile(`ctx=([^\s;:]+)`)
	for _, w := range want {
		ctx := ""
		if m := open.FindStringSubmatch(w.Note); m != nil {
			ctx = m[1]
		}
		b, err := json.Marshal(map[string]string{"text": w.Text, "ctx": ctx})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(b, '\n'))
	}
	got := runLines[nlu.Slots](t, "parse", in.String())
	if len(got) != len(want) {
		t.Fatalf("%d answers to %d lines", len(got), len(want))
	}
	right := 0
	for i := range want {
		if got[i].Text != want[i].Text {
			t.Errorf("line %d answers %q, want %q", i+1, got[i].Text, want[i].Text)
		}
		if string(got[i].Intent) == want[i].Intent {
			right++
		}
	}
	t.Logf("intents: %d of %d", right, len(want))
	if right*100 < len(want)*97 {
		t.Errorf("%d of %d intents, want 97 %%", right, len(want))
	}
}

func TestPlatePrintsTheCorpus(t *testing.T) {
	want := readCorpus[plateView](t, root+"/bot/plate/testdata/plates.jsonl")
	var in strings.Builder
	for _, w := range want {
		in.WriteString(strings.ReplaceAll(w.Input, "\n", " ") + "\n")
	}
	got := runLines[plateView](t, "plate", in.String())
	if len(got) != len(want) {
		t.Fatalf("%d answers to %d lines", len(got), len(want))
	}
	right := 0
	for i, w := range want {
		if g := got[i]; g.Action == w.Action && g.Normalized == w.Normalized && g.HPZL == w.HPZL {
			right++
		}
	}
	t.Logf("plates: %d of %d", right, len(want))
	if right*100 < len(want)*97 {
		t.Errorf("%d of %d plates, want 97 %%", right, len(want))
	}
}

func readCorpus[T any](t *testing.T, file string) []T {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return decodeLines[T](t, b)
}

// runLines runs a command that answers lines, and wants no complaint.
func runLines[T any](t *testing.T, command, stdin string) []T {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{command}, nil, strings.NewReader(stdin), &stdout, &stderr); code != exitFine || stderr.Len() > 0 {
		t.Fatalf("exit code %d, stderr %s", code, &stderr)
	}
	return decodeLines[T](t, stdout.Bytes())
}

func decodeLines[T any](t *testing.T, b []byte) []T {
	t.Helper()
	var all []T
	for line := range bytes.Lines(b) {
		var one T
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, one)
	}
	return all
}

// Whatever a line holds, both commands answer it with one object.
func FuzzLine(f *testing.F) {
	for _, s := range []string{"查违章 沪C12345", `{"text":"是","ctx":"confirm"}`, "{", "\xff", "粤B·D12345\u202e", strings.Repeat("沪", 70)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, long := range []bool{false, true} {
			l := line{strings.ToValidUTF8(s, "�"), long}
			for _, v := range []any{viewMessage(l), viewPlate(l)} {
				if b, err := json.Marshal(v); err != nil || bytes.Contains(b, []byte("null")) && !strings.Contains(s, "null") {
					t.Errorf("%q: %s, %v", s, b, err)
				}
			}
		}
	})
}
