package lookup

import (
	"cmp"
	"slices"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
)

const (
	// mostText is how much of a text of the service is kept: no act of the
	// national code table and no place that was seen has half of it.
	mostText = 200
	// mostName is the same of a city's name.
	mostName = 40
)

// quoted is a text of the service as people may read it. Whoever writes there what
// the police type in gets no lines of ours, and no more room than a text needs.
func quoted(text string) string { return bot.OneLine(text, mostText) }

// rowsOf turns an answer into the bot's words, newest violation first.
func rowsOf(res *juhe.Result) []bot.Violation {
	rows := make([]bot.Violation, len(res.Violations))
	for i, row := range res.Violations {
		rows[i] = bot.Violation{
			At: row.Time, When: quoted(row.TimeText), Place: quoted(row.Place), Act: quoted(row.Act), Code: quoted(row.Code),
			Points: row.Points, Fine: row.Fine, State: stateOf(row.Handled),
			City: quoted(row.City), Archive: quoted(row.Archive), Agency: quoted(row.Agency),
		}
		if !row.Time.IsZero() {
			rows[i].When = ""
		}
	}
	slices.SortStableFunc(rows, func(a, b bot.Violation) int {
		return cmp.Compare(b.At.Unix(), a.At.Unix())
	})
	return rows
}

func stateOf(h juhe.Handled) bot.State {
	switch h {
	case juhe.Unhandled:
		return bot.Open
	case juhe.Unpaid:
		return bot.Decided
	}
	return bot.StateUnknown
}
