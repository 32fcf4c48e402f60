package plate_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

type corpusLine struct {
	Input      string       `json:"input"`
	Action     plate.Action `json:"action"`
	Normalized string       `json:"normalized"`
	Kind       plate.Kind   `json:"kind"`
	HPZL       string       `json:"hpzl"`
	Province   string       `json:"province"`
	Prefix     string       `json:"prefix"`
	Candidates []string     `json:"candidates"`
	Note       string       `json:"note"`
}

func readCorpus[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var lines []T
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var line T
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatalf("%s:%d: %v", path, len(lines)+1, err)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestCorpus reads every line of the corpora and wants the action, the plate
// and the type code exactly.
func TestCorpus(t *testing.T) {
	for _, c := range []struct {
		path string
		want float64
	}{
		{"testdata/plates.jsonl", 0.97},
		{"testdata/more.jsonl", 0.98},
	} {
		t.Run(c.path, func(t *testing.T) {
			lines := readCorpus[corpusLine](t, c.path)
			right := 0
			for _, want := range lines {
				got := plate.Parse(want.Input)
				if got.Action == want.Action && got.Normalized == want.Normalized && got.HPZL == want.HPZL {
					right++
				} else {
					t.Logf("%q: got %s %q %s (%s), want %s %q %s (%s)", want.Input,
						got.Action, got.Normalized, got.HPZL, got.Note, want.Action, want.Normalized, want.HPZL, want.Note)
					continue
				}
				if got.Kind != want.Kind || got.Province != want.Province || got.Prefix != want.Prefix {
					t.Logf("%q: %+v, want %+v", want.Input, got, want)
				}
			}
			score := float64(right) / float64(len(lines))
			t.Logf("%d of %d exact (%.1f %%)", right, len(lines), 100*score)
			if score < c.want {
				t.Errorf("%.3f exact, want at least %.2f", score, c.want)
			}
		})
	}
}
