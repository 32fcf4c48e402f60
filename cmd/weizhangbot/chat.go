package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/playground"
)

// configFlag is the flag of the commands that also run without configuration.
type configFlag struct {
	Config string `help:"Configuration; without it everything runs on a fake Juhe." placeholder:"FILE"`
}

// world is the configured one, or the fake one without --config. What the
// environment holds does not turn the fake into the real one: nobody pays
// because of a variable that was left behind. settings change what the file
// says.
func (f configFlag) world(ctx context.Context, p *program, settings ...func(*Config)) (*world, error) {
	if f.Config == "" {
		p.sayFake()
		return fakeWorld(ctx, newLogger(p.stderr, quietLog(defaults().Log)))
	}
	c, err := load(f.Config, p.environ, "juhe.key")
	if err != nil {
		return nil, err
	}
	c.Limits.MessagesPerUserPerMinute = 0 // what comes from a pipe is no flood
	c.Limits.QueriesPerNewUser = 0        // and whoever has the configuration is no stranger
	c.Limits.QueriesOfNewUsersPerHour = 0
	for _, set := range settings {
		set(&c)
	}
	return openWorld(ctx, c, newLogger(p.stderr, quietLog(c.Log)))
}

func (p *program) sayFake() {
	fmt.Fprintln(p.stderr, "weizhangbot: on a fake Juhe, with invented cars (--config FILE for the real one)")
}

// quietLog is the log of a command that a person reads: text, and only what
// went wrong, unless the configuration asks for more.
func quietLog(c Log) Log {
	standard := defaults().Log
	if c.Level == standard.Level {
		c.Level = logrus.WarnLevel.String()
	}
	if c.Format == standard.Format {
		c.Format = "text"
	}
	return c
}

type chatCommand struct {
	configFlag
	User string `default:"you" help:"Whose conversation: vehicles and open questions are kept per name." placeholder:"NAME"`
}

// Help is the long description.
func (chatCommand) Help() string {
	return `A line in, the replies out. With input from a pipe there is no prompt and no colour.

Example:

  printf '查违章 沪C12345\n发动机号123456 车架号654321\n' | weizhangbot chat`
}

// Run talks until stdin or ctx ends.
func (c chatCommand) Run(ctx context.Context, p *program) (err error) {
	w, err := c.world(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.alone(ctx); err != nil {
		return fmt.Errorf("chat: %w", err)
	}
	chat := playground.NewChat(w.bot, playground.TerminalOptions{
		User:        bot.UserID("chat:" + c.User),
		In:          p.stdin,
		Out:         p.stdout,
		Interactive: isTerminal(p.stdin),
		Log:         logTo(w.log),
	})
	if isTerminal(p.stdin) { // a program that reads the answers gets nothing else
		w.outbox.Add("chat", deliver.Channel{Pusher: chat})
	}
	w.work(ctx)
	err = chat.Talk(ctx)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("chat: %w", errStopped)
	}
	return err
}

// isTerminal tells whether somebody may be sitting there. The null device is a
// character device as well, but nobody types there.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
