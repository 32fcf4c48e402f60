package main

import (
	"context"
	"fmt"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

const (
	fakeKey  = "demo-key"   // what the fake takes for a key
	fakePath = "/sweizhang" // as the real service
)

type fakejuheCommand struct {
	Listen string `default:"127.0.0.1:8900" help:"Address to listen on." placeholder:"HOST:PORT"`
}

// Help is the long description.
func (fakejuheCommand) Help() string {
	return `The first line of output is the address for juhe.base_url, the second the key. Cars are
invented; 沪C12345 has three violations, 苏E12345 none, a plate that ends in 404 is unknown, and
digits that end in 000000 do not match.

Example:

  weizhangbot fakejuhe --listen 127.0.0.1:8900
  curl 'http://127.0.0.1:8900/sweizhang/carPre?key=demo-key&hphm=沪C&isNer=0'`
}

// Run serves until ctx ends.
func (c fakejuheCommand) Run(ctx context.Context, p *program) error {
	log := newLogger(p.stderr, Log{Level: "warn", Format: "text"})
	s, err := listen(ctx, c.Listen, juhetest.New(juhetest.WithKeys(fakeKey)), log)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s%s\nkey: %s\n", s.url(), fakePath, fakeKey)
	return s.serve(ctx)
}
