package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/storage"
)

// An Outbox sends what people are not waiting for; deliver.Queue is one.
type Outbox interface {
	// Reaches tells whether anything can be sent to the person by itself. To
	// whom it cannot, what waits is told with their next message.
	Reaches(u UserID) bool
	// Window is for how long after their last message that is; 0: always.
	Window(u UserID) time.Duration
	// Quiet tells whether nobody is woken at a time, and until when.
	Quiet(at time.Time) (until time.Time, quiet bool)
	// Post arranges, in the transaction that decided it, that the parcel is
	// sent. The same ID again is a no-op.
	Post(tx storage.Tx, p Parcel) error
}

// A Parcel names what is to be sent to a person. What it holds stays in their
// record until it is sent, and may be taken by their next message before.
type Parcel struct {
	User UserID    `json:"user"`
	Turn string    `json:"turn,omitempty"` // the message whose answer it is; "": the notices that wait
	ID   string    `json:"id"`             // unique for the person
	At   time.Time `json:"at"`             // not before
	// Awake tells that the person asked for it and waits: quiet hours do not
	// hold it up.
	Awake bool `json:"awake,omitempty"`
	// Trace is under which the log tells of it: that of the message it answers, or
	// of the check that found what it tells.
	Trace string `json:"trace,omitempty"`
	// Digest tells that it waited for the end of quiet hours; the outbox sets it.
	Digest bool `json:"digest,omitempty"`
	// Again is how often the outbox has put it off because its platform failed.
	Again int `json:"again,omitempty"`
}

// A Person is what checks need to know of somebody.
type Person struct {
	Known  bool      // has a record at all
	Gone   bool      // left or blocked the bot, or is blocked: nothing is paid for them
	Seen   time.Time // their last message
	Garage []Saved
}

// A Delivery is what became of a parcel.
type Delivery int

// The deliveries.
const (
	Delivered  Delivery = iota // the person has it
	Parked                     // nothing may reach them now: it waits for their next message
	PersonGone                 // they left or blocked the bot: likewise, and nothing more is sent until then
	PutOff                     // another parcel will bring it
	Failed                     // given up: it waits for their next message
)

// pushGrace lets those who still wait take an answer first, and gathers notices
// that come together.
const pushGrace = 2 * time.Second

// MailConfig is what a Mail needs.
type MailConfig struct {
	Store  storage.Store
	Outbox Outbox           // nil: everything waits for the next message
	Now    func() time.Time // nil: time.Now
	Admins []UserID         // who hears alarms
}

// A Mail holds what people are to be told, in their records, until the outbox
// or their next message takes it. It holds no state of its own.
type Mail struct {
	store  storage.Store
	outbox Outbox
	now    func() time.Time
	admins atomic.Pointer[[]UserID]
}

// NewMail makes a Mail.
func NewMail(c MailConfig) *Mail {
	m := &Mail{store: c.Store, outbox: c.Outbox, now: c.Now}
	m.Adjust(c)
	if m.now == nil {
		m.now = time.Now
	}
	return m
}

// Adjust takes Admins of c over; the rest of c is not looked at. It may be called
// at any time.
func (m *Mail) Adjust(c MailConfig) { m.admins.Store(&c.Admins) }

// Notify lets a person be told of n, in a transaction that holds their key
// (UserKey). Somebody without a record is left out. The same n.ID again does
// nothing, also when it was told meanwhile.
func (m *Mail) Notify(tx storage.Tx, u UserID, n Notice) error {
	r, err := load(tx, u)
	if err != nil || !r.known {
		return err
	}
	return m.notify(tx, u, r, n)
}

// notify adds n to the record and saves it.
func (m *Mail) notify(tx storage.Tx, u UserID, r *record, n Notice) error {
	if n.ID == "" {
		return errors.New("bot: notice without id")
	}
	now := m.now()
	if n.At.IsZero() {
		n.At = now
	}
	if !r.await(n, now) {
		return nil
	}
	id := strconv.FormatUint(hash(n.ID), 36) + "-" + stamp(now)
	if err := m.post(tx, r, Parcel{User: u, ID: id, At: now.Add(pushGrace), Awake: n.Kind == NoticeAlarm, Trace: n.Trace}); err != nil {
		return err
	}
	return r.save(tx, u)
}

// post hands a parcel to the outbox, unless it could not reach the person.
func (m *Mail) post(tx storage.Tx, r *record, p Parcel) error {
	if m.outbox == nil || r.Gone || m.barred(p.User, r) || !m.outbox.Reaches(p.User) {
		return nil
	}
	return m.outbox.Post(tx, p)
}

// late arranges for the replies of a complete turn to be sent if nobody takes
// them, in the transaction that completed it.
func (m *Mail) late(tx storage.Tx, u UserID, r *record, key string) error {
	t := r.turn(key)
	if t == nil || !t.complete() || t.Taken != nobody {
		return nil
	}
	now := m.now()
	// The time keeps the IDs of somebody who was forgotten from coming again.
	id := "turn-" + strconv.FormatUint(hash(key), 36) + "-" + stamp(t.At)
	return m.post(tx, r, Parcel{User: u, Turn: key, ID: id, At: now.Add(pushGrace), Awake: true, Trace: t.Trace})
}

// Person is what checks need to know of u, in a transaction.
func (m *Mail) Person(tx storage.Tx, u UserID) (Person, error) {
	r, err := load(tx, u)
	if err != nil {
		return Person{}, err
	}
	return Person{Known: r.known, Gone: r.Gone || m.barred(u, r), Seen: r.lastSeen(), Garage: r.Garage}, nil
}

// Release takes a car out of the person's saved ones, in a transaction that
// holds their key.
func (m *Mail) Release(tx storage.Tx, u UserID, v Vehicle) error {
	r, err := load(tx, u)
	if err != nil || !r.known {
		return err
	}
	r.drop(v)
	return r.save(tx, u)
}

// Take hands out what a parcel holds, for the outbox to send: nil when somebody
// else has it, or the person is gone or blocked. From then on it is the parcel's,
// and a second try gets the same again, until Settle.
func (m *Mail) Take(ctx context.Context, p Parcel) (replies []Reply, err error) {
	err = m.store.Update(ctx, []string{userKey(p.User)}, func(tx storage.Tx) error {
		replies = nil
		r, err := load(tx, p.User)
		switch {
		case err != nil || !r.known:
			return err
		case r.Gone: // another parcel found that out
			return m.settle(tx, r, p, PersonGone)
		case m.barred(p.User, r):
			return m.settle(tx, r, p, Parked)
		}
		if p.Turn == "" {
			before := len(r.Notices)
			if err := r.recall(tx, m.now()); err != nil {
				return err
			}
			waits := r.pack(p.ID, m.now())
			if len(waits) > 0 {
				replies = tell(r.Session.teller(waits[0].Packed, r.Garage), waits, p.Digest)
			}
			if len(waits) > 0 || len(r.Notices) < before {
				return r.save(tx, p.User)
			}
			return nil
		}
		t := r.turn(p.Turn)
		if t == nil {
			return nil
		}
		var changed bool
		if replies, changed = t.take(pushing); !changed {
			return nil
		}
		return r.save(tx, p.User)
	})
	if err != nil {
		return nil, fmt.Errorf("bot: take: %w", err)
	}
	return replies, nil
}

// Settle ends a parcel that was taken, in a transaction that holds the person's
// key: what it held was delivered, or is nobody's again.
func (m *Mail) Settle(tx storage.Tx, p Parcel, d Delivery) error {
	r, err := load(tx, p.User)
	if err != nil || !r.known {
		return err
	}
	return m.settle(tx, r, p, d)
}

func (m *Mail) settle(tx storage.Tx, r *record, p Parcel, d Delivery) error {
	r.Gone = r.Gone || d == PersonGone
	if p.Turn != "" {
		if t := r.turn(p.Turn); t != nil && t.Taken == pushing {
			t.Taken = nobody
			if d == Delivered {
				t.Taken = pushed
			}
		}
		return r.save(tx, p.User)
	}
	r.Pushed = r.Pushed || d == Delivered
	if err := r.tallyParcel(tx, p.ID, d); err != nil {
		return err
	}
	if r.unpack(p.ID, d) {
		err := m.post(tx, r, Parcel{User: p.User, ID: p.ID + "+", At: m.now(), Awake: p.Awake, Trace: p.Trace})
		if err != nil {
			return err
		}
	}
	return r.save(tx, p.User)
}

// unasked is what a message is read with when no question is open: after a push
// it may be about that, once.
func (r *record) unasked() nlu.Open {
	open := nlu.Open{Engine: nlu.Unwanted, VIN: nlu.Unwanted}
	if r.Pushed {
		open.Question, r.Pushed = nlu.Push, false
	}
	return open
}

// asking tells whether a question is open.
func (s Session) asking() bool { return s.Ask != nlu.None && s.Ask != nlu.ResultShown }

// stamp is a time as a part of an ID.
func stamp(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 36) }
