package bot

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// NoticeVersion is the version of the privacy notice that people are shown and
// under which vehicles are kept.
const NoticeVersion = 1

// Lang is the language of the person's client.
type Lang string

// Chinese is the language everything is said in.
const Chinese Lang = "zh"

// A key names one sentence of the catalogue.
type key string

// words are the sentences of a language. Arguments are numbered, so that a
// translation may put them in another order.
type words map[key]string

// catalogue holds every sentence that people read.
var catalogue = map[Lang]words{Chinese: chinese}

// say is the sentence k with its arguments. Values that come from outside are
// arguments, never part of a format.
func (l Lang) say(k key, args ...any) string {
	w, ok := catalogue[l]
	if !ok {
		w = chinese
	}
	if len(args) == 0 {
		return w[k]
	}
	return fmt.Sprintf(w[k], args...)
}

// A Text names a sentence that adapters say by themselves.
type Text string

// The sentences of adapters.
const (
	TextPending Text = "adapter.pending" // a query takes its time
	TextFetch   Text = "adapter.fetch"   // how to get an answer that nobody can push; with WordResult to tap
	TextGroup   Text = "adapter.group"   // nothing private in a group
	TextPrivate Text = "adapter.private" // the button that leads from there to the private chat
	TextStale   Text = "adapter.stale"   // a button that no longer means anything
	TextNoOCR   Text = "odd.picture"     // what to type instead of a photo
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
	_, ok := catalogue[l][k]
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
