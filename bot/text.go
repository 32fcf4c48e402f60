package bot

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// Lang is the language of the person's client.
type Lang string

// The languages. Whoever's client speaks neither is better served in English;
// that is the adapter's to decide, as a Lang that is not known reads Chinese.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// A key names one sentence of the catalogue.
type key string

// words are the sentences of a language. Arguments are numbered, so that a
// translation may put them in another order.
type words map[key]string

// catalogue holds every sentence that people read.
var catalogue = map[Lang]words{Chinese: joined(chinese, chineseCars, chineseAdmin), English: joined(english, englishCars, englishAdmin)}

// languages are those that the catalogue has.
var languages = slices.Sorted(maps.Keys(catalogue))

// joined is one catalogue of several.
func joined(parts ...words) words {
	all := words{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	return all
}

// words is the catalogue of l.
func (l Lang) words() words {
	if w, ok := catalogue[l]; ok {
		return w
	}
	return catalogue[Chinese]
}

// say is the sentence k with its arguments. Values that come from outside are
// arguments, never part of a format.
func (l Lang) say(k key, args ...any) string {
	format := l.words()[k]
	if len(args) == 0 {
		return format
	}
	// A full-width bracket brings the blank behind it.
	return strings.ReplaceAll(fmt.Sprintf(format, args...), "） ", "）")
}

// isSaid tells whether text is the sentence k, in any language: a word that is
// no command of package nlu. Telephones write the first letter as a capital.
func isSaid(text string, k key) bool {
	text = strings.TrimSpace(text)
	for _, l := range languages {
		if strings.EqualFold(text, catalogue[l][k]) {
			return true
		}
	}
	return false
}

// begins tells whether text begins with the sentence k, in any language.
func begins(text string, k key) bool {
	text = strings.TrimSpace(text)
	for _, l := range languages {
		if w := catalogue[l][k]; len(text) >= len(w) && strings.EqualFold(text[:len(w)], w) {
			return true
		}
	}
	return false
}

// A Text names a sentence that adapters say by themselves.
type Text string

// The sentences of adapters.
const (
	TextPending Text = "adapter.pending" // a query takes its time
	TextFetch   Text = "adapter.fetch"   // how to get an answer that nobody can push; with WordResult to tap
	TextMore    Text = "adapter.more"    // the rest of an answer waits; with WordResult to tap
	TextGroup   Text = "adapter.group"   // nothing private in a group
	TextPrivate Text = "adapter.private" // the button that leads from there to the private chat
	TextStale   Text = "adapter.stale"   // a button that no longer means anything
	TextNoOCR   Text = "odd.picture"     // what to type instead of a photo
	TextNoFiles Text = "adapter.files"   // the platform carries no files
	TextBusy    Text = "adapter.busy"    // too many messages at once
	WordResult  Text = "tap.result"      // what a person sends to get a late answer
)

// Sentence is t in l.
func Sentence(l Lang, t Text) string { return l.say(key(t)) }

// UserText is the sentence for a failure; every Kind has one.
func UserText(l Lang, k Kind) string { return l.say(kindKey(k)) }

func kindKey(k Kind) key            { return key("error." + string(k)) }
func helpKey(a nlu.Act) key         { return key("help." + string(a)) }
func reasonKey(r plate.Reason) key  { return key("plate." + string(r)) }
func guessKey(r plate.Reason) key   { return key("guess." + string(r)) }
func plateKindKey(k plate.Kind) key { return key("kind." + string(k)) }

// typeName is how people call a plate type: 小型汽车.
func (l Lang) typeName(hpzl string) string { return l.say(key("type." + hpzl)) }

// has tells whether the catalogue holds k.
func (l Lang) has(k key) bool {
	_, ok := l.words()[k]
	return ok
}

// yuan writes 分 as yuan: 200, 12.50.
func yuan(fen int) string {
	if fen%100 == 0 {
		return strconv.Itoa(fen / 100)
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// list joins what is not empty.
func list(sep string, parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}
