package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

type compactCommand struct {
	adminFlags
	Progress bool `help:"Show progress, also when stderr is no terminal."`
}

// Help is the long description.
func (compactCommand) Help() string {
	return `Rewrites the store without what was deleted from it, while no serve runs: until then the
bytes of deleted records stay in the file, sealed, and so does the room they took. The new file is
verified before it takes the old one's place in one step. It takes about a second for each 50 MiB,
and as much room again. Once a week is enough; see Backup in the README for a timer.

Example:

  systemctl stop weizhangbot
  weizhangbot compact --config config.yaml
  systemctl start weizhangbot`
}

// Run rewrites the store.
func (c compactCommand) Run(ctx context.Context, p *program) error {
	config, err := load(c.Config, p.environ)
	if err != nil {
		return err
	}
	s := config.Storage
	if err := s.inFile("compact"); err != nil {
		return err
	}
	shown := newProgress(p, c.Progress)
	defer shown.end()
	shown.step("verifying")
	done, err := boltstore.Compact(ctx, resolved(s.Path), shown.follow("copying"))
	switch {
	case errors.Is(err, storage.ErrLocked):
		return fmt.Errorf("compact: %s is in use by another process: stop serve first", s.Path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("compact: %s: there is no store yet", s.Path)
	case err != nil:
		return fmt.Errorf("compact: %w", stopped(ctx, err))
	}
	return p.print(fmt.Sprintf("%s: %s before, %s after; %s, %s waiting; every page verified\n", s.Path, size(done.Before), size(done.After),
		count(done.Facts.RecordCount(), "record"), count(done.Facts.Jobs, "job")))
}
