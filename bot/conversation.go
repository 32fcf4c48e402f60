package bot

import (
	"context"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A Conversation is where somebody stands, for an operator who has to find out
// what is wrong: what is held of them and what is awaited, and nothing of what it
// says.
type Conversation struct {
	User    string    `json:"user"` // masked
	Known   bool      `json:"known"`
	Left    bool      `json:"left"`    // left or blocked the bot
	Blocked bool      `json:"blocked"` // by an operator
	Lang    Lang      `json:"language,omitempty"`
	Seen    time.Time `json:"last_message,omitzero"`

	Ask   string `json:"question,omitempty"` // the open question, as package nlu names it
	Then  string `json:"then,omitempty"`     // what its answer leads to
	Stale bool   `json:"stale,omitempty"`    // the form is too old to be gone on with
	Form  Holds  `json:"form"`               // what the open form holds
	Line  int    `json:"in_line"`            // vehicles that wait for it
	Out   bool   `json:"query_out"`          // the form's outcome is awaited

	Cars   int   `json:"cars"`   // that are saved
	Shared int   `json:"shared"` // of them: by somebody else
	Digits Count `json:"digits"` // of how many of them what is held

	Open    int `json:"pending_answers"` // messages whose outcome is awaited
	Untold  int `json:"untold_answers"`  // complete, and waiting to be read
	Later   int `json:"waiting_queries"` // until their city answers again
	Notices int `json:"waiting_notices"`
}

// Holds tells which of a vehicle's identifying marks are held.
type Holds struct {
	Plate  bool `json:"plate"`
	Engine bool `json:"engine"`
	VIN    bool `json:"vin"`
}

// Count tells of how many vehicles they are held.
type Count struct {
	Engine int `json:"engine"`
	VIN    int `json:"vin"`
}

// Conversation tells where somebody stands. who is as in find.
func (f *Fleet) Conversation(ctx context.Context, who string) (c Conversation, err error) {
	u, err := f.find(ctx, who)
	if err != nil {
		return c, err
	}
	err = f.Store.View(ctx, func(tx storage.Tx) error {
		r, err := load(tx, u)
		if err == nil {
			c = r.conversation(u, f.now())
		}
		return err
	})
	return c, err
}

// Reset has somebody's conversation begin anew: the form, the question and what
// was talked about go. Cars, what is checked, and what waits to be read stay.
func (f *Fleet) Reset(ctx context.Context, who string) (c Conversation, err error) {
	u, err := f.find(ctx, who)
	if err != nil {
		return c, err
	}
	err = f.Store.Update(ctx, []string{userKey(u)}, func(tx storage.Tx) error {
		r, err := load(tx, u)
		if err == nil && r.known {
			r.Session, r.Pace, r.Pushed = r.Session.anew(), pace{}, false
			err = r.save(tx, u)
		}
		if err == nil {
			c = r.conversation(u, f.now())
		}
		return err
	})
	return c, err
}

func (r *record) conversation(u UserID, now time.Time) Conversation {
	s := r.Session
	c := Conversation{
		User: u.String(), Known: r.known, Left: r.Gone, Blocked: r.blocked != nil, Lang: s.Lang, Seen: r.lastSeen(),
		Ask: string(s.Ask), Then: or(string(s.Yes), string(s.Then)), Out: s.Waiting != 0, Line: len(s.Queue),
		Form: Holds{Plate: s.Form.Plate != "", Engine: s.Form.Engine != "", VIN: s.Form.VIN != ""},
		Cars: len(r.Garage), Later: len(r.Later), Notices: len(r.Notices),
	}
	c.Stale = s.Ask != nlu.None && !s.fresh(now)
	for _, g := range r.Garage {
		if g.Owner != "" {
			c.Shared++
		}
		if g.Engine != "" {
			c.Digits.Engine++
		}
		if g.VIN != "" {
			c.Digits.VIN++
		}
	}
	for i := range r.Turns {
		switch t := &r.Turns[i]; {
		case !t.complete():
			c.Open++
		case t.Taken == nobody:
			c.Untold++
		}
	}
	return c
}

// Text is the view for people.
func (c Conversation) Text(l Lang) string {
	if !c.Known {
		return list("\n", l.say("stands.unknown", c.User), l.when(c.Blocked, "stands.blocked"))
	}
	form := l.or(strings.Join(c.Form.names(l), l.say("and")), "stands.nothing")
	lines := []string{
		l.say("stands.of", c.User, l.or(minute(c.Seen), "stands.never")),
		l.when(c.Left, "stands.left"), l.when(c.Blocked, "stands.blocked"),
		l.say("stands.state", l.or(list(" → ", c.Ask, c.Then), "stands.none")),
		l.when(c.Stale, "stands.stale"), l.when(c.Out, "stands.out"),
		l.say("stands.form", form, c.Line),
		l.say("stands.cars", c.Cars, c.Shared, c.Digits.Engine, c.Digits.VIN),
		l.say("stands.pending", c.Open, c.Untold, c.Later, c.Notices),
	}
	return list("\n", lines...)
}

// when is the sentence k if something is so.
func (l Lang) when(so bool, k key) string {
	if !so {
		return ""
	}
	return l.say(k)
}

func (h Holds) names(l Lang) []string {
	var names []string
	for _, one := range []struct {
		held bool
		k    key
	}{{h.Plate, "stands.plate"}, {h.Engine, "stands.engine"}, {h.VIN, "stands.vin"}} {
		if one.held {
			names = append(names, l.say(one.k))
		}
	}
	return names
}
