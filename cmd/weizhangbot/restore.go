package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

type restoreCommand struct {
	adminFlags
	File     string `arg:"" help:"The backup; - is stdin."`
	Force    bool   `help:"Replace a store that is there; it is kept beside."`
	Progress bool   `help:"Show progress, also when stderr is no terminal."`
}

// Help is the long description.
func (restoreCommand) Help() string {
	return `Puts a backup in the place of storage.path, while no serve runs. It is copied and verified
first, every page and every record with the key, and takes its place in one step; a store that is
there is kept as storage.path.before-restore-TIME. The key must be there already: no backup holds it.
What people were waiting for when the backup was made is not paid for again by itself: they read
that the outcome is uncertain, and one word asks again.

Example:

  weizhangbot restore /var/backups/weizhangbot.db --config config.yaml --force
  age -d -i key.txt weizhangbot.db.age | weizhangbot restore - --config config.yaml`
}

// Run restores.
func (c restoreCommand) Run(ctx context.Context, p *program) error {
	config, err := load(c.Config, p.environ)
	if err != nil {
		return err
	}
	s := config.Storage
	if err := s.inFile("restore"); err != nil {
		return err
	}
	if c.File != "-" && (sameFile(c.File, s.Path) || sameFile(c.File, s.Path+".key")) {
		return usageError{fmt.Errorf("restore: %s is the bot's own, and no backup", c.File)}
	}
	r := &restoring{restoreCommand: c, path: resolved(s.Path), at: time.Now(), shown: newProgress(p, c.Progress), replays: replays()}
	defer r.shown.end()
	sum, err := r.run(ctx, p, s)
	if err != nil {
		return fmt.Errorf("restore: %w", stopped(ctx, err))
	}
	text := fmt.Sprintf("%s: restored: %s\n", s.Path, sum)
	if r.kept != "" {
		text += "the store as it was: " + r.kept + "\n"
	}
	return p.print(text)
}

// A restoring is one run of the command.
type restoring struct {
	restoreCommand
	path    string
	at      time.Time
	shown   *progress
	replays []replay

	old  *boltstore.Copy // the store that is there, if it can be read
	kept string          // its second name
}

func (r *restoring) run(ctx context.Context, p *program, s Storage) (sum summary, err error) {
	if _, err := presentKeys(s); err != nil {
		return sum, err
	}
	from, err := r.source(p)
	if err != nil {
		return sum, err
	}
	defer func() { _ = from.Close() }() // only read from
	there, release, err := r.hold()
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if there && !r.Force {
		return sum, fmt.Errorf("%s is there already: replace it with --force; it is kept as %s", r.path, r.keepAs())
	}
	d, err := boltstore.NewDraft(r.path)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, d.Discard()) }()
	if err := r.own(d, s.Path+".key"); err != nil {
		return sum, err
	}
	if _, err := io.Copy(whileLasting{ctx, r.shown.writer("copying", d)}, from); err != nil {
		return sum, err
	}
	if err := d.Finish(); err != nil {
		return sum, err
	}
	r.shown.step("verifying")
	if sum, err = verify(ctx, d.Name(), s); err != nil {
		return sum, fmt.Errorf("%s: %w", r.File, err)
	}
	if err := r.renew(ctx, d.Name(), s); err != nil {
		return sum, err
	}
	r.shown.step("publishing")
	return sum, r.publish(d, there)
}

// own gives the draft to the account that runs the bot. Who is root may make the
// first file in a directory of somebody else's.
func (r *restoring) own(d *boltstore.Draft, key string) error {
	names := []string{r.path, key}
	if os.Geteuid() == 0 {
		names = append(names, filepath.Dir(r.path))
	}
	return d.OwnedLike(names...)
}

func (r *restoring) source(p *program) (io.ReadCloser, error) {
	if r.File == "-" {
		return io.NopCloser(p.stdin), nil
	}
	f, err := os.Open(r.File)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", r.File, cause(err))
	}
	return f, nil
}

// hold keeps every serve from opening the store that is there, if one is.
func (r *restoring) hold() (there bool, release func() error, err error) {
	if r.old, err = boltstore.OpenCopy(r.path); err == nil {
		return true, r.old.Close, nil
	}
	if !errors.Is(err, storage.ErrLocked) { // damaged, perhaps: that is what backups are for
		release, err = boltstore.Claim(r.path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, func() error { return nil }, nil
	case errors.Is(err, storage.ErrLocked):
		return false, nil, fmt.Errorf("%s is in use by another process: stop serve first", r.path)
	case err != nil:
		return false, nil, err
	}
	return true, release, nil
}

func (r *restoring) keepAs() string {
	return r.path + ".before-restore-" + r.at.UTC().Format("20060102T150405.000Z")
}

// publish puts the draft in its place. There is a store at every moment: the old
// one gets its second name first.
func (r *restoring) publish(d *boltstore.Draft, there bool) error {
	if there {
		if err := boltstore.KeepAs(r.path, r.keepAs()); err != nil {
			return err
		}
		r.kept = r.keepAs()
	}
	err := d.Publish(there)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s has been made meanwhile, by a serve as it seems: stop it first", r.path)
	}
	return err
}
