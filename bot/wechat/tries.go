package wechat

import (
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// deliveries is how often WeChat sends a message in all when it gets no
	// answer, 5 s apart (被动回复用户消息).
	deliveries = 3
	// redelivered is how long after the first delivery the last one can come,
	// with a margin for the network.
	redelivered = 15 * time.Second
	// lastAfter is the age of a message from which on its delivery may be the
	// last: they come at 0, 5 and 10 s.
	lastAfter = 8 * time.Second
	// keptTries bounds the memory of tries. Whoever is dropped early gets the
	// same answer from the bot.
	keptTries = 4096
)

// A try is what this process remembers of a message while WeChat may deliver
// it again. All of it can be lost: the bot knows what was answered.
type try struct {
	key   string
	began time.Time

	mu      sync.Mutex
	count   int
	late    string       // said by a delivery that was not answered in full
	licence *bot.Licence // what was read off its photo
	looked  bool         // whether it was tried
	body    *string      // what it was answered, for good
}

// tries are the messages of the last seconds.
type tries struct {
	mu    sync.Mutex
	byKey map[string]*try
	queue []*try // oldest first
}

// begin counts a delivery; first tells that it is the first one seen here.
func (t *tries) begin(key string, now time.Time) (one *try, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey == nil {
		t.byKey = map[string]*try{}
	}
	for len(t.queue) > 0 && (len(t.queue) > keptTries || now.Sub(t.queue[0].began) > 2*redelivered) {
		delete(t.byKey, t.queue[0].key)
		t.queue[0] = nil
		t.queue = t.queue[1:]
	}
	one = t.byKey[key]
	if one == nil {
		one = &try{key: key, began: now}
		t.byKey[key] = one
		t.queue = append(t.queue, one)
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.count++
	return one, one.count == 1
}

// last tells whether WeChat may give up after this delivery. It errs towards
// yes: a process that has just started cannot know what an earlier one left
// unanswered, and of several processes each counts only its own.
func (t *try) last(arrived, sent, started time.Time) bool {
	return arrived.Sub(started) < redelivered || t.over(arrived, sent)
}

// over tells whether this delivery is the last one, by all that this process
// knows of it.
func (t *try) over(arrived, sent time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count >= deliveries || arrived.Sub(sent) >= lastAfter
}

// answered is what the message was answered, once that is final.
func (t *try) answered() (body string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.body == nil {
		return "", false
	}
	return *t.body, true
}

func (t *try) settle(body string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.body = &body
}

// carry puts in front of an answer what earlier deliveries of the message took
// from the bot and could not say for good. While the rest of the answer is
// still to come, the next delivery gets it too.
func (t *try) carry(text string, pending bool) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := join(t.late, text)
	if pending {
		t.late = all
	}
	return all
}
