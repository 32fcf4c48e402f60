package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2 // the command line or the configuration cannot be right
)

// A program is what a command may touch of the outside.
type program struct {
	environ []string // as os.Environ
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	machine machine // the zero machine: the real one, on which nobody asks for anything
}

// commands is the command line. A command's Run is called with ctx and the
// program; its error is printed by run, and a usageError exits with 2.
type commands struct {
	Demo     demoCommand         `cmd:"" help:"Try everything in the browser: no account, no network."`
	Serve    serveCommand        `cmd:"" help:"Serve WeChat and Telegram."`
	Doctor   doctorCommand       `cmd:"" help:"Check the configuration and every outside party."`
	Admin    adminCommand        `cmd:"" help:"Import and export cars, see what queries cost, act about people."`
	Backup   backupCommand       `cmd:"" help:"Make a verified copy of the store, also while serve runs."`
	Restore  restoreCommand      `cmd:"" help:"Put a backup in the place of the store."`
	Compact  compactCommand      `cmd:"" help:"Rewrite the store without what was deleted from it."`
	Chat     chatCommand         `cmd:"" help:"Talk to the bot in the terminal."`
	Query    queryCommand        `cmd:"" help:"Ask once for the violations of a vehicle."`
	Rekey    rekeyCommand        `cmd:"" help:"Seal the store under a new key."`
	Migrate  migrateStoreCommand `cmd:"" name:"migrate-store" help:"Move the store from bbolt to PostgreSQL, or back."`
	Cities   citiesCommand       `cmd:"" help:"List the cities and what each asks for."`
	Parse    parseCommand        `cmd:"" help:"Show how messages are understood."`
	Plate    plateCommand        `cmd:"" help:"Show how number plates are read."`
	Fakejuhe fakejuheCommand     `cmd:"" help:"Run the fake Juhe alone, for integrators."`

	Health     healthCommand     `cmd:"" help:"Ask a running serve whether it is ready."`
	Completion completionCommand `cmd:"" help:"Print the completions for a shell."`
	Build      versionCommand    `cmd:"" name:"version" help:"Print the version and what it was built from."`

	Version versionFlag `help:"Print the version."`
}

const description = `A bot that answers drivers who ask for their traffic violations (查违章).

Begin with: weizhangbot demo`

// run is the whole program: it starts nothing that outlives it, and touches
// only what it is given. When ctx ends it stops taking work, finishes what
// runs, and returns.
func (p *program) run(ctx context.Context, args []string) (code int) {
	defer func() {
		// A defect costs the operator one line, not a screen of goroutines.
		if r := recover(); r != nil {
			fmt.Fprintf(p.stderr, "weizhangbot: internal error: %s\n", scrubbed(showHidden(firstLine(fmt.Sprint(r)))))
			code = exitFailed
		}
	}()
	return exitCode(p.report(p.dispatch(ctx, args)))
}

// report prints an error, a line a fault, and returns it.
func (p *program) report(err error) error {
	for _, line := range faultLines(err) {
		fmt.Fprintf(p.stderr, "weizhangbot: %s\n", showHidden(line))
	}
	return err
}

// scrubbed is what a defect says without what somebody may have written: words
// with a digit in them, and words that are not ASCII.
func scrubbed(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return r >= '0' && r <= '9' || r > unicode.MaxASCII }) {
			words[i] = "***"
		}
	}
	return strings.Join(words, " ")
}

func (p *program) dispatch(ctx context.Context, args []string) error {
	parser, err := kong.New(&commands{},
		kong.Name("weizhangbot"),
		kong.Description(description),
		kong.Writers(p.stdout, p.stderr),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	switch {
	case errors.Is(err, errAnswered):
		return nil
	case errors.As(err, new(writeError)): // of --version
		return err
	case err != nil:
		return usageError{fmt.Errorf("usage: %w: see weizhangbot --help", err)}
	}
	return command.Run()
}

// errAnswered ends the parsing of a command line whose question, --help or
// --version, has been answered.
var errAnswered = errors.New("answered")

func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	return errAnswered
}

type versionFlag bool

// BeforeReset is kong's hook for a flag that answers before the rest of the
// command line is looked at.
func (versionFlag) BeforeReset(p *program) error {
	if err := p.print("weizhangbot " + version() + "\n"); err != nil {
		return err
	}
	return errAnswered
}

// A usageError is the caller's to mend: the command line or the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, new(usageError)):
		return exitUsage
	}
	return exitFailed
}

// faultLines is an error as it is shown: a line for each of those joined in it,
// and never more than a line for one.
func faultLines(err error) []string {
	if err == nil {
		return nil
	}
	switch e := err.(type) { //nolint:errorlint // errors.As would look through a wrapping that has words of its own
	case usageError:
		return faultLines(e.error)
	case interface{ Unwrap() []error }:
		var lines []string
		for _, one := range e.Unwrap() {
			lines = append(lines, faultLines(one)...)
		}
		return lines
	}
	return []string{firstLine(err.Error())}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
