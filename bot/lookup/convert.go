package lookup

import (
	"cmp"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
)

// reportOf turns an answer into the bot's words, newest violation first.
func reportOf(res *juhe.Result, v bot.Vehicle, city string, at time.Time) bot.Report {
	r := bot.Report{Vehicle: v, City: city, At: at, Violations: make([]bot.Violation, len(res.Violations))}
	for i, row := range res.Violations {
		r.Violations[i] = bot.Violation{
			At: row.Time, When: row.TimeText, Place: row.Place, Act: row.Act, Code: row.Code,
			Points: row.Points, Fine: row.Fine, State: stateOf(row.Handled),
			City: row.City, Archive: row.Archive, Agency: row.Agency,
		}
		if !row.Time.IsZero() {
			r.Violations[i].When = ""
		}
	}
	slices.SortStableFunc(r.Violations, func(a, b bot.Violation) int {
		return cmp.Compare(b.At.Unix(), a.At.Unix())
	})
	return r
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
