package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/telegram"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/storage"
)

// adminCommand is what operators do beside serving. A store that a running
// serve holds is reached through its server.admin_listen; any other is opened.
type adminCommand struct {
	Import adminImport `cmd:"" help:"Save the cars of a table for a person, and have them checked."`
	Export adminExport `cmd:"" help:"Print the cars of a person, their violations or a calendar of inspections."`
	Cost   adminCost   `cmd:"" help:"Print what queries cost."`
	Stats  adminStats  `cmd:"" help:"Print how the bot stands."`

	Block        adminBlock        `cmd:"" help:"Have a person get nothing any more; what is kept of them stays."`
	Unblock      adminUnblock      `cmd:"" help:"End that."`
	Conversation adminConversation `cmd:"" help:"Print where a person stands, without what they said."`
	Reset        adminReset        `cmd:"" help:"Have a person's conversation begin anew; cars and subscriptions stay."`
	Alerts       adminAlerts       `cmd:"" help:"Print which admins hear alerts, or decide it."`
	Broadcast    adminBroadcast    `cmd:"" help:"Send a text to everybody, or tell how far that is."`
}

type adminFlags struct {
	Config string `required:"" help:"Configuration, the one of serve." placeholder:"FILE"`
}

// A backOffice is where an operator's wishes go: the running serve, or the store
// itself.
type backOffice struct {
	admin.Office
	config Config
	idle   bool // nothing is sent meanwhile: no serve runs
	close  func() error
}

// office opens the store, or finds whoever holds it.
func (f adminFlags) office(ctx context.Context, p *program) (*backOffice, error) {
	c, err := load(f.Config, p.environ)
	if err != nil {
		return nil, err
	}
	opened := c
	if c.Juhe.Key == "" { // it may be where only the service can read it: see needKey
		opened.Juhe.Key = "none"
	}
	w, err := openWorld(ctx, opened, newLogger(p.stderr, quietLog(c.Log)))
	switch {
	case errors.Is(err, storage.ErrLocked):
		client := admin.NewClient(c.Server.adminURL(), string(c.Server.AdminToken))
		return &backOffice{Office: client, config: c, close: func() error { client.Close(); return nil }}, nil
	case err != nil:
		return nil, err
	}
	w.reachable()
	fleet := w.fleet()
	fleet.Figures.Turns = nil // they are of who serves
	return &backOffice{Office: fleet, config: c, idle: true, close: w.close}, nil
}

// needKey is why Juhe cannot be asked, which a running serve does itself.
func (b *backOffice) needKey() error {
	if !b.idle || b.config.Juhe.Key != "" {
		return nil
	}
	var fs faults
	fs.add("juhe.key", "missing", "no serve runs that has it: set it in the file or as "+key{path: "juhe.key"}.variable())
	return fs.err()
}

// reachable tells the outbox whom the platforms of the configuration reach. What
// is for them is sent by the next serve.
func (w *world) reachable() {
	if w.config.Telegram.on() {
		w.outbox.Add(telegram.Channel, deliver.Channel{})
	}
	if w.config.WeChat.on() && w.config.WeChat.Account != string(wechat.Basic) {
		w.outbox.Add(wechat.Channel, deliver.Channel{Window: wechat.Window})
	}
}

// explained adds what an operator can do about a serve that does not answer.
func (b *backOffice) explained(what string, err error) error {
	return fmt.Errorf("%s: %w", what, b.config.unreachable(err))
}

// unreachable is err in an operator's words, when it says that whoever holds the
// store cannot be asked.
func (c Config) unreachable(err error) error {
	switch {
	case errors.Is(err, admin.ErrNobody):
		return fmt.Errorf("%s is in use by another process, and no serve answers at server.admin_listen (%s): is it another program, or another configuration?",
			c.Storage.Path, c.Server.AdminListen)
	case errors.Is(err, admin.ErrRefused):
		return fmt.Errorf("the serve at server.admin_listen (%s) has another server.admin_token", c.Server.AdminListen)
	}
	return err
}

// adminURL is where the operator's listener can be reached from this machine.
func (s Server) adminURL() string { return reachable(s.AdminListen) }

// fleet is what operators do with the world's store, under the terms of now.
func (w *world) fleet() *bot.Fleet {
	c := w.current.Load()
	return &bot.Fleet{
		Store: w.store, Desk: w.desk, Watch: w.watch, Vehicles: c.Limits.VehiclesPerUser,
		Every: c.Push.Every, Price: c.Juhe.Price, Now: w.now,
		Mail: w.mail, Admins: c.admins(), Alias: w.names.of, Figures: w.figures(),
	}
}

// person checks the name of a person as the platforms give it.
func person(user string) (bot.UserID, error) {
	if !userID.MatchString(user) {
		return "", usageError{fmt.Errorf("--user %s: a user id such as telegram:123456 or wechat:oAbC…, as in admins", user)}
	}
	return bot.UserID(user), nil
}
