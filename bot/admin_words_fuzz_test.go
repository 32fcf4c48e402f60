package bot

import (
	"strings"
	"testing"
)

// What is read of an admin's words can be done: a person has a name, a text to
// send has something in it, and nothing else is taken for the words of admins.
func FuzzAdminWords(f *testing.F) {
	for _, text := range []string{
		"/admin", "/Admin@bot  COST 7", "/admin cost 367", "/admin block telegram:1", "/admin alerts 关", "/admin broadcast a\n\nb",
		"/admin broadcast stop", "/admin broadcast send 12", "/admin broadcast send -1", "/admin 群发 停止", "/administer", "/admin\u3000统计", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, ok := readAdmin(text)
		if ok && !strings.HasPrefix(strings.TrimSpace(strings.ToLower(text)), adminWord) {
			t.Fatalf("%q is taken for an admin's", text)
		}
		switch o.Act {
		case actBlock, actUnblock, actConversation, actReset:
			ok = o.Who != "" && len(strings.Fields(o.Who)) == 1
		case actDraft:
			ok = strings.TrimSpace(o.Text) != ""
		case actCost:
			ok = o.Number >= 0 && o.Number <= MostCostDays
		case actSend:
			ok = o.Number >= 0
		default:
			ok = o.Who == "" && o.Text == "" && o.Number == 0
		}
		if !ok {
			t.Fatalf("%q is read as %+v", text, o)
		}
	})
}
