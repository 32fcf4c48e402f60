package bot

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// RecordAsJSON is a stored record as a text that tests can read and change: the
// layout of before, which is read as well.
func RecordAsJSON(stored []byte) []byte {
	if stored == nil {
		return nil
	}
	r, err := readRecord(stored)
	if err != nil {
		return nil
	}
	for i := range r.Turns {
		r.Turns[i].unfold()
	}
	b, _ := json.Marshal(r) // what a record holds can be written
	return b
}

// filled sets every exported field below v to something, different ones to
// different things.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString("字" + strings.Repeat("x", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n)) //nolint:gosec // counts up
	case reflect.Uint8:
		v.SetUint(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(*n))))
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Tag.Get("json") != "-" {
				filled(v.Field(i), n)
			}
		}
	default:
		panic("a field of kind " + v.Kind().String())
	}
}

func written(r *record) []byte {
	s := scribe{out: []byte{layoutMark}}
	r.fields(&s)
	return s.out
}

var sameRecord = cmp.Options{
	cmp.AllowUnexported(record{}, turn{}, Notice{}), cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty(),
}

// A field that nobody listed would be lost at the next message.
func TestEveryFieldIsStored(t *testing.T) {
	var r record
	n := 0
	filled(reflect.ValueOf(&r).Elem(), &n)
	again, err := parseRecord(written(&r))
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Turns {
		again.Turns[i].unfold()
	}
	if diff := cmp.Diff(&r, again, sameRecord); diff != "" {
		t.Errorf("lost:\n%s", diff)
	}
}

// What a later version adds stays, and what nobody wrote is refused.
func TestLaterFieldsStay(t *testing.T) {
	r := &record{Version: recordVersion, Seen: noon, Session: Session{Version: sessionVersion, Seen: noon, Ask: nlu.AskDigits}}
	raw := written(r)
	raw = append(raw, 40<<1|kindNumber, 6, 41<<1|kindBytes, 3, 'a', 'b', 'c')
	again, err := parseRecord(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := written(again); string(got) != string(raw) {
		t.Errorf("%q\n%q", got, raw)
	}
	for name, tail := range map[string]string{
		"cut off": "\x51\x05ab", "out of order": "\x07\x00", "no number": "\x01\x00", "no end": "\x50\xff", "a long number": "\x50\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		if _, err := parseRecord(append(written(r), tail...)); !errors.Is(err, errLayout) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is stored in fewer bytes reads as it was, whatever it is.
func TestWhatIsStoredShorter(t *testing.T) {
	const id = "c4692972c40f701933a84abe5347977b"
	for _, trace := range []string{"", id, strings.ToUpper(id), "00-" + id + "-00f067aa0ba902b7-01", id[1:], "z" + id[1:]} {
		for _, o := range []Option{{}, {Label: "取消", Send: "取消"}, {Label: "第 1 辆", Send: "看第1辆"}, {Label: "取消"}, {Send: "取消"}} {
			r := &record{Version: recordVersion, Turns: []turn{{Key: "k", Trace: trace, Replies: []Reply{{Text: "好", Options: []Option{o}}}, beyond: "\x12\x02"}}}
			again, err := parseRecord(written(r))
			if err != nil {
				t.Fatal(err)
			}
			again.Turns[0].unfold()
			if diff := cmp.Diff(r, again, sameRecord); diff != "" {
				t.Errorf("%q, %+v:\n%s", trace, o, diff)
			}
		}
	}
}

// What an earlier version stored at length is read.
func TestStoredAtLength(t *testing.T) {
	s := scribe{}
	label, trace := "取消", "c4692972c40f701933a84abe5347977b"
	text(&s, 1, &label)
	text(&s, 2, &label)
	var o Option
	if (&scribe{reads: true}).read(string(s.out), &o); o != (Option{Label: label, Send: label}) {
		t.Errorf("%+v", o)
	}
	s.out = nil
	text(&s, 6, &trace)
	var got turn
	if (&scribe{reads: true}).read(string(s.out), &got); got.Trace != trace {
		t.Errorf("%+v", got)
	}
}

// A session that cannot be read costs the conversation and nothing else.
func TestSessionThatCannotBeRead(t *testing.T) {
	s := scribe{out: []byte{layoutMark}}
	broken := "\x03"
	text(&s, 2, &broken)
	rest := &record{Garage: []Saved{{Name: "老婆的车"}}}
	parts(&s, 3, &rest.Garage)
	r, err := readRecord(s.out)
	if err != nil || r.Session.Version != 0 || len(r.Garage) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func BenchmarkRecord(b *testing.B) {
	r := &record{Version: recordVersion, Seen: noon, Session: Session{Version: sessionVersion, Seen: noon, Lang: Chinese}, Keys: make([]uint64, keptKeys)}
	for _, key := range []string{"1", "2", "3", "4"} {
		t := r.add("zS6Wl6B5nVvNnpCwVdKq0"+key, noon)
		t.Taken, t.Trace = itself, "c4692972c40f701933a84abe5347977b"
		t.Replies = []Reply{{Text: Sentence(Chinese, TextPending), Options: []Option{{Label: "取消", Send: "取消"}, {Label: "上一步", Send: "上一步"}}}}
	}
	raw := written(r)
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := readRecord(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		s := scribe{}
		for b.Loop() {
			s.out = s.out[:0]
			r.fields(&s)
		}
	})
}
