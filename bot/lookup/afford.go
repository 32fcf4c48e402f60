package lookup

import (
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A Budget is how many paid calls there may be in a day and in a month of
// China; 0: no limit.
type Budget struct{ Daily, Monthly int }

// Used is how many there were, or may have been, those that are out included.
type Used struct{ Day, Month int }

// Affords refuses a call at that time which may use share percent of the budget
// when as much is used. It depends on nothing but what it is given; who asks
// holds what they are told until the call is counted.
func (b Budget) Affords(now time.Time, u Used, share int) error {
	switch {
	case spent(u.Month, b.Monthly, share):
		return &bot.Error{Kind: bot.Budget, After: nextMonth(now).Sub(now)}
	case spent(u.Day, b.Daily, share):
		return &bot.Error{Kind: bot.Budget, After: nextDay(now).Sub(now)}
	}
	return nil
}

func spent(used, budget, share int) bool { return budget > 0 && used >= budget*share/100 }

// CheckShare is the share of a budget, in percent, that a check may use which
// asks for that one: never what is kept for people.
func CheckShare(asked int) int {
	if asked <= 0 || asked > mostShare {
		return mostShare
	}
	return asked
}
