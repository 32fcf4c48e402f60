package bot

import (
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// closedCity says that a city does not answer, and that the bot asks by itself
// once it does.
func (d *dialog) closedCity(after time.Duration) {
	f := d.s.Form
	text := UserText(d.s.lang(), Maintenance)
	switch {
	case d.waits(f.Vehicle):
		text += d.text("later.waits")
	case d.retries > 0:
		text += d.text("later.on")
		d.retries--
		d.wanted = append(d.wanted, TryLater{Vehicle: f.Vehicle, Rule: f.Rule, Owner: f.Owner, After: after})
	default:
		text += d.text("later.full")
	}
	d.say("error.of", d.name(f.Vehicle), text)
	d.s = d.s.closed()
	d.next()
}

// waits tells whether a query of the vehicle waits for its city already.
func (d *dialog) waits(v Vehicle) bool {
	for _, w := range d.later {
		if w.Same(v) {
			return true
		}
	}
	return false
}

// noLater ends the queries that wait.
func (d *dialog) noLater() {
	d.wanted = append(d.wanted, NoLater{})
	d.say("later.off", strings.Join(d.names(d.later), d.text("and")))
	d.s.Ask = nlu.None
}
