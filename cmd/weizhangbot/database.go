package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot/admin"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// openDatabase opens the store that several machines share, sealed. Its clock is
// the database's; now is what those who are forgotten are noted with.
func openDatabase(ctx context.Context, c Storage, log logrus.FieldLogger, now func() time.Time) (storage.Store, error) {
	ring, err := storeKeys(c)
	if err != nil {
		return nil, err
	}
	startSeam("U0")
	database, err := pgstore.Open(ctx, string(c.DSN), pgstore.Options{Log: log})
	if err != nil {
		return nil, err
	}
	o := owners(c, now)
	o.People, o.Slots = "", database.Shares()
	s, err := sealed.Open(ctx, database, ring, o)
	if err != nil {
		return nil, errors.Join(err, database.Close())
	}
	startSeam("U1")
	return &storingStore{Store: storeSeam(s), now: time.Now}, nil
}

// usePgDump is what is said where bbolt would be copied.
const usePgDump = "the store is in PostgreSQL: use pg_dump and pg_restore, see PostgreSQL in the README"

// errUsePgDump answers whoever asks a running bot for a backup.
var errUsePgDump = errors.New(usePgDump)

// noCopies refuses to copy.
type noCopies struct{}

// Backup implements admin.Copier.
func (noCopies) Backup(context.Context, io.Writer) error { return errUsePgDump }

// copier is what the operator's listener makes backups with.
func (w *world) copier() admin.Copier {
	if w.config.Storage.Driver == "postgres" {
		return noCopies{}
	}
	return w.store
}

// alone fails when a bot serves the database. Whoever works beside it without its
// platforms takes jobs that need them; a file lets in only one anyway.
func (w *world) alone(ctx context.Context) error {
	d, ok := beneath[*pgstore.Store](w.store)
	if !ok {
		return nil
	}
	release, err := d.Claim(ctx)
	if errors.Is(err, storage.ErrLocked) {
		return errors.New("the database is in use by a running serve: stop it first, or give chat a store of its own")
	}
	if err == nil {
		release()
	}
	return err
}
