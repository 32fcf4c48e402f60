package bot

import (
	"fmt"
	"io"
	"strconv"
)

// What holds personal data prints masked by every road through fmt: a stray log
// line cannot leak it. What is stored is written by encoding/json, which these
// methods leave alone.

var (
	_ fmt.Formatter = UserID("")
	_ fmt.Formatter = Vehicle{}
	_ fmt.Formatter = Message{}
)

func masked(f fmt.State, text string) { _, _ = io.WriteString(f, text) } // as fmt itself does

// count is a text of which only the length is told.
func count(what string, n int) string { return what + "(" + strconv.Itoa(n) + ")" }

// Format prints the id masked, for every verb.
func (u UserID) Format(f fmt.State, _ rune) { masked(f, u.String()) }

// Format prints the vehicle masked, for every verb.
func (v Vehicle) Format(f fmt.State, _ rune) { masked(f, v.String()) }

// Format prints the licence masked, for every verb.
func (l Licence) Format(f fmt.State, _ rune) { masked(f, l.String()) }

// Format tells from whom the message is and how long.
func (m Message) Format(f fmt.State, _ rune) {
	masked(f, m.User.String()+" "+count("text", len(m.Text))+" "+string(m.Event))
}

// Format tells how long the reply is.
func (r Reply) Format(f fmt.State, _ rune) {
	masked(f, count("text", len(r.Text))+" "+count("options", len(r.Options))+" "+count("files", len(r.Files)))
}

// Format tells how a message went, and for whom, masked.
func (s Seen) Format(f fmt.State, _ rune) {
	masked(f, s.Channel+" "+s.User.String()+" "+s.Intent+" "+s.Took.String())
}

// Format tells how long the message is.
func (u Unread) Format(f fmt.State, _ rune) { masked(f, count("text", len(u.Text))+" "+u.Open) }

// Format tells how long the option is.
func (o Option) Format(f fmt.State, _ rune) { masked(f, count("option", len(o.Send))) }

// Format tells the name and the length of the file.
func (x File) Format(f fmt.State, _ rune) { masked(f, count(x.Name, len(x.Data))) }

// Format leaves out what the news is about.
func (s Summary) Format(f fmt.State, _ rune) { masked(f, MaskPlate(s.Plate)) }

// Format leaves out the code, which opens a car.
func (i Invitation) Format(f fmt.State, _ rune) { masked(f, "invitation to "+i.Vehicle.String()) }

// Format leaves out where it happened, which tells where somebody was.
func (v Violation) Format(f fmt.State, _ rune) { masked(f, "violation") }

// Format tells whose the update is and how long.
func (in Inbound) Format(f fmt.State, _ rune) {
	masked(f, in.Lane.String()+" "+count("body", len(in.Body)))
}

// Format tells how long the parts are.
func (s Settled) Format(f fmt.State, _ rune) {
	masked(f, count("note", len(s.Note))+" "+count("aside", len(s.Aside)))
}

// Format leaves out the ID, which holds the person's.
func (r Request) Format(f fmt.State, _ rune) { masked(f, r.User.String()+" "+r.Vehicle.String()) }

// Format leaves out what the person wrote.
func (h Heard) Format(f fmt.State, _ rune) {
	masked(f, count("text", len(h.Text))+" "+string(h.Reading.Intent))
}

// Format leaves out the form, the plates and the names in it.
func (s Session) Format(f fmt.State, _ rune) { masked(f, "session "+string(s.Ask)+" "+string(s.Yes)) }

// Format leaves out the plates.
func (n Notice) Format(f fmt.State, _ rune) { masked(f, string(n.Kind)+" "+n.Vehicle.String()) }

// Format leaves out the cars.
func (o ImportOrder) Format(f fmt.State, _ rune) {
	masked(f, o.User.String()+" "+count("table", len(o.Table)))
}

// Format leaves out the code.
func (a Accept) Format(f fmt.State, _ rune) { masked(f, "accept") }

// Format leaves out what is held.
func (h Held) Format(f fmt.State, _ rune) { masked(f, "held "+string(h.What)) }
