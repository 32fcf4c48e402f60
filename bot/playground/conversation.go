package playground

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// The bounds of a conversation: a page left open for weeks, or somebody who
// leans on a key, must not fill the memory.
const (
	maxEntries = 400
	maxBytes   = 1 << 20
	maxKeys    = 1024
	maxWaiting = 16
)

var errTooMany = errors.New("playground: too many messages wait for this user")

// An entry is one bubble of the transcript. Its number counts from 1 and never
// comes twice.
type entry struct {
	Number  int64      `json:"n"`
	From    string     `json:"from"` // me or bot
	Key     string     `json:"key,omitempty"`
	Text    string     `json:"text"`
	Options []option   `json:"options,omitempty"`
	Files   []download `json:"files,omitempty"`
	Notice  bool       `json:"notice,omitempty"` // nobody asked for it just now
	At      time.Time  `json:"at"`               // never before that of the entry before it
}

type option struct {
	Label string `json:"label"`
	Send  string `json:"send"`
}

// A download is a file of a reply, with what it holds: these are small, and go
// with their entry.
type download struct {
	Name string `json:"name"`
	Data []byte `json:"data"` // base64 in JSON
}

// size is what the entry takes in memory, roughly.
func (e entry) size() int {
	n := len(e.Text)
	for _, f := range e.Files {
		n += len(f.Data)
	}
	return n
}

func botEntry(r bot.Reply, at time.Time) entry {
	e := entry{From: "bot", Text: Plain(r.Text), At: at}
	for _, o := range r.Options {
		e.Options = append(e.Options, option{Label: Plain(o.Label), Send: o.Send})
	}
	for _, f := range r.Files {
		e.Files = append(e.Files, download{Name: Plain(f.Name), Data: f.Data})
	}
	return e
}

// A conversation is the transcript of one user and the messages that still
// wait for the bot. Readers do not get a copy pushed but are woken to read on
// from where they are, so a slow one costs nothing.
type conversation struct {
	user    bot.UserID
	greeted sync.Once

	mu      sync.Mutex
	entries []entry // the newest of the transcript, oldest first
	bytes   int     // of their texts and files
	last    int64   // the newest number given
	keys    []string
	waiting []bot.Message
	working bool // somebody takes from waiting
	busy    int  // messages taken in and not answered yet
	wakes   map[chan struct{}]struct{}
}

func newConversation(u bot.UserID) *conversation {
	return &conversation{user: u, wakes: map[chan struct{}]struct{}{}}
}

// accept takes m in once: a key seen before is a redelivery, whose answer
// stands in the transcript or is on its way there. first tells that nobody
// takes from the queue yet and the caller must see to it.
func (c *conversation) accept(m bot.Message, shown string) (first bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.keys, m.Key) {
		return false, nil
	}
	if len(c.waiting) >= maxWaiting {
		return false, errTooMany
	}
	c.keys = append(c.keys, m.Key)
	c.keys = c.keys[max(0, len(c.keys)-maxKeys):]
	c.waiting = append(c.waiting, m)
	c.busy++
	if m.Event == bot.NoEvent {
		c.append(entry{From: "me", Key: m.Key, Text: shown, At: m.At})
	}
	c.wake()
	first = !c.working
	c.working = true
	return first, nil
}

// next is the message whose turn it is; none: the queue is left, and the next
// accept tells its caller so.
func (c *conversation) next() (bot.Message, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.working = false
		return bot.Message{}, false
	}
	m := c.waiting[0]
	c.waiting = c.waiting[1:]
	return m, true
}

// answered appends what a message led to; done counts it as answered.
func (c *conversation) answered(replies []bot.Reply, at time.Time, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range replies {
		c.append(botEntry(r, at))
	}
	if done {
		c.busy--
	}
	c.wake()
}

// pushed appends what belongs to no message, once for an id.
func (c *conversation) pushed(id string, replies []bot.Reply, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id = "push " + id
	if slices.Contains(c.keys, id) {
		return
	}
	c.keys = append(c.keys, id)
	c.keys = c.keys[max(0, len(c.keys)-maxKeys):]
	for _, r := range replies {
		e := botEntry(r, at)
		e.Notice = true
		c.append(e)
	}
	c.wake()
}

func (c *conversation) append(e entry) {
	c.last++
	e.Number = c.last
	// Who asked the time first may come second, and a clock may be moved.
	if n := len(c.entries); n > 0 && e.At.Before(c.entries[n-1].At) {
		e.At = c.entries[n-1].At
	}
	c.entries = append(c.entries, e)
	c.bytes += e.size()
	for len(c.entries) > maxEntries || c.bytes > maxBytes && len(c.entries) > 1 {
		c.bytes -= c.entries[0].size()
		c.entries = c.entries[1:]
	}
}

// since is what came after number n, and how many messages wait for an answer.
// gap tells that entries are no longer there, or that n is not of this
// transcript: the entries are then all there are.
func (c *conversation) since(n int64) (entries []entry, gap bool, busy int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	oldest := c.last - int64(len(c.entries)) + 1
	if gap = n+1 < oldest || n > c.last; gap {
		n = oldest - 1
	}
	return slices.Clone(c.entries[n+1-oldest:]), gap, c.busy
}

// newest is the number of the newest entry, 0 when there is none yet.
func (c *conversation) newest() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// watch returns a channel that holds a value whenever there may be something
// new, until the returned function is called.
func (c *conversation) watch() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakes[ch] = struct{}{}
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.wakes, ch)
	}
}

// nudge wakes the readers.
func (c *conversation) nudge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake()
}

func (c *conversation) wake() {
	for ch := range c.wakes {
		select {
		case ch <- struct{}{}:
		default: // it has not looked since the last time; once is enough
		}
	}
}
