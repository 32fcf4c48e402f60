package bot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	// inviteBucket holds the invitations by their code.
	inviteBucket = "invite"
	// codeLetters are what a code is made of: digits and capitals that nobody
	// takes for one another.
	codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	codeLength  = 8
	// inviteFor is how long a code is good for.
	inviteFor = 24 * time.Hour
	// rememberCode is how long a code is known after that, to say that it is
	// used or expired and not that it never was.
	rememberCode = 7 * 24 * time.Hour
	// openInvitations is how many of a person's invitations are open at most:
	// the oldest makes room.
	openInvitations = 10
	// mostWatchers is how many people follow a car at most, its owner with
	// them: a family.
	mostWatchers = 5
)

// An invite is what is stored under a code.
type invite struct {
	Invitation
	Owner UserID `json:"owner"`
	Used  bool   `json:"used,omitempty"`
}

// newCode makes a code that nobody guesses: 40 bits, for a day, once.
func newCode() string {
	b := make([]byte, codeLength)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = codeLetters[int(b[i])%len(codeLetters)]
	}
	return string(b)
}

// codeKey is the key under which transactions about one code run one after the
// other.
func codeKey(code string) string { return "invite|" + code }

func loadInvite(tx storage.Tx, code string) (*invite, error) {
	b, err := tx.Get(inviteBucket, code)
	if b == nil {
		return nil, err
	}
	i := &invite{}
	if err := json.Unmarshal(b, i); err != nil {
		return nil, fmt.Errorf("bot: invitation: %w", storage.ErrCorrupt)
	}
	return i, nil
}

func (i *invite) save(tx storage.Tx) error {
	b, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("bot: invitation: %w", err)
	}
	return tx.Put(inviteBucket, i.Code, b)
}

// bare is an invitation that is over: all that is still to be said of it is that
// it was. Who made it need not be remembered for that.
func (i *invite) bare() *invite {
	return &invite{Invitation: Invitation{Code: i.Code, Until: i.Until}, Used: i.Used}
}

// open tells whether the invitation can be taken up at t.
func (i *invite) open(t time.Time) bool { return i != nil && !i.Used && t.Before(i.Until) }

// invite makes a code for one of the person's own cars.
func (x *run) invite(e Invite) (Input, error) {
	in := Invited{At: x.at, Invitation: Invitation{Vehicle: e.Vehicle.bare(), City: e.City}}
	p, err := x.plan(e.Vehicle)
	s, ok := x.r.saved(e.Vehicle)
	if err != nil || !p.On || p.Watched.Others >= mostWatchers-1 || !ok || s.Owner != "" {
		return in, err
	}
	in.Code, in.Until = newCode(), x.at.Add(inviteFor)
	if _, err := x.openInvites(); err != nil {
		return nil, err
	}
	if n := len(x.r.Invites); n >= openInvitations {
		if err := x.tx.Put(inviteBucket, x.r.Invites[0].Code, nil); err != nil {
			return nil, err
		}
		x.r.Invites = x.r.Invites[1:]
	}
	x.r.Invites = append(x.r.Invites, in.Invitation)
	return in, (&invite{Invitation: in.Invitation, Owner: x.user}).save(x.tx)
}

// openInvites is the person's invitations that can still be taken up; the others
// are let go.
func (x *run) openInvites() ([]Invitation, error) {
	var open []Invitation
	for _, i := range x.r.Invites {
		stored, err := loadInvite(x.tx, i.Code)
		if err != nil {
			return nil, err
		}
		switch {
		case stored.open(x.at):
			open = append(open, i)
		case stored != nil && stored.Owner != "":
			if err := stored.bare().save(x.tx); err != nil {
				return nil, err
			}
		}
	}
	x.r.Invites = open
	return open, nil
}

// withdraw takes back the person's invitations to a car.
func (x *run) withdraw(v Vehicle) error {
	var err error
	x.r.Invites = slices.DeleteFunc(x.r.Invites, func(i Invitation) bool {
		if !i.Vehicle.Same(v) {
			return false
		}
		err = errors.Join(err, x.tx.Put(inviteBucket, i.Code, nil))
		return true
	})
	return err
}

// unshare ends the sharing of a car, and the invitations to it.
func (x *run) unshare(v Vehicle) error {
	err := x.withdraw(v)
	if x.b.watch != nil {
		err = errors.Join(err, x.b.watch.Unshare(x.tx, x.at, x.user, v))
	}
	return err
}

// accept takes up an invitation: of two who do at the same time, one gets it, as
// it holds the code. It holds the key of who invited, too: they may be taking the
// invitation back, or giving up the car. They are told by the watch.
func (x *run) accept(code string) (Input, error) {
	code = strings.ToUpper(code)
	if err := x.hold(codeKey(code)); err != nil {
		return nil, err
	}
	i, err := loadInvite(x.tx, code)
	if err != nil {
		return nil, err
	}
	if why := x.refusal(i); why != NotRefused {
		return Accepted{At: x.at, Why: why}, nil
	}
	if err := x.hold(userKey(i.Owner)); err != nil {
		return nil, err
	}
	owner, err := load(x.tx, i.Owner)
	if err != nil {
		return nil, err
	}
	if s, ok := owner.saved(i.Vehicle); !ok || s.Owner != "" {
		return Accepted{At: x.at, Why: SharerMissing}, nil
	}
	s := Saved{Vehicle: i.Vehicle, City: i.City, Notice: x.terms.privacy.Version, Owner: i.Owner}
	switch err := x.b.watch.Begin(x.tx, x.at, x.user, s, nil); {
	case errors.Is(err, ErrCrowded):
		return Accepted{At: x.at, Why: CodeCrowded}, nil
	case err != nil:
		return nil, err
	}
	return x.accepted(i, s)
}

// refusal is why the person cannot take up an invitation, as far as it does not
// lie with who invited.
func (x *run) refusal(i *invite) Refusal {
	switch {
	case i == nil:
		return CodeUnknown
	case i.Owner == x.user:
		return CodeOwn
	case i.Used:
		return CodeUsed
	case !i.open(x.at):
		return CodeExpired
	case x.r.place(i.Vehicle) > 0:
		return CodeKept
	case x.room() <= 0:
		return GarageFull
	case x.b.watch == nil:
		return SharingOff
	}
	return NotRefused
}

// accepted saves the car, and uses the code up.
func (x *run) accepted(i *invite, s Saved) (Input, error) {
	x.r.keep(s)
	i.Used = true
	if err := i.bare().save(x.tx); err != nil {
		return nil, err
	}
	p, err := x.plan(s.Vehicle)
	return Accepted{At: x.at, Saved: s, Place: x.r.place(s.Vehicle), Plan: p}, err
}

// A needs is returned by a transaction that must hold another key: it is run
// again with it.
type needs string

func (n needs) Error() string { return "bot: another key is needed" }

// hold makes sure that the transaction holds a key.
func (x *run) hold(key string) error {
	if slices.Contains(x.keys, key) {
		return nil
	}
	return needs(key)
}

// mostKeys bounds how often a transaction may ask for another key.
const mostKeys = 4

// update runs a transaction under the person's key, and under what it finds out
// that it needs.
func (b *Bot) update(ctx context.Context, u UserID, fn func(tx storage.Tx, keys []string) error) error {
	keys := []string{userKey(u)}
	for {
		err := b.store.Update(ctx, keys, func(tx storage.Tx) error { return fn(tx, keys) })
		if more, ok := errors.AsType[needs](err); ok && len(keys) < mostKeys {
			keys = append(keys, string(more))
			continue
		}
		return err
	}
}

// sweepInvites removes the codes that nobody needs to be told of any more.
func (b *Bot) sweepInvites(ctx context.Context) error {
	for from := ""; ; {
		var over []string
		next := ""
		err := b.store.View(ctx, func(tx storage.Tx) error {
			over = nil
			page, err := tx.Scan(inviteBucket, from, storage.End, sweepPage)
			for _, kv := range page {
				var i invite
				if json.Unmarshal(kv.Value, &i) != nil || b.now().Sub(i.Until) > rememberCode {
					over = append(over, kv.Key)
				}
				next = kv.Key
			}
			if len(page) < sweepPage || next == from {
				next = ""
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := b.removeInvites(ctx, over); err != nil || next == "" {
			return err
		}
		from = next
	}
}

func (b *Bot) removeInvites(ctx context.Context, codes []string) error {
	if len(codes) == 0 {
		return nil
	}
	return b.store.Update(ctx, nil, func(tx storage.Tx) error {
		for _, code := range codes {
			if err := tx.Put(inviteBucket, code, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
