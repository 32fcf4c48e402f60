package bot

import (
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// An Outbox sends what people are not waiting for; deliver.Queue is one.
type Outbox interface {
	// Reaches tells whether anything can be sent to the person by itself. To
	// whom it cannot, what waits is told with their next message.
	Reaches(u UserID) bool
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
}

// A Person is what checks need to know of somebody.
type Person struct {
	Known  bool      // has a record at all
	Gone   bool      // left or blocked the bot: nothing is paid for them
	Seen   time.Time // their last message
	Garage []Saved
}
