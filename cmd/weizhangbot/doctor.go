package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

type doctorCommand struct {
	Config string `required:"" help:"Configuration." placeholder:"FILE"`
	Fix    bool   `help:"Mend what can be mended from here: the menu of a WeChat account, a webhook of Telegram that is not set, the modes of the files."`
	JSON   bool   `name:"json" help:"Print JSON."`

	Query  string        `help:"Also look this car up, which costs money." placeholder:"PLATE"`
	Engine string        `help:"Its engine number."`
	VIN    string        `name:"vin" help:"Its VIN (车架号)."`
	Listen time.Duration `default:"6s" help:"How long to listen for another process that polls with the Telegram token; 0: not at all."`
}

// Help is the long description.
func (doctorCommand) Help() string {
	return `Checks the configuration, the disk, the store and every outside party, a line each: ✓ works,
! works without, ✗ is broken and needed, with what to do. Exit code 1 if anything is ✗. Nothing is
sent to anybody, and nothing that costs money is asked unless you say --query. A running serve is
not disturbed, and asked how it is.

Example:

  weizhangbot doctor --config config.yaml --fix`
}

// Run prints the findings as they come.
func (c doctorCommand) Run(ctx context.Context, p *program) error {
	d := &doctor{
		file: c.Config, environ: p.environ, fix: c.Fix, listen: c.Listen, now: time.Now, volume: volumeOf,
		car: queryCommand{Plate: c.Query, Engine: c.Engine, VIN: c.VIN},
	}
	if !c.JSON {
		d.tell = func(f finding) { fmt.Fprintln(p.stdout, showHidden(d.masked(f.line()))) }
	}
	err := d.examine(ctx)
	if c.JSON {
		for i := range d.found {
			d.found[i].What, d.found[i].Todo = d.masked(d.found[i].What), d.masked(d.found[i].Todo)
		}
		if failed := p.printJSON(d.found); failed != nil {
			return failed
		}
	}
	return err
}

// A finding is what became of one check.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"` // the bot cannot do without
	What   string `json:"what"`
	Todo   string `json:"todo,omitempty"`
}

func (f finding) line() string {
	mark := "✓"
	switch {
	case !f.OK && f.Needed:
		mark = "✗"
	case !f.OK:
		mark = "!"
	}
	line := mark + " " + f.Check + ": " + firstLine(f.What)
	if f.Todo != "" {
		line += ": " + f.Todo
	}
	return line
}

// A doctor examines one configuration and what it names.
type doctor struct {
	file    string
	environ []string
	fix     bool
	listen  time.Duration // for other pollers
	car     queryCommand  // to look up; without a plate: none
	now     func() time.Time
	volume  func(dir string) (volume, error)
	tell    func(finding) // nil: nobody listens

	config Config
	mask   *strings.Replacer // nil until the secrets are known
	held   bool              // another process has the store
	clocks []*dateReader     // of those who were asked
	found  []finding
}

func (d *doctor) masked(s string) string {
	if d.mask == nil {
		return s
	}
	return d.mask.Replace(s)
}

func (d *doctor) note(f finding) {
	d.found = append(d.found, f)
	if d.tell != nil {
		d.tell(f)
	}
}

// fine, slight and broken are the three things to find.
func (d *doctor) fine(check, what string) {
	d.note(finding{Check: check, OK: true, Needed: true, What: what})
}

func (d *doctor) slight(check, what, todo string) {
	d.note(finding{Check: check, What: what, Todo: todo})
}

func (d *doctor) broken(check, what, todo string) {
	d.note(finding{Check: check, Needed: true, What: what, Todo: todo})
}

// A toldError is a failure whose lines the command has printed already.
type toldError struct{}

func (toldError) Error() string { return "told" }

// Unwrap has faultLines find no lines in it.
func (toldError) Unwrap() []error { return nil }

// examine looks at everything. With a configuration that cannot be right there
// is nothing else to look at.
func (d *doctor) examine(ctx context.Context) error {
	if !d.configuration() {
		return usageError{toldError{}}
	}
	d.mask = secretsOf(&d.config)
	d.store(ctx)
	d.addresses(ctx)
	d.juhe(ctx)
	if d.config.WeChat.on() {
		d.wechat(ctx)
	}
	if d.config.Telegram.on() {
		d.telegram(ctx)
	}
	d.clock()
	for _, f := range d.found {
		if !f.OK && f.Needed {
			return toldError{}
		}
	}
	return ctx.Err()
}

func (d *doctor) configuration() bool {
	var err error
	d.config, _, err = loadServed(d.file, d.environ)
	if err != nil {
		for _, line := range faultLines(err) {
			d.broken("configuration", strings.TrimPrefix(line, "config: "), "")
		}
		return false
	}
	d.fine("configuration", d.file)
	if open, mode := openToOthers(d.file); open && holdsSecrets(d.file) {
		d.mend("configuration", d.file, mode, "holds secrets")
	}
	return true
}

// holdsSecrets tells whether the file itself has a secret in it, not only the
// environment.
func holdsSecrets(file string) bool {
	text, err := readBounded(file)
	if err != nil {
		return false
	}
	var c Config
	readYAML(&c, file, text, new(faults))
	for _, k := range keysOf(&c) {
		if k.secret() && !k.value.IsZero() {
			return true
		}
	}
	return false
}

// served refuses a configuration that has nothing to serve.
func (c *Config) served() error {
	if c.WeChat.on() || c.Telegram.on() {
		return nil
	}
	return usageError{errors.New("config: wechat.app_id, telegram.token: nothing to serve: configure at least one of the two (to try the bot without either: weizhangbot demo)")}
}

// silentLog is for parts whose words the findings repeat.
func silentLog() *logrus.Logger { return newLogger(io.Discard, Log{Level: "panic", Format: "text"}) }
