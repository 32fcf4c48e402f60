package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/bot/playground"
)

type adminExport struct {
	adminFlags
	User       string `required:"" help:"Whose cars." placeholder:"telegram:123456"`
	Violations bool   `xor:"what" help:"The violations listed at the last check of each car."`
	Calendar   bool   `xor:"what" help:"A calendar (iCalendar) of the inspections whose dates the person told."`
}

// Help is the long description.
func (adminExport) Help() string {
	return `Prints CSV that Excel opens (UTF-8 with a byte order mark; a cell that would be run as a formula
begins with an apostrophe), or iCalendar. Engine numbers and VINs are not in it.

Example:

  weizhangbot admin export --user telegram:123456 --violations --config config.yaml > violations.csv`
}

// Run prints the file.
func (c adminExport) Run(ctx context.Context, p *program) (err error) {
	u, err := person(c.User)
	if err != nil {
		return err
	}
	office, err := c.office(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.close()) }()
	what := bot.ExportCars
	switch {
	case c.Violations:
		what = bot.ExportViolations
	case c.Calendar:
		what = bot.ExportCalendar
	}
	f, err := office.Export(ctx, u, what, bot.Chinese)
	if err != nil {
		return office.explained("admin export", err)
	}
	return p.print(string(f.Data))
}

type adminCost struct {
	adminFlags
	Days int  `default:"30" help:"Over how many days, the present one included." placeholder:"30"`
	JSON bool `name:"json" help:"Print JSON."`
}

// Help is the long description.
func (adminCost) Help() string {
	return `Prints what was paid, for what outcome and for whom, what is left of the budgets, and how often
an earlier answer served. With juhe.price set, in yuan as well. Admins read the same in the chat:
/admin cost.

Example:

  weizhangbot admin cost --days 7 --config config.yaml`
}

// Run prints the costs.
func (c adminCost) Run(ctx context.Context, p *program) (err error) {
	if c.Days < 1 || c.Days > admin.MaxDays {
		return usageError{fmt.Errorf("admin cost: --days %d: 1 to %d", c.Days, admin.MaxDays)}
	}
	office, err := c.office(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.close()) }()
	report, err := office.Costs(ctx, c.Days)
	if err != nil {
		return office.explained("admin cost", err)
	}
	if c.JSON {
		return p.printJSON(report)
	}
	return p.print(playground.Plain(report.Text(bot.English)) + "\n")
}
