package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A Template is the template message that tells of new violations. Which one
// an account may use depends on its category, so all of it is configuration.
type Template struct {
	ID  string
	URL string // opened by a tap; "": none
	// Fields says what stands where: the template's field name (thing1,
	// car_number2) → plate, count, money, points, time, place, act or note.
	Fields map[string]string
}

// A fieldKind is a type of template field, which its name begins with. Values
// that break its rule are refused with 47003 (参数值限制说明), so they are cut
// or replaced before.
type fieldKind struct {
	name    string
	holds   []string // the sources that can stand there
	longest int      // characters
	letters func(rune) bool
	blank   blank
}

// A blank is how a kind of field says that a value is not known.
type blank int

const (
	byWord blank = iota // in words
	byDash              // by a dash
	byNone              // not at all: the field takes nothing but a real value
)

var (
	anySource = []string{"plate", "count", "money", "points", "time", "place", "act", "note"}
	wordy     = []string{"plate", "place", "act", "note"}
	counts    = []string{"count", "points", "money"}
)

// kinds of fields. const has only values that were registered with the
// template: the operator's, as a note.
var kinds = []fieldKind{
	{name: "thing", holds: anySource, longest: 20},
	{name: "short_thing", holds: wordy, longest: 5},
	{name: "character_string", holds: counts, longest: 32, letters: ascii, blank: byDash},
	{name: "number", holds: counts, longest: 32, letters: digit, blank: byNone},
	{name: "amount", holds: []string{"money"}, longest: 13, letters: digit, blank: byNone},
	{name: "time", holds: []string{"time"}, longest: 20, blank: byNone},
	{name: "date", holds: []string{"time"}, longest: 20, blank: byNone},
	{name: "car_number", holds: []string{"plate"}, longest: 8, blank: byNone},
	{name: "phrase", holds: []string{"note"}, longest: 5, letters: han},
	{name: "const", holds: []string{"note"}, longest: 20, blank: byNone},
}

func ascii(r rune) bool { return r > ' ' && r < 0x7f }
func digit(r rune) bool { return r >= '0' && r <= '9' || r == '.' }
func han(r rune) bool   { return unicode.Is(unicode.Han, r) }

// kindOf is the kind of a field by its name: thing1 is a thing.
func kindOf(name string) (fieldKind, bool) {
	base := strings.TrimRight(name, "0123456789")
	i := slices.IndexFunc(kinds, func(k fieldKind) bool { return k.name == base })
	if i < 0 || base == name {
		return fieldKind{}, false
	}
	return kinds[i], true
}

// check returns every fault of t.
func (t Template) check() error {
	var faults []error
	if t.ID != "" && len(t.Fields) == 0 {
		faults = append(faults, errors.New("wechat: template.fields: missing: name the template's fields and what stands in them"))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		source := t.Fields[name]
		kind, ok := kindOf(name)
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("wechat: template.fields.%s: no kind of field: a name such as thing1, car_number2, amount3, time4", name))
		case !slices.Contains(anySource, source):
			faults = append(faults, fmt.Errorf("wechat: template.fields.%s: %q is none of %s", name, source, strings.Join(anySource, ", ")))
		case !slices.Contains(kind.holds, source):
			faults = append(faults, fmt.Errorf("wechat: template.fields.%s: a field of this kind cannot hold %s, only %s", name, source, strings.Join(kind.holds, ", ")))
		}
	}
	return errors.Join(faults...)
}

// fit makes a value that WeChat accepts in a field of kind k: never empty, one
// line, of the right characters, not too long. ok is false where there is none:
// an unknown fine is not 0, and an amount takes no words.
func (k fieldKind) fit(value string) (fitted string, ok bool) {
	value = strings.Join(strings.Fields(clean(strings.ToValidUTF8(value, ""))), " ")
	if k.letters != nil {
		value = strings.Map(func(r rune) rune {
			if k.letters(r) {
				return r
			}
			return -1
		}, value)
	}
	switch {
	case value != "" && k.name == "amount":
		value = cut(value, k.longest-1) + bot.Sentence(bot.Chinese, textYuan)
	case value != "":
	case k.blank == byDash:
		value = "-"
	case k.blank == byNone:
		return "", false
	default:
		value = bot.Sentence(bot.Chinese, textUnknown)
	}
	return cut(value, k.longest), true
}

// cut is the first n characters; an ellipsis tells that there are more.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	if n <= 8 {
		return string(r[:n])
	}
	return string(r[:n-1]) + "…"
}

// short is an id of fixed length that is the same for the same text.
func short(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])[:maxClientID]
}
