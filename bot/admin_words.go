package bot

import (
	"slices"
	"strings"
)

// The words of admins. Whoever is none reads what follows any unknown command,
// and so learns nothing.
const (
	adminWord = "/admin"
	costWord  = "cost"
)

// admin answers a message of an admin that is for the operator, and leaves the
// session as it is; handled is false for all other messages.
func (x *run) admin(m Message) (handled bool, err error) {
	words := strings.Fields(strings.ToLower(m.Text))
	if m.Event != NoEvent || m.Licence != nil || len(words) == 0 || !slices.Contains(x.terms.admins, x.user) {
		return false, nil
	}
	if command, _, _ := strings.Cut(words[0], "@"); command != adminWord {
		return false, nil
	}
	text := m.Lang.say("admin.help")
	if len(words) == 2 && words[1] == costWord {
		r := CostReport{At: x.at, Over: costLines, Price: x.terms.price}
		if r.Costs, err = x.b.desk.Costs(x.tx, r.first(), day(x.at)); err != nil {
			return true, err
		}
		text = r.Text(m.Lang)
	}
	t := x.r.turn(x.key)
	t.Replies = append(t.Replies, Reply{Text: text})
	return true, nil
}
