package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// inspect opens the file of a program that has stopped, and tells what does not
// fit together in it.
func inspect(ctx context.Context, path string) (faults []string, l ledger) {
	key, err := sealed.LoadOrCreateKey(path + ".key")
	if err != nil {
		return []string{err.Error()}, l
	}
	file, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		return []string{err.Error()}, l
	}
	defer file.Close()
	if err := file.Check(ctx); err != nil {
		faults = append(faults, err.Error())
	}
	s, err := sealed.Open(ctx, file, [][]byte{key}, owners(Storage{Path: path}, nil))
	if err != nil {
		return append(faults, err.Error()), l
	}
	defer s.Close()
	more, l := inspectStore(ctx, s, file)
	return append(faults, more...), l
}

// inspectStore is inspect for what is open.
func inspectStore(ctx context.Context, s storage.Store, jobs storage.Jobs) (faults []string, l ledger) {
	dead, err := jobs.DeadLetters(ctx, 0)
	if err != nil {
		return []string{err.Error()}, l
	}
	for _, d := range dead {
		faults = append(faults, fmt.Sprintf("a dead letter of queue %s, after %d attempts", d.Job.Queue, d.Job.Attempt))
	}
	err = s.View(ctx, func(tx storage.Tx) error {
		b := &books{tx: tx}
		b.inspect()
		l = b.ledger
		faults = append(faults, b.faults...)
		return b.err
	})
	if err != nil {
		faults = append(faults, err.Error())
	}
	return faults, l
}

// books are the records of the bot as they lie in the store. Their shapes are
// written down here once more: a change that forgets old files shows itself.
type books struct {
	tx     storage.Tx
	faults []string
	err    error
	ledger ledger
}

func (b *books) fault(format string, args ...any) {
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// each reads the records of a bucket.
func each[T any](b *books, bucket string, f func(key string, record T)) {
	kvs, err := b.tx.Scan(bucket, "", storage.End, 0)
	if err != nil && b.err == nil {
		b.err = err
	}
	for _, kv := range kvs {
		var record T
		if err := unmarshal(kv.Value, &record); err != nil {
			b.fault("%s: a record that cannot be read: %v", bucket, err)
			continue
		}
		f(kv.Key, record)
	}
}

func unmarshal(b []byte, v any) error {
	if p, ok := v.(*personRecord); ok && len(b) > 0 && b[0] == 1 {
		return p.read(b[1:])
	}
	return json.Unmarshal(b, v)
}

type personRecord struct {
	Garage []carOfPerson
	Turns  []turnOfPerson
}

type carOfPerson struct{ Plate, Type string }

type turnOfPerson struct {
	Key   string
	Open  int
	Taken string
}

// read reads a person as they are stored today: cars are field 3, turns field 4.
func (p *personRecord) read(b []byte) error {
	return eachField(b, func(n uint64, _ int64, inner []byte) error {
		switch n {
		case 3:
			var c carOfPerson
			p.Garage = append(p.Garage, c)
			return p.Garage[len(p.Garage)-1].read(inner)
		case 4:
			p.Turns = append(p.Turns, turnOfPerson{})
			return p.Turns[len(p.Turns)-1].read(inner)
		}
		return nil
	})
}

// read reads a car: its number and type stand in field 1.
func (c *carOfPerson) read(b []byte) error {
	return eachField(b, func(n uint64, _ int64, inner []byte) error {
		if n != 1 {
			return nil
		}
		return eachField(inner, func(n uint64, _ int64, text []byte) error {
			switch n {
			case 1:
				c.Plate = string(text)
			case 2:
				c.Type = string(text)
			}
			return nil
		})
	})
}

func (t *turnOfPerson) read(b []byte) error {
	return eachField(b, func(n uint64, number int64, text []byte) error {
		switch n {
		case 1:
			t.Key = string(text)
		case 3:
			t.Open = int(number)
		case 5:
			t.Taken = string(text)
		}
		return nil
	})
}

// eachField reads fields: number and kind, then a varint or bytes.
func eachField(b []byte, f func(n uint64, number int64, bytes []byte) error) error {
	for len(b) > 0 {
		head, used := binary.Uvarint(b)
		if used <= 0 {
			return errors.New("no field")
		}
		b = b[used:]
		if head&1 == 0 {
			number, used := binary.Varint(b)
			if used <= 0 {
				return errors.New("no number")
			}
			b = b[used:]
			if err := f(head>>1, number, nil); err != nil {
				return err
			}
			continue
		}
		size, used := binary.Uvarint(b)
		if used <= 0 || size > uint64(len(b)-used) {
			return errors.New("no bytes")
		}
		b = b[used:]
		if err := f(head>>1, 0, b[:size]); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}

type watcherRecord struct {
	User    string
	Vehicle struct{ Plate, Type string }
}

type ledgerRecord struct{ State, For, Charge string }

func (b *books) inspect() {
	b.people()
	b.watched()
	each(b, "ledger", func(_ string, e ledgerRecord) {
		switch {
		case e.State == "open":
			b.ledger.open++
		case e.State == "unknown" || e.Charge == "unknown":
			b.ledger.unknown++
			if e.For == "person" {
				b.ledger.unknownPerson++
			}
		case e.Charge == "charged":
			b.ledger.charged++
		default:
			b.ledger.free++
		}
	})
	each(b, "answer", func(_ string, a struct{ State string }) {
		if a.State == "open" {
			b.fault("answer: a call is still open")
		}
	})
}

// people are done with everything they asked for.
func (b *books) people() {
	each(b, "user", func(_ string, p personRecord) {
		seen := map[string]bool{}
		for _, t := range p.Turns {
			switch {
			case t.Open != 0:
				b.fault("user: a turn waits for %d outcomes", t.Open)
			case t.Taken == "push":
				b.fault("user: an answer is still being pushed")
			case seen[t.Key]:
				b.fault("user: a message has two turns")
			}
			seen[t.Key] = true
		}
	})
}

// watched: who keeps a car watches it, who watches one keeps it, and each
// watched car has its place in the rhythm.
func (b *books) watched() {
	var kept, watching, placed []string
	each(b, "user", func(key string, p personRecord) {
		for _, c := range p.Garage {
			kept = append(kept, c.Plate+"|"+c.Type+"/"+key)
		}
	})
	each(b, "watcher", func(_ string, w watcherRecord) {
		watching = append(watching, w.Vehicle.Plate+"|"+w.Vehicle.Type+"/"+w.User)
	})
	each(b, "watch", func(key string, _ struct{}) {
		_, car, _ := strings.Cut(key, "/")
		placed = append(placed, car)
	})
	for _, k := range kept {
		if !slices.Contains(watching, k) {
			b.fault("a car is kept that its keeper does not watch")
		}
	}
	for _, w := range watching {
		car, _, _ := strings.Cut(w, "/")
		if !slices.Contains(kept, w) {
			b.fault("a car is watched by somebody who does not keep it")
		}
		if !slices.Contains(placed, car) {
			b.fault("a watched car is never due")
		}
	}
	for _, car := range placed {
		if !slices.ContainsFunc(watching, func(w string) bool { return strings.HasPrefix(w, car+"/") }) {
			b.fault("a car is due that nobody watches")
		}
	}
	each(b, "due", func(key string, o struct{ Vehicle struct{ Plate, Type string } }) {
		if parts := strings.Split(key, "/"); len(parts) != 3 || parts[1] != o.Vehicle.Plate+"|"+o.Vehicle.Type {
			b.fault("due: an entry under another car's name")
		}
	})
}

// What inspect finds in a store with one record that does not belong there.
func TestCrashInspects(t *testing.T) {
	good := map[string]string{
		"user wechat:a":         `{"garage":[{"plate":"P","type":"02"}],"turns":[{"key":"1"},{"key":"2","taken":"itself"}]}`,
		"watcher P|02/wechat:a": `{"user":"wechat:a","vehicle":{"plate":"P","type":"02"}}`,
		"watch ~0001/P|02":      `{}`,
		"due ~1/P|02/~r":        `{"vehicle":{"plate":"P","type":"02"}}`,
		"ledger ~1/x":           `{"state":"done","charge":"charged"}`,
		"ledger ~2/x":           `{"state":"failed","charge":"free"}`,
		"ledger ~3/x":           `{"state":"unknown","for":"person","charge":"unknown"}`,
		"ledger ~4/x":           `{"state":"failed","for":"check","charge":"unknown"}`,
		"answer x":              `{"state":"done"}`,
	}
	for _, tt := range []struct{ name, where, record, want string }{
		{"nothing", "", "", ""},
		{"an answer awaited", "user wechat:b", `{"turns":[{"key":"1","open":1}]}`, "waits for 1 outcomes"},
		{"an answer under way", "user wechat:b", `{"turns":[{"key":"1","taken":"push"}]}`, "still being pushed"},
		{"a message done twice", "user wechat:b", `{"turns":[{"key":"1"},{"key":"1"}]}`, "has two turns"},
		{"nonsense", "user wechat:b", `[`, "cannot be read"},
		{"kept, not watched", "user wechat:b", `{"garage":[{"plate":"P","type":"02"}]}`, "its keeper does not watch"},
		{"watched, not kept", "watcher P|02/wechat:b", `{"user":"wechat:b","vehicle":{"plate":"P","type":"02"}}`, "does not keep it"},
		{"watched, never due", "watcher Q|02/wechat:a", `{"user":"wechat:a","vehicle":{"plate":"Q","type":"02"}}`, "never due"},
		{"due, not watched", "watch ~0002/Q|02", `{}`, "nobody watches"},
		{"due under another name", "due ~1/Q|02/~r", `{"vehicle":{"plate":"P","type":"02"}}`, "another car's name"},
		{"a call still out", "answer y", `{"state":"open"}`, "still open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			records := maps.Clone(good)
			if tt.where != "" {
				records[tt.where] = tt.record
			}
			b := &books{}
			err = s.Update(t.Context(), nil, func(tx storage.Tx) error {
				for where, record := range records {
					bucket, key, _ := strings.Cut(where, " ")
					if err := tx.Put(bucket, key, []byte(record)); err != nil {
						return err
					}
				}
				b.tx = tx
				b.inspect()
				return b.err
			})
			got := strings.Join(b.faults, "\n")
			if err != nil || tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("found %q (%v), want %q", got, err, tt.want)
			}
			if want := (ledger{charged: 1, free: 1, unknown: 2, unknownPerson: 1}); b.ledger != want {
				t.Errorf("the ledger: %+v, want %+v", b.ledger, want)
			}
		})
	}
}
