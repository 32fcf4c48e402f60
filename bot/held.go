package bot

import (
	"encoding/json"
	"time"
)

// A Held is one thing that is held of a person, as 我的数据 hands it out in a file:
// the list in the chat is a summary of it.
type Held struct {
	What    heldKind  // the sentences say what it is, why it is held, and until when
	Since   time.Time // zero: not known
	Until   time.Time // zero: as the sentence says
	Content any       // as it is stored, without what is another's
}

// A heldKind is a kind of thing that is held.
type heldKind string

// The kinds.
const (
	heldPerson  heldKind = "person"  // that and how the bot is used
	heldCar     heldKind = "car"     // a saved car with its own digits
	heldForm    heldKind = "form"    // the conversation
	heldTurn    heldKind = "turn"    // a message's answer
	heldNotice  heldKind = "notice"  // what waits to be told
	heldInvite  heldKind = "invite"  // an invitation
	heldLater   heldKind = "later"   // a query that waits
	heldAnswer  heldKind = "answer"  // what is kept of cars, not of people
	heldAccount heldKind = "account" // what queries cost
)

// heldKinds lists them all.
func heldKinds() []heldKind {
	return []heldKind{heldPerson, heldCar, heldForm, heldTurn, heldNotice, heldInvite, heldLater, heldAnswer, heldAccount}
}

// held is everything that is held of the person.
func (x *run) held(cars []Car, invites []Invitation) []Held {
	s := x.r.Session
	person := map[string]any{
		"id": string(x.user), "last_message": x.r.lastSeen(), "language": s.lang(), "notice": s.Noticed,
	}
	if x.r.NoAlerts || x.r.Draft != nil { // of an admin
		person["no_alerts"], person["broadcast_draft"] = x.r.NoAlerts, x.r.Draft
	}
	all := []Held{{What: heldPerson, Content: person}}
	for _, c := range cars {
		all = append(all, heldCarOf(c))
	}
	if s.Form.Plate != "" || s.Form.Engine != "" || s.Form.VIN != "" || s.Last.Plate != "" || s.About.Plate != "" || len(s.Queue) > 0 {
		s.Form.Owner = ""
		all = append(all, Held{What: heldForm, Until: s.Seen.Add(sessionIdle), Content: map[string]any{
			"form": s.Form, "queue": vehiclesOf(s.Queue), "last": s.Last, "about": s.About,
		}})
	}
	for _, t := range x.r.Turns {
		if texts := textsOf(t); len(texts) > 0 {
			all = append(all, Held{What: heldTurn, Since: t.At, Until: t.At.Add(untoldFor), Content: texts})
		}
	}
	for _, n := range x.r.Notices {
		all = append(all, Held{What: heldNotice, Since: n.At, Until: n.At.Add(unreadFor), Content: n.Notice})
	}
	for _, i := range invites {
		all = append(all, Held{What: heldInvite, Until: i.Until, Content: i})
	}
	for _, l := range x.r.Later {
		l.Owner = ""
		all = append(all, Held{What: heldLater, Since: l.Since, Until: l.Since.Add(retryFor), Content: l})
	}
	return append(all, Held{What: heldAnswer}, Held{What: heldAccount})
}

// heldCarOf is a car with everything that is kept for it. Who shared it is
// another person.
func heldCarOf(c Car) Held {
	shared := c.Owner != ""
	c.Owner = ""
	content := map[string]any{"car": c.Saved, "shared_with_you": shared}
	if c.On {
		w := c.Watched
		content["violations_you_were_told"] = w.Rows
		content["checked"], content["next_check"], content["extra_checks"] = w.Checked, w.Next, w.Soon
		content["others_who_follow_it"] = w.Others
	}
	return Held{What: heldCar, Since: c.Watched.Since, Content: content}
}

func vehiclesOf(forms []Form) []Vehicle {
	cars := make([]Vehicle, len(forms))
	for i, f := range forms {
		cars[i] = f.Vehicle
	}
	return cars
}

// textsOf is what a turn said, without the files: they are copies of the rest.
func textsOf(t turn) (texts []string) {
	for _, r := range t.rest() {
		texts = append(texts, r.Text)
	}
	return texts
}

// A heldEntry is a Held in the file.
type heldEntry struct {
	What    string `json:"what"`
	Why     string `json:"why"`
	Since   string `json:"since,omitempty"`
	Until   string `json:"until"`
	Content any    `json:"content,omitempty"`
}

// DataFile is everything that is held of a person as a file: JSON, so that other
// programs read it as well, with a sentence for what, why and until when. Times
// are China's.
func DataFile(l Lang, at time.Time, held []Held) File {
	entries := make([]heldEntry, len(held))
	for i, h := range held {
		k := "held." + string(h.What)
		e := heldEntry{What: l.say(key(k)), Why: l.say(key(k + ".why")), Since: minute(h.Since), Until: minute(h.Until), Content: h.Content}
		if rule := l.say(key(k + ".until")); e.Until == "" {
			e.Until = rule
		} else {
			e.Until += l.say("comma") + rule
		}
		entries[i] = e
	}
	data, err := json.MarshalIndent(map[string]any{"made": minute(at), "held": entries}, "", "  ")
	if err != nil { // nothing of it cannot be written
		data = nil
	}
	return File{Name: "mydata.json", MIME: "application/json; charset=utf-8", Data: append(data, '\n')}
}
