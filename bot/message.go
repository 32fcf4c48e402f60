package bot

import (
	"context"
	"time"
)

// A Message is one thing a person sent, as an adapter hands it over.
type Message struct {
	Channel string    // telegram, wechat, demo, chat
	User    UserID    // unique over all channels: channel:id
	Key     string    // what the platform repeats on redelivery; unique per user
	At      time.Time // when it arrived, by our own clock; zero: now
	Lang    Lang      // of the person's client; "" is Chinese
	Text    string
	Event   Event
	Licence *Licence // what was read off a photo; nil: nothing
}

// An Event is a message without words.
type Event string

// The events.
const (
	NoEvent  Event = ""
	Followed Event = "followed" // a first contact: the person opened the chat
	Left     Event = "left"     // unfollowed or blocked: everything of the person is deleted
	Voice    Event = "voice"    // speech that nobody transcribed
	Picture  Event = "picture"  // an image that nobody could read
	Place    Event = "place"    // a location
	Other    Event = "other"    // anything else that is no text: a sticker, a file
)

// A Licence is what was read off a photo of a vehicle licence (行驶证). Every
// field may be empty or wrong: the person confirms it before it is used.
type Licence struct {
	Plate  string
	Engine string
	VIN    string
}

// String masks everything.
func (l Licence) String() string {
	return MaskPlate(l.Plate) + "/" + MaskDigits(l.Engine) + "/" + MaskDigits(l.VIN)
}

// A Reply is one message to the person. Text is plain, without markup; its
// paragraphs are separated by an empty line, and a long one may be split there.
type Reply struct {
	Text    string
	Options []Option
	Files   []File   `json:",omitempty"`
	News    *Summary `json:",omitempty"` // of a notice about a vehicle
}

// A Summary is the news of a Reply in fields, for platforms that take a form
// rather than a text. A nil pointer and a zero time are unknown, which is not
// zero.
type Summary struct {
	Plate  string
	Count  int  // new violations
	Fine   *int // in 分
	Points *int
	At     time.Time
	Place  string
	Act    string
	Note   string
}

// An Option is something to tap instead of typing: Label is shown, Send is what
// comes back as the text of a Message.
type Option struct {
	Label string
	Send  string
}

// An Answer is what a message led to.
type Answer struct {
	Replies []Reply
	// Pending tells that the answer is still being worked on: ctx ended first.
	// A redelivery of the message, or the person's next one, brings it.
	Pending bool
}

// A Handler answers messages; *Bot is one. It may be called from any
// goroutine: messages of one user are answered one at a time and in order.
type Handler interface {
	// Handle answers m within ctx. The same m.Key again returns the same
	// answer, and costs nothing again. The error is for the operator's log;
	// the answer then holds the sentence for the person.
	Handle(ctx context.Context, m Message) (Answer, error)
}
