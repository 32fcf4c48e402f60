package main

import (
	"math"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
	"github.com/weizhangbot/weizhangbot/bot/watch"
)

// terms are what a configuration says to each part of the bot: as much as each
// of them can take over while it works.
type terms struct {
	desk   lookup.Config
	outbox deliver.Config
	mail   bot.MailConfig
	watch  watch.Config
	bot    bot.Config
}

// terms are those of a configuration that was checked.
func (c *Config) terms(privacy *bot.Privacy) terms {
	zone, err := time.LoadLocation(c.Push.Timezone)
	if err != nil { // check has refused it
		zone = bot.China
	}
	vehicles := c.Limits.VehiclesPerUser
	if vehicles == 0 {
		vehicles = math.MaxInt // no limit
	}
	return terms{
		desk: lookup.Config{
			CacheFor: c.Juhe.CacheFor, DailyBudget: c.Juhe.DailyBudget, MonthlyBudget: c.Juhe.MonthlyBudget,
			QueriesPerUserPerDay: c.Limits.QueriesPerUserPerDay, QueriesPerUserPerMonth: c.Limits.QueriesPerUserPerMonth,
			QueriesPerNewUser: c.Limits.QueriesPerNewUser, QueriesOfNewUsersPerHour: c.Limits.QueriesOfNewUsersPerHour,
		},
		outbox: deliver.Config{Zone: zone, Quiet: deliver.Quiet{From: c.Push.Quiet.From, To: c.Push.Quiet.To}},
		mail:   bot.MailConfig{Admins: c.admins()},
		watch:  watch.Config{Every: c.Push.Every},
		bot: bot.Config{
			Vehicles: vehicles, Every: c.Push.Every, Messages: c.Limits.MessagesPerUserPerMinute,
			Admins: c.admins(), Price: c.Juhe.Price, Privacy: privacy,
		},
	}
}

// adjust takes over what can change while the world works; the rest of c must be
// as it was. It may be called at any time.
func (w *world) adjust(c *Config, privacy *bot.Privacy) {
	w.current.Store(c)
	t := c.terms(privacy)
	t.bot.Fleet = w.fleet()
	w.desk.Adjust(t.desk)
	w.outbox.Adjust(t.outbox)
	w.mail.Adjust(t.mail)
	w.watch.Adjust(t.watch)
	w.bot.Adjust(t.bot)
}
