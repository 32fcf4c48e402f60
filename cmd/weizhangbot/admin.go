package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/storage"
)

// adminCommand is what operators do beside serving. A store that a running
// serve holds is reached through its server.admin_listen; any other is opened.
type adminCommand struct {
	Import adminImport `cmd:"" help:"Save the cars of a table for a person, and have them checked."`
	Export adminExport `cmd:"" help:"Print the cars of a person, their violations or a calendar of inspections."`
	Cost   adminCost   `cmd:"" help:"Print what queries cost."`
}

type adminFlags struct {
	Config string `required:"" help:"Configuration, the one of serve." placeholder:"FILE"`
}

// A backOffice is where an operator's wishes go: the running serve, or the store
// itself.
type backOffice struct {
	admin.Office
	config Config
	close  func() error
}

// office opens the store, or finds whoever holds it.
func (f adminFlags) office(ctx context.Context, p *program) (*backOffice, error) {
	c, err := load(f.Config, p.environ, "juhe.key")
	if err != nil {
		return nil, err
	}
	w, err := openWorld(ctx, c, newLogger(p.stderr, quietLog(c.Log)))
	switch {
	case errors.Is(err, storage.ErrLocked):
		client := admin.NewClient(c.Server.adminURL(), string(c.Server.AdminToken))
		return &backOffice{client, c, func() error { client.Close(); return nil }}, nil
	case err != nil:
		return nil, err
	}
	return &backOffice{w.fleet(), c, w.close}, nil
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
func (s Server) adminURL() string { return localURL(s.AdminListen) }

// localURL is where this machine reaches what listens at an address.
func localURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return "http://" + net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + listen
}

// fleet is what operators do with the world's store, under the terms of now.
func (w *world) fleet() *bot.Fleet {
	c := w.current.Load()
	return &bot.Fleet{
		Store: w.store, Desk: w.desk, Watch: w.watch, Vehicles: c.Limits.VehiclesPerUser,
		Every: c.Push.Every, Price: c.Juhe.Price, Now: w.now,
	}
}

// An office is the fleet of whoever asks, each time under the terms of now.
type office struct{ fleet func() *bot.Fleet }

var _ admin.Office = office{}

// Import implements admin.Office.
func (o office) Import(ctx context.Context, order bot.ImportOrder) (bot.ImportReport, error) {
	return o.fleet().Import(ctx, order)
}

// Export implements admin.Office.
func (o office) Export(ctx context.Context, u bot.UserID, what bot.Export, l bot.Lang) (bot.File, error) {
	return o.fleet().Export(ctx, u, what, l)
}

// Costs implements admin.Office.
func (o office) Costs(ctx context.Context, days int) (bot.CostReport, error) {
	return o.fleet().Costs(ctx, days)
}

// person checks the name of a person as the platforms give it.
func person(user string) (bot.UserID, error) {
	if !userID.MatchString(user) {
		return "", usageError{fmt.Errorf("--user %s: a user id such as telegram:123456 or wechat:oAbC…, as in admins", user)}
	}
	return bot.UserID(user), nil
}
