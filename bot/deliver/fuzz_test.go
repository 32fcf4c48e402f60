package deliver

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

// errTaken is what a mailbox returns that only looks at the parcels.
var errTaken = errors.New("taken")

// A sorter remembers the parcel it was asked for.
type sorter struct{ got *bot.Parcel }

func (s *sorter) Take(_ context.Context, p bot.Parcel) ([]bot.Reply, error) {
	s.got = &p
	return nil, errTaken
}

func (*sorter) Settle(storage.Tx, bot.Parcel, bot.Delivery) error { return errTaken }

type nobodyPushes struct{}

func (nobodyPushes) Push(context.Context, bot.UserID, string, []bot.Reply) error { return errTaken }

// Whatever stands in the place of a parcel: it is refused as corrupt, or it is
// taken, parked or put off under a name.
func FuzzParcel(f *testing.F) {
	for _, raw := range []string{
		`{"user":"telegram:42","id":"a","turn":"k"}`, `{"user":"telegram:42","id":"a","at":"2026-11-23T22:00:00+08:00"}`, `{"user":"nowhere:1"}`,
		`{"user":"telegram:42","awake":true,"digest":true}`, `{}`, `null`, `[]`, `{"at":1}`, "\xff", `{"user":"telegram:42","at":"0001-01-01T00:00:00Z"}`,
	} {
		f.Add([]byte(raw), int64(1764000000))
	}
	f.Fuzz(func(t *testing.T, raw []byte, now int64) {
		q := New(Config{
			Channels: map[string]Channel{"telegram": {Pusher: nobodyPushes{}}}, Quiet: Quiet{From: 21 * time.Hour, To: 8 * time.Hour},
			Now: func() time.Time { return time.Unix(now%(1<<33), 0) },
		})
		box := &sorter{}
		w := &worker{q: q, box: box}
		done := func(keys []string, fn func(storage.Tx) error) error { return fn(nil) }
		err := w.handle(t.Context(), storage.Job{ID: "job", Queue: sendQueue, Body: raw}, done)
		if _, later := storage.Snoozed(err); !later && !errors.Is(err, storage.ErrCorrupt) && !errors.Is(err, errTaken) {
			t.Fatalf("%v", err)
		}
		if box.got != nil && box.got.ID == "" {
			t.Fatalf("taken without a name: %+v", *box.got)
		}
	})
}
