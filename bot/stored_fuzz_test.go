package bot

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/storage"
)

// errAsked is what a rubble's transactions return: whoever gets that far has
// taken what was stored for good.
var errAsked = errors.New("the store was asked")

// A rubble is a store in which every record holds the same bytes.
type rubble struct {
	storage.Store
	raw  []byte
	puts map[string][]byte
}

func (r *rubble) View(context.Context, func(storage.Tx) error) error             { return errAsked }
func (r *rubble) Update(context.Context, []string, func(storage.Tx) error) error { return errAsked }

func (r *rubble) Get(bucket, _ string) ([]byte, error) {
	if bucket == blockBucket { // who is blocked is not read at all
		return nil, nil
	}
	return append([]byte{}, r.raw...), nil
}

func (r *rubble) Put(_, key string, value []byte) error {
	if r.puts == nil {
		r.puts = map[string][]byte{}
	}
	r.puts[key] = value
	return nil
}

func (r *rubble) Scan(string, string, string, int) ([]storage.KV, error) {
	return []storage.KV{{Key: "K7M29QXP", Value: append([]byte{}, r.raw...)}}, nil
}

func (r *rubble) Enqueue(storage.Job) (bool, error) { return true, nil }

// refused tells whether err is how a record is refused that nobody wrote.
func refused(err error) bool {
	return errors.Is(err, storage.ErrCorrupt) || errors.Is(err, storage.ErrNewer)
}

// seedRecord is a record with something in every field.
func seedRecord(t testing.TB) []byte {
	t.Helper()
	car := Vehicle{Plate: "沪C12345", Type: "02", Engine: "123456", VIN: "654321"}
	b, err := json.Marshal(record{
		Version: recordVersion,
		Session: Session{
			Version: sessionVersion, Seen: noon, Ask: nlu.AskDigits, Form: Form{Vehicle: car, Rule: Rule{City: "SH", Name: "上海", Engine: 6, VIN: 6}},
			Queue: []Form{{Vehicle: Vehicle{Plate: "苏E54321", Type: "02"}}}, Effects: 3, Last: car, LastAt: noon, Page: 1,
		},
		Garage: []Saved{{Vehicle: car, Name: "老婆的车", Inspection: Inspection{Until: noon}}},
		Turns:  []turn{{Key: "k1", At: noon, Open: 1}, {Key: "k2", At: noon, Replies: []Reply{{Text: "您好"}}, Told: 1}},
		Keys:   []uint64{1, 2}, Seen: noon, Told: []uint64{3}, Invites: []Invitation{{Code: "K7M29QXP"}}, Later: []Retry{{ID: "r", Vehicle: car}},
		Notices: []waiting{{Notice: Notice{ID: "n", Kind: NoticeShared, Vehicle: car}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever stands in the place of a person's record: it is refused, or it is a
// record. As one it stays the same when it is saved, and the person can go on.
func FuzzRecord(f *testing.F) {
	f.Add(seedRecord(f), "下一页")
	for _, raw := range []string{
		`null`, `{}`, `{"v":1}`, `{"v":2}`, `{"v":-1}`, `[]`, `{"session":{"form":7}}`, `{"session":null,"garage":null}`, "\x00", `{"v":1,"v":2}`,
		`{"turns":[{"key":"a","told":-1,"replies":[{"Text":"x"}]}]}`, `{"session":{"v":2,"seen":"2026-11-23T12:00:00+08:00","page":-3,"cars":-1,"waiting":-5,"n":-9}}`,
		`{"session":{"v":2,"seen":"2026-11-23T12:00:00+08:00","ask":"no such question","yes":"x","then":"x"}}`,
		`{"garage":[{}],"invites":[{}],"later":[{}],"notices":[{}],"pace":{}}`,
	} {
		f.Add([]byte(raw), "我的车")
	}
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		store := &rubble{raw: raw}
		r, err := load(store, "test:a")
		if err != nil {
			if !refused(err) {
				t.Fatalf("%v, want ErrCorrupt or ErrNewer", err)
			}
			return
		}
		if err := r.save(store, "test:a"); err != nil {
			return // too large for one person
		}
		again, err := load(&rubble{raw: store.puts[userKey("test:a")]}, "test:a")
		if err != nil {
			t.Fatalf("saved, but not read back: %v", err)
		}
		for i := range again.Turns {
			again.Turns[i].unfold()
		}
		if diff := cmp.Diff(r, again, cmp.AllowUnexported(record{}), cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("changed by saving it:\n%s", diff)
		}
		goOn(t, again, text)
	})
}

// goOn lets the person of a record say something.
func goOn(t *testing.T, r *record, text string) {
	t.Helper()
	_ = r.seen("k2")
	_ = r.lastSeen()
	turn := r.begin("a message", noon)
	_ = turn.soFar()
	turn.take(itself)
	s := r.Session
	open := nlu.Open{Engine: nlu.Unwanted, VIN: nlu.Unwanted}
	if s.fresh(noon) {
		open = s.open()
	}
	s, effects := Step(s, Heard{At: noon, Text: text, Reading: nlu.Read(text, open), Garage: r.Garage, Room: 1})
	if !answered(effects) {
		t.Fatalf("%q is not answered: %+v", text, effects)
	}
	for _, e := range effects {
		if next := (&outside{keeper: keeper{garage: &r.Garage}}).outcome(e, noon); next != nil {
			s, _ = Step(s, next)
		}
	}
	for _, waits := range r.Notices {
		_ = waits.Notice
	}
}

// Whatever stands in the place of an invitation or of a job's body: it is
// refused as corrupt, or the store is asked what became of it.
func FuzzBodies(f *testing.F) {
	for _, raw := range []string{
		`{"code":"K7M29QXP","until":"2026-11-24T12:00:00+08:00","owner":"test:a","vehicle":{"Plate":"沪C12345"}}`,
		`{"user":"test:a","turn":"k","lookup":{"Vehicle":{}}}`, `{"lane":"test:a","body":"eA=="}`, `{"user":"test:a","id":"r"}`,
		`null`, `7`, `{}`, `[`, "\xff", `{"user":7}`, `{"until":"yesterday"}`, `{"until":"99999-01-01T00:00:00Z"}`, ``,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		store := &rubble{raw: raw}
		if i, err := loadInvite(store, "K7M29QXP"); err == nil {
			_ = i.open(noon)
			if err := i.save(store); err != nil {
				t.Fatalf("read, but cannot be saved: %v", err)
			}
		} else if !refused(err) {
			t.Fatalf("invitation: %v", err)
		}
		b := New(Config{Store: store, Now: func() time.Time { return noon }})
		done := func([]string, func(storage.Tx) error) error { return errAsked }
		j := storage.Job{ID: "test:a/1", Body: raw, Attempt: 1}
		handle := func(context.Context, Inbound) (Settled, error) { return Settled{}, errAsked }
		for name, handler := range map[string]storage.Handler{
			"task": b.work, "later": b.tryAgain, "broadcast": b.mail.spread, "inbox": NewInbox(store, "test").handler(false, handle),
		} {
			if err := handler(t.Context(), j, done); !refused(err) && !errors.Is(err, errAsked) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	})
}
