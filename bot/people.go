package bot

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// ErrNobody: what an operator wrote names nobody.
var ErrNobody = errors.New("bot: nobody: name a person as telegram:123456 or wechat:oAbC…, or as the log does (user)")

// idShape is how people are named: UserID.
var idShape = regexp.MustCompile(`^[a-z]+:\S+$`)

// find is whom an operator names: by their id, known or not, or by the name that
// the log has for somebody who is known. It returns ErrNobody.
func (f *Fleet) find(ctx context.Context, who string) (u UserID, err error) {
	switch {
	case idShape.MatchString(who):
		return UserID(who), nil
	case who == "" || f.Alias == nil:
		return "", ErrNobody
	}
	err = f.eachPerson(ctx, func(one UserID, _ *record) {
		if f.Alias(one) == who {
			u = one
		}
	})
	if err == nil && u == "" {
		err = ErrNobody
	}
	return u, err
}

// eachPerson reads everybody's record, page by page; one that cannot be read is
// left out. What changes meanwhile may be read or not.
func (f *Fleet) eachPerson(ctx context.Context, each func(u UserID, r *record)) error {
	for from := ""; ; {
		n, last := 0, from
		err := f.Store.View(ctx, func(tx storage.Tx) error {
			rows, err := tx.Scan(userBucket, from, storage.End, sweepPage)
			for _, kv := range rows {
				if kv.Key == from {
					continue
				}
				u := UserID(kv.Key)
				r, broken := readRecord(kv.Value)
				if broken != nil {
					continue
				}
				if r.blocked, err = loadBlock(tx, u); err != nil {
					return err
				}
				each(u, r)
			}
			if n = len(rows); n > 0 {
				last = rows[n-1].Key
			}
			return err
		})
		if err != nil || n < sweepPage {
			return err
		}
		from = last
	}
}

// PeopleFigures count the people who are known.
type PeopleFigures struct {
	Known    int            `json:"known"`
	Channels map[string]int `json:"channels"` // of Known, by platform
	Today    int            `json:"day"`      // wrote within 24 hours
	Month    int            `json:"month"`    // within 30 days
	Left     int            `json:"left"`     // left or blocked the bot
	Cars     int            `json:"cars"`     // that are saved
	Blocked  int            `json:"blocked"`  // by an operator, known or not
}

// people counts everybody.
func (f *Fleet) people(ctx context.Context) (p PeopleFigures, err error) {
	p.Channels = map[string]int{}
	now := f.now()
	err = f.eachPerson(ctx, func(u UserID, r *record) {
		p.Known++
		p.Channels[channelOf(u)]++
		p.Cars += len(r.Garage)
		if r.Gone {
			p.Left++
		}
		switch ago := now.Sub(r.wrote()); {
		case ago < 24*time.Hour:
			p.Today++
			p.Month++
		case ago < 30*24*time.Hour:
			p.Month++
		}
	})
	if err != nil {
		return p, err
	}
	err = f.Store.View(ctx, func(tx storage.Tx) error {
		blocked, err := tx.Scan(blockBucket, "", storage.End, 0)
		p.Blocked = len(blocked)
		return err
	})
	return p, err
}
