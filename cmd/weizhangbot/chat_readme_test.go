package main

import (
	"regexp"
	"strings"
	"testing"
)

// The conversation of the README is what the bot says. Where the README has …, it
// leaves something out.
func TestReadmeShowsTheChat(t *testing.T) {
	t.Parallel()
	shown := fenced(t, "text", "weizhangbot chat")
	var says, want []string
	for _, line := range lastingLines(shown) {
		if said, ok := strings.CutPrefix(line, "> "); ok {
			says = append(says, said)
		} else if !strings.HasPrefix(line, "$ ") {
			want = append(want, line)
		}
	}
	var out, told strings.Builder
	if code := run(t.Context(), []string{"chat"}, nil, strings.NewReader(strings.Join(says, "\n")+"\n"), &out, &told); code != exitFine {
		t.Fatalf("%d %s", code, &told)
	}
	got := lastingLines(out.String())
	left := false
	for _, line := range want {
		if left = left || line == "…"; line == "…" {
			continue
		}
		for left && len(got) > 0 && got[0] != line {
			got = got[1:]
		}
		if left = false; len(got) == 0 || got[0] != line {
			t.Fatalf("the README shows %q, and the bot says %q", line, got)
		}
		got = got[1:]
	}
	if len(says) < 5 || len(got) > 0 {
		t.Errorf("%d messages; the bot says more: %q", len(says), got)
	}
}

// lastingLines are the lines of a conversation that are the same on any day, with
// or without a terminal, which shows the notice when it begins.
func lastingLines(text string) (lines []string) {
	for line := range strings.Lines(regexp.MustCompile(`\d+月\d+日 \d\d:\d\d`).ReplaceAllString(text, "")) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "（可回复：") && !strings.HasPrefix(line, "车牌和号码只用于") {
			lines = append(lines, line)
		}
	}
	return lines
}
