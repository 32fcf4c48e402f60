package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

const (
	// databaseTime is how long the database may take to answer.
	databaseTime = 15 * time.Second
	// databaseSkew is how far its clock and this machine's may differ: jobs are
	// late, or early, by that.
	databaseSkew = 2 * time.Second
)

// database asks PostgreSQL, and makes nothing there.
func (d *doctor) database(ctx context.Context, c Storage) {
	const check = "database"
	asking, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	f, err := pgstore.Probe(asking, string(c.DSN), pgstore.Options{})
	switch {
	case err != nil:
		d.broken(check, err.Error(), "see whether PostgreSQL runs and lets this machine in, and storage.dsn")
		return
	case !f.Supported:
		d.broken(check, fmt.Sprintf("PostgreSQL %s", f.Version), fmt.Sprintf("%d or later is needed", pgstore.LeastVersion))
		return
	}
	d.fine(check, fmt.Sprintf("PostgreSQL %s answers", f.Version))
	d.manners(check, f)
	d.tables(ctx, c, f)
}

// manners tells what of the database's ways an operator should know.
func (d *doctor) manners(check string, f pgstore.Facts) {
	if f.Clock.Abs() > databaseSkew {
		d.slight(check, fmt.Sprintf("its clock and this machine's are %s apart", f.Clock.Abs().Round(time.Second)), "keep both with NTP: jobs are late or early by that")
	}
	if !f.Durable {
		d.slight(check, "it acknowledges what is not on its disk yet (fsync or synchronous_commit is off)", "set both to on: a power cut would lose answers that are paid for")
	}
	if f.Open {
		d.slight(check, "the way there is not encrypted", "add sslmode=verify-full to storage.dsn; records are sealed all the same")
	}
}

// tables looks at what the bot keeps there.
func (d *doctor) tables(ctx context.Context, c Storage, f pgstore.Facts) {
	const check = "store"
	switch {
	case f.Schema == 0:
		d.fine(check, "the tables are made at the first start"+keyNote(c))
		return
	case f.Schema < f.Latest:
		d.fine(check, fmt.Sprintf("the tables have version %d: the next start makes %d of it", f.Schema, f.Latest))
		return
	case f.Fits > f.Latest:
		d.broken(check, fmt.Sprintf("the tables have version %d and need a program that knows %d, this one knows %d", f.Schema, f.Fits, f.Latest), "run the newer version of weizhangbot")
		return
	}
	s, err := openStore(ctx, c, silentLog())
	if err == nil {
		err = s.Close()
	}
	switch {
	case err == nil:
		d.fine(check, fmt.Sprintf("the tables, version %d, open%s", f.Schema, keyNote(c)))
	case errors.Is(err, sealed.ErrWrongKey):
		d.broken(check, err.Error(), "set storage.encryption_key to the key that the other machines have")
	case errors.Is(err, storage.ErrCorrupt), errors.Is(err, sealed.ErrNoPeople):
		d.broken(check, err.Error(), "put a backup in its place")
	default:
		d.broken(check, err.Error(), "")
	}
}
