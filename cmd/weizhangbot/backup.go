package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

type backupCommand struct {
	adminFlags
	File     string        `arg:"" help:"Where the backup goes; - is stdout."`
	Force    bool          `help:"Replace FILE when it is there."`
	Timeout  time.Duration `default:"10m" help:"How long the copying may take."`
	Progress bool          `help:"Show progress, also when stderr is no terminal."`
}

// Help is the long description.
func (backupCommand) Help() string {
	return `A consistent copy of the store, also while serve runs: it is then asked at
server.admin_listen. The copy is verified (every page, and every record with the key) before it
gets its name, with mode 0600. It is sealed as the store is, and does not hold the key: keep a copy
of that elsewhere, whoever has both can read everything.

Example:

  weizhangbot backup /var/backups/weizhangbot.db --config config.yaml --force
  weizhangbot backup - --config config.yaml | age -r age1… > weizhangbot.db.age`
}

// Run makes and verifies the copy.
func (c backupCommand) Run(ctx context.Context, p *program) error {
	config, err := load(c.Config, p.environ)
	if err != nil {
		return err
	}
	if err := c.possible(config.Storage); err != nil {
		return err
	}
	sum, err := c.make(ctx, p, config)
	if err != nil {
		return fmt.Errorf("backup: %w", stopped(ctx, err))
	}
	if c.File == "-" {
		fmt.Fprintf(p.stderr, "weizhangbot: backed up: %s\n", sum)
		return nil
	}
	return p.print(fmt.Sprintf("%s: %s\n", c.File, sum) + keyElsewhere(config.Storage))
}

// possible refuses what cannot be meant, before anything is copied.
func (c backupCommand) possible(s Storage) error {
	if err := s.inFile("backup"); err != nil {
		return err
	}
	if c.Timeout <= 0 {
		return usageError{fmt.Errorf("backup: --timeout %v: more than 0", c.Timeout)}
	}
	if c.File == "-" {
		return nil
	}
	for _, own := range []string{s.Path, s.Path + ".key"} {
		if sameFile(c.File, own) {
			return usageError{fmt.Errorf("backup: %s is the bot's own: choose another name", c.File)}
		}
	}
	if _, err := os.Stat(c.File); err == nil && !c.Force {
		return fmt.Errorf("backup: %s is there already: choose another name, or replace it with --force", c.File)
	}
	return nil
}

// make copies, verifies and publishes. For stdout the copy is made beside the
// store first: only what was verified leaves, and a slow reader holds nothing.
func (c backupCommand) make(ctx context.Context, p *program, config Config) (sum summary, err error) {
	target := resolved(c.File)
	if target == "-" {
		target = config.Storage.Path + ".backup"
	}
	d, err := boltstore.NewDraft(target)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, d.Discard()) }()
	shown := newProgress(p, c.Progress)
	defer shown.end()
	if err := c.copy(ctx, config, shown.writer("copying", d)); err != nil {
		return sum, err
	}
	if err := d.Finish(); err != nil {
		return sum, err
	}
	shown.step("verifying")
	if sum, err = verify(ctx, d.Name(), config.Storage); err != nil {
		return sum, fmt.Errorf("the copy: %w", err)
	}
	shown.step("publishing")
	if c.File == "-" {
		return sum, c.pass(ctx, d.Name(), p.stdout)
	}
	if err := d.Publish(c.Force); errors.Is(err, fs.ErrExist) {
		return sum, fmt.Errorf("%s has been made meanwhile: choose another name, or replace it with --force", c.File)
	} else if err != nil {
		return sum, err
	}
	return sum, nil
}

// copy has the store copied by whoever holds it: the running serve, or nobody.
func (c backupCommand) copy(ctx context.Context, config Config, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	store, err := boltstore.OpenCopy(config.Storage.Path)
	switch {
	case errors.Is(err, storage.ErrLocked):
		client := admin.NewClient(config.Server.adminURL(), string(config.Server.AdminToken))
		defer client.Close()
		err = client.Backup(ctx, w)
		if ctx.Err() == nil {
			err = config.unreachable(err)
		}
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no store yet", config.Storage.Path)
	case err == nil:
		err = errors.Join(store.Backup(ctx, w), store.Close())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("not done in %v: see --timeout", c.Timeout)
	}
	return err
}

// pass writes the file to w.
func (c backupCommand) pass(ctx context.Context, name string, w io.Writer) error {
	f, err := os.Open(name) //nolint:gosec // the draft
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	if _, err := io.Copy(whileLasting{ctx, w}, f); err != nil {
		return writeError{err}
	}
	return nil
}
