package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// draftFor is how long a broadcast waits to be confirmed.
const draftFor = 30 * time.Minute

// A draft is a broadcast that its admin was shown and has not confirmed yet.
type draft struct {
	ID     string    `json:"id"`
	Text   string    `json:"text"`
	People int       `json:"people"`
	At     time.Time `json:"at"`
}

// NewBroadcastID draws the id of a broadcast. It says nothing of whose it is.
func NewBroadcastID() string { return strings.ToLower(rand.Text()) }

// act does what an admin asked for, and answers in the transaction that ends the
// job. A run that died is repeated: what it did before is done once.
func (b *Bot) act(ctx context.Context, t task, done storage.Done) error {
	o := *t.Admin
	text, next, err := b.obey(ctx, t.User, o)
	if err != nil {
		if text = refusalText(o.Lang, err); text == "" {
			b.fault(err)
			text = UserText(o.Lang, KindOf(err))
		}
	}
	err = lost(done([]string{userKey(t.User)}, func(tx storage.Tx) error {
		r, err := load(tx, t.User)
		if err != nil {
			return err
		}
		own := r.turn(t.Turn)
		if own == nil || own.complete() {
			return nil
		}
		own.Open--
		own.Replies = append(own.Replies, Reply{Text: text})
		if next != nil {
			r.Draft = nil
			if next.ID != "" {
				r.Draft = next
			}
		}
		return errors.Join(b.mail.late(tx, t.User, r, t.Turn), r.save(tx, t.User))
	}))
	b.bell.ring(t.User, t.Turn)
	return err
}

// obey does it. next is what becomes of the admin's draft: nil leaves it, the
// zero one ends it.
func (b *Bot) obey(ctx context.Context, admin UserID, o adminOrder) (text string, next *draft, err error) {
	f, l := b.terms.Load().fleet, o.Lang
	switch o.Act {
	case actStats:
		s, err := f.Stats(ctx)
		return s.Text(l), nil, err
	case actCost:
		r, err := f.Costs(ctx, o.Number)
		return r.Text(l), nil, err
	case actAlerts:
		states, err := f.Alerts(ctx, string(admin), o.On)
		return alertsText(l, states), nil, err
	case actBlock, actUnblock:
		s, err := f.Block(ctx, o.Who, o.Act == actBlock)
		return s.Text(l), nil, err
	case actConversation:
		c, err := f.Conversation(ctx, o.Who)
		return c.Text(l), nil, err
	case actReset:
		c, err := f.Reset(ctx, o.Who)
		return list("\n", l.when(c.Known, "admin.reset"), c.Text(l)), nil, err
	case actDraft, actSend:
		return b.draft(ctx, admin, o)
	case actStop:
		r, err := f.StopBroadcast(ctx)
		return r.Summary(l), nil, err
	}
	r, err := f.BroadcastReport(ctx)
	return r.Summary(l), nil, err
}

// draft shows a broadcast to its admin, or sends the one that was shown.
func (b *Bot) draft(ctx context.Context, admin UserID, o adminOrder) (text string, next *draft, err error) {
	if o.Act == actDraft {
		p, err := b.terms.Load().fleet.PlanBroadcast(ctx, o.Text)
		if err != nil {
			return "", nil, err
		}
		if p.People == 0 {
			return p.Summary(o.Lang), &draft{}, nil
		}
		d := &draft{ID: NewBroadcastID(), Text: p.Text, People: p.People, At: b.now()}
		return p.Summary(o.Lang) + "\n\n" + o.Lang.say("broadcast.confirm", int(draftFor.Minutes()), p.People), d, nil
	}
	var d *draft
	err = b.store.View(ctx, func(tx storage.Tx) error {
		r, err := load(tx, admin)
		d = r.Draft
		return err
	})
	switch {
	case err != nil:
		return "", nil, err
	case d == nil || b.now().Sub(d.At) >= draftFor:
		return o.Lang.say("broadcast.nodraft"), &draft{}, nil
	case o.Number != d.People:
		return o.Lang.say("broadcast.number", d.People), nil, nil
	}
	r, err := b.terms.Load().fleet.Broadcast(ctx, BroadcastOrder{ID: d.ID, Text: d.Text})
	if err != nil {
		return "", nil, err
	}
	return o.Lang.say("broadcast.begun") + "\n" + r.Summary(o.Lang), &draft{}, nil
}

// refusalText is why an order is not done, in words for an admin; "" for what is
// a fault.
func refusalText(l Lang, err error) string {
	for _, one := range []struct {
		err error
		k   key
	}{
		{ErrNobody, "admin.nobody"}, {ErrAdmin, "admin.admin"}, {ErrNoAdmin, "admin.noadmin"}, {ErrBroadcasting, "broadcast.running"},
		{ErrNoBroadcast, "broadcast.none"},
	} {
		if errors.Is(err, one.err) {
			return l.say(one.k)
		}
	}
	if errors.Is(err, ErrBroadcastText) {
		return l.say("broadcast.length", mostBroadcast)
	}
	return ""
}
