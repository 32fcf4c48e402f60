package admin

import (
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"
)

// An Unread is a message that was not understood, masked.
type Unread struct {
	At   time.Time
	Text string
	Ctx  string // the question that was open, as parse reads it; "" none
}

// longestUnread is how many characters of one are kept.
const longestUnread = 80

// MaskText keeps the shape of a message and nothing of what it names: every
// digit is 0, also those in Chinese when three stand together, and letters are X
// unless they are a word in small ones. What it is cut to can be read by parse.
func MaskText(s string) string {
	r := []rune(strings.ToValidUTF8(s, "?"))
	if len(r) > longestUnread {
		r = append(r[:longestUnread], '…')
	}
	for i := 0; i < len(r); {
		if unicode.IsControl(r[i]) {
			r[i] = ' '
		}
		switch end := run(r, i, latin); {
		case end > i:
			maskLatin(r[i:end])
			i = end
		case numeral(r[i]):
			end = run(r, i, numeral)
			if end-i >= 3 {
				for ; i < end; i++ {
					r[i] = '零'
				}
			}
			i = end
		default:
			i++
		}
	}
	return string(r)
}

// run is the end of those from i on that are of a kind.
func run(r []rune, i int, kind func(rune) bool) int {
	for i < len(r) && kind(r[i]) {
		i++
	}
	return i
}

// latin is what plates, numbers, names of accounts and keys are written in; also
// digits of other scripts, circled ones and full-width letters.
func latin(c rune) bool {
	return c == '_' || c == '-' || unicode.IsNumber(c) && !numeral(c) || unicode.Is(unicode.Latin, c) ||
		unicode.Is(unicode.Greek, c) || unicode.Is(unicode.Cyrillic, c)
}

// numeral is a Chinese digit, also as it is spoken on the radio and written on
// cheques.
func numeral(c rune) bool {
	return strings.ContainsRune("〇零一二三四五六七八九十百两幺洞拐勾壹贰叁肆伍陆柒捌玖", c)
}

// maskLatin masks one word, unless it is one in small letters.
func maskLatin(word []rune) {
	plain := true
	for _, c := range word {
		plain = plain && c >= 'a' && c <= 'z'
	}
	if plain && len(word) > 1 && len(word) < 12 {
		return
	}
	for i, c := range word {
		switch {
		case unicode.IsNumber(c):
			word[i] = '0'
		case unicode.IsLetter(c):
			word[i] = 'X'
		}
	}
}

// A testLine is a line of bot/nlu/testdata, which parse takes as well: what should
// have been understood is put in where "unknown" and "" stand.
type testLine struct {
	Text   string `json:"text"`
	Ctx    string `json:"ctx,omitempty"` // for parse; the corpus reads the note
	Intent string `json:"intent"`
	Plate  string `json:"plate"`
	Type   string `json:"plate_type"`
	Engine string `json:"engine"`
	VIN    string `json:"vin"`
	Note   string `json:"note"`
}

// writeUnread writes lines for tests, oldest first.
func writeUnread(w io.Writer, all []Unread) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, u := range backwards(all) {
		line := testLine{Text: u.Text, Ctx: u.Ctx, Intent: "unknown"}
		if u.Ctx != "" {
			line.Note = "ctx=" + u.Ctx
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
