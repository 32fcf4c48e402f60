package main

import (
	"context"
	"errors"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/playground"
)

// actFlags are those of what is done about people.
type actFlags struct {
	adminFlags
	JSON bool `name:"json" help:"Print JSON."`
}

// A worded thing can say itself to an operator.
type worded interface{ Text(l bot.Lang) string }

// do asks the office and prints what it says.
func (f actFlags) do(ctx context.Context, p *program, what string, ask func(*backOffice) (worded, error)) (err error) {
	office, err := f.office(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.close()) }()
	v, err := ask(office)
	switch {
	case err != nil:
		return office.explained("admin "+what, err)
	case f.JSON:
		return p.printJSON(v)
	}
	return p.printPlain(v.Text(bot.English))
}

// printPlain prints a text that was made for a chat.
func (p *program) printPlain(text string) error { return p.print(playground.Plain(text) + "\n") }

// personFlags are about one person.
type personFlags struct {
	actFlags
	User string `arg:"" help:"telegram:123456 or wechat:oAbC…, or the name that the log has for them (user)."`
}

type adminStats struct{ actFlags }

// Help is the long description.
func (adminStats) Help() string {
	return `Prints messages (of the serve that runs), people, cars that are checked, jobs and budgets. Admins
read the same in the chat: /admin stats.

Example:

  weizhangbot admin stats --config config.yaml`
}

// Run prints them.
func (c adminStats) Run(ctx context.Context, p *program) error {
	return c.do(ctx, p, "stats", func(o *backOffice) (worded, error) { return o.Stats(ctx) })
}

type adminBlock struct{ personFlags }

// Help is the long description.
func (adminBlock) Help() string {
	return `Nothing is looked up for the person any more, nothing pushed, nothing paid; they read so once a
day at most. What is kept of them stays, until unblock or until they leave. It outlives restarts,
and that they leave and come back. Admins cannot be blocked. In the chat: /admin block USER.

Example:

  weizhangbot admin block telegram:123456 --config config.yaml
  weizhangbot admin block 365e9b5cc231 --config config.yaml`
}

// Run blocks.
func (c adminBlock) Run(ctx context.Context, p *program) error {
	return c.do(ctx, p, "block", func(o *backOffice) (worded, error) { return o.Block(ctx, c.User, true) })
}

type adminUnblock struct{ personFlags }

// Help is the long description.
func (adminUnblock) Help() string {
	return `The person is answered again, and their cars are checked again. In the chat: /admin unblock USER.

Example:

  weizhangbot admin unblock telegram:123456 --config config.yaml`
}

// Run unblocks.
func (c adminUnblock) Run(ctx context.Context, p *program) error {
	return c.do(ctx, p, "unblock", func(o *backOffice) (worded, error) { return o.Block(ctx, c.User, false) })
}

type adminConversation struct{ personFlags }

// Help is the long description.
func (adminConversation) Help() string {
	return `Prints the open question, which kinds of digits are held, how many cars, the last message and
what is awaited: no plate, digit, name or text. In the chat: /admin conversation USER.

Example:

  weizhangbot admin conversation telegram:123456 --config config.yaml`
}

// Run prints it.
func (c adminConversation) Run(ctx context.Context, p *program) error {
	return c.do(ctx, p, "conversation", func(o *backOffice) (worded, error) { return o.Conversation(ctx, c.User) })
}

type adminReset struct{ personFlags }

// Help is the long description.
func (adminReset) Help() string {
	return `The open form and question go, and what was talked about last; cars, subscriptions and what waits
to be read stay. Prints where the person stands then. In the chat: /admin reset USER.

Example:

  weizhangbot admin reset telegram:123456 --config config.yaml`
}

// Run resets.
func (c adminReset) Run(ctx context.Context, p *program) error {
	return c.do(ctx, p, "reset", func(o *backOffice) (worded, error) { return o.Reset(ctx, c.User) })
}

type adminAlerts struct {
	actFlags
	Do   string `arg:"" optional:"" default:"show" enum:"show,on,off" help:"on or off; without it, only tell."`
	User string `help:"Which admin; without it, tell of all." placeholder:"telegram:123456"`
}

// Help is the long description.
func (adminAlerts) Help() string {
	return `Alerts (a refused key, a budget that runs out) go to everybody in admins who did not switch them
off. The log and the dashboard have them all the same. In the chat: /admin alerts on or off.

Example:

  weizhangbot admin alerts --config config.yaml
  weizhangbot admin alerts off --user telegram:123456 --config config.yaml`
}

// Run tells or decides.
func (c adminAlerts) Run(ctx context.Context, p *program) error {
	var on *bool
	if c.Do != "show" {
		if c.User == "" {
			return usageError{errors.New("admin alerts: whose? --user telegram:123456")}
		}
		on = new(bool)
		*on = c.Do == "on"
	}
	return c.do(ctx, p, "alerts", func(o *backOffice) (worded, error) {
		admins := o.config.Admins
		if c.User != "" {
			admins = []string{c.User}
		}
		var all alertStates
		for _, who := range admins { // whose names the listener masks
			states, err := o.Alerts(ctx, who, on)
			if err != nil {
				return nil, err
			}
			for _, s := range states {
				all = append(all, bot.AlertState{User: who, On: s.On})
			}
		}
		return all, nil
	})
}

// alertStates are a line for each admin.
type alertStates []bot.AlertState

// Text implements worded.
func (a alertStates) Text(bot.Lang) string {
	if len(a) == 0 {
		return "there are no admins: see admins in the configuration"
	}
	lines := make([]string, len(a))
	for i, s := range a {
		lines[i] = s.User + "  off"
		if s.On {
			lines[i] = s.User + "  on"
		}
	}
	return strings.Join(lines, "\n")
}
