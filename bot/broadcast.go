package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	// broadcastBucket holds the broadcast that was begun last, under ~now.
	broadcastBucket = "broadcast"
	broadcastNow    = "~now"
	// broadcastRate is how many people a second a broadcast is written for: half
	// of the pace at which notices go out (deliver.DefaultRate), so that news get
	// through beside it.
	broadcastRate = 5
	// broadcastFor is how long it waits for the message of somebody whom nothing
	// could reach. After that it is hardly news.
	broadcastFor = 3 * 24 * time.Hour
	// mostBroadcast is the longest text, in characters: one message on every
	// platform (of WeChat's 2047 bytes a Chinese character takes three).
	mostBroadcast = 500
	// keptStops is how many broadcasts that were stopped are remembered: more than
	// are made within broadcastFor.
	keptStops = 50
)

// Errors of broadcasts.
var (
	ErrBroadcastText = fmt.Errorf("bot: broadcast: the text is empty, or longer than %d characters", mostBroadcast)
	ErrBroadcasting  = errors.New("bot: broadcast: another is being sent: wait, or stop it")
	ErrNoBroadcast   = errors.New("bot: broadcast: none is being sent")
)

// A BroadcastState is how far a broadcast is.
type BroadcastState string

// The states.
const (
	BroadcastNone    BroadcastState = ""        // there was none, or none that is remembered
	BroadcastRunning BroadcastState = "running" // people are still written for
	BroadcastSent    BroadcastState = "sent"    // everybody was
	BroadcastStopped BroadcastState = "stopped"
)

// A broadcast is an operator's words to everybody, as it is stored.
type broadcast struct {
	ID      string         `json:"id"`
	Text    string         `json:"text"`
	State   BroadcastState `json:"state"`
	Began   time.Time      `json:"began"`
	Ended   time.Time      `json:"ended,omitzero"` // everybody was written for, or it was stopped
	People  int            `json:"people"`         // whom it is for, as counted at first
	Next    int            `json:"next"`           // how many were written for
	Page    int            `json:"page"`           // the next one
	Skipped int            `json:"skipped"`        // met on the way and left out
	// Stops are the broadcasts that were stopped, this one and earlier ones: what
	// of them still waits somewhere is not sent any more.
	Stops []string `json:"stops,omitempty"`
	// Final is what became of it, once nothing of it waits; nil before.
	Final *Outcomes `json:"final,omitempty"`
}

// broadcastKey is the key that transactions hold which write the broadcast.
const broadcastKey = broadcastBucket + "/" + broadcastNow

// loadBroadcast is the last one; the zero one when there was none.
func loadBroadcast(tx storage.Tx) (b broadcast, err error) {
	value, err := tx.Get(broadcastBucket, broadcastNow)
	if value == nil || err != nil {
		return b, err
	}
	if err := json.Unmarshal(value, &b); err != nil {
		return b, fmt.Errorf("bot: broadcast: %w", storage.ErrCorrupt)
	}
	return b, nil
}

func (b broadcast) save(tx storage.Tx) error {
	value, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("bot: broadcast: %w", err)
	}
	return tx.Put(broadcastBucket, broadcastNow, value)
}

// broadcastText is an operator's text as people read it: in its lines and
// paragraphs, without what OneLine leaves out.
func broadcastText(text string) (string, error) {
	var lines []string
	for line := range strings.Lines(text) {
		line = OneLine(line, mostBroadcast+1)
		if line != "" || len(lines) > 0 && lines[len(lines)-1] != "" {
			lines = append(lines, line)
		}
	}
	text = strings.TrimSpace(strings.Join(lines, "\n"))
	if n := utf8.RuneCountInString(text); n == 0 || n > mostBroadcast {
		return "", ErrBroadcastText
	}
	return text, nil
}

// A BroadcastPlan is what a broadcast would do.
type BroadcastPlan struct {
	Text     string                  `json:"text"`
	People   int                     `json:"people"` // whom it is for
	Channels map[string]ChannelReach `json:"channels"`
	Left     int                     `json:"left"`    // they left or blocked the bot: left out
	Blocked  int                     `json:"blocked"` // by an operator: likewise
	Rate     int                     `json:"per_second"`
	Begins   time.Time               `json:"begins"` // now, or when quiet hours end
	Ends     time.Time               `json:"ends"`   // when everybody is written for, quiet hours left out
}

// A ChannelReach is whom a broadcast is for on one platform.
type ChannelReach struct {
	People int `json:"people"`
	// Waiting is how many of them nothing can be sent to now: they never wrote, or
	// the platform takes no message of our own for them (WeChat: they have not
	// written within 48 hours, or the account may not). They read it with their
	// next message.
	Waiting int `json:"waiting"`
}

// PlanBroadcast tells what a broadcast of the text would do. It writes nothing.
func (f *Fleet) PlanBroadcast(ctx context.Context, text string) (p BroadcastPlan, err error) {
	p = BroadcastPlan{Channels: map[string]ChannelReach{}, Rate: broadcastRate}
	if p.Text, err = broadcastText(text); err != nil {
		return p, err
	}
	now := f.now()
	err = f.eachPerson(ctx, func(u UserID, r *record) {
		switch {
		case r.Gone:
			p.Left++
			return
		case f.Mail.barred(u, r):
			p.Blocked++
			return
		}
		channel, _, _ := strings.Cut(string(u), ":")
		reach := p.Channels[channel]
		reach.People++
		if !f.Mail.within(u, r.wrote(), now) {
			reach.Waiting++
		}
		p.Channels[channel] = reach
		p.People++
	})
	p.Begins, p.Ends = f.Mail.lasting(now, p.People)
	return p, err
}

// within tells whether something may be sent to a person who wrote last at wrote:
// no platform lets anybody be written to who never has.
func (m *Mail) within(u UserID, wrote, now time.Time) bool {
	if m.outbox == nil || !m.outbox.Reaches(u) || wrote.IsZero() {
		return false
	}
	window := m.outbox.Window(u)
	return window == 0 || now.Sub(wrote) < window
}

// lasting is from when to when a broadcast to so many people is written.
func (m *Mail) lasting(now time.Time, people int) (begins, ends time.Time) {
	begins = m.awake(now)
	ends = begins
	for ; people > 0; people -= broadcastPage {
		ends = m.awake(ends).Add(pageTime(min(people, broadcastPage)))
	}
	return begins, ends
}

// pageTime is what so many people take.
func pageTime(people int) time.Duration { return time.Duration(people) * time.Second / broadcastRate }

// awake is at, or the end of the quiet hours that it lies in.
func (m *Mail) awake(at time.Time) time.Time {
	if m.outbox != nil {
		if until, quiet := m.outbox.Quiet(at); quiet {
			return until
		}
	}
	return at
}

// A BroadcastOrder has a text sent to everybody.
type BroadcastOrder struct {
	ID   string // of the caller's choice: the same one again begins nothing
	Text string
}

// Broadcast begins to send the text to everybody, and returns at once: that goes
// on for as long as a Bot works on the store, and after every restart. Each
// person is written for once. It returns ErrBroadcasting while another one is
// being sent.
func (f *Fleet) Broadcast(ctx context.Context, o BroadcastOrder) (BroadcastReport, error) {
	if o.ID == "" {
		return BroadcastReport{}, errors.New("bot: broadcast: no id")
	}
	plan, err := f.PlanBroadcast(ctx, o.Text)
	if err != nil {
		return BroadcastReport{}, err
	}
	err = f.Store.Update(ctx, []string{broadcastKey}, func(tx storage.Tx) error {
		last, err := loadBroadcast(tx)
		switch {
		case err != nil || last.ID == o.ID:
			return err
		case last.State == BroadcastRunning:
			return ErrBroadcasting
		}
		b := broadcast{
			ID: o.ID, Text: plan.Text, State: BroadcastRunning, Began: f.now(), People: plan.People,
			Stops: last.Stops[max(0, len(last.Stops)-keptStops):],
		}
		return b.turnPage(tx, "", b.Began)
	})
	if err != nil {
		return BroadcastReport{}, err
	}
	return f.BroadcastReport(ctx)
}

// StopBroadcast ends the one that is being sent: nobody is written for any more,
// and what is still on its way is held back.
func (f *Fleet) StopBroadcast(ctx context.Context) (BroadcastReport, error) {
	err := f.Store.Update(ctx, []string{broadcastKey}, func(tx storage.Tx) error {
		b, err := loadBroadcast(tx)
		switch {
		case err != nil || b.State == BroadcastStopped:
			return err
		case b.State == BroadcastNone || b.Final != nil:
			return ErrNoBroadcast
		}
		b.State, b.Ended, b.Stops = BroadcastStopped, f.now(), append(b.Stops, b.ID)
		return b.save(tx)
	})
	if err != nil {
		return BroadcastReport{}, err
	}
	return f.BroadcastReport(ctx)
}
