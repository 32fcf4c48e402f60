package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sirupsen/logrus"
)

type demoCommand struct {
	Listen string `default:"127.0.0.1:8080" help:"Address of the page; port 0 takes any free one." placeholder:"HOST:PORT"`
}

// Help is the long description.
func (demoCommand) Help() string {
	return `Starts the whole bot on a fake Juhe and a store that is deleted at the end. The first line
of output is the address of the chat page.

Example:

  weizhangbot demo --listen 127.0.0.1:0`
}

// Run serves the page until ctx ends.
func (c demoCommand) Run(ctx context.Context, p *program) (err error) {
	log := newLogger(p.stderr, Log{Level: "warn", Format: "text"})
	d, err := openDemo(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.world.close()) }()
	s, err := listen(ctx, c.Listen, d.page, log)
	if err != nil {
		return fmt.Errorf("%w: choose another address with --listen, such as 127.0.0.1:0", err)
	}
	s.beforeStop(d.page.Close)
	fmt.Fprintf(p.stdout, "%s/\nOpen it in a browser. Nothing leaves this machine; Ctrl-C ends it and forgets everything.\n", s.url())
	return s.serve(ctx)
}

// logTo writes the faults of the playground into the log.
func logTo(log logrus.FieldLogger) func(string, error) {
	return func(what string, err error) { log.WithError(err).WithField("event", what).Error("playground") }
}
