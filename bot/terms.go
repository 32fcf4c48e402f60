package bot

import "time"

// terms is what can change while the bot works.
type terms struct {
	vehicles int
	admins   []UserID
	price    float64
	every    time.Duration
	messages int
	privacy  *Privacy
	fleet    *Fleet
}

// Adjust takes Vehicles, Admins, Fleet, Every, Messages, Price and Privacy of c
// over; the rest of c is not looked at. A message that is being read keeps what it
// began with. It may be called at any time.
func (b *Bot) Adjust(c Config) {
	t := &terms{vehicles: c.Vehicles, admins: c.Admins, price: c.Price, every: c.Every, messages: c.Messages, privacy: c.Privacy.or()}
	if t.vehicles == 0 {
		t.vehicles = 5
	}
	if t.every == 0 {
		t.every = 7 * 24 * time.Hour
	}
	if t.fleet = c.Fleet; t.fleet == nil {
		t.fleet = &Fleet{Store: b.store, Desk: b.desk, Watch: b.watch, Mail: b.mail, Every: t.every, Price: t.price, Admins: t.admins, Now: b.now}
	}
	b.terms.Store(t)
}
