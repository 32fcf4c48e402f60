package nlu

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// names of the kinds, for tests.
var kindNames = map[kind]string{
	word: "word", tail: "tail", ordinal: "ordinal", measured: "measured", numberPlate: "plate", value: "value", latin: "latin", han: "han",
	location: "place", emoji: "emoji", holder: "holder", markup: "markup", command: "command", private: "private", newline: "newline",
}

// tokens spells the tokens of a message, blanks and punctuation left out.
func tokens(text string, open Open) string {
	s := scan(plate.Fold(text), open)
	var out []string
	for _, t := range s.tokens {
		if t.kind != space && t.kind != punct {
			out = append(out, kindNames[t.kind]+":"+string(s.text[t.start:t.end]))
		}
	}
	return strings.Join(out, " ")
}

func TestScan(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"longest phrase", "取消订阅", "word:取消订阅"},
		{"traditional characters", "車架號在邊度", "word:车架号 han:在 word:边度"},
		{"label glued to its value", "发动机号ab1234车架号654321", "word:发动机号 value:AB1234 word:车架号 value:654321"},
		{"label with a tail", "发动机后6位是123456", "word:发动机 tail:后6位 word:是 value:123456"},
		{"tail in words", "车架号最后四位数 1635", "word:车架号 tail:最后四位数 value:1635"},
		{"English label", "engine no. 4B12345", "word:ENGINE NO. value:4B12345"},
		{"English words are whole", "vintage searching", "latin:VINTAGE latin:SEARCHING"},
		{"label before digits", "vin654321", "word:VIN value:654321"},
		{"hyphen inside", "L15B7-1234567", "value:L15B7-1234567"},
		{"the end of a label begins no plate", "发动机A12345", "word:发动机 value:A12345"},
		{"plate and number behind it", "沪A12345 A12345", "plate:沪A12345 value:A12345"},
		{"date", "2026-04-02 18:05", "measured:2026-04-02 measured:18 word:: measured:05"},
		{"date with slashes", "2026/04/02", "measured:2026 measured:04 measured:02"},
		{"Chinese date", "4月2日18时", "measured:4 han:月 measured:2 han:日 measured:18 han:时"},
		{"amount", "200元", "measured:200 han:元"},
		{"service line", "12123", "word:12123"},
		{"parameter", "key=abc123", "markup:KEY word:= markup:ABC123"},
		{"address", "https://x.example/a1?b=2 好", "markup:HTTPS://X.EXAMPLE/A1?B=2 word:好"},
		{"markup", "<b>abc1</b>", "markup:<B> value:ABC1 markup:</B>"},
		{"ordinal", "第二辆", "ordinal:第二辆"},
		{"reference back", "刚才查的那个车", "ordinal:刚才查的那个车"},
		{"place", "苏州市", "place:苏州市"},
		{"command with a name", "/sub@WzBot 12", "command:/SUB markup:@WZBOT value:12"},
		{"no command inside a path", "a/help", "latin:A word:HELP"},
		{"WeChat emoticons", "[微笑]/::)", "emoji:[微笑] emoji:/::)"},
		{"platform's stand-in", "[图片]", "holder:[图片]"},
		{"phone number", "+86 138-0013-8000", "private:86 private:138-0013-8000"},
		{"phone number in groups", "138 0013 8000", "private:138 private:0013 private:8000"},
		{"ID card in groups", "110105 19491231 002X", "private:110105 private:19491231 private:002X"},
		{"groups of one", "1 2 3 4 5 6", "value:1 2 3 4 5 6"},
		{"dictation", "幺二三四五六", "value:幺二三四五六"},
		{"dictated letters", "诶比一二三四", "value:诶比一二三四"},
		{"few numerals are words", "一二三", "han:一 han:二 han:三"},
		{"laughter", "哈哈 hhhh", "word:哈哈 emoji:HHHH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tokens(tt.text, fresh); got != tt.want {
				t.Errorf("%s:\ngot  %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}

// Groups are one number when one number is asked for or named, else several.
func TestScanJoinsGroups(t *testing.T) {
	tests := []struct {
		text string
		open Open
		want string
	}{
		{"123 456", askEngine, "value:123 456"},
		{"123456 654321", askEngine, "value:123456 value:654321"},
		{"123 456", askBoth, "value:123 value:456"},
		{"发动机号 G4KD 123456", fresh, "word:发动机号 value:G4KD 123456"},
		{"发动机号 123456 654321", fresh, "word:发动机号 value:123456 value:654321"},
		{"LZZ TEST0 90A 123456", fresh, "value:LZZ TEST0 90A 123456"},
		{"a b c d", askEngine, "latin:A latin:B latin:C latin:D"},
	}
	for _, tt := range tests {
		if got := tokens(tt.text, tt.open); got != tt.want {
			t.Errorf("%s at %q:\ngot  %s\nwant %s", tt.text, tt.open.Question, got, tt.want)
		}
	}
}

// Every rune belongs to exactly one token.
func TestScanLosesNothing(t *testing.T) {
	for _, name := range []string{"utterances.jsonl", "more.jsonl"} {
		for _, u := range corpus(t, name) {
			s := scan(plate.Fold(u.Text), fresh)
			at := 0
			for _, token := range s.tokens {
				if token.start != at || token.end <= at {
					t.Fatalf("%q: token from %d to %d at %d", u.Text, token.start, token.end, at)
				}
				at = token.end
			}
			if at != len(s.text) {
				t.Fatalf("%q: %d of %d runes", u.Text, at, len(s.text))
			}
		}
	}
}

// A phrase with several meanings in the tables has them all; one that could
// never be found would be a mistake in the tables.
func TestLexicon(t *testing.T) {
	for first, list := range lexicon {
		for i, p := range list {
			if p.text[0] != first || i > 0 && len(p.text) > len(list[i-1].text) {
				t.Errorf("%s stands in the wrong place", string(p.text))
			}
			folded := simplify(plate.Fold(string(p.text)).Runes())
			if string(folded) != string(p.text) {
				t.Errorf("%s is never found: messages have %s", string(p.text), string(folded))
			}
		}
	}
	for key := range answerTable {
		if folded := string(simplify(plate.Fold(key).Runes())); folded != key {
			t.Errorf("answer %s is never found: messages have %s", key, folded)
		}
	}
}
