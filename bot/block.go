package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/storage"
)

// blockBucket holds whom an operator has blocked, by a digest of their id. It is
// no part of the person's record, and not theirs to have forgotten: else who is
// blocked had only to leave and to come back.
const blockBucket = "block"

func blockKey(u UserID) string {
	sum := sha256.Sum256([]byte("block " + userKey(u)))
	return hex.EncodeToString(sum[:16])
}

// blockedEvery is how often somebody who is blocked reads so, at most.
const blockedEvery = 24 * time.Hour

// ErrAdmin: an admin cannot be blocked.
var ErrAdmin = errors.New("bot: an admin cannot be blocked")

// A block is that somebody is blocked.
type block struct {
	At   time.Time `json:"at"`
	Told time.Time `json:"told,omitzero"` // when they read so last
}

// loadBlock is nil when the person is not blocked.
func loadBlock(tx storage.Tx, u UserID) (*block, error) {
	b, err := tx.Get(blockBucket, blockKey(u))
	if b == nil || err != nil {
		return nil, err
	}
	bl := &block{}
	_ = json.Unmarshal(b, bl) // that it is there is what counts
	return bl, nil
}

func (b *block) save(tx storage.Tx, u UserID) error {
	value, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("bot: block: %w", err)
	}
	return tx.Put(blockBucket, blockKey(u), value)
}

// barred tells whether an operator has blocked the person. Whoever has become an
// admin since is not.
func (m *Mail) barred(u UserID, r *record) bool {
	return r.blocked != nil && !slices.Contains(*m.admins.Load(), u)
}

// Refuses tells whether nothing that the person sends is read, because an operator
// has blocked them: adapters need not have a photo of theirs looked at.
func (b *Bot) Refuses(ctx context.Context, u UserID) bool {
	var bl *block
	err := b.store.View(ctx, func(tx storage.Tx) (err error) {
		bl, err = loadBlock(tx, u)
		return err
	})
	return err == nil && bl != nil && !slices.Contains(b.terms.Load().admins, u)
}

// refused answers a message of somebody who is blocked: once a day in a
// sentence, else not at all. It is read into nothing, but for what everybody may
// ask: what is kept of them, why, and to have it deleted.
func (x *run) refused(m Message) (refused bool, err error) {
	b := x.r.blocked
	if b == nil || slices.Contains(x.terms.admins, x.user) || x.rightful(m) {
		return false, nil
	}
	x.noted.Intent = intentBlocked
	if ago := m.At.Sub(b.Told); ago >= 0 && ago < blockedEvery {
		x.r.Seen = m.At
		x.r.pass(m.Key)
		return true, nil
	}
	b.Told = m.At
	t := x.r.add(m.Key, m.At)
	t.Trace, t.Replies = x.noted.Trace, []Reply{{Text: m.Lang.say("blocked")}}
	return true, b.save(x.tx, x.user)
}

// rightful tells whether a message is about what is kept of its sender.
func (x *run) rightful(m Message) bool {
	in, ok := x.input(m, false).(Heard)
	if !ok {
		return false
	}
	r := in.Reading
	return r.Intent == nlu.ForgetMe || r.Act == nlu.MyData || r.Act == nlu.Privacy ||
		x.r.Session.Yes == YesForget && isForgetPhrase(m.Text)
}

// A BlockState is whether somebody is blocked.
type BlockState struct {
	User    string `json:"user"` // masked
	Blocked bool   `json:"blocked"`
	Changed bool   `json:"changed"` // just now
	Known   bool   `json:"known"`   // something is kept of them
}

// Block has somebody get nothing any more, or ends that. What is kept of them
// stays; what they wait for ends. who is as in find. It returns ErrAdmin for an
// admin.
func (f *Fleet) Block(ctx context.Context, who string, on bool) (s BlockState, err error) {
	u, err := f.find(ctx, who)
	switch {
	case err != nil:
		return s, err
	case on && slices.Contains(f.Admins, u):
		return s, ErrAdmin
	}
	err = f.Store.Update(ctx, []string{userKey(u)}, func(tx storage.Tx) error {
		r, err := load(tx, u)
		if err != nil {
			return err
		}
		s = BlockState{User: u.String(), Blocked: on, Changed: on == (r.blocked == nil), Known: r.known}
		switch {
		case !s.Changed:
			return nil
		case !on:
			return tx.Put(blockBucket, blockKey(u), nil)
		}
		if err := (&block{At: f.now()}).save(tx, u); err != nil || !r.known {
			return err
		}
		r.hush()
		return errors.Join(r.tally(tx, outcomeGone), r.save(tx, u))
	})
	return s, err
}

// hush ends everything that the person waits for. Whoever waits for an open turn
// gets nothing, and its outcome, if one is on its way, finds nobody.
func (r *record) hush() {
	r.Session, r.Later = r.Session.idle(), nil
	for i := range r.Turns {
		if t := &r.Turns[i]; !t.complete() {
			t.Open, t.Taken = 0, nextOne
		}
	}
}

// Text says what became of a Block.
func (s BlockState) Text(l Lang) string {
	k := key("admin.unblocked")
	switch {
	case s.Blocked && s.Changed:
		k = "admin.blocked"
	case s.Blocked:
		k = "admin.blocked.before"
	case !s.Changed:
		k = "admin.unblocked.before"
	}
	text := l.say(k, s.User)
	if !s.Known {
		text += "\n" + l.say("admin.unknown")
	}
	return text
}
