package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/weizhangbot/weizhangbot/bot"
)

type adminImport struct {
	adminFlags
	File       string `arg:"" help:"The table, CSV; - is stdin."`
	User       string `required:"" help:"Whose cars they will be." placeholder:"telegram:123456"`
	DryRun     bool   `help:"Only tell what is wrong, and what it would cost."`
	SkipFaulty bool   `help:"Import what is right; else nothing when a line is wrong."`
	JSON       bool   `name:"json" help:"Print JSON."`
}

// Help is the long description.
func (adminImport) Help() string {
	return `The first line names the columns, in any order: 车牌号 类型 发动机号 车架号 名称, or plate type engine
vin name; other columns are left alone. The file is CSV in UTF-8 (in Excel: "CSV UTF-8"); GBK is
recognised. A car that is saved already is renewed; the same file again changes nothing. Checking
the file costs nothing; watching the cars does, and what a week of it will is told.

Example:

  weizhangbot admin import cars.csv --user telegram:123456 --config config.yaml --dry-run
  weizhangbot admin import cars.csv --user telegram:123456 --config config.yaml`
}

// Run imports, or tells what an import would do.
func (c adminImport) Run(ctx context.Context, p *program) (err error) {
	u, err := person(c.User)
	if err != nil {
		return err
	}
	table, err := c.table(p)
	if err != nil {
		return usageError{fmt.Errorf("admin import: %s: %s", c.File, cause(err))}
	}
	office, err := c.office(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.close()) }()
	if err := office.needKey(); err != nil {
		return err
	}
	report, err := office.Import(ctx, bot.ImportOrder{User: u, Table: table, DryRun: c.DryRun, SkipFaulty: c.SkipFaulty})
	if err != nil {
		return office.explained("admin import", err)
	}
	if c.JSON {
		err = p.printJSON(report)
	} else {
		err = p.print(showHidden(c.text(report)))
	}
	if err == nil && len(report.Faults) > 0 && !c.SkipFaulty {
		err = fmt.Errorf("admin import: %s: %s: nothing was imported (see --skip-faulty)", c.File, count(report.Faulty, "line")+" with faults")
	}
	return err
}

// table reads the file, from GBK as well: Excel writes it in China when asked
// for plain CSV.
func (c adminImport) table(p *program) ([]byte, error) {
	in := p.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // only read from
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, bot.MaxRoster+1))
	if err != nil || utf8.Valid(text) {
		return text, err
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(text)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) || bytes.IndexByte(decoded, 0) >= 0 {
		return text, nil // neither: the report says so
	}
	fmt.Fprintf(p.stderr, "weizhangbot: %s is not UTF-8: read as GBK\n", c.File)
	return decoded, nil
}

// text is a report for people.
func (c adminImport) text(r bot.ImportReport) string {
	var b strings.Builder
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "✗ line %d: %s\n", f.Line, f.Text)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "! line %d: %s\n", n.Line, n.Text)
	}
	if r.Silent {
		b.WriteString("! the person has not written to the bot, or has left: nothing can be sent to them until they write\n")
	}
	fmt.Fprintf(&b, "%s: %d new, %d to renew, %d saved already; %s with faults\n", count(r.Cars, "car"), r.New, r.Renewed, r.Already, count(r.Faulty, "line"))
	switch {
	case r.DryRun:
		fmt.Fprintf(&b, "to be imported: %d (a dry run: nothing was saved)\n", r.New+r.Renewed)
	default:
		fmt.Fprintf(&b, "imported: %d\n", r.Imported)
	}
	fmt.Fprintf(&b, "watching them: %s a week", count(r.Checks, "paid check"))
	if r.Money > 0 {
		fmt.Fprintf(&b, ", about %.2f yuan", r.Money)
	}
	b.WriteString(" (push.every; more while something is new)")
	if r.First > 0 {
		fmt.Fprintf(&b, "; before that %s within the hour", count(r.First, "first check"))
	}
	b.WriteString("\n")
	return b.String()
}

// count is a number of things, in English.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
