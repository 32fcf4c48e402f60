package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

type rekeyCommand struct {
	Config     string `required:"" help:"Configuration." placeholder:"FILE"`
	NewKeyFile string `help:"The new key: 32 bytes in base64. None: one is made." placeholder:"FILE"`
}

// Help is the long description.
func (rekeyCommand) Help() string {
	return `Seals the store under a new key: values, the pseudonyms in keys, and jobs. Nothing of the
old key opens it then, and nothing that was deleted is left in its free pages. Stop serve first.
Interrupted at any time, the store is under one key or the other and can be served; run the command
again to go on. It needs as much free space on the disk as the store takes.

Where the key lies beside the store (storage.encryption_key is empty), that file holds both keys
meanwhile, and the new one in the end. Where storage.encryption_key is set, the new key comes from
--new-key-file, and the configuration is yours to change when the command has ended.

Example:

  weizhangbot rekey --config config.yaml
  openssl rand -base64 32 > new.key && chmod 600 new.key
  weizhangbot rekey --config config.yaml --new-key-file new.key`
}

// Run rotates the key.
func (c rekeyCommand) Run(ctx context.Context, p *program) error {
	config, err := load(c.Config, p.environ)
	if err != nil {
		return err
	}
	if err := config.Storage.inFile("rekey"); err != nil {
		return err
	}
	r := &rekeying{storage: config.Storage, p: p}
	if err := r.keys(c.NewKeyFile); err != nil {
		return fmt.Errorf("rekey: %w", err)
	}
	if err := r.run(ctx); err != nil {
		return fmt.Errorf("rekey: %w", err)
	}
	return p.print(r.ended())
}

// A rekeying is one run of the command.
type rekeying struct {
	storage  Storage
	p        *program
	old, new []byte
	told     time.Time // when progress was told last
}

// keyFile is where the key lies beside the store; "" when it is configured.
func (r *rekeying) keyFile() string {
	if r.storage.key() != nil {
		return ""
	}
	return r.storage.Path + ".key"
}

// keys finds the old key, and the new one: that of a rotation under way, the one
// of the file, or one that is made and written down before it is used.
func (r *rekeying) keys(newFile string) error {
	if _, err := os.Stat(r.storage.Path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no store is there: nothing to do", r.storage.Path)
	}
	ring, err := storeKeys(r.storage)
	if err != nil {
		return err
	}
	var given []byte
	if newFile != "" {
		keys, err := sealed.LoadRing(newFile)
		if err != nil {
			return err
		}
		if len(keys) != 1 {
			return fmt.Errorf("%s: holds %d keys, and should hold one", newFile, len(keys))
		}
		given = keys[0]
	}
	r.old, r.new = ring[len(ring)-1], given
	switch {
	case len(ring) > 1 && given != nil && !bytes.Equal(given, ring[0]):
		return fmt.Errorf("a rotation to another key is not finished: run the command without --new-key-file first")
	case bytes.Equal(given, r.old):
		return errors.New("the new key is the one that the store has already")
	case len(ring) > 1:
		r.new = ring[0]
		return nil
	case given == nil && r.keyFile() == "":
		return errors.New("storage.encryption_key is set, so the new key needs a place: name it with --new-key-file")
	case given == nil:
		r.new = sealed.NewKey()
	}
	return nil
}

func (r *rekeying) run(ctx context.Context) error {
	file, err := boltstore.Open(r.storage.Path, boltstore.Options{})
	if errors.Is(err, storage.ErrLocked) {
		return fmt.Errorf("%w: stop serve first", err)
	}
	if err != nil {
		return err
	}
	done, err := sealed.Fits(ctx, file, r.new)
	if err != nil || done { // killed between the store and its key file
		err = errors.Join(err, file.Close())
	} else {
		err = r.rewrite(ctx, file)
	}
	if err != nil || r.keyFile() == "" {
		return err
	}
	return r.save(r.new)
}

// save writes the key file, which stays with the account that has the store.
func (r *rekeying) save(ring ...[]byte) error {
	if err := sealed.SaveRing(r.keyFile(), ring...); err != nil {
		return err
	}
	return boltstore.OwnedLike(r.keyFile(), r.storage.Path)
}

// rewrite makes the new store, and puts it in the place of file, which is
// closed after.
func (r *rekeying) rewrite(ctx context.Context, file *boltstore.Store) error {
	s, err := sealed.Open(ctx, file, [][]byte{r.old}, owners(r.storage, nil))
	if err != nil {
		return errors.Join(err, file.Close())
	}
	target := r.storage.Path + ".rekey"
	rotation, err := s.NewRotation(r.new)
	if err == nil && r.keyFile() != "" {
		err = r.save(r.new, r.old)
	}
	if err == nil {
		err = file.Rewrite(ctx, target, rotation.Tag(), rotation, r.progress)
	}
	if err == nil {
		err = file.ReplaceBy(target)
	}
	return errors.Join(err, s.Close())
}

func (r *rekeying) progress(done, total int) {
	if now := time.Now(); now.Sub(r.told) >= progressEvery || done == total {
		r.told = now
		fmt.Fprintf(r.p.stderr, "weizhangbot: rekey: %d of %d rows\n", done, total)
	}
}

func (r *rekeying) ended() string {
	line := r.storage.Path + " is sealed under the new key; the old one opens nothing of it.\n" +
		"Backups of before still need the old key: make a new backup, and delete those with it.\n"
	if r.keyFile() == "" {
		line += "storage.encryption_key is still the old key: put the new one there now.\n"
	}
	return line
}
