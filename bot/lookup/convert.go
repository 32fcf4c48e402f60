package lookup

import (
	"cmp"
	"slices"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
)

// rowsOf turns an answer into the bot's words, newest violation first.
func rowsOf(res *juhe.Result) []bot.Violation {
	rows := make([]bot.Violation, len(res.Violations))
	for i, row := range res.Violations {
		rows[i] = bot.Violation{
			At: row.Time, When: row.TimeText, Place: row.Place, Act: row.Act, Code: row.Code,
			Points: row.Points, Fine: row.Fine, State: stateOf(row.Handled),
			City: row.City, Archive: row.Archive, Agency: row.Agency,
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
